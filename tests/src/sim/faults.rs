//! What goes wrong in a world, drawn once.

use std::sync::Arc;

use super::{
    World,
    agenda::Kind,
    dice::Dice,
    disk::Trouble,
    phases::{DRAIN_MS, LOOK_MS},
    trace::Who,
    visitors::BUSY_MS,
};

/// How often running replies are looked at.
const INSPECT_MS: u64 = 5_000;

impl World {
    /// Draws what will go wrong and when, and enters it with the phases of the world.
    pub fn schedule(self: &Arc<Self>) {
        let mut dice = Dice::new(self.seed, "faults", 0);
        self.enter(1, World::start);
        for _ in 0..dice.within(0, 2) {
            self.enter(dice.within(5_000, BUSY_MS), |world| world.crash("where it stands"));
        }
        if dice.percent(25) {
            self.enter(dice.within(5_000, BUSY_MS), World::stop);
        }
        if dice.percent(20) {
            let at_ms = dice.within(10_000, BUSY_MS - 10_000);
            let back_ms = dice.within(1_000, 30_000);
            self.enter(at_ms, move |world| {
                let backup = world.with_disk(|disk| disk.book.clone());
                world.agenda.after(back_ms, Kind::World, 0, |world| world.restore(backup));
            });
        }
        self.with_disk(|disk| disk.deadly = if dice.percent(40) { dice.within(1, 15) } else { 0 });
        for _ in 0..dice.within(0, 3) {
            self.trouble(&mut dice);
        }
        for _ in 0..dice.within(0, 12) {
            let (at_ms, chosen) = (dice.within(3_000, BUSY_MS), dice.bits());
            self.enter(at_ms, move |world| world.break_network(chosen));
        }
        for _ in 0..dice.within(0, 2) {
            let (at_ms, by) = (dice.within(3_000, BUSY_MS), dice.within(1, 4_000_000));
            let by = i64::try_from(by).unwrap_or(0) * if dice.percent(50) { 1 } else { -1 };
            self.enter(at_ms, move |world| world.set_clock(by));
        }
        self.inspect();
        self.enter(BUSY_MS, World::calm_down);
        self.enter(BUSY_MS + DRAIN_MS, World::is_drained);
        let days_pass = dice.percent(25);
        let hours = dice.within(2, 60);
        self.enter(BUSY_MS + DRAIN_MS + LOOK_MS, move |world| {
            world.is_shown_to_all();
            world.leave();
            if days_pass { world.hours_pass(hours) } else { world.close_the_book() }
        });
    }

    fn enter(self: &Arc<Self>, at_ms: u64, deed: impl FnOnce(&Arc<Self>) + Send + 'static) {
        self.agenda.at(at_ms, Kind::World, 0, deed);
    }

    /// The disk has a bad time.
    fn trouble(self: &Arc<Self>, dice: &mut Dice) {
        let what = [Trouble::Full, Trouble::Busy, Trouble::Slow, Trouble::Blind];
        let what = dice.pick(&what).copied().unwrap_or(Trouble::Slow);
        let (at_ms, lasts_ms) = (dice.within(2_000, BUSY_MS - 500), dice.within(300, 15_000));
        self.enter(at_ms, move |world| {
            world.note(Who::World, "troubles the disk", lasts_ms, || format!("{what:?}"));
            world.with_disk(|disk| disk.trouble = what);
            world.agenda.after(lasts_ms, Kind::World, 0, |world| {
                world.with_disk(|disk| disk.trouble = Trouble::None);
            });
        });
    }

    /// The socket of some tab breaks, with a sign or without one.
    fn break_network(self: &Arc<Self>, chosen: u64) {
        let sockets: Vec<_> =
            self.with_tabs(|tabs| tabs.iter().filter_map(|tab| tab.socket().cloned()).collect());
        let mut dice = Dice::new(chosen, "network", 0);
        let Some(socket) = dice.pick(&sockets) else { return };
        self.note(Who::Tab(socket.tab), "loses its network", chosen, String::new);
        if dice.percent(70) { socket.cut(self) } else { socket.mute() }
    }

    fn set_clock(self: &Arc<Self>, by_ms: i64) {
        self.note(Who::World, "sets the clock", by_ms.unsigned_abs(), || format!("{by_ms} ms"));
        self.clock_is_set(by_ms);
    }

    /// Looks again and again at what must end.
    fn inspect(self: &Arc<Self>) {
        self.agenda.after(INSPECT_MS, Kind::World, 1, |world| {
            let now_ms = world.now_ms();
            let endless =
                world.with_disk(|disk| world.with_check(|check| check.endless(&disk.book, now_ms)));
            if let Some(what) = endless {
                world.breach(5, || what);
            }
            if now_ms < BUSY_MS + DRAIN_MS + 2 * LOOK_MS {
                world.inspect();
            }
        });
    }
}
