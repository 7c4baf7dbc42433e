//! T07: one dealer's visitors say twenty times what their dealer may say in a minute. They are told
//! to slow down; the visitors of twenty other dealers notice nothing. The control has no limit that
//! could hold the noisy dealer back.

use std::time::Duration;

use anyhow::ensure;
use protocol::SiteKey;

use super::{
    Findings, Tier,
    stage::Stage,
    swarm::plan::{Group, Record, Report},
};
use crate::{
    measure::{Durations, count, rounded},
    relay::dealer_toml,
};

/// How many other dealers there are.
const OTHERS: usize = 20;

/// How many times its quota the noisy dealer's visitors try to say.
const NOISE: u32 = 20;

/// How many visitors the noisy dealer has.
const NOISY: u32 = 20;

/// How long the others' acknowledgements may take, in ms, 99 of 100; or this much longer than
/// without the noise.
const ACK_MS_P99: f64 = 50.0;
const RISE: f64 = 1.2;

/// How long all may take to be greeted.
const ARRIVAL: Duration = Duration::from_mins(1);

/// How much is said.
#[derive(Clone, Copy)]
struct Load {
    /// What a dealer's visitors may say in a minute, and at once.
    quota: u32,
    /// How many visitors each other dealer has, and how long each waits between two messages.
    calm: usize,
    pause_ms: u64,
    time: Duration,
}

/// Runs the test and its control.
pub async fn run(tier: Tier, findings: &mut Findings) -> anyhow::Result<()> {
    let load = Load {
        quota: tier.pick(60, 600, 600),
        calm: tier.pick(1, 5, 5),
        pause_ms: tier.pick(1_000, 2_000, 2_000),
        time: Duration::from_secs(tier.pick(4, 40, 120)),
    };
    let noisy = run_once(load, load.quota).await?;
    let mut calm = noisy.before;
    let mut others = noisy.others;
    let calm_ms = calm.per_mille_ms(990);
    findings.note("others_ack_ms_p99_without_noise", rounded(calm_ms));
    let bound = ACK_MS_P99.max(calm_ms * RISE);
    findings.fast("others_ack_ms_p99", others.per_mille_ms(990), bound);
    findings.at_least("others_acknowledged", count(others.len() as u64), count(OTHERS as u64));
    findings.exactly("others_refused", noisy.others_report.n_refused(), 0);
    findings.exactly("others_lost", noisy.others_report.lost, 0);
    let slowed = noisy.loud.refused.get("slow_down").copied().unwrap_or_default();
    findings.at_least("noisy_slowed_down", count(slowed), 1.0);
    findings.exactly("noisy_refused_otherwise", noisy.loud.n_refused() - slowed, 0);
    // A full bucket at the beginning, then the pace.
    let minutes = (noisy.seconds / 60.0).max(0.0);
    let most = f64::from(load.quota) * (1.0 + minutes) + 1.0;
    findings.at_most("noisy_acknowledged", count(noisy.loud.acknowledged), most);
    let tried = count(noisy.loud.acknowledged + slowed) / noisy.seconds * 60.0;
    findings.at_least(
        "noisy_times_its_quota",
        tried / f64::from(load.quota),
        0.5 * f64::from(NOISE),
    );

    let unlimited = run_once(Load { time: Duration::from_secs(4), ..load }, 4_000_000).await?;
    findings.note("control_noisy_acknowledged", unlimited.loud.acknowledged);
    findings.control("no limit for a dealer", unlimited.loud.n_refused() == 0);
    Ok(())
}

/// What both crowds saw.
struct Noise {
    before: Durations,
    others: Durations,
    others_report: Report,
    loud: Report,
    seconds: f64,
}

/// The others alone, then the others beside the noise.
async fn run_once(load: Load, limit: u32) -> anyhow::Result<Noise> {
    let stage = Stage::new("FORECOURT_BIN", None).await?;
    let limit = limit.to_string();
    let mut stage = stage.set("FORECOURT_LIMITS_DEALER_MESSAGES_PER_MINUTE", &limit);
    stage.relay = stage.relay.serving();
    let mut sites = Vec::new();
    for number in 0..=OTHERS {
        let site = format!("site_dealer-{number}");
        let file = stage.dir().join(format!("dealer-{number}.toml"));
        std::fs::write(&file, dealer_toml(&format!("Dealer {number}"), &site, ""))?;
        stage.relay.add_dealer(&file).await?;
        sites.push(SiteKey::parse(&site)?);
    }
    let noisy_site = sites.split_off(OTHERS);
    let stage = stage.start().await?;

    let calm =
        |n| Group { n, sites: sites.clone(), turns: None, pause_ms: load.pause_ms, chars: 0 };
    let (before, _) = talk(&stage, "before", calm(OTHERS * load.calm), load.time).await?;
    let pace = Duration::from_mins(1) / (load.quota * NOISE) * NOISY;
    let pause_ms = u64::try_from(pace.as_millis())?;
    let n = usize::try_from(NOISY)?;
    let loud = Group { n, sites: noisy_site, turns: None, pause_ms, chars: 0 };
    let watch = crate::measure::Stopwatch::start();
    let others = talk(&stage, "others", calm(OTHERS * load.calm), load.time);
    let noise = talk(&stage, "noise", loud, load.time);
    let (others, (_, loud)) = tokio::try_join!(others, noise)?;
    let seconds = watch.elapsed().as_secs_f64();
    Ok(Noise {
        before: waits(&before),
        others: waits(&others.0),
        others_report: others.1,
        loud,
        seconds,
    })
}

/// One crowd talks for a while.
async fn talk(
    stage: &Stage,
    name: &str,
    group: Group,
    time: Duration,
) -> anyhow::Result<(Vec<Record>, Report)> {
    let (n, pause) = (group.n as u64, Duration::from_millis(group.pause_ms));
    let mut crowd = stage.crowd(name, vec![group], pause).await?;
    crowd.until("all are here", ARRIVAL, |report| report.here == n).await?;
    tokio::time::sleep(time).await;
    let (report, records) = crowd.finish().await?;
    ensure!(report.complaints.is_empty(), "{name}: {:?}", report.complaints);
    Ok((records, report))
}

/// How long each acknowledgement took.
fn waits(records: &[Record]) -> Durations {
    let mut waits = Durations::default();
    for said in records.iter().flat_map(|record| &record.said) {
        waits.extend(said.wait_ns().map(Duration::from_nanos));
    }
    waits
}
