//! T05: the relay is killed under a whole fleet, which comes back politely, each visitor after a
//! wait of its own (full jitter). All of them get all they had, and the talks among them go on at
//! their pace. Controls: a relay that acknowledges before it commits, and one that comes back with
//! another database.

use std::time::Duration;

use protocol::server::Resumed;
use serde_json::json;

use super::{
    Findings, Tier,
    check::Reconciled,
    stage::{Stage, silent, talking},
    swarm::plan::{Order, Record, Report},
};
use crate::measure::{Durations, Stopwatch, count, wall_ns};

/// How soon after the door is open the last one is back.
const BACK_S: f64 = 30.0;

/// How long an acknowledgement may take meanwhile, in ms, 99 of 100.
const ACK_MS_P99: f64 = 250.0;

/// How long to wait for a fact before the test counts as broken.
const PATIENCE: Duration = Duration::from_mins(4);

/// How many come, and how.
#[derive(Clone, Copy)]
struct Fleet {
    silent: usize,
    talking: usize,
    /// How long a talker waits between two messages.
    pause_ms: u64,
    /// Within how long they come back.
    jitter_ms: u64,
}

/// Runs the test and its controls.
pub async fn run(tier: Tier, findings: &mut Findings) -> anyhow::Result<()> {
    let (silent, talking) = tier.pick((300, 20), (9_950, 50), (9_950, 50));
    let jitter_ms = tier.pick(2_000, 20_000, 20_000);
    let fleet = Fleet { silent, talking, pause_ms: 200, jitter_ms };
    findings.note("sockets", (silent + talking) as u64);
    findings.note("talks", talking as u64);
    let mut storm = storm("FORECOURT_BIN", None, fleet, false).await?;
    storm.reconciled.judge(findings);
    findings.note("never_asked", storm.reconciled.never_asked);
    findings.exactly("not_complete", storm.not_complete, 0);
    findings.exactly("turned_away_bare", storm.report.turned_away_bare, 0);
    findings.note("turned_away", storm.report.turned_away);
    findings.note("unreached", storm.report.unreached);
    findings.hold(storm.report.complaints.is_empty(), || format!("{:?}", storm.report.complaints));
    findings.fast("all_back_s", storm.back_s, BACK_S);
    findings.at_least("acks_meanwhile", count(storm.acks.len() as u64), 1.0);
    findings.fast("ack_ms_p99_meanwhile", storm.acks.per_mille_ms(990), ACK_MS_P99);

    let few = Fleet { silent: 20, talking: 24, pause_ms: 0, jitter_ms: 500 };
    let early = self::storm("FORECOURT_PLANTED_BIN", Some("ack-before-commit"), few, false).await?;
    findings.note("control_lost", early.reconciled.kept.lost);
    findings.control("acknowledges before it commits", 0 < early.reconciled.kept.lost);
    let other = self::storm("FORECOURT_BIN", None, few, true).await?;
    findings.control("comes back with another database", 0 < other.not_complete);
    Ok(())
}

/// What a storm brought about.
struct Storm {
    back_s: f64,
    acks: Durations,
    not_complete: u64,
    report: Report,
    reconciled: Reconciled,
}

async fn storm(
    binary: &str,
    planted: Option<&str>,
    fleet: Fleet,
    loses_data: bool,
) -> anyhow::Result<Storm> {
    let script = json!({ "text": "Twelve months, on every car." });
    let mut stage = Stage::new(binary, Some(&script)).await?;
    if let Some(planted) = planted {
        stage = stage.set("FORECOURT_PLANTED", planted);
    }
    let mut stage = stage.start().await?;
    let n = fleet.silent + fleet.talking;
    let groups = vec![silent(fleet.silent, 1)?, talking(fleet.talking, fleet.pause_ms, 0)?];
    // At most 500 a second, each with a first turn.
    let arrive = Duration::from_millis(n as u64 * 2);
    let mut crowd = stage.crowd("fleet", groups, arrive).await?;
    let settled = fleet.silent as u64;
    crowd.until("all have said their first", PATIENCE, |report| settled <= report.quiet).await?;
    crowd.until_more(fleet.talking as u64, PATIENCE).await?;

    stage.relay.kill().await?;
    crowd.until("all have noticed", PATIENCE, |report| report.here == 0).await?;
    if loses_data {
        std::fs::rename(stage.data(), stage.dir().join("lost"))?;
    }
    stage.relay.start().await?;
    let (watch, open_ns) = (Stopwatch::start(), wall_ns());
    crowd.order(Order::Return(fleet.jitter_ms)).await?;
    crowd.until("all are back", PATIENCE, |report| report.here == n as u64).await?;
    let (back_s, all_back_ns) = (watch.elapsed().as_secs_f64(), wall_ns());
    if !loses_data {
        crowd.until_more(fleet.talking as u64, PATIENCE).await?;
    }
    let (report, records) = crowd.finish().await?;
    let reconciled = stage.reconcile(&records).await?;
    Ok(Storm {
        back_s,
        acks: acks_between(&records, open_ns, all_back_ns),
        not_complete: not_complete(&records, open_ns),
        report,
        reconciled,
    })
}

/// How long the acknowledgements took that came in between.
fn acks_between(records: &[Record], from_ns: u64, to_ns: u64) -> Durations {
    let mut waits = Durations::default();
    let meanwhile = |at_ns: u64| from_ns <= at_ns && at_ns <= to_ns;
    for said in records.iter().flat_map(|record| &record.said) {
        let came = said.accepted.filter(|(_, at_ns)| meanwhile(*at_ns));
        waits.extend(came.and(said.wait_ns()).map(Duration::from_nanos));
    }
    waits
}

/// How many who had been promised something were greeted with less, or not at all, since then.
fn not_complete(records: &[Record], since_ns: u64) -> u64 {
    let had_words = |record: &&Record| {
        let first = record.said.iter().find_map(|said| said.accepted);
        first.is_some_and(|(_, at_ns)| at_ns < since_ns)
    };
    let is_complete = |record: &&Record| {
        let mut since = record.greeted.iter().filter(|(at_ns, _)| since_ns <= *at_ns).peekable();
        since.peek().is_some() && since.all(|(_, resumed)| *resumed == Resumed::Complete)
    };
    records.iter().filter(had_words).filter(|record| !is_complete(record)).count() as u64
}
