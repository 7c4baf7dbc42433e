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
    measure::{Durations, Stopwatch, count, rounded},
    relay::dealer_toml,
};

/// How many other dealers there are.
const OTHERS: usize = 20;

/// How many times its quota the noisy dealer's visitors try to say, at least …
const NOISE_MIN: f64 = 20.0;

/// … and how many times it would be if nothing took any time.
const NOISE: u32 = 26;

/// How many visitors the noisy dealer has.
const NOISY: u32 = 20;

/// How long the others' acknowledgements may take, in ms, 99 of 100; and how many times as long as
/// without the noise.
const ACK_MS_P99: f64 = 50.0;
const RISE: f64 = 1.2;

/// A rise below this is none, in ms: two runs on a quiet machine differ by as much.
const RISE_MS_MIN: f64 = 2.0;

/// Where the limit of a dealer is set.
const QUOTA: &str = "FORECOURT_LIMITS_DEALER_MESSAGES_PER_MINUTE";

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
        time: Duration::from_secs(tier.pick(4, 120, 300)),
    };
    let (stage, sites) = with_dealers().await?;
    let stage = stage.set(QUOTA, &load.quota.to_string()).start().await?;
    let (mut alone, _) = talk(&stage, "alone", calm(&sites, load), load.time).await?;
    let noisy = noise(&stage, &sites, load).await?;
    let mut others = noisy.others;
    let alone_ms = alone.per_mille_ms(990);
    findings.note("others_ack_ms_p99_without_noise", rounded(alone_ms));
    let beside_ms = others.per_mille_ms(990);
    findings.fast("others_ack_ms_p99", beside_ms, ACK_MS_P99);
    findings.fast("others_rise", rise(alone_ms, beside_ms), RISE);
    findings.at_least("others_acknowledged", count(others.len() as u64), count(OTHERS as u64));
    findings.exactly("others_refused", noisy.others_report.n_refused(), 0);
    findings.exactly("others_lost", noisy.others_report.lost, 0);
    let slowed = noisy.noise.refused.get("slow_down").copied().unwrap_or_default();
    findings.at_least("noisy_slowed_down", count(slowed), 1.0);
    findings.exactly("noisy_refused_otherwise", noisy.noise.n_refused() - slowed, 0);
    let most = most(load.quota, noisy.seconds);
    findings.at_most("noisy_acknowledged", count(noisy.noise.acknowledged), most);
    let tried = count(noisy.noise.acknowledged + slowed) / noisy.seconds * 60.0;
    findings.at_least("noisy_times_its_quota", tried / f64::from(load.quota), NOISE_MIN);

    let mut stage = stage.set(QUOTA, "4000000");
    stage.crash().await?;
    let short = Load { time: load.time.min(Duration::from_secs(6)), ..load };
    let unlimited = noise(&stage, &sites, short).await?;
    findings.note("control_noisy_acknowledged", unlimited.noise.acknowledged);
    let is_beyond = self::most(load.quota, unlimited.seconds) < count(unlimited.noise.acknowledged);
    findings.control("no limit for a dealer", is_beyond && unlimited.noise.n_refused() == 0);
    Ok(())
}

/// How many times as long the others' acknowledgements take beside the noise.
fn rise(alone_ms: f64, beside_ms: f64) -> f64 {
    if beside_ms - alone_ms < RISE_MS_MIN { 1.0 } else { beside_ms / alone_ms }
}

/// The most that a dealer's visitors get through: a full bucket at the beginning, then the pace.
fn most(quota: u32, seconds: f64) -> f64 {
    f64::from(quota) * (1.0 + seconds / 60.0) + 1.0
}

/// What both crowds saw.
struct Heard {
    others: Durations,
    others_report: Report,
    noise: Report,
    seconds: f64,
}

/// A relay that isn't started yet, with all dealers; the last one's site is the noisy one.
async fn with_dealers() -> anyhow::Result<(Stage, Vec<SiteKey>)> {
    let mut stage = Stage::new("FORECOURT_BIN", None).await?;
    stage.relay = stage.relay.serving();
    let mut sites = Vec::new();
    for number in 0..=OTHERS {
        let site = format!("site_dealer-{number}");
        let file = stage.dir().join(format!("dealer-{number}.toml"));
        std::fs::write(&file, dealer_toml(&format!("Dealer {number}"), &site, ""))?;
        stage.relay.add_dealer(&file).await?;
        sites.push(SiteKey::parse(&site)?);
    }
    Ok((stage, sites))
}

/// The others beside the noise.
async fn noise(stage: &Stage, sites: &[SiteKey], load: Load) -> anyhow::Result<Heard> {
    let pace = Duration::from_mins(1) / (load.quota * NOISE) * NOISY;
    let shouting = Group {
        n: usize::try_from(NOISY)?,
        sites: sites[OTHERS..].to_vec(),
        turns: None,
        pause_ms: u64::try_from(pace.as_millis())?,
        chars: 0,
    };
    let watch = Stopwatch::start();
    let others = talk(stage, "others", calm(sites, load), load.time);
    let noise = talk(stage, "noise", shouting, load.time);
    let (others, noise) = tokio::try_join!(others, noise)?;
    let seconds = watch.elapsed().as_secs_f64();
    Ok(Heard { others: others.0, others_report: others.1, noise: noise.1, seconds })
}

/// The visitors of the other dealers.
fn calm(sites: &[SiteKey], load: Load) -> Group {
    Group {
        n: OTHERS * load.calm,
        sites: sites[..OTHERS].to_vec(),
        turns: None,
        pause_ms: load.pause_ms,
        chars: 0,
    }
}

/// One crowd talks for a while.
async fn talk(
    stage: &Stage,
    name: &str,
    group: Group,
    time: Duration,
) -> anyhow::Result<(Durations, Report)> {
    let (n, pause) = (group.n as u64, Duration::from_millis(group.pause_ms));
    let mut crowd = stage.crowd(name, vec![group], pause).await?;
    crowd.until("all are here", ARRIVAL, |report| report.here == n).await?;
    tokio::time::sleep(time).await;
    let (report, records) = crowd.finish().await?;
    ensure!(report.complaints.is_empty(), "{name}: {:?}", report.complaints);
    Ok((waits(&records), report))
}

/// How long each acknowledgement took.
fn waits(records: &[Record]) -> Durations {
    let mut waits = Durations::default();
    for said in records.iter().flat_map(|record| &record.said) {
        waits.extend(said.wait_ns().map(Duration::from_nanos));
    }
    waits
}
