//! T14: the disk gets full. Sends are refused at once and by name, reads go on, the log stays
//! short, a relay that is killed meanwhile starts, reads and refuses. Once there is space again that
//! relay goes on by itself, and nothing acknowledged is lost.
//! The control acknowledges before it commits, so it promises what it can't keep.

use std::{path::Path, time::Duration};

use anyhow::{Context, ensure};
use protocol::FailureCode;

use super::{
    Findings, Tier, integrity,
    ledger::Verdict,
    small_disk::SmallDisk,
    talker::{Said, Talker, compare_all, promised},
};
use crate::{
    measure::{Durations, Stopwatch, count},
    process::Forecourt,
};

/// The size of the disk.
const DISK_MIB: u32 = 64;

/// How many visitors talk.
const VISITORS: usize = 8;

/// How much of what is tried must be refused: a disk that is not full proves nothing.
const REFUSED_MIN: f64 = 0.5;

/// How often a relay that was started on the full disk must refuse before there is space again: only
/// of one that has refused can a recovery be measured.
const REFUSED_AGAIN: usize = 2 * VISITORS;

/// How often it is tried at most: the start may have made a little room in the log.
const AGAIN_TRIES: u32 = 400;

/// How soon a send must be refused.
const REFUSED_MS_MAX: f64 = 1_000.0;

/// How soon a send must be kept once there is space.
const RECOVERED_MS_MAX: f64 = 5_000.0;

/// How often the control is asked: each answer of it waits a quarter of a second.
const CONTROL_TRIES: u32 = 16;

/// How many lines the log may grow by while the disk is full.
const LOG_LINES_MAX: f64 = 20.0;

/// How long a visitor waits before the next try.
const KNOCK: Duration = Duration::from_millis(10);

/// What one full disk showed.
#[derive(Default)]
struct Seen {
    verdict: Verdict,
    rows: integrity::Rows,
    refused: Durations,
    /// The same by the relay that was started on the full disk: of it the recovery is measured.
    refused_again: Durations,
    /// Refusals with another code, and sockets that broke.
    wrong: u64,
    /// Kept while the disk was full: it fitted into what the log had already.
    kept_meanwhile: u64,
    recovered: Durations,
    log_lines: u64,
    /// What did not work although nothing had to be written.
    reads_failed: Vec<String>,
}

/// Runs the test and its control.
pub async fn run(tier: Tier, findings: &mut Findings) -> anyhow::Result<()> {
    let tries = tier.pick(100, 2_000, 10_000);
    let mut seen = full_disk("FORECOURT_BIN", None, tries).await?;
    seen.verdict.judge(findings);
    seen.rows.judge(findings);
    findings.at_least("refused", count(seen.refused.len() as u64), REFUSED_MIN * f64::from(tries));
    let again = seen.refused_again.len() as u64;
    findings.at_least("refused_again", count(again), count(REFUSED_AGAIN as u64));
    findings.at_most(
        "refused_again_ms_max",
        seen.refused_again.per_mille_ms(1_000),
        REFUSED_MS_MAX,
    );
    findings.exactly("refused_otherwise", seen.wrong, 0);
    findings.note("kept_meanwhile", seen.kept_meanwhile);
    findings.at_most("refused_ms_max", seen.refused.per_mille_ms(1_000), REFUSED_MS_MAX);
    findings.at_most("recovered_ms_max", seen.recovered.per_mille_ms(1_000), RECOVERED_MS_MAX);
    findings.hold(0 < seen.log_lines, || "the log says nothing of the full disk".to_owned());
    findings.at_most("log_lines", count(seen.log_lines), LOG_LINES_MAX);
    findings.hold(seen.reads_failed.is_empty(), || seen.reads_failed.join("; "));

    let control = Some("ack-before-commit");
    let control = full_disk("FORECOURT_PLANTED_BIN", control, CONTROL_TRIES).await?;
    findings.note("control_lost", control.verdict.lost);
    findings.note("control_rows_missing", control.rows.missing);
    let caught = 0 < control.verdict.lost && 0 < control.rows.missing;
    findings.control("acknowledges before it commits", caught);
    Ok(())
}

