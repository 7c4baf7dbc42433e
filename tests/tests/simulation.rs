//! The simulation itself: a seed repeats its world to the last step, and the worlds are worth
//! something: what can go wrong in them does.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

use std::sync::{Arc, Mutex};

use forecourt_tests::sim::{self, World, agenda::Kind, book::Book, disk::Trouble, tag::Tag};

#[test]
fn the_same_seed_gives_the_same_world_to_the_last_step() {
    let hashes = |seed| {
        let [one, other] = [(); 2].map(|()| sim::run(seed, None, 0).unwrap());
        assert_eq!(one.breach, None, "seed {seed}");
        (one.hash, other.hash)
    };
    let mut different = std::collections::BTreeSet::new();
    for seed in 0..20 {
        let (one, other) = hashes(seed);
        assert_eq!(one, other, "seed {seed}");
        different.insert(one);
    }
    assert_eq!(different.len(), 20, "each seed is a world of its own");
}

#[test]
fn a_world_is_told_step_by_step_and_telling_changes_nothing() {
    let quiet = sim::run(3, None, 0).unwrap();
    let told = sim::run(3, None, 40).unwrap();
    assert_eq!(quiet.hash, told.hash);
    assert_eq!((quiet.last_steps.len(), told.last_steps.len()), (0, 40));
}

/// The first dealer's first visitor.
const SOMEBODY: Tag = Tag { dealer: 0, visitor: 0 };

/// A world with a tab or two of one visitor, to whom happens what is entered; answers how many
/// messages each shows at the end, and whether it waits for anything.
fn tabs_after(ms: u64, enter: impl FnOnce(&Arc<World>)) -> Vec<(usize, bool)> {
    let shown = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&shown);
    let outcome = sim::play(1, None, 0, |world| {
        world.start();
        world.agenda.at(10, Kind::World, 0, |world| {
            world.open(SOMEBODY, None, None);
        });
        enter(world);
        world.agenda.at(ms, Kind::World, 0, move |world| {
            *seen.lock().unwrap() = world.with_tabs(|tabs| {
                tabs.iter().map(|tab| (tab.model.messages.len(), tab.is_quiet())).collect()
            });
            world.agenda.end();
        });
    });
    assert_eq!(outcome.unwrap().breach, None);
    let shown = shown.lock().unwrap();
    shown.clone()
}

/// Enters a time of trouble for the disk.
fn trouble(world: &Arc<World>, from_ms: u64, to_ms: u64, what: Trouble) {
    for (at_ms, what) in [(from_ms, what), (to_ms, Trouble::None)] {
        world.agenda.at(at_ms, Kind::World, 0, move |world| {
            world.with_disk(|disk| disk.trouble = what);
        });
    }
}

fn ask(world: &Arc<World>, at_ms: u64, tab: usize) {
    world.agenda.at(at_ms, Kind::World, 0, move |world| {
        world.with_tab(tab, |tab| tab.ask(world, 1));
    });
}

#[test]
fn a_reply_outlasts_a_full_disk_however_long_it_is_full() {
    let shown = tabs_after(200_000, |world| {
        ask(world, 1_000, 0);
        trouble(world, 1_100, 190_000, Trouble::Full);
    });
    assert_eq!(shown, [(2, true)], "the question and its answer");
}

#[test]
fn a_tab_catches_up_with_another_though_its_first_look_failed() {
    let shown = tabs_after(20_000, |world| {
        ask(world, 1_000, 0);
        world.agenda.at(8_000, Kind::World, 0, |world| {
            let kept = world.with_tab(0, |tab| tab.session.clone()).flatten();
            world.open(SOMEBODY, kept, None);
        });
        // While nothing can be read, one tab asks; the other hears of it and can't look.
        trouble(world, 10_000, 12_000, Trouble::Blind);
        ask(world, 10_500, 0);
    });
    assert_eq!(shown, [(4, true), (4, true)]);
}

#[test]
fn a_reply_outlasts_a_full_disk_though_nobody_waits_for_it() {
    let running = Arc::new(Mutex::new(None));
    let seen = Arc::clone(&running);
    tabs_after(60_000, |world| {
        ask(world, 1_000, 0);
        trouble(world, 1_100, 30_000, Trouble::Full);
        world.agenda.at(1_200, Kind::World, 0, |world| {
            world.with_tab(0, |tab| tab.close(world));
        });
        world.agenda.at(59_000, Kind::World, 0, move |world| {
            let talks = |book: &Book| {
                let replies = book.talks().flat_map(|(_, talk)| talk.replies.clone());
                replies.map(|reply| reply.running).collect::<Vec<_>>()
            };
            *seen.lock().unwrap() = Some(world.with_disk(|disk| talks(&disk.book)));
        });
    });
    assert_eq!(*running.lock().unwrap(), Some(vec![false]));
}
