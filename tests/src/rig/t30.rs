//! T30: a dealer's system is down for twenty days. Each lead is tried by the schedule, under one id, and
//! comes once when the system is back. Controls: a lead that is taken away meanwhile is missed, one that
//! is sent again is seen twice, and a schedule of another kind is told from ours.

use std::{collections::BTreeMap, time::Duration};

use anyhow::ensure;
use relay::domain::target::{Allowed, Payload, Target, TargetChannel};
use serde_json::Value;

use super::{
    Findings, Tier, on_a_thread,
    owed::{lost_and_doubled, off_schedule},
    weeks::{Weeks, sam},
};
use crate::{
    measure::{Durations, Stopwatch},
    sink::{Answer, Came, Sink},
};

/// For how long the system is down.
const DOWN: Duration = Duration::from_hours(20 * 24);

/// How soon a lead is with a system that is well, mostly (D-52).
const HANDED_MS_MAX: f64 = 10_000.0;

/// How many leads a control has.
const CONTROL: usize = 6;

/// What is done to the leads meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meanwhile {
    Nothing,
    /// One is deleted, with its chat.
    Delete,
    /// One is sent again after it came.
    Replay,
}

#[derive(Default)]
struct Seen {
    tries: u64,
    lost: u64,
    doubled: u64,
    off_schedule: u64,
    off_another: u64,
    ids: u64,
    stale: u64,
    handed: Durations,
}

/// Runs the test and its controls.
pub async fn run(tier: Tier, findings: &mut Findings) -> anyhow::Result<()> {
    let n_leads = tier.pick(20, 10_000, 10_000);
    let mut seen = on_a_thread(move || down(n_leads, Meanwhile::Nothing)).await?;
    findings.note("leads", n_leads as u64);
    findings.note("tries", seen.tries);
    findings.exactly("ids", seen.ids, n_leads as u64);
    findings.exactly("lost", seen.lost, 0);
    findings.exactly("doubled", seen.doubled, 0);
    findings.exactly("off_schedule", seen.off_schedule, 0);
    findings.exactly("tries_with_an_old_time", seen.stale, 0);
    findings.fast("lead_to_system_ms_p95", seen.handed.per_mille_ms(950), HANDED_MS_MAX);
    findings.control("a schedule that doubles its pause", 0 < seen.off_another);
    let deleted = on_a_thread(|| down(CONTROL, Meanwhile::Delete)).await?;
    findings.control("a lead that is gone meanwhile", deleted.lost == 1);
    let replayed = on_a_thread(|| down(CONTROL, Meanwhile::Replay)).await?;
    findings.control("a lead that is sent again", replayed.doubled == 1);
    Ok(())
}

async fn down(n_leads: usize, meanwhile: Meanwhile) -> anyhow::Result<Seen> {
    let sink = Sink::start().await?;
    let allowed = Allowed::default().with(&sink.target()).unwrap_or_default();
    let url = sink.url("/leads");
    let channel =
        TargetChannel::Webhook { url, payload: Payload::Thin, secret: 1, overlap_until: None };
    let target = Target::new("crm".to_owned(), channel);
    let mut weeks = Weeks::start(|config| config.private_targets = allowed, vec![target]).await?;
    let mut seen = Seen::default();
    sink.usually(Answer::Status(503));
    let mut leads = Vec::new();
    for n in 0..n_leads {
        leads.push(weeks.leave(&sam(n)).await?);
    }
    let (mut attempts, mut passed) = (1, Duration::ZERO);
    while passed < DOWN {
        let all = weeks.settled().await?;
        seen.off_schedule += off_schedule(&all, attempts);
        seen.off_another += off_schedule(&all, attempts + 1);
        passed += weeks.pass(attempts).await?;
        attempts += 1;
        if meanwhile == Meanwhile::Delete && attempts == 3 {
            weeks.delete(&leads[0]).await?;
        }
    }
    weeks.settled().await?;
    // It is back.
    let before = sink.came().len();
    sink.usually(Answer::Status(204));
    weeks.pass(attempts).await?;
    let all = weeks.settled().await?;
    ensure!(all.iter().all(|one| one.state == "delivered"), "not all was taken");
    if meanwhile == Meanwhile::Replay {
        ensure!(weeks.rows.replay(&all[0].id).await?, "it is there");
        weeks.pass(1).await?;
        weeks.settled().await?;
    }
    let came = sink.came();
    seen.tries = came.len() as u64;
    (seen.lost, seen.doubled) = lost_and_doubled(&leads, &by_lead(&came[before..])?);
    (seen.ids, seen.stale) = ids_and_stale(&came);
    if meanwhile == Meanwhile::Nothing {
        seen.handed = handed_over(&weeks, &sink).await?;
    }
    weeks.relay.stop().await?;
    Ok(seen)
}

/// How often each lead came; what is told of leads besides is none.
fn by_lead(came: &[Came]) -> anyhow::Result<BTreeMap<String, u64>> {
    let mut times = BTreeMap::new();
    for one in came.iter().filter(|one| is_lead(one)) {
        let body: Value = serde_json::from_str(&one.body)?;
        let lead = body["data"]["lead"].as_str().unwrap_or_default().to_owned();
        *times.entry(lead).or_default() += 1;
    }
    Ok(times)
}

fn is_lead(came: &Came) -> bool {
    came.header("webhook-id").starts_with("dlv_")
}

/// How many ids there were, and how many tries told no later time than the one before under their id.
fn ids_and_stale(came: &[Came]) -> (u64, u64) {
    let mut last: BTreeMap<&str, i64> = BTreeMap::new();
    let mut stale = 0;
    for one in came.iter().filter(|one| is_lead(one)) {
        let at = one.header("webhook-timestamp").parse().unwrap_or(0);
        let before = last.insert(one.header("webhook-id"), at);
        stale += u64::from(before.is_some_and(|before| at <= before));
    }
    (last.len() as u64, stale)
}

/// How long leads take to a system that is well.
async fn handed_over(weeks: &Weeks, sink: &Sink) -> anyhow::Result<Durations> {
    let mut handed = Durations::default();
    for n in 0..20 {
        let (before, watch) = (sink.came().len(), Stopwatch::start());
        weeks.leave(&sam(n)).await?;
        sink.wait_for(before + 1).await?;
        handed.push(watch.elapsed());
    }
    Ok(handed)
}
