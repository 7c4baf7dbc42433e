//! T17: a backup under load, a kill, a restore. What was acknowledged before the backup began is
//! there; whoever knows of later things is told that it is not the whole, and sees afterwards what
//! everybody sees. The control restores under the old epoch, and mixes two times in one view.

use std::{collections::BTreeSet, path::Path, sync::Arc, time::Duration};

use anyhow::{Context, ensure};
use protocol::{ClientMsgId, SiteKey, server::Resumed};
use sqlx::{Connection, Executor};

use super::{
    Findings, Tier, integrity,
    ledger::Verdict,
    shipping::{self, Shipping},
    swarm::{self, Swarm, Talk},
};
use crate::{
    bench::start::{GIGABYTE, fill},
    measure::{Stopwatch, count, rounded},
    process::Forecourt,
    visitor::Visitor,
};

/// How many visitors talked before the backup and left.
const BEFORE: usize = 6;

/// How many talk all the time.
const VISITORS: usize = 8;

/// How many acknowledgements lie at least between these and the backup, and after it.
const BETWEEN: u64 = 40;

/// How long a restore may take for each gigabyte.
const RESTORE_S_PER_GIB: f64 = 60.0;

/// A restore of next to nothing may take this long.
const RESTORE_S_LEAST: f64 = 5.0;

const GIB: f64 = 1024.0 * 1024.0 * 1024.0;

/// How the data come back.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// `forecourt backup`, then `forecourt restore`.
    Backup,
    /// The files as a program copies them that ships the log, then both commands.
    Copied,
    /// What Litestream has shipped, then both commands; copied where there is no Litestream.
    Shipped,
}

/// The ways in turn.
const WAYS: [Way; 3] = [Way::Backup, Way::Shipped, Way::Copied];

/// How much there is to save.
#[derive(Clone, Copy)]
struct Size {
    /// Messages of those who left before the backup.
    before: u64,
    /// Messages of those who go on, until the backup begins.
    meanwhile: u64,
    /// Conversations of about a megabyte.
    filled: usize,
}

/// What was seen.
#[derive(Default)]
struct Seen {
    before: Verdict,
    rows: integrity::Rows,
    /// The part of it that was acknowledged to visitors who went on talking during the backup.
    under_load: u64,
    /// Acknowledged after the backup had begun, and gone with the restore.
    lost_since: u64,
    /// Visitors who were told that what they know is the whole.
    told_complete: u64,
    /// Visitors who see something else than a newcomer to their conversation.
    stale_views: u64,
    backup_s: f64,
    restore_s: f64,
    /// From the begin of the backup to the kill: what this restore goes back.
    rpo_s: f64,
    bytes: u64,
    /// How often Litestream shipped it.
    shipped: u64,
}

/// Runs the test and its control.
pub async fn run(tier: Tier, findings: &mut Findings) -> anyhow::Result<()> {
    let meanwhile = tier.pick(BETWEEN, 50 * BETWEEN, 500 * BETWEEN);
    let size = Size { before: tier.pick(12, 400, 400), meanwhile, filled: 0 };
    let mut seen = Seen::default();
    for way in WAYS.into_iter().cycle().take(tier.pick(3, 6, 30)) {
        once(&mut seen, way, None, size).await?;
    }
    let mut large = Seen::default();
    if tier != Tier::Pr {
        once(&mut large, Way::Backup, None, Size { filled: GIGABYTE, ..size }).await?;
        findings.note("bytes_of_the_large_one", large.bytes);
        let per_gib = large.restore_s * GIB / count(large.bytes);
        findings.fast("restore_s_per_gib", per_gib, RESTORE_S_PER_GIB);
        seen.before.add(large.before);
        seen.rows.add(large.rows);
    }
    seen.before.judge(findings);
    seen.rows.judge(findings);
    findings.at_least("acknowledged_under_load", count(seen.under_load), count(BETWEEN));
    findings.note("lost_since_the_backup", seen.lost_since);
    findings.note("rpo_s_max", rounded(seen.rpo_s));
    let n_shipped = u64::from(shipping::is_here());
    findings.at_least("shipped_by_litestream", count(seen.shipped), count(n_shipped));
    findings.note("backup_s_max", rounded(seen.backup_s.max(large.backup_s)));
    findings.note("bytes", seen.bytes);
    let allowed_s = RESTORE_S_LEAST + RESTORE_S_PER_GIB * count(seen.bytes) / GIB;
    findings.fast("restore_s_max", seen.restore_s, allowed_s);
    findings.exactly("told_complete", seen.told_complete + large.told_complete, 0);
    findings.exactly("stale_views", seen.stale_views + large.stale_views, 0);

    let mut control = Seen::default();
    once(&mut control, Way::Backup, Some("keep-epoch"), size).await?;
    findings.note("control_stale_views", control.stale_views);
    findings.control("restores under the old epoch", 0 < control.stale_views);
    Ok(())
}