async fn full_disk(binary: &str, planted: Option<&str>, tries: u32) -> anyhow::Result<Seen> {
    let disk = SmallDisk::mount(DISK_MIB)?;
    let aside = tempfile::tempdir()?;
    let log = aside.path().join("log");
    let mut relay = Forecourt::named(binary, &disk.path().join("data"))?;
    relay = relay.without_paces().log_to(&log);
    if let Some(planted) = planted {
        relay = relay.set("FORECOURT_PLANTED", planted);
    }
    relay.start().await?;
    let mut crowd = Talker::crowd(if planted.is_some() { 2 } else { VISITORS })?;
    for talker in &mut crowd {
        ensure!(talker.ask(&relay).await == Said::Kept, "there is space, and nothing was kept");
    }
    let mut seen = Seen::default();
    disk.fill()?;
    let lines = count_lines(&log)?;
    knock(&mut crowd, &relay, tries, &mut seen).await;
    seen.log_lines = count_lines(&log)? - lines;
    seen.reads_failed = reads(&mut crowd, &relay).await;
    relay.kill().await?;
    // The demo would renew its dealers; the operator's relay writes nothing.
    relay = relay.serving();
    relay.start().await?;
    seen.reads_failed.extend(reads(&mut crowd, &relay).await);
    if planted.is_none() {
        refused_again(&mut crowd, &relay, &mut seen).await;
    }
    disk.free()?;
    recover(&mut crowd, &relay, &mut seen).await?;
    seen.verdict = compare_all(&mut crowd, &relay).await?;
    relay.kill().await?;
    seen.rows = integrity::rows(&disk.path().join("data"), &promised(&crowd)).await?;
    Ok(seen)
}

/// Tries to say so many messages on the full disk.
async fn knock(crowd: &mut [Talker], relay: &Forecourt, tries: u32, seen: &mut Seen) {
    for _ in 0..tries.div_ceil(u32::try_from(crowd.len()).unwrap_or(1)) {
        for talker in &mut *crowd {
            match talker.say(relay).await {
                (Said::Kept, _) => seen.kept_meanwhile += 1,
                (Said::Refused(FailureCode::StorageFull), took) => seen.refused.push(took),
                // A visitor with as many unanswered questions as are allowed says no more.
                (Said::Refused(FailureCode::SlowDown), _) => {}
                _ => seen.wrong += 1,
            }
        }
        tokio::time::sleep(KNOCK).await;
    }
}

/// Has a relay that was started on the full disk refuse, too.
async fn refused_again(crowd: &mut [Talker], relay: &Forecourt, seen: &mut Seen) {
    let mut again = Seen::default();
    let each = u32::try_from(crowd.len()).unwrap_or(1);
    for _ in 0..AGAIN_TRIES.div_ceil(each) {
        if REFUSED_AGAIN <= again.refused.len() {
            break;
        }
        knock(crowd, relay, each, &mut again).await;
    }
    seen.wrong += again.wrong;
    seen.kept_meanwhile += again.kept_meanwhile;
    seen.refused_again = again.refused;
}

/// Reads what needs no space: a conversation with how to reach the dealer, the operator's doors,
/// a command. Answers what failed.
async fn reads(crowd: &mut [Talker], relay: &Forecourt) -> Vec<String> {
    let mut failed = Vec::new();
    for talker in crowd {
        talker.cut();
        talker.visitor.messages.clear();
        let greeted = relay.greet(&mut talker.visitor).await;
        let n_messages = talker.visitor.messages.len();
        if greeted.is_err() || n_messages < talker.ledger.acknowledged.len() {
            failed.push(format!("a conversation was not read: {n_messages} messages"));
        }
        let contact = talker.visitor.dealer.as_ref().map(|dealer| &dealer.contact);
        if contact.is_none_or(|contact| contact.phone.is_none() || contact.email.is_none()) {
            failed.push("the visitor was not told how to reach the dealer".to_owned());
        }
        talker.cut();
    }
    match relay.command(&["dealer", "list"]).await {
        Ok(told) if told.status.success() => {}
        other => failed.push(format!("`dealer list` failed: {other:?}")),
    }
    let metrics = reqwest::get(format!("http://{}/metrics", relay.admin())).await;
    if !metrics.is_ok_and(|answer| answer.status().is_success()) {
        failed.push("/metrics did not answer".to_owned());
    }
    failed
}

/// Waits until each visitor's pending message is kept.
async fn recover(crowd: &mut [Talker], relay: &Forecourt, seen: &mut Seen) -> anyhow::Result<()> {
    let watch = Stopwatch::start();
    for talker in crowd {
        while talker.say(relay).await.0 != Said::Kept {
            ensure!(watch.elapsed() < Duration::from_mins(1), "the relay did not recover");
            tokio::time::sleep(KNOCK).await;
        }
        seen.recovered.push(watch.elapsed());
    }
    Ok(())
}

fn count_lines(log: &Path) -> anyhow::Result<u64> {
    let text = std::fs::read_to_string(log).context("the relay writes a log")?;
    Ok(text.lines().count() as u64)
}
