//! T15: other processes on the same file. One that holds the write lock, one that reads for long,
//! a second relay. Memory and log stay bounded, nothing is lost or doubled, the second relay
//! refuses to start. The control leaves the lock file alone, and the second relay starts.

use std::{path::Path, sync::Arc, time::Duration};

use anyhow::ensure;
use sqlx::{Connection, Executor};

use super::{Findings, Tier, integrity, swarm::Swarm};
use crate::{
    measure::{Stopwatch, count, resident_bytes},
    process::Forecourt,
};

/// How many visitors talk at once.
const VISITORS: usize = 24;

/// How many acknowledgements lie at least between two troubles.
const BETWEEN: u64 = 50;

/// How much memory may come on top while nothing can be written.
const MEMORY_MIB_MAX: f64 = 64.0;

/// How large the log may get.
const LOG_MIB_MAX: f64 = 256.0;

/// From which size on the relay must have told the operator.
const LOG_ALARM_MIB: f64 = 160.0;

/// How often memory and log are looked at.
const LOOK: Duration = Duration::from_millis(50);

const MIB: f64 = 1024.0 * 1024.0;

/// Runs the test and its control.
pub async fn run(tier: Tier, findings: &mut Findings) -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let (data, log) = (dir.path().join("data"), dir.path().join("log"));
    let mut relay = Forecourt::named("FORECOURT_BIN", &data)?.without_paces().log_to(&log);
    relay.start().await?;
    let door = Arc::new(Forecourt::same_door(&relay));
    let swarm = Swarm::send(tier.pick(VISITORS, 8 * VISITORS, 8 * VISITORS), &door);
    swarm.until_more(BETWEEN).await;

    let before = resident_bytes(relay.pid().unwrap_or(0))?;
    // Longer than the relay waits for it.
    let lock = Duration::from_secs(tier.pick(7, 10, 10));
    let locked = hold(&data, "BEGIN IMMEDIATE", lock, &relay).await?;
    findings.at_most("memory_mib_more", (locked.memory - count(before)) / MIB, MEMORY_MIB_MAX);
    swarm.until_more(BETWEEN).await;

    let read = tier.pick(3, 600, 600);
    let read = hold(&data, "BEGIN; SELECT 1 FROM messages", Duration::from_secs(read), &relay);
    let log_mib = read.await?.log / MIB;
    findings.at_most("log_mib_max", log_mib, LOG_MIB_MAX);
    let told = std::fs::read_to_string(&log)?.contains("log has grown large");
    let is_large = LOG_ALARM_MIB <= log_mib;
    findings.hold(told || !is_large, || "no alarm about the log".to_owned());
    let is_judged = is_large || tier == Tier::Pr;
    findings.hold(is_judged, || "the log was never large enough for its alarm".to_owned());
    swarm.until_more(BETWEEN).await;

    findings.hold(!second_starts("FORECOURT_BIN", &data).await?, || "a second one started".into());
    let (verdict, promised) = swarm.settle(&relay).await?;
    verdict.judge(findings);
    relay.kill().await?;
    integrity::rows(&data, &promised).await?.judge(findings);
    findings.hold(integrity::is_sound(&data).await?, || "the database is unsound".to_owned());

    findings.control("takes no lock", second_starts_beside_a_planted_one().await?);
    Ok(())
}

/// The most that was seen while something was held.
struct Most {
    memory: f64,
    log: f64,
}

/// Holds the database in another process than the relay's, this one, for so long.
async fn hold(
    data: &Path,
    how: &'static str,
    time: Duration,
    relay: &Forecourt,
) -> anyhow::Result<Most> {
    let mut conn = integrity::open(data).await?;
    conn.execute(how).await?;
    let mut most = Most { memory: 0.0, log: 0.0 };
    let watch = Stopwatch::start();
    while watch.elapsed() < time {
        tokio::time::sleep(LOOK).await;
        most.memory = most.memory.max(count(resident_bytes(relay.pid().unwrap_or(0))?));
        let log = data.join(format!("{}-wal", integrity::DATABASE)).metadata();
        most.log = most.log.max(log.map_or(0.0, |log| count(log.len())));
    }
    conn.execute("ROLLBACK").await?;
    conn.close().await?;
    Ok(most)
}

/// Whether a second relay starts on the same data; if it does not, it says why and fails.
async fn second_starts(binary: &str, data: &Path) -> anyhow::Result<bool> {
    let log = tempfile::NamedTempFile::new()?;
    let mut second = Forecourt::named(binary, data)?.log_to(log.path());
    second = second.set("FORECOURT_PLANTED", "no-lock");
    if second.start().await.is_ok() {
        second.kill().await?;
        return Ok(true);
    }
    let status = second.ended(Duration::from_secs(10)).await?;
    let told = std::fs::read_to_string(log.path())?;
    ensure!(status.is_some_and(|status| status.code() == Some(1)), "it ended with {status:?}");
    ensure!(told.contains("another relay works on this data"), "it said: {told}");
    Ok(false)
}

async fn second_starts_beside_a_planted_one() -> anyhow::Result<bool> {
    let dir = tempfile::tempdir()?;
    let data = dir.path().join("data");
    let mut first = Forecourt::named("FORECOURT_BIN", &data)?;
    first.start().await?;
    let starts = second_starts("FORECOURT_PLANTED_BIN", &data).await?;
    first.kill().await?;
    Ok(starts)
}
