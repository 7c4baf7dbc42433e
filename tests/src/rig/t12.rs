//! T12: the power goes. The relay's data lie on a disk that forgets what was not synced; at a
//! random moment under load it forgets, the relay is killed, and the next one must have every
//! acknowledged message. The control syncs at checkpoints only, as SQLite's `synchronous=NORMAL`,
//! and must lose some: `kill -9` would not find it.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use anyhow::{Context, ensure};
use relay::random::{self, OsRandom};

use super::{
    Findings, Tier,
    forgetful::Mounted,
    integrity,
    ledger::Verdict,
    swarm::{NOT_FOUND_AGAIN, Swarm},
};
use crate::{measure::count, process::Forecourt, visitor::Visitor};

/// How many visitors talk at once.
const VISITORS: usize = 12;

/// How many acknowledgements lie at least between two power cuts.
const BETWEEN: u64 = 30;

/// The longest random wait before a power cut, in milliseconds.
const SPREAD_MS: u64 = 150;

/// How often the power of the control is cut at most.
const CONTROL_CUTS: u32 = 10;

/// What the power cuts of one relay showed.
#[derive(Default)]
struct Seen {
    verdict: Verdict,
    rows: integrity::Rows,
    /// Pieces that were written, not synced, and are gone.
    forgotten: u64,
    /// Cuts at which any were: of the others nothing can be told.
    cuts_that_forgot: u64,
    unsound: u64,
    /// Times that a visitor was told of another incarnation of the database.
    new_epochs: u64,
    cuts: u32,
}

/// Runs the test and its control.
pub async fn run(tier: Tier, findings: &mut Findings) -> anyhow::Result<()> {
    let seen = power_cuts("FORECOURT_BIN", None, tier.pick(3, 50, 200)).await?;
    findings.note("power_cuts", seen.cuts);
    findings.at_least("pieces_forgotten", count(seen.forgotten), 1.0);
    let most = u64::from(seen.cuts / 2 + 1);
    findings.at_least(
        "cuts_that_forgot",
        count(seen.cuts_that_forgot),
        count(tier.pick(1, most, most)),
    );
    seen.verdict.judge(findings);
    seen.rows.judge(findings);
    findings.exactly("unsound_databases", seen.unsound, 0);
    findings.exactly("new_epochs", seen.new_epochs, 0);

    let control = Some("synchronous-normal");
    let control = power_cuts("FORECOURT_PLANTED_BIN", control, CONTROL_CUTS).await?;
    findings.note("control_power_cuts", control.cuts);
    findings.note("control_lost", control.verdict.lost);
    findings.control("syncs at checkpoints only", 0 < control.verdict.lost);
    Ok(())
}

/// Cuts the power again and again. A planted relay is let go once it has lost something.
async fn power_cuts(binary: &str, planted: Option<&str>, cuts: u32) -> anyhow::Result<Seen> {
    let mut seen = Seen::default();
    let mut disk = Mounted::new()?;
    while seen.cuts < cuts && (planted.is_none() || seen.verdict.lost == 0) {
        seen.cuts += 1;
        let mut relay = Forecourt::named(binary, &disk.path().join("data"))?.without_paces();
        if let Some(planted) = planted {
            relay = relay.set("FORECOURT_PLANTED", planted);
        }
        relay.start().await?;
        let epoch = epoch(&relay).await?;
        let swarm = Swarm::send(VISITORS, &Arc::new(Forecourt::same_door(&relay)));
        swarm.until_more(BETWEEN).await;
        let wait_ms = random::below(&OsRandom, SPREAD_MS);
        tokio::time::sleep(Duration::from_millis(wait_ms)).await;
        // Every other time some pages get to the disk all the same, in any order.
        let chance = if seen.cuts % 2 == 0 { 2 } else { 0 };
        let forgotten = disk.cut_power(|| random::below(&OsRandom, 4) < chance);
        seen.forgotten += forgotten;
        seen.cuts_that_forgot += u64::from(0 < forgotten);
        relay.kill().await?;
        disk = disk.again()?;

        relay = relay.moved_to(&disk.path().join("data"));
        relay.start().await.context("no start after a power cut")?;
        seen.new_epochs += u64::from(self::epoch(&relay).await? != epoch);
        let promised = match swarm.settle(&relay).await {
            Ok((verdict, promised)) => {
                seen.verdict.add(verdict);
                promised
            }
            Err(error) if planted.is_some() && error.to_string() == NOT_FOUND_AGAIN => {
                seen.verdict.lost += 1;
                BTreeSet::new()
            }
            Err(error) => return Err(error),
        };
        let (status, _) = relay.terminate().await?;
        ensure!(status.success(), "it stopped with {status}");
        let data = disk.path().join("data");
        seen.rows.add(integrity::rows(&data, &promised).await?);
        seen.unsound += u64::from(!integrity::is_sound(&data).await?);
    }
    Ok(seen)
}

/// The incarnation of the database as a visitor is told.
async fn epoch(relay: &Forecourt) -> anyhow::Result<Option<protocol::Epoch>> {
    let mut visitor: Visitor = Forecourt::stranger()?;
    relay.greet(&mut visitor).await?;
    Ok(visitor.epoch)
}
