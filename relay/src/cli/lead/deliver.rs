//! `forecourt lead test | deliveries | resend | secret`: whether leads reach the dealer's systems.

use std::sync::Arc;

use anyhow::{Context, bail};
use clap::Args;
use protocol::{
    LeadId,
    lead::{LeadFields, LeadKind},
};
use serde_json::json;

use crate::{
    cli::{
        audit::note,
        output::{Out, plain},
        store::find_dealer,
    },
    clock::{Clock, SystemClock, Timestamp},
    config::Config,
    domain::{
        dealer::Dealer,
        handover::{Handover, Telling},
        target::{Target, TargetChannel},
    },
    limits::SECRET_OVERLAP,
    outbox::{
        courier,
        send::{Content, Outcome, Parcel, Sender, Went},
    },
    random::{self, OsRandom},
    store::{Ledger, Store},
};

/// What is said where the operator's key can't be read.
const NO_KEY_YET: &str = "the secret of a webhook comes from the operator's key, which a first start of the server makes";

/// Which of a dealer's systems.
#[derive(Debug, Args)]
pub(in crate::cli) struct TargetArgs {
    /// The dealer: its id, a site key or its name
    dealer: String,
    /// This system only, by its name in the dealer's file
    #[arg(long, value_name = "NAME")]
    target: Option<String>,
}

/// Which deliveries.
#[derive(Debug, Args)]
pub(in crate::cli) struct DeliveriesArgs {
    /// The dealer: its id, a site key or its name
    #[arg(long)]
    dealer: String,
    /// Of this lead only
    #[arg(long, value_name = "ID", value_parser = LeadId::parse)]
    lead: Option<LeadId>,
    /// At most that many
    #[arg(long, default_value_t = 100)]
    limit: u32,
    /// For a script
    #[arg(long)]
    json: bool,
}

/// One delivery.
#[derive(Debug, Args)]
pub(in crate::cli) struct ResendArgs {
    /// The dealer: its id, a site key or its name
    #[arg(long)]
    dealer: String,
    /// The delivery, as `lead deliveries` lists it
    delivery: String,
}

/// A webhook's secret.
#[derive(Debug, Args)]
pub(in crate::cli) struct SecretArgs {
    /// The dealer: its id, a site key or its name
    dealer: String,
    /// The webhook, by its name in the dealer's file
    target: String,
    /// Make a new one; for 24 hours the one before signs too
    #[arg(long)]
    rotate: bool,
}

impl TargetArgs {
    fn chosen(&self, dealer: &Dealer) -> anyhow::Result<Vec<Target>> {
        let is_chosen =
            |target: &&Target| self.target.as_ref().is_none_or(|name| *name == target.name);
        let chosen: Vec<_> = dealer.deliver.iter().filter(is_chosen).cloned().collect();
        if chosen.is_empty() {
            match &self.target {
                Some(name) => bail!("{} has no system called \"{name}\"", dealer.name),
                None => bail!(
                    "{} has no [[deliver]] in its file: its leads are in `forecourt lead list`",
                    dealer.name
                ),
            }
        }
        Ok(chosen)
    }
}

/// Sends a sample to each chosen system, and prints the whole exchange; answers whether all took it.
pub(super) async fn test(
    config: &Config,
    store: &Store,
    args: &TargetArgs,
    out: &Out,
) -> anyhow::Result<bool> {
    let dealer = find_dealer(store, &args.dealer)?;
    let chosen = args.chosen(&dealer)?;
    note(store, config, "lead.test", Some(&dealer.id), Vec::new()).await?;
    let clock = Arc::new(SystemClock::default());
    let sender = Sender::new(config.private_targets.clone(), config.mail.as_ref(), clock.clone())?;
    let lead = sample(&dealer, clock.as_ref());
    let mut all_took = true;
    for target in &chosen {
        let secrets = courier::secrets(&store.dealer(&dealer.id), target).await;
        let secrets = secrets.context(NO_KEY_YET)?;
        let id = random::id(&OsRandom, "test");
        let (dealer, content) = (dealer.id.as_str(), Content::Lead(&lead));
        let parcel = Parcel { id: &id, dealer, target, secrets: &secrets, content };
        match sender.pack(&parcel) {
            Ok(packed) => {
                for (n, line) in packed.lines().iter().enumerate() {
                    let line = plain(line);
                    out.line(if n == 0 { format!("{}: {line}", target.name) } else { line });
                }
            }
            Err(_) => out.line(format!("{}:", target.name)),
        }
        let Went { outcome, answer } = sender.send(&parcel).await;
        let took = outcome == Outcome::Accepted;
        out.line(format!("  {}: {answer}", if took { "accepted" } else { "NOT accepted" }));
        all_took &= took;
    }
    Ok(all_took)
}

