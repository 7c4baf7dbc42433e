//! T60: retention to the millisecond. Conversations of dealers who keep for 7, 30, 90 and 365 days, by a
//! virtual clock, through the real store and sweep. A millisecond before its end each is read, at its end
//! it is not, though no sweep has come; after the next hourly sweep no row of it is left in any table,
//! and no row of any other is gone, nor of what is held for a legal reason until it is released. Controls
//! sweep by a clock that is ahead, keep for longer than was promised, and forget rows. A purge that is
//! killed: see `kills.rs`.

mod fill;
mod kills;
mod rows;

use std::{cell::Cell, time::Duration};

use anyhow::ensure;
use relay::{
    clock::{Clock, Timestamp},
    retention::{self, Outcome},
    store::Found,
};
use tokio_util::sync::CancellationToken;

use self::{
    fill::{Talk, World, sweep_after},
    rows::{Rows, TABLES, Wrong},
};
use super::{Findings, Tier, on_a_thread, t61};
use crate::measure::{Durations, Stopwatch, count, rounded};

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);
const MILLISECOND: Duration = Duration::from_millis(1);

/// How long a write may wait beside a sweep, mostly: a batch holds the writer for no longer.
const WAIT_MS_MAX: f64 = 50.0;

/// How many of each kind of trace are looked for in the files at the end.
const TRACES: u32 = 2_000;

/// One of so many is held for a legal reason.
const HELD_EACH: usize = 50;

/// How many conversations a control has.
const CONTROL: usize = 400;

/// Runs the test and its controls.
pub async fn run(tier: Tier, findings: &mut Findings) -> anyhow::Result<()> {
    kills::run(tier, findings).await?;
    let n_talks = tier.pick(2_000, 100_000, 100_000);
    let mut seen = on_a_thread(move || exact(n_talks, 0)).await?;
    findings.exactly("conversations", seen.begun, n_talks as u64);
    findings.note("sweeps", seen.sweeps);
    findings.exactly("tables_with_rows_at_first", seen.tables as u64, TABLES.len() as u64);
    findings.exactly("unreadable_a_millisecond_early", seen.unreadable_early, 0);
    findings.exactly("readable_at_the_end", seen.readable_late, 0);
    findings.exactly("expired_rows_left_after_an_hour", seen.wrong.n_left(), 0);
    findings.hold(seen.wrong.left.is_empty(), || format!("left: {:?}", seen.wrong.left));
    findings.exactly("unexpired_rows_deleted", seen.wrong.deleted_early, 0);
    findings.at_least("conversations_held_beyond_their_end", count(seen.held), 1.0);
    findings.exactly("rows_left_once_they_were_released", seen.left_at_last, 0);
    findings.exactly("receipts", seen.receipts, n_talks as u64);
    let least = count(n_talks.min(TRACES as usize) as u64 / 2);
    findings.at_least("traces_in_files_at_first", count(seen.traces), least);
    findings.exactly("traces_in_files_at_last", seen.traces_left, 0);
    findings.note("write_beside_a_sweep_ms_p50", rounded(seen.waits.per_mille_ms(500)));
    findings.fast("write_beside_a_sweep_ms_p99", seen.waits.per_mille_ms(990), WAIT_MS_MAX);
    findings.note("write_beside_a_sweep_ms_max", rounded(seen.waits.per_mille_ms(1_000)));

    let early = on_a_thread(ahead).await?;
    findings.note("control_deleted_early", early);
    findings.control("sweeps by a clock that is two hours ahead", 0 < early);
    let longer = on_a_thread(|| exact(CONTROL, 1)).await?;
    findings.note("control_readable_at_the_end", longer.readable_late);
    findings.control("keeps for a day longer than was promised", 0 < longer.readable_late);
    findings.control("leaves rows for a day", 0 < longer.wrong.n_left());
    let forgotten = on_a_thread(forgetful).await?;
    findings.note("control_tables_forgotten", forgotten as u64);
    findings.control("forgets rows, in whichever table", forgotten == TABLES.len());
    Ok(())
}

/// What was found.
#[derive(Default)]
struct Seen {
    begun: u64,
    sweeps: u64,
    /// In how many tables there were rows at first.
    tables: usize,
    unreadable_early: u64,
    readable_late: u64,
    wrong: Wrong,
    held: u64,
    left_at_last: u64,
    receipts: u64,
    traces: u64,
    traces_left: u64,
    /// How long writes took beside sweeps.
    waits: Durations,
}

