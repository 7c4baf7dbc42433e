//! T67: leads with other people's addresses make nobody write to them. No mail goes to an address that a
//! visitor typed, and no word of a visitor stands in a subject; an address is named in a mail's head as the
//! one to answer, to the dealer alone. The control is a dealer whose own mailbox is such an address.

use std::collections::BTreeSet;

use mail_parser::MessageParser;
use protocol::lead::LeadFields;
use relay::domain::{
    mail::MailTls,
    target::{MailFormat, Target, TargetChannel},
};

use super::{Findings, Tier, on_a_thread, weeks::Weeks};
use crate::smtp::{Mail, MailSink};

const DEALERS_OWN: &str = "sales@dealer.example";

/// What a visitor would like the victim to read.
const BAIT: &str = "You have won, go to https://evil.example";

/// Runs the test and its control.
pub async fn run(tier: Tier, findings: &mut Findings) -> anyhow::Result<()> {
    let n_leads = tier.pick(100, 10_000, 10_000);
    let mails = on_a_thread(move || abuse(n_leads, DEALERS_OWN.to_owned())).await?;
    findings.exactly("mails", mails.len() as u64, n_leads as u64);
    findings.exactly("mails_to_victims", to_victims(&mails), 0);
    let is_baited = |mail: &&Mail| {
        let read = MessageParser::default().parse(mail.data.as_bytes());
        let subject = read.as_ref().and_then(|read| read.subject());
        subject.is_none_or(|subject| subject.contains("won") || subject.contains("evil"))
    };
    findings.exactly(
        "subjects_with_words_of_visitors",
        mails.iter().filter(is_baited).count() as u64,
        0,
    );
    let automatic =
        mails.iter().filter(|mail| mail.data.contains("Auto-Submitted: auto-generated"));
    findings.exactly(
        "mails_that_say_that_a_machine_wrote_them",
        automatic.count() as u64,
        n_leads as u64,
    );
    let ids: BTreeSet<_> = mails
        .iter()
        .filter_map(|mail| mail.data.lines().find(|line| line.starts_with("Message-ID:")))
        .collect();
    findings.exactly("ids", ids.len() as u64, n_leads as u64);
    let own = on_a_thread(|| abuse(3, victim(1))).await?;
    findings.control("a mailbox that is a victim's", 0 < to_victims(&own));
    Ok(())
}

async fn abuse(n_leads: usize, to: String) -> anyhow::Result<Vec<Mail>> {
    let sink = MailSink::start(MailTls::Implicit).await?;
    let server = sink.server();
    let channel = TargetChannel::Mail { to: vec![to], format: MailFormat::Text };
    let target = Target::new("people".to_owned(), channel);
    let mut weeks = Weeks::start(|config| config.mail = Some(server), vec![target]).await?;
    for n in 0..n_leads {
        let fields = LeadFields {
            name: Some(BAIT.to_owned()),
            email: Some(victim(n)),
            message: Some(BAIT.to_owned()),
            ..LeadFields::default()
        };
        weeks.leave(&fields).await?;
    }
    weeks.settled().await?;
    weeks.relay.stop().await?;
    Ok(sink.came())
}

fn victim(n: usize) -> String {
    format!("victim{n}@elsewhere.example")
}

fn to_victims(mails: &[Mail]) -> u64 {
    let is_victim = |to: &String| to.ends_with("@elsewhere.example");
    mails.iter().filter(|mail| mail.to.iter().any(is_victim)).count() as u64
}
