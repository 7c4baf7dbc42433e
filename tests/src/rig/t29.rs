//! T29: the mail server is down for 72 hours, in several ways. Each lead comes by mail once it is back; where
//! the server has taken one without saying so, it comes once more under the same `Message-ID`. Controls: a
//! lead that is taken away meanwhile is missed, and a server without TLS gets nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use anyhow::ensure;
use protocol::LeadId;
use relay::domain::{
    mail::{MailServer, MailTls},
    target::{MailFormat, Target, TargetChannel},
};

use super::{
    Findings, Tier, on_a_thread,
    owed::{lost_and_doubled, off_schedule},
    weeks::{Weeks, sam},
};
use crate::{
    measure::{Stopwatch, count as figure},
    smtp::{Mail, MailSink, Reply},
};

/// For how long the server is down.
const DOWN: Duration = Duration::from_hours(72);

/// How long the backlog may take once it is back.
const DRAIN_S_MAX: f64 = 900.0;

/// How many leads a control has.
const CONTROL: usize = 4;

#[derive(Default)]
struct Seen {
    lost: u64,
    /// Leads that came more than twice, or twice under different ids.
    doubled: u64,
    off_schedule: u64,
    alarms: u64,
    foreign: u64,
    drain_s: f64,
}

/// Runs the test and its controls.
pub async fn run(tier: Tier, findings: &mut Findings) -> anyhow::Result<()> {
    let n_leads = tier.pick(12, 10_000, 10_000);
    let seen = on_a_thread(move || down(n_leads, false)).await?;
    findings.note("leads", n_leads as u64);
    findings.exactly("lost", seen.lost, 0);
    findings.exactly("doubled_beyond_what_was_taken_unsaid", seen.doubled, 0);
    findings.exactly("off_schedule", seen.off_schedule, 0);
    findings.exactly("recipients_that_nobody_configured", seen.foreign, 0);
    findings.at_least("alarms_to_the_dealer", figure(seen.alarms), 1.0);
    findings.fast("drain_s", seen.drain_s, DRAIN_S_MAX);
    let deleted = on_a_thread(|| down(CONTROL, true)).await?;
    findings.control("a lead that is gone meanwhile", deleted.lost == 1);
    findings.control("a server without TLS", on_a_thread(plain).await?);
    Ok(())
}

fn people() -> Target {
    let to = vec!["sales@dealer.example".to_owned()];
    let channel = TargetChannel::Mail { to, format: MailFormat::Text };
    Target::new("people".to_owned(), channel)
}

async fn weeks(server: MailServer) -> anyhow::Result<Weeks> {
    Weeks::start(|config| config.mail = Some(server), vec![people()]).await
}

async fn down(n_leads: usize, deletes: bool) -> anyhow::Result<Seen> {
    let sink = MailSink::start(MailTls::StartTls).await?;
    let mut weeks = weeks(sink.server()).await?;
    let mut seen = Seen::default();
    // Of the first tries one is taken without a word, where nothing is to be counted as lost.
    sink.usually(Reply::Recipient(451));
    if !deletes {
        sink.next([Reply::Lost]);
    }
    let mut leads = Vec::new();
    for n in 0..n_leads {
        leads.push(weeks.leave(&sam(n)).await?);
    }
    let (mut attempts, mut passed) = (1, Duration::ZERO);
    while passed < DOWN {
        let all = weeks.settled().await?;
        seen.off_schedule += off_schedule(&all, attempts);
        // Grey-listed, shut down, no such mailbox, refused when it is all there.
        let ways =
            [Reply::Recipient(451), Reply::Data(421), Reply::Recipient(550), Reply::Data(554)];
        sink.usually(ways[attempts as usize % ways.len()]);
        passed += weeks.pass(attempts).await?;
        attempts += 1;
        if deletes && attempts == 3 {
            weeks.delete(&leads[0]).await?;
        }
    }
    weeks.settled().await?;
    sink.usually(Reply::Take);
    let watch = Stopwatch::start();
    weeks.pass(attempts).await?;
    let all = weeks.settled().await?;
    seen.drain_s = watch.elapsed().as_secs_f64();
    ensure!(
        all.iter().filter(|one| one.event == "lead").all(|one| one.state == "delivered"),
        "not all was taken"
    );
    count(&mut seen, &leads, &sink.came());
    weeks.relay.stop().await?;
    Ok(seen)
}

/// What came of each lead, by the mails.
fn count(seen: &mut Seen, leads: &[LeadId], came: &[Mail]) {
    let (mut times, mut ids) = (BTreeMap::new(), BTreeMap::<_, BTreeSet<_>>::new());
    for mail in came {
        seen.alarms += u64::from(mail.data.contains("does not take leads"));
        let is_ours = |to: &String| ["sales@dealer.example", "sales@cars.example"].contains(&&**to);
        seen.foreign += u64::from(!mail.to.iter().all(is_ours));
        // A mail of a lead names it once at its end; a notice has other words.
        let Some(lead) = leads.iter().find(|lead| mail.data.contains(&format!("Lead {lead}.")))
        else {
            continue;
        };
        *times.entry(lead.to_string()).or_insert(0_u64) += 1;
        let id = mail.data.lines().find(|line| line.starts_with("Message-ID:"));
        ids.entry(lead.to_string()).or_default().insert(id.unwrap_or_default().to_owned());
    }
    seen.lost = lost_and_doubled(leads, &times).0;
    let too_often = times.values().filter(|times| 2 < **times).count();
    let twice = times.values().filter(|times| 1 < **times).count();
    let many_ids = ids.values().filter(|ids| 1 < ids.len()).count();
    seen.doubled = (too_often + many_ids + twice.saturating_sub(1)) as u64;
}

/// Whether a server that knows no TLS gets nothing, though a lead is owed to it.
async fn plain() -> anyhow::Result<bool> {
    let sink = MailSink::without_tls().await?;
    let mut weeks = weeks(sink.server()).await?;
    weeks.leave(&sam(0)).await?;
    let all = weeks.settled().await?;
    weeks.relay.stop().await?;
    Ok(sink.came().is_empty() && all.iter().all(|one| one.state == "pending"))
}
