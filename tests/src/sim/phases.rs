//! How a world goes on once nothing goes wrong any more: queues drain, everybody looks again, days
//! pass, everybody comes back. Each step is a check.

use std::sync::Arc;

use widget::model::Link;

use super::{
    World, agenda::Kind, check::Check, disk::Trouble, trace::Who, view, visitors::VISITORS,
};

/// How long all queues may take to drain once nothing goes wrong any more (I10).
pub const DRAIN_MS: u64 = 60_000;

/// How long a returning visitor is given to be shown everything. With the time above it is longer
/// than the relay holds a socket whose other end is gone without a sign.
pub const LOOK_MS: u64 = 12_000;

const HOUR_MS: u64 = 3_600_000;

impl World {
    /// From now on nothing goes wrong any more. What the network swallowed is found to be broken.
    pub(super) fn calm_down(self: &Arc<Self>) {
        self.note(Who::World, "calms down", 0, String::new);
        self.be_calm();
        self.with_disk(|disk| (disk.trouble, disk.deadly) = (Trouble::None, 0));
        self.with_tabs(|tabs| {
            for tab in tabs {
                tab.offline_ms = 0;
                if let Some(socket) = tab.socket() {
                    socket.heal(self);
                }
            }
        });
    }

    /// All queues are empty, and each tab that is connected shows all there is (I10).
    pub(super) fn is_drained(self: &Arc<Self>) {
        let stuck = self.with_tabs(|tabs| {
            let mut open = tabs.iter().filter(|tab| tab.is_open);
            let stuck = open.find(|tab| !tab.is_quiet() || !view::shows_all(self, &tab.model))?;
            let (model, shown) = (&stuck.model, view::shows_all(self, &stuck.model));
            Some(format!(
                "tab {} is {:?}, {} messages wait, {} replies are open, all is shown: {shown}",
                stuck.number,
                model.link,
                model.outbox.len(),
                model.replies.len(),
            ))
        });
        if let Some(what) = stuck {
            self.breach(10, || what);
        }
        let owed = self.with_disk(|disk| {
            let owed = disk.book.talks().flat_map(|(_, talk)| &talk.replies);
            (owed.filter(|reply| reply.running).count(), disk.is_idle())
        });
        if owed != (0, true) {
            self.breach(10, || format!("{} replies are still owed; idle: {}", owed.0, owed.1));
        }
        self.look_again();
    }

    /// Each visitor looks at the whole conversation in a new tab.
    fn look_again(self: &Arc<Self>) {
        for visitor in 0..VISITORS {
            let kept = self.with_tabs(|tabs| {
                let own = tabs.iter().rev().find(|t| t.tag.visitor == visitor)?;
                Some((own.tag, own.session.clone()?))
            });
            if let Some((tag, session)) = kept {
                self.open(tag, Some(session), None);
            }
        }
    }

    pub(super) fn is_shown_to_all(self: &Arc<Self>) {
        let blind = self.with_tabs(|tabs| {
            let mut open = tabs.iter().filter(|tab| tab.is_open);
            let is_there = |link| matches!(link, Link::Ready | Link::Asleep);
            open.find(|tab| !is_there(tab.model.link) || !view::shows_all(self, &tab.model))
                .map(|tab| (tab.number, tab.model.link))
        });
        if let Some((number, link)) = blind {
            self.breach(10, || format!("tab {number} is {link:?} and does not show everything"));
        }
        let n_sockets =
            self.with_tabs(|tabs| tabs.iter().filter(|tab| tab.socket().is_some()).count());
        let n_tasks = self.with_house(|house| house.n_tasks());
        if n_tasks != Some(n_sockets) {
            self.breach(10, || format!("{n_sockets} sockets are open, {n_tasks:?} tasks run"));
        }
    }

    /// Everybody closes their tabs.
    pub(super) fn leave(self: &Arc<Self>) {
        self.with_tabs(|tabs| tabs.iter_mut().for_each(|tab| tab.close(self)));
    }

    /// Hour by hour, nothing happens but the sweep; then everybody comes back and asks once more.
    pub(super) fn hours_pass(self: &Arc<Self>, hours: u64) {
        if 0 < hours {
            return self.agenda.after(HOUR_MS, Kind::World, 0, move |world| {
                world.sweep();
                world.hours_pass(hours - 1);
            });
        }
        self.look_again();
        self.agenda.after(LOOK_MS, Kind::World, 0, |world| {
            world.is_shown_to_all();
            world.with_tabs(|tabs| {
                for tab in tabs.iter_mut().filter(|tab| tab.is_open) {
                    tab.ask(world, tab.number as u64);
                }
            });
            world.agenda.after(LOOK_MS * 3, Kind::World, 0, |world| {
                world.is_shown_to_all();
                world.close_the_book();
            });
        });
    }

    /// The last look at all that is kept.
    pub(super) fn close_the_book(self: &Arc<Self>) {
        let wrong = self.with_disk(|disk| self.with_check(|check| check.rows(&disk.book)));
        if let Some((invariant, what)) = wrong {
            self.breach(invariant, || what);
        }
        if let Some(what) = self.with_disk(|disk| Check::left(&disk.book, self.wall())) {
            self.breach(8, || what);
        }
        if let Some(what) = self.with_check(|check| check.comes_as_one()) {
            self.breach(0, || what);
        }
        self.agenda.end();
    }
}
