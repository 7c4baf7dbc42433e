//! T13: the Nth system call of a kind fails. Whatever N is: no acknowledgement for a failed
//! commit, none at all after a failed sync, the process ends and says so, the next start has every
//! acknowledged message. One control acknowledges before it commits, and must lose; the other one
//! though the commit failed, and must be seen to.

use std::{collections::BTreeMap, path::Path, time::Duration};

use anyhow::{Context, ensure};
use tokio::time::timeout;

use super::{
    Findings, Tier,
    inject::{Fault, Injected},
    integrity,
    ledger::Verdict,
    probe::is_ready_at,
    talker::{Said, Talker, compare_all, promised},
};
use crate::{
    measure::{count, wall_ns},
    process::Forecourt,
};

/// How many messages each visitor tries to say in a run.
const MESSAGES: u32 = 5;

/// How many visitors talk, one after the other: so what came after the fault is known.
const VISITORS: usize = 2;

/// How soon a relay must have ended by itself once a sync has failed.
const END_WITHIN: Duration = Duration::from_secs(10);

/// How many calls after the start fail, one in each run, where each change is tested.
const FEW: u32 = 5;

/// How often the control is tried: one of its first syncs after the start is a visitor's.
const CONTROL_RUNS: usize = 6;

/// The largest N of a night that is each tried; beyond, N grows by a seventh each time. For a
/// release each N is.
const EACH_UP_TO: u32 = 24;

/// What all runs showed.
#[derive(Default)]
struct Seen {
    runs: u64,
    /// For each call, the runs in which it failed.
    injected: BTreeMap<&'static str, u64>,
    /// Runs in which the relay refused to start.
    not_started: u64,
    verdict: Verdict,
    rows: integrity::Rows,
    /// Runs in which a sync of the database failed while visitors talked.
    failed_syncs: u64,
    /// Relays that still called themselves ready then.
    still_ready: u64,
    /// Acknowledgements of what was said after a sync had failed.
    after_a_failed_sync: u64,
    /// Acknowledgements that left the relay over a failed sync, no good one in between: as the trace
    /// of its calls has them, in which the one that failed under the message itself shows, too.
    over_a_failed_sync: u64,
    /// Relays that went on after a failed sync.
    went_on: u64,
    panics: u64,
    /// Databases that the check of SQLite finds fault with.
    unsound: u64,
}

/// Runs the test and its control.
pub async fn run(tier: Tier, findings: &mut Findings) -> anyhow::Result<()> {
    let template = tempfile::tempdir()?;
    Forecourt::named("FORECOURT_BIN", &template.path().join("data"))?.start_once().await?;
    let mut seen = Seen::default();
    // The writes and their syncs for each change; the rest by night.
    let tested = &CALLS[..tier.pick(2, CALLS.len(), CALLS.len())];
    for (call, errors) in tested {
        let at_start = calls_at_start(template.path(), call).await?;
        for error in *errors {
            let fault = |n| Fault { call, error, n };
            match tier {
                Tier::Pr => few(template.path(), &mut seen, fault, at_start).await?,
                Tier::N => sweep(template.path(), &mut seen, fault, EACH_UP_TO).await?,
                Tier::R => sweep(template.path(), &mut seen, fault, u32::MAX).await?,
            }
        }
    }
    findings.note("runs", seen.runs);
    findings.note("refused_to_start", seen.not_started);
    for (call, _) in tested {
        let injected = count(seen.injected.get(call).copied().unwrap_or(0));
        let least = if *call == NEVER_CALLED { 0.0 } else { 1.0 };
        findings.at_least(&format!("injected {call}"), injected, least);
    }
    seen.verdict.judge(findings);
    seen.rows.judge(findings);
    findings.at_least("failed_syncs", count(seen.failed_syncs), 1.0);
    findings.exactly("ready_after_a_failed_sync", seen.still_ready, 0);
    findings.exactly("acknowledged_after_a_failed_sync", seen.after_a_failed_sync, 0);
    findings.exactly("acknowledged_over_a_failed_sync", seen.over_a_failed_sync, 0);
    findings.exactly("went_on_after_a_failed_sync", seen.went_on, 0);
    findings.exactly("panics", seen.panics, 0);
    findings.exactly("unsound_databases", seen.unsound, 0);

    let early = control(template.path(), "ack-before-commit", |seen| seen.verdict.lost).await?;
    findings.note("control_lost", early);
    findings.control("acknowledges before it commits", 0 < early);
    let deaf = "ack-over-a-failed-commit";
    let deaf = control(template.path(), deaf, |seen| seen.over_a_failed_sync).await?;
    findings.note("control_acknowledged_over_a_failed_sync", deaf);
    findings.control("acknowledges though the commit failed", 0 < deaf);
    Ok(())
}

/// Lets the first syncs of visitors fail under a relay that is wrong, until that shows; answers how
/// often it did.
async fn control(
    template: &Path,
    planted: &str,
    shows: impl Fn(&Seen) -> u64,
) -> anyhow::Result<u64> {
    let mut seen = Seen::default();
    let at_start = calls_at_start(template, SYNC).await?;
    for n in (at_start..).take(CONTROL_RUNS) {
        let fault = Fault { call: SYNC, error: "EIO", n };
        one(template, &mut seen, fault, ("FORECOURT_PLANTED_BIN", Some(planted))).await?;
        if 0 < shows(&seen) {
            break;
        }
    }
    Ok(shows(&seen))
}

/// What SQLite calls to have a commit on the disk.
const SYNC: &str = "fsync";

