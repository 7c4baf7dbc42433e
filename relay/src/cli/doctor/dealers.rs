//! The dealers: is each of them complete, under the configuration that is in force now.

use protocol::lead::LeadKind;

use super::Finding;
use crate::{
    clock::{Clock, SystemClock},
    config::Config,
    domain::{
        dealer::{Dealer, DealerProvider},
        origin::{Origin, web_address},
        target::{PEOPLE, Target, route},
    },
    redact::Redaction,
    store::Store,
};

const CHECK: &str = "dealer";

pub(super) async fn look(config: &Config, store: &Store) -> Vec<Finding> {
    let dealers = store.dealers();
    if dealers.is_empty() {
        let remedy = "forecourt dealer add --file dealer.toml";
        return vec![Finding::warn(CHECK, "there is none yet", remedy)];
    }
    let mut findings = Vec::new();
    for dealer in dealers {
        let before = findings.len();
        findings.extend(of_one(config, &dealer));
        match store.dealer(&dealer.id).documents().await {
            Ok(documents) if documents.is_empty() => findings.push(Finding::warn(
                CHECK,
                format!("{} has no documents", dealer.name),
                "Without them the assistant knows contact and hours only: name a folder in its file",
            )),
            Ok(_) => findings.extend(budget(config, store, &dealer).await),
            Err(error) => findings.push(Finding::fail(
                CHECK,
                format!("the documents of {} can't be read: {error}", dealer.name),
                format!("forecourt dealer set {} --file dealer.toml", dealer.id),
            )),
        }
        if findings.len() == before {
            let redaction = dealer.redaction.name();
            let message = format!("{} is complete; redaction is {redaction}", dealer.name);
            findings.push(Finding::ok(CHECK, message));
        }
    }
    findings
}

/// A dealer whose tokens of the day are spent: its visitors get the documents' answers.
async fn budget(config: &Config, store: &Store, dealer: &Dealer) -> Option<Finding> {
    let limit = dealer.tokens_per_day.or(config.llm.tokens_per_day)?;
    let today = SystemClock::default().now().day();
    let spent = store.dealer(&dealer.id).tokens_spent(&today).await.ok()?;
    // Below it no answer of a usual length fits any more.
    let least = u64::from(config.llm.max_output_tokens);
    (limit < spent.saturating_add(least)).then(|| {
        Finding::warn(
            CHECK,
            format!("{} has spent {spent} of its {limit} tokens today (UTC)", dealer.name),
            "Its documents answer until midnight UTC; raise tokens_per_day if that is too little",
        )
    })
}

/// Whether any of its leads goes by mail: to a mailbox, or to its own address since no system takes its kind.
fn needs_mail(dealer: &Dealer) -> bool {
    let offered =
        std::iter::once(LeadKind::Enquiry).chain(dealer.forms.iter().map(|form| form.kind));
    let lacks_taker = |kind| {
        [Some(true), Some(false)]
            .into_iter()
            .any(|is_open| route(&dealer.deliver, kind, is_open).iter().any(|name| name == PEOPLE))
    };
    dealer.deliver.iter().any(Target::is_mail) || offered.into_iter().any(lacks_taker)
}

fn of_one(config: &Config, dealer: &Dealer) -> Vec<Finding> {
    let name = &dealer.name;
    let mut findings = Vec::new();
    if !dealer.is_active() {
        findings.push(Finding::warn(
            CHECK,
            format!("{name} is paused"),
            "Its chat is closed; set status = \"active\" when it should open",
        ));
    }
    if config.mail.is_none() && needs_mail(dealer) {
        findings.push(Finding::warn(
            CHECK,
            format!("{name} has leads that go by mail, and there is no mail server"),
            "Set [mail] in forecourt.toml; until then they stand in `forecourt lead list` alone",
        ));
    }
    let is_sent = dealer.provider == DealerProvider::Relay && !config.llm.recipients().is_empty();
    if is_sent && dealer.redaction == Redaction::Off {
        findings.push(Finding::warn(
            CHECK,
            format!("{name} lets a model have contact details: redaction is off"),
            "Set redaction = \"balanced\" in its file, or keep the dealer's instruction on record",
        ));
    }
    if let Err(error) = config.retention_bounds.check(dealer.retention.period) {
        findings.push(Finding::fail(
            CHECK,
            format!("retention of {name}: {error}; the next start is refused"),
            "Change its file and run `forecourt dealer set`, or change the bounds in `[retention]`",
        ));
    }
    // A relay that the public reaches is no place for the http of a trial.
    let is_public = config.is_public();
    let plain = |origin: Result<Origin, &str>| origin.map_or(true, |origin| !origin.secure);
    if is_public && plain(web_address(&dealer.privacy_url)) {
        findings.push(Finding::warn(
            CHECK,
            format!("the privacy policy of {name} is not https"),
            "Change privacy_url in its file",
        ));
    }
    for site in &dealer.sites {
        if site.origins.is_empty()
            || (is_public && site.origins.iter().all(|origin| plain(Origin::parse(origin))))
        {
            findings.push(Finding::warn(
                CHECK,
                format!("the site {} of {name} has no https origin", site.key),
                "Name the dealer's pages in origins, or browsers won't show the chat there",
            ));
        }
    }
    findings
}
