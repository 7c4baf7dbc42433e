//! T06: a storm without manners. A whole fleet comes back at the same moment: first to a relay that
//! was killed and started again, then to one that still holds their old sockets. What is too much
//! at once is turned away with a time to come back; nobody is lost, the memory stays, and the door
//! answers all along. Controls: a relay that turns nobody away, and a door that is stopped.

use std::time::Duration;

use serde_json::json;

use super::{
    Findings, Tier,
    probe::{Probe, Waits},
    stage::{Stage, silent},
    swarm::{Crowd, plan::Order},
};
use crate::{
    measure::{Stopwatch, count, peak_bytes, resident_bytes},
    process::signal,
};

/// How soon nearly all are back.
const BACK_S: f64 = 60.0;

/// How many of 1,000 are nearly all.
const NEARLY_ALL: u64 = 999;

/// How long the door may take to answer, in ms.
const STALL_MS: f64 = 200.0;

/// How much the memory may grow over what the fleet holds in peace.
const MEMORY: f64 = 2.0;

/// How long the control's door is stopped.
const STOPPED: Duration = Duration::from_millis(500);

/// How long to wait for a fact before the test counts as broken.
const PATIENCE: Duration = Duration::from_mins(4);

/// How many old sockets the relay may still hold in the second storm: twice 10,000 are more files
/// than a process has on many machines.
const OLD_SOCKETS: u64 = 5_000;

/// How often it is asked how many these are.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Where the number of sockets that are greeted at once is set.
const GREETINGS: &str = "FORECOURT_LIMITS_MAX_GREETINGS";

/// Runs the test and its controls.
pub async fn run(tier: Tier, findings: &mut Findings) -> anyhow::Result<()> {
    let n = tier.pick(400, 10_000, 10_000);
    // In a short run the relay is given as little room as it has in a long one.
    let greetings = tier.pick("40", "1000", "1000");
    findings.note("sockets", n as u64);
    let script = json!({ "text": "Twelve months, on every car." });
    let stage = Stage::new("FORECOURT_BIN", Some(&script)).await?;
    let mut stage = stage.set(GREETINGS, greetings).start().await?;
    let mut crowd = fleet(&stage, n).await?;
    let steady = resident_bytes(stage.pid()?)?;

    stage.relay.kill().await?;
    crowd.until("all have noticed", PATIENCE, |report| report.here == 0).await?;
    stage.relay.start().await?;
    let mut first = storm(&stage, &mut crowd, n).await?;
    first.judge("first", findings);
    crowd.order(Order::Leave).await?;
    crowd.until("all have left", PATIENCE, |report| report.here == 0).await?;
    while OLD_SOCKETS < stage.open_sockets().await? {
        tokio::time::sleep(LOOK_EVERY).await;
    }
    let mut second = storm(&stage, &mut crowd, n).await?;
    second.judge("second", findings);

    let peak = peak_bytes(stage.pid()?)?;
    findings.fast("memory_to_steady", count(peak) / count(steady), MEMORY);
    let stopped = stop_for_a_moment(&stage).await?;
    let (report, records) = crowd.finish().await?;
    findings.exactly("turned_away_bare", report.turned_away_bare, 0);
    findings.note("unreached", report.unreached);
    findings.hold(report.complaints.is_empty(), || format!("{:?}", report.complaints));
    let reconciled = stage.reconcile(&records).await?;
    reconciled.judge(findings);
    // Every turn had ended before the first storm.
    findings.exactly("never_asked", reconciled.never_asked, 0);
    findings.control("a door that is stopped", STALL_MS < stopped);
    drop(stage);

    let shed = without_a_limit(n.min(1_000)).await?;
    findings.control("turns nobody away", shed == 0);
    Ok(())
}

/// A fleet of which each has said something and was answered.
async fn fleet(stage: &Stage, n: usize) -> anyhow::Result<Crowd> {
    let arrive = Duration::from_millis(n as u64 * 2);
    let mut crowd = stage.crowd("fleet", vec![silent(n, 1)?], arrive).await?;
    crowd.until("all are settled", PATIENCE, |report| report.quiet == n as u64).await?;
    Ok(crowd)
}

/// What a storm brought about.
struct Storm {
    nearly_all_s: f64,
    turned_away: u64,
    incomplete: u64,
    door: Waits,
}

/// All come at once; over when all are back.
async fn storm(stage: &Stage, crowd: &mut Crowd, n: usize) -> anyhow::Result<Storm> {
    let all = n as u64;
    let probe = Probe::start(stage.relay.address());
    let watch = Stopwatch::start();
    let before = crowd.order(Order::Return(0)).await?;
    let nearly = all * NEARLY_ALL / 1_000;
    crowd.until("nearly all are back", PATIENCE, |report| nearly <= report.here).await?;
    let nearly_all_s = watch.elapsed().as_secs_f64();
    let after = crowd.until("all are back", PATIENCE, |report| report.here == all).await?;
    Ok(Storm {
        nearly_all_s,
        turned_away: after.turned_away - before.turned_away,
        incomplete: after.incomplete - before.incomplete,
        door: probe.end().await?,
    })
}

impl Storm {
    fn judge(&mut self, name: &str, findings: &mut Findings) {
        findings.at_least(&format!("{name}_turned_away"), count(self.turned_away), 1.0);
        findings.exactly(&format!("{name}_incomplete"), self.incomplete, 0);
        findings.at_most(&format!("{name}_nearly_all_back_s"), self.nearly_all_s, BACK_S);
        let stall = self.door.answer.per_mille_ms(1_000);
        findings.fast(&format!("{name}_door_ms_max"), stall, STALL_MS);
        let connect = self.door.connect.per_mille_ms(1_000);
        findings.note(&format!("{name}_connect_ms_max"), crate::measure::rounded(connect));
    }
}

/// Stops the relay's process for a moment; answers how long the door then took, in ms.
async fn stop_for_a_moment(stage: &Stage) -> anyhow::Result<f64> {
    let probe = Probe::start(stage.relay.address());
    signal(stage.pid()?, "STOP").await?;
    tokio::time::sleep(STOPPED).await;
    signal(stage.pid()?, "CONT").await?;
    Ok(probe.end().await?.answer.per_mille_ms(1_000))
}

/// How many are turned away by a relay whose limit is beyond all of them.
async fn without_a_limit(n: usize) -> anyhow::Result<u64> {
    let stage = Stage::new("FORECOURT_BIN", None).await?;
    let stage = stage.set(GREETINGS, "1000000").start().await?;
    let mut crowd = fleet(&stage, n).await?;
    crowd.order(Order::Leave).await?;
    crowd.until("all have left", PATIENCE, |report| report.here == 0).await?;
    Ok(storm(&stage, &mut crowd, n).await?.turned_away)
}