/// What fails, and how.
const CALLS: &[(&str, &[&str])] = &[
    (SYNC, &["EIO", "ENOSPC"]),
    ("pwrite64", &["EIO", "ENOSPC"]),
    ("ftruncate", &["EIO", "ENOSPC"]),
    ("openat", &["EIO", "ENOSPC"]),
    (NEVER_CALLED, &["EIO", "ENOSPC"]),
];

/// The SQLite of today never does: one run for each error, until one does.
const NEVER_CALLED: &str = "fdatasync";

/// Lets the first call fail, the second, and so on, until a run makes fewer calls than that.
async fn sweep(
    template: &Path,
    seen: &mut Seen,
    fault: impl Fn(u32) -> Fault,
    each_up_to: u32,
) -> anyhow::Result<()> {
    let mut n = 1;
    while one(template, seen, fault(n), ("FORECOURT_BIN", None)).await? {
        n += if n < each_up_to { 1 } else { n / 7 };
    }
    Ok(())
}

/// Lets the first call fail, and the first of those that come when visitors talk.
async fn few(
    template: &Path,
    seen: &mut Seen,
    fault: impl Fn(u32) -> Fault,
    at_start: u32,
) -> anyhow::Result<()> {
    for n in std::iter::once(1).chain(at_start + 1..=at_start + FEW) {
        one(template, seen, fault(n), ("FORECOURT_BIN", None)).await?;
    }
    Ok(())
}

/// How many calls of a kind a start makes, of the thread that makes the most.
async fn calls_at_start(template: &Path, call: &'static str) -> anyhow::Result<u32> {
    let dir = tempfile::tempdir()?;
    let data = dir.path().join("data");
    integrity::copy(&template.join("data"), &data)?;
    let never = Fault { call, error: "EIO", n: u32::from(u16::MAX) };
    let injected = Injected::into(&never, &dir.path().join("trace"));
    let mut relay = Forecourt::named("FORECOURT_BIN", &data)?;
    relay.wrap(injected.wrapper());
    relay.start().await?;
    ensure!(is_ready(&relay).await, "a relay without a fault does not call itself ready");
    let most = injected.most_of_a_thread()?;
    relay.kill().await?;
    Ok(most)
}

/// One run on a copy of the template. Answers whether the fault came at all.
async fn one(
    template: &Path,
    seen: &mut Seen,
    fault: Fault,
    (binary, planted): (&str, Option<&str>),
) -> anyhow::Result<bool> {
    let dir = tempfile::tempdir()?;
    let (data, log) = (dir.path().join("data"), dir.path().join("log"));
    integrity::copy(&template.join("data"), &data)?;
    let injected = Injected::into(&fault, &dir.path().join("trace"));
    let mut relay = Forecourt::named(binary, &data)?.without_paces().log_to(&log);
    if let Some(planted) = planted {
        relay = relay.set("FORECOURT_PLANTED", planted);
    }
    relay.wrap(injected.wrapper());
    let mut crowd = Talker::crowd(VISITORS)?;
    seen.runs += 1;
    if relay.start().await.is_ok() {
        let said_at = talk(&mut crowd, &relay).await;
        // Of the files alone: SQLite goes on after a failed sync of the directory, which the store
        // therefore syncs itself before it serves.
        let failed_at = injected.first_at_file(integrity::DATABASE)?;
        if let (true, Some(failed_at)) = (fault.is_sync(), failed_at) {
            seen.failed_syncs += 1;
            seen.still_ready += u64::from(is_ready(&relay).await);
            seen.after_a_failed_sync +=
                said_at.iter().filter(|said_at| failed_at < **said_at).count() as u64;
            seen.over_a_failed_sync += injected.acknowledged_over(integrity::DATABASE)?;
            seen.went_on += u64::from(!ended_with_failure(&mut relay).await?);
        }
    } else {
        let told = std::fs::read_to_string(&log).unwrap_or_default();
        ensure!(ended_with_failure(&mut relay).await?, "it neither started nor failed: {told}");
        seen.not_started += 1;
    }
    relay.kill().await?;
    let came = injected.first_at()?.is_some();
    *seen.injected.entry(fault.call).or_default() += u64::from(came);
    let told = std::fs::read_to_string(&log).unwrap_or_default();
    seen.panics += told.matches("panicked").count() as u64;

    relay.wrap(Vec::new());
    relay.start().await.with_context(|| format!("no start after {fault:?}: {told}"))?;
    let verdict = compare_all(&mut crowd, &relay).await?;
    seen.verdict.add(verdict);
    relay.kill().await?;
    seen.rows.add(integrity::rows(&data, &promised(&crowd)).await?);
    seen.unsound += u64::from(!integrity::is_sound(&data).await?);
    Ok(came)
}

/// Lets all talk in turns. Answers when each acknowledged message was said.
async fn talk(crowd: &mut [Talker], relay: &Forecourt) -> Vec<u64> {
    let mut said_at = Vec::new();
    for _ in 0..MESSAGES {
        for talker in &mut *crowd {
            let now = wall_ns();
            if talker.ask(relay).await == Said::Kept {
                said_at.push(now);
            }
        }
    }
    said_at
}

/// Whether the relay says that it is ready; one that is gone does not.
async fn is_ready(relay: &Forecourt) -> bool {
    timeout(END_WITHIN, is_ready_at(relay.admin())).await.unwrap_or(false)
}

async fn ended_with_failure(relay: &mut Forecourt) -> anyhow::Result<bool> {
    Ok(relay.ended(END_WITHIN).await?.is_some_and(|status| !status.success()))
}