/// Lets all conversations come to their ends, one after the other, with the sweep of each hour.
async fn exact(n_talks: usize, too_long: u16) -> anyhow::Result<Seen> {
    let mut world = World::new(n_talks, too_long).await?;
    world.hold_each(HELD_EACH).await?;
    let first = Rows::of(world.dir()).await?;
    let traces = rows::traces(world.dir(), TRACES).await?;
    let mut seen = Seen {
        begun: world.talks.len() as u64,
        tables: first.n_tables(),
        // The log may hold some that the database does not yet.
        traces: t61::n_standing(world.dir(), &traces)?,
        ..Seen::default()
    };
    let mut unswept: Option<Timestamp> = None;
    for ended in world.talks.chunk_by(|one, next| one.ends == next.ends) {
        let end = ended[0].ends;
        if let Some(oldest) = unswept
            && sweep_after(oldest)? < end
        {
            swept(&world, &first, sweep_after(oldest)?, &mut seen).await?;
            unswept = None;
        }
        world.pass_until(end.minus(MILLISECOND))?;
        seen.unreadable_early += ended.len() as u64 - n_readable(&world, ended).await?;
        world.pass_until(end)?;
        seen.readable_late += n_shown(&world, ended).await?;
        unswept = unswept.or(Some(end));
    }
    if let Some(oldest) = unswept {
        swept(&world, &first, sweep_after(oldest)?, &mut seen).await?;
    }
    seen.held = released(&mut world, &first, &mut seen).await?;
    seen.left_at_last = Rows::of(world.dir()).await?.count();
    seen.receipts = rows::receipts(world.dir()).await?.len() as u64;
    seen.traces_left = t61::n_standing(world.dir(), &traces)?;
    Ok(seen)
}

/// The sweep of an hour, beside somebody who writes, and what it has left and taken.
async fn swept(
    world: &World,
    first: &Rows,
    then: Timestamp,
    seen: &mut Seen,
) -> anyhow::Result<()> {
    world.pass_until(then)?;
    let is_done = Cell::new(false);
    let (outcome, waits) = tokio::join!(
        async {
            let outcome = retention::sweep(&world.store, &CancellationToken::new()).await;
            is_done.set(true);
            outcome
        },
        async {
            let mut waits = Vec::new();
            while !is_done.get() {
                let watch = Stopwatch::start();
                world.store.probe().await?;
                waits.push(watch.elapsed());
            }
            anyhow::Ok(waits)
        }
    );
    ensure!(matches!(outcome?, Outcome::Swept(_)), "a sweep halted");
    seen.waits.extend(waits?);
    seen.sweeps += 1;
    let rows = Rows::of(world.dir()).await?;
    seen.wrong.add(rows.wrong(first, &world.talks, world.clock.now()));
    Ok(())
}

/// Releases all that is held, and lets the next sweep come; answers how many that were.
async fn released(world: &mut World, first: &Rows, seen: &mut Seen) -> anyhow::Result<u64> {
    let mut n = 0;
    for talk in &mut world.talks {
        if let Some(hold) = talk.hold.take() {
            ensure!(world.store.release_hold(&hold).await?, "{hold} was not there");
            n += 1;
        }
    }
    let then = sweep_after(world.clock.now().plus(HOUR))?;
    swept(world, first, then, seen).await?;
    Ok(n)
}

/// How many of these are read by all ways there are.
async fn n_readable(world: &World, talks: &[Talk]) -> anyhow::Result<u64> {
    let mut n = 0;
    for talk in talks {
        let ways = ways(world, talk).await?;
        n += u64::from(ways.iter().all(|is_shown| *is_shown));
    }
    Ok(n)
}

/// How many of these are read by any way.
async fn n_shown(world: &World, talks: &[Talk]) -> anyhow::Result<u64> {
    let mut n = 0;
    for talk in talks {
        let ways = ways(world, talk).await?;
        n += u64::from(ways.iter().any(|is_shown| *is_shown));
    }
    Ok(n)
}

/// By its token, by its id, and by the address of whoever left it there.
async fn ways(world: &World, talk: &Talk) -> anyhow::Result<Vec<bool>> {
    let rows = world.dealer(talk);
    let mut ways = vec![
        rows.resume(&talk.token).await?.is_some(),
        !rows.history(&talk.id, 0, u32::MAX).await?.is_empty(),
    ];
    if let Some(contact) = &talk.contact {
        let now = world.clock.now();
        // Beyond its end it is named with its own hold to who serves the person (G-29), and not read.
        let is_held = |found: &Found| found.held.is_some() && found.held == talk.hold;
        let is_read = |found: &Found| !is_held(found) || now < found.expires_at;
        let found = rows.find(contact).await?;
        ways.push(found.iter().any(|found| found.conversation == talk.id && is_read(found)));
    }
    Ok(ways)
}

/// What a sweep deletes too early whose clock is two hours ahead.
async fn ahead() -> anyhow::Result<u64> {
    let world = World::new(CONTROL, 0).await?;
    let first = Rows::of(world.dir()).await?;
    let then = sweep_after(world.talks[0].ends)?;
    world.pass_until(then)?;
    retention::sweep_once(&world.store, then.plus(HOUR * 2)).await?;
    let rows = Rows::of(world.dir()).await?;
    Ok(rows.wrong(&first, &world.talks, then).deleted_early)
}

/// In how many tables rows are found that a sweep has forgotten.
async fn forgetful() -> anyhow::Result<usize> {
    let world = World::new(CONTROL, 0).await?;
    let first = Rows::of(world.dir()).await?;
    // One that has a lead, and all that hangs on it.
    let talk = world.talks.iter().find(|talk| talk.contact.is_some());
    let talk = talk.ok_or_else(|| anyhow::anyhow!("nobody left details"))?;
    let then = sweep_after(talk.ends)?;
    world.pass_until(then)?;
    rows::put_back_after(world.dir(), talk, async || {
        retention::sweep_once(&world.store, then).await?;
        Ok(())
    })
    .await?;
    let rows = Rows::of(world.dir()).await?;
    Ok(rows.wrong(&first, &world.talks, then).left.len())
}