async fn once(seen: &mut Seen, way: Way, planted: Option<&str>, size: Size) -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let [data, saved, shipped, replica] =
        ["data", "saved", "shipped", "replica"].map(|name| dir.path().join(name));
    let mut relay = Forecourt::named("FORECOURT_BIN", &data)?.without_paces();
    relay.start().await?;
    let shipping = match way {
        Way::Shipped => Shipping::start(&data, &replica)?,
        Way::Backup | Way::Copied => None,
    };
    fill(&relay, size.filled).await?;
    let door = Arc::new(Forecourt::same_door(&relay));
    let first = Swarm::send(BEFORE, &door);
    first.until_more(size.before).await;
    let mut before = first.end().await?;
    let swarm = Swarm::send(VISITORS, &door);
    swarm.until_more(size.meanwhile).await;
    // The backup begins after this: all of it must be in there.
    let mut promised = swarm.promised();
    let watch = Stopwatch::start();
    let mut source = data.as_path();
    if let Some(shipping) = &shipping {
        shipping.until_shipped(&promised, &shipped).await?;
        source = &shipped;
    } else if way != Way::Backup {
        copy(&data, &shipped).await?;
        source = &shipped;
    }
    // What was shipped has no keys beside it.
    let source =
        Forecourt::named("FORECOURT_BIN", source)?.set("FORECOURT_KEYS_DIR", &shown(&data));
    command(&source, &["backup", "--to", &shown(&saved)]).await?;
    seen.backup_s = seen.backup_s.max(watch.elapsed().as_secs_f64());
    swarm.until_more(BETWEEN).await;
    seen.rpo_s = seen.rpo_s.max(watch.elapsed().as_secs_f64());
    relay.kill().await?;
    if let Some(shipping) = shipping {
        shipping.kill().await?;
        seen.shipped += 1;
    }
    let mut since = swarm.end().await?;

    seen.bytes = seen.bytes.max(saved.join(integrity::DATABASE).metadata()?.len());
    let watch = Stopwatch::start();
    restore(&relay, &data, &saved, planted).await?;
    relay.start().await?;
    seen.restore_s = seen.restore_s.max(watch.elapsed().as_secs_f64());
    for (visitor, _) in before.iter_mut().chain(&mut since) {
        come_back(visitor, &relay, seen).await?;
    }
    for talk in since {
        compare(seen, talk, &promised, &relay).await?;
    }
    promised.extend(swarm::promised(&before));
    seen.before.add(swarm::compare_all(before, &relay).await?);
    relay.kill().await?;
    seen.rows.add(integrity::rows(&data, &promised).await?);
    Ok(())
}

/// Restores by the right program, or by the planted one.
async fn restore(
    relay: &Forecourt,
    data: &Path,
    saved: &Path,
    planted: Option<&str>,
) -> anyhow::Result<()> {
    let args = ["restore", "--from", &shown(saved)];
    match planted {
        None => command(relay, &args).await,
        Some(planted) => {
            let wrong = Forecourt::named("FORECOURT_PLANTED_BIN", data)?;
            command(&wrong.set("FORECOURT_PLANTED", planted), &args).await
        }
    }
}

/// Copies the files of a running relay as a program does that ships the log: with a reader held
/// open, so that the log is not begun anew meanwhile; the database first.
async fn copy(data: &Path, shipped: &Path) -> anyhow::Result<()> {
    let mut conn = integrity::open(data).await?;
    conn.execute("BEGIN; SELECT 1 FROM meta").await?;
    std::fs::create_dir_all(shipped)?;
    for name in [integrity::DATABASE.to_owned(), format!("{}-wal", integrity::DATABASE)] {
        std::fs::copy(data.join(&name), shipped.join(&name))?;
    }
    conn.execute("ROLLBACK").await?;
    Ok(conn.close().await?)
}

/// Lets a second tab of a visitor's conversation go on beyond what the visitor knows, then the
/// visitor come back with all that it knows.
async fn come_back(known: &mut Visitor, relay: &Forecourt, seen: &mut Seen) -> anyhow::Result<()> {
    let Some(token) = known.token.clone() else { return Ok(()) };
    let mut tab = Visitor::new(SiteKey::parse("site_harbour-cars")?);
    (tab.token, tab.epoch) = (Some(token.clone()), known.epoch.clone());
    relay.greet(&mut tab).await?;
    let is_there = tab.token == Some(token);
    while is_there && tab.messages.len() <= known.messages.len() {
        tab.ask("And on Saturday?").await?;
    }
    tab.settled().await?;
    known.cut();
    known.connect(relay.address(), &relay.origin()).await?;
    let resumed = known.hello().await?;
    known.settled().await?;
    seen.told_complete += u64::from(resumed == Resumed::Complete);
    seen.stale_views += u64::from(is_there && known.messages != tab.messages);
    known.cut();
    Ok(())
}

/// Compares what a visitor who went on talking is offered with what was promised before the backup
/// began, and counts what is gone of the rest.
async fn compare(
    seen: &mut Seen,
    (mut visitor, ledger): Talk,
    promised: &BTreeSet<ClientMsgId>,
    relay: &Forecourt,
) -> anyhow::Result<()> {
    let offered = relay.read_anew(&mut visitor).await?;
    let before = ledger.of_these(promised);
    if !before.acknowledged.is_empty() {
        let verdict = before.compare(&offered);
        seen.under_load += verdict.acknowledged;
        seen.before.add(verdict);
    }
    seen.before.wrongs += visitor.wrongs.len() as u64;
    seen.lost_since += ledger.compare(&offered).lost;
    Ok(())
}

async fn command(relay: &Forecourt, args: &[&str]) -> anyhow::Result<()> {
    let told = tokio::time::timeout(Duration::from_mins(5), relay.command(args)).await;
    let told = told.context("it took too long")??;
    ensure!(told.status.success(), "{args:?}: {}", String::from_utf8_lossy(&told.stderr));
    Ok(())
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
