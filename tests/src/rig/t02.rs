//! T02: durable acknowledgements. 500 conversations that never pause, each message on disk before
//! it is acknowledged: how many a second, how long each takes, how large the log gets. Controls: a
//! writer that commits each message by itself, slowly; and a row that is taken away behind the
//! relay's back.

use std::{path::Path, time::Duration};

use anyhow::{Context, ensure};
use sqlx::Connection;

use super::{
    Findings, Tier, integrity,
    stage::{Stage, talking},
    swarm::plan::{Record, Report},
};
use crate::measure::{Durations, Stopwatch, count, rounded};

/// How many acknowledgements a second are asked for.
const ACKS_PER_SECOND: f64 = 2_000.0;

/// How long they may take: half of them, 99 of 100, 999 of 1,000.
const MS_P50: f64 = 5.0;
const MS_P99: f64 = 25.0;
const MS_P999: f64 = 100.0;

/// How large the log may be at the end, in MB: what the relay leaves of it (`WAL_KEEP_BYTES`), as the
/// plan asks.
const WAL_MB_END: f64 = 64.0;

/// And at any time: under load it grows for as long as somebody reads, however long a checkpoint
/// waits for that, and the relay only stops writing short of 256 MiB (T15).
const WAL_MB_EVER: f64 = 256.0;

/// How many bytes a message has.
const CHARS: usize = 300;

/// How many conversations the control has: it keeps 25 of them waiting for a second.
const CONTROL_CONVERSATIONS: usize = 100;

/// How often the log is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// How long all may take to be greeted.
const ARRIVAL: Duration = Duration::from_mins(2);

/// Runs the test and its controls.
pub async fn run(tier: Tier, findings: &mut Findings) -> anyhow::Result<()> {
    let n = tier.pick(60, 500, 500);
    let time = Duration::from_secs(tier.pick(4, 300, 300));
    findings.note("conversations", n as u64);
    findings.note("seconds", time.as_secs());
    let stage = Stage::new("FORECOURT_BIN", None).await?.start().await?;
    let mut load = load(&stage, n, time).await?;
    let rate = load.rate;
    // Where the build is right but slow, only the rates of both builds can be compared.
    if cfg!(debug_assertions) {
        findings.note("acks_per_second", rounded(rate));
    } else {
        findings.at_least("acks_per_second", rate, ACKS_PER_SECOND);
    }
    findings.fast("ack_ms_p50", load.waits.per_mille_ms(500), MS_P50);
    findings.fast("ack_ms_p99", load.waits.per_mille_ms(990), MS_P99);
    findings.fast("ack_ms_p999", load.waits.per_mille_ms(999), MS_P999);
    // A log that was not found has no size to be judged.
    findings.hold(0.0 < load.wal_most, || "the log was never seen".to_owned());
    findings.at_most("wal_mb_most", load.wal_most, WAL_MB_EVER);
    findings.at_most("wal_mb_end", load.wal_end, WAL_MB_END);
    findings.exactly("refused", load.report.n_refused(), 0);
    findings.exactly("sockets_lost", load.report.lost, 0);
    findings.hold(load.report.complaints.is_empty(), || format!("{:?}", load.report.complaints));
    stage.reconcile(&load.records).await?.judge(findings);

    take_a_row_away(&stage.data(), &load.records).await?;
    let robbed = stage.reconcile(&load.records).await?;
    findings.control("a row that was taken away", robbed.kept.lost == 1);
    drop(stage);

    let slow = Stage::new("FORECOURT_PLANTED_BIN", None).await?;
    let slow = slow.set("FORECOURT_PLANTED", "commit-alone").start().await?;
    let control = self::load(&slow, n.min(CONTROL_CONVERSATIONS), Duration::from_secs(3)).await?;
    findings.note("control_acks_per_second", rounded(control.rate));
    let caught = control.rate < ACKS_PER_SECOND.min(rate / 2.0);
    findings.control("commits each message by itself, slowly", caught);
    Ok(())
}

/// What a load brought about.
struct Load {
    rate: f64,
    waits: Durations,
    wal_most: f64,
    wal_end: f64,
    report: Report,
    records: Vec<Record>,
}

async fn load(stage: &Stage, n: usize, time: Duration) -> anyhow::Result<Load> {
    let groups = vec![talking(n, 0, CHARS)?];
    let mut crowd = stage.crowd("talkers", groups, Duration::from_secs(1)).await?;
    let all = n as u64;
    let begin = crowd.until("all are here", ARRIVAL, |report| report.here == all).await?;
    let (watch, mut wal_most) = (Stopwatch::start(), 0.0_f64);
    while watch.elapsed() < time {
        wal_most = wal_most.max(wal_mb(&stage.data()));
        tokio::time::sleep(LOOK_EVERY).await;
    }
    let end = crowd.report().await?;
    let seconds = watch.elapsed().as_secs_f64();
    let (report, records) = crowd.finish().await?;
    let wal_end = wal_mb(&stage.data());
    let mut waits = Durations::default();
    for said in records.iter().flat_map(|record| &record.said) {
        waits.extend(said.wait_ns().map(Duration::from_nanos));
    }
    ensure!(!waits.is_empty(), "nothing was acknowledged: {report:?}");
    let rate = count(end.acknowledged - begin.acknowledged) / seconds;
    Ok(Load { rate, waits, wal_most: wal_most.max(wal_end), wal_end, report, records })
}

/// How large the database's log is.
fn wal_mb(data: &Path) -> f64 {
    let log = data.join(format!("{}-wal", integrity::DATABASE)).metadata();
    log.map_or(0.0, |log| count(log.len()) / 1e6)
}

/// Takes the last acknowledged message out of the database.
async fn take_a_row_away(data: &Path, records: &[Record]) -> anyhow::Result<()> {
    let last = records.iter().flat_map(|record| &record.said).rfind(|said| said.accepted.is_some());
    let id = last.context("nothing was acknowledged")?.id.to_string();
    let mut conn = integrity::open(data).await?;
    sqlx::query("DELETE FROM messages WHERE client_msg_id = $1")
        .bind(id)
        .execute(&mut conn)
        .await?;
    Ok(conn.close().await?)
}