/// A lead that nobody left, and that says so wherever somebody looks.
fn sample(dealer: &Dealer, clock: &dyn Clock) -> Handover {
    let test = Some("TEST - please delete".to_owned());
    Handover {
        id: random::id(&OsRandom, "test"),
        kind: LeadKind::Enquiry,
        at: clock.now(),
        joins: None,
        telling: Telling::New,
        is_test: true,
        vendor: courier::vendor(dealer, None),
        fields: LeadFields {
            name: test.clone(),
            email: Some("test@example.org".to_owned()),
            // Of the range that is given to nobody (Ofcom's numbers for drama).
            phone: Some("07700 900000".to_owned()),
            interest: test.clone(),
            message: test,
            ..LeadFields::default()
        },
        phone_e164: Some("+447700900000".to_owned()),
        consents: Vec::new(),
    }
}

pub(super) async fn deliveries(
    config: &Config,
    store: &Store,
    args: &DeliveriesArgs,
    out: &Out,
) -> anyhow::Result<()> {
    let dealer = find_dealer(store, &args.dealer)?;
    let found = store.dealer(&dealer.id).ledger(args.lead.as_ref(), args.limit).await?;
    note(store, config, "lead.deliveries", Some(&dealer.id), Vec::new()).await?;
    if args.json {
        return out.json(&found.iter().map(as_json).collect::<Vec<_>>());
    }
    if found.is_empty() {
        out.line("No deliveries.");
        return Ok(());
    }
    let head = ["delivery", "what", "lead", "target", "state", "tries", "last", "next", "answer"];
    let mut rows = vec![head.map(ToOwned::to_owned)];
    rows.extend(found.into_iter().map(|one| {
        let next = if one.state == "pending" { one.due.to_string() } else { String::new() };
        [
            one.id,
            one.event,
            one.lead,
            plain(&one.target),
            one.state,
            one.attempts.to_string(),
            one.tried_at.map(|at| at.to_string()).unwrap_or_default(),
            next,
            plain(&one.answer.unwrap_or_default()),
        ]
    }));
    out.table(&rows);
    Ok(())
}

fn as_json(one: &Ledger) -> serde_json::Value {
    json!({
        "delivery": one.id,
        "what": one.event,
        "lead": one.lead,
        "at": one.at.to_string(),
        "target": one.target,
        "state": one.state,
        "tries": one.attempts,
        "tried_at": one.tried_at.map(|at| at.to_string()),
        "next_at": (one.state == "pending").then(|| one.due.to_string()),
        "answer": one.answer,
    })
}

pub(super) async fn resend(
    config: &Config,
    store: &Store,
    args: &ResendArgs,
    out: &Out,
) -> anyhow::Result<()> {
    let dealer = find_dealer(store, &args.dealer)?;
    note(store, config, "lead.resend", Some(&dealer.id), vec![args.delivery.clone()]).await?;
    if !store.dealer(&dealer.id).replay(&args.delivery).await? {
        bail!(
            "{} has no delivery {} that is done: see `forecourt lead deliveries`",
            dealer.name,
            args.delivery
        );
    }
    out.line("It is tried again within seconds of a running server, under the same id.");
    Ok(())
}

pub(super) async fn secret(
    config: &Config,
    store: &Store,
    args: &SecretArgs,
    out: &Out,
) -> anyhow::Result<()> {
    let mut dealer = Dealer::clone(&*find_dealer(store, &args.dealer)?);
    let now = store.dealer(&dealer.id).now();
    let target = dealer.deliver.iter().find(|target| target.name == args.target).cloned();
    let target = target.with_context(|| format!("no system is called \"{}\"", args.target))?;
    let TargetChannel::Webhook { overlap_until, .. } = target.channel else {
        bail!("\"{}\" is no webhook: nothing signs what it gets", args.target);
    };
    let overlap = overlap_until.map(Timestamp::from_millis).filter(|until| now < *until);
    if let (true, Some(until)) = (args.rotate, overlap) {
        bail!("it was changed less than 24 hours ago, and two at most sign: wait until {until}");
    }
    let action = if args.rotate { "lead.secret.rotate" } else { "lead.secret" };
    note(store, config, action, Some(&dealer.id), Vec::new()).await?;
    if args.rotate {
        dealer.change_secret(&args.target, now.plus(SECRET_OVERLAP));
        store.update_dealer(&dealer).await?;
    }
    let target = dealer.deliver.into_iter().find(|one| one.name == args.target).unwrap_or(target);
    let secrets = courier::secrets(&store.dealer(&dealer.id), &target).await;
    let secrets = secrets.context(NO_KEY_YET)?;
    for (secret, note) in secrets.iter().zip(["", "  (the one before, for 24 hours)"]) {
        out.line(format!("{}{note}", secret.reveal()));
    }
    Ok(())
}
