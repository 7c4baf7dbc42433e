//! T15: other processes on the same file. One that holds the write lock, one that reads for long,
//! a second relay. Memory and log stay bounded, who can't be
//! kept is told so in time, nothing is lost or doubled, the second relay
//! refuses to start. The control leaves the lock file alone, and the second relay starts.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::ensure;
use protocol::FailureCode;
use sqlx::{Connection, Executor, SqliteConnection};

use super::{
    Findings, Tier, integrity,
    swarm::Swarm,
    talker::{Said, Talker, compare_all},
};
use crate::{
    measure::{Stopwatch, count, resident_bytes},
    process::Forecourt,
};

/// How many visitors talk at once.
const VISITORS: usize = 24;

/// How many acknowledgements lie at least between two troubles.
const BETWEEN: u64 = 50;

/// How many more speak for the first time while nothing can be written.
const TOLD: usize = 4;

/// How soon each of them must be refused, in seconds: the relay waits for the database for five.
const REFUSED_S_MAX: f64 = 6.0;

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
    let mut told = Talker::crowd(TOLD)?;
    let locked = hold(&data, "BEGIN IMMEDIATE").await?;
    let (locked, ()) =
        tokio::try_join!(locked.watch(&relay, lock), refused(&mut told, &relay, findings))?;
    let more = |memory: f64| (memory - count(before)) / MIB;
    findings.at_most("memory_mib_more", more(locked.memory), MEMORY_MIB_MAX);
    swarm.until_more(BETWEEN).await;

    let read = tier.pick(3, 600, 600);
    let reading = hold(&data, "BEGIN; SELECT 1 FROM messages").await?;
    let read = reading.watch(&relay, Duration::from_secs(read)).await?;
    findings.at_most("memory_mib_more_while_read", more(read.memory), MEMORY_MIB_MAX);
    let log_mib = read.log / MIB;
    findings.at_most("log_mib_max", log_mib, LOG_MIB_MAX);
    let alarm = std::fs::read_to_string(&log)?.contains("log has grown large");
    let is_large = LOG_ALARM_MIB <= log_mib;
    findings.hold(alarm || !is_large, || "no alarm about the log".to_owned());
    let is_judged = is_large || tier == Tier::Pr;
    findings.hold(is_judged, || "the log was never large enough for its alarm".to_owned());
    swarm.until_more(BETWEEN).await;

    findings.hold(!second_starts("FORECOURT_BIN", &data).await?, || "a second one started".into());
    let (mut verdict, promised) = swarm.settle(&relay).await?;
    // Who was refused says the same again, and is kept once.
    for talker in &mut told {
        let mut said = talker.say(&relay).await.0;
        if said == Said::Cut {
            // A socket that nobody read for ten minutes has been given up since.
            said = talker.say(&relay).await.0;
        }
        findings.hold(said == Said::Kept, || "refused for good".to_owned());
    }
    verdict.add(compare_all(&mut told, &relay).await?);
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

/// The database, held in another process than the relay's: this one.
struct Held {
    conn: SqliteConnection,
    log: PathBuf,
}

/// Takes hold of it.
async fn hold(data: &Path, how: &'static str) -> anyhow::Result<Held> {
    let mut conn = integrity::open(data).await?;
    conn.execute(how).await?;
    Ok(Held { conn, log: data.join(format!("{}-wal", integrity::DATABASE)) })
}

impl Held {
    /// Holds it for so long, looks at the relay and the log meanwhile, and lets go.
    async fn watch(mut self, relay: &Forecourt, time: Duration) -> anyhow::Result<Most> {
        let mut most = Most { memory: 0.0, log: 0.0 };
        let watch = Stopwatch::start();
        while watch.elapsed() < time {
            tokio::time::sleep(LOOK).await;
            most.memory = most.memory.max(count(resident_bytes(relay.pid().unwrap_or(0))?));
            most.log = most.log.max(self.log.metadata().map_or(0.0, |log| count(log.len())));
        }
        self.conn.execute("ROLLBACK").await?;
        self.conn.close().await?;
        Ok(most)
    }
}

/// Lets visitors speak while nothing can be written: each is told so in time, and when to try again.
async fn refused(
    crowd: &mut [Talker],
    relay: &Forecourt,
    findings: &mut Findings,
) -> anyhow::Result<()> {
    let all = crowd.iter_mut().map(|talker| talker.say(relay));
    let all = futures_util::future::join_all(all).await;
    let latest = all.iter().map(|(_, took)| took.as_secs_f64()).fold(0.0, f64::max);
    findings.at_most("refused_s_max", latest, REFUSED_S_MAX);
    for ((said, _), talker) in all.iter().zip(crowd) {
        let failure = talker.visitor.failures.last();
        let is_typed = *said == Said::Refused(FailureCode::StorageUnavailable);
        let is_right = is_typed && failure.is_some_and(|failure| failure.retry_after_ms.is_some());
        findings.hold(is_right, || format!("while nothing can be written: {said:?}, {failure:?}"));
    }
    Ok(())
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
