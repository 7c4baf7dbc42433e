//! What visitors do: ask, leave, come back, open a second tab, close the laptop.

mod acts;

use std::sync::Arc;

use widget::kept::{KeptOutbox, KeptSession};

use super::{World, agenda::Kind, dice::Dice, tab::Tab, tag::Tag, trace::Who};

/// How many visitors there are.
pub const VISITORS: usize = 20;

/// Until when they act.
pub const BUSY_MS: u64 = 50_000;

/// What a visitor does.
#[derive(Clone, Copy, Debug)]
enum Act {
    Ask(u64),
    Stop,
    Again,
    Lead,
    Reload,
    Duplicate,
    Close,
    Sleep(u64),
    Offline(u64),
    Impatient,
}

impl World {
    /// Draws what each visitor will do, and enters it.
    pub fn invite(self: &Arc<Self>) {
        for visitor in 0..VISITORS {
            let mut dice = Dice::new(self.seed, "visitor", visitor as u64);
            let tag = Tag { dealer: visitor % self.dealers.len(), visitor };
            let come_ms = dice.within(1, BUSY_MS / 2);
            self.agenda.at(come_ms, Kind::Visitor, visitor as u64, move |world| {
                world.open(tag, None, None);
            });
            for _ in 0..dice.within(2, 5) {
                let at_ms = come_ms + dice.within(50, BUSY_MS - come_ms);
                let act = draw(&mut dice);
                let chosen = dice.bits();
                self.agenda.at(at_ms, Kind::Visitor, visitor as u64, move |world| {
                    world.does(visitor, act, chosen);
                });
            }
        }
        let mut dice = Dice::new(self.seed, "snooper", 0);
        for _ in 0..2 {
            let (at_ms, chosen) = (dice.within(BUSY_MS / 4, BUSY_MS), dice.bits());
            self.agenda.at(at_ms, Kind::Visitor, u64::MAX, move |world| world.snoop(chosen));
        }
    }

    /// Opens a tab with what another had kept; answers its number.
    pub fn open(
        self: &Arc<Self>,
        tag: Tag,
        session: Option<KeptSession>,
        outbox: Option<KeptOutbox>,
    ) -> usize {
        self.with_tabs(|tabs| {
            let number = tabs.len();
            let site = &self.dealers[tag.dealer].sites[0].key;
            let Some(mut tab) = Tab::new(self.seed, number, tag, site) else { return number };
            self.note(Who::Tab(number), "opens", number as u64, || tag.to_string());
            (tab.session, tab.outbox) = (session, outbox);
            tab.mount(self);
            tabs.push(tab);
            number
        })
    }

    fn does(self: &Arc<Self>, visitor: usize, act: Act, chosen: u64) {
        let own: Vec<usize> = self.with_tabs(|tabs| {
            let own = tabs.iter().filter(|tab| tab.is_open && tab.tag.visitor == visitor);
            own.map(|tab| tab.number).collect()
        });
        let Some(number) = Dice::new(chosen, "tab", 0).pick(&own).copied() else { return };
        self.note(Who::Tab(number), "acts", chosen, || format!("{act:?}"));
        if let Act::Duplicate = act {
            let kept =
                self.with_tab(number, |tab| (tab.tag, tab.session.clone(), tab.outbox.clone()));
            if let Some((tag, session, outbox)) = kept {
                self.open(tag, session, outbox);
            }
            return;
        }
        self.with_tab(number, |tab| tab.does(self, act, chosen));
    }

    /// Somebody tries the token of a visitor at the door of another dealer.
    fn snoop(self: &Arc<Self>, chosen: u64) {
        let sessions: Vec<(Tag, KeptSession)> = self.with_tabs(|tabs| {
            tabs.iter().filter_map(|tab| Some((tab.tag, tab.session.clone()?))).collect()
        });
        let Some((tag, kept)) = Dice::new(chosen, "snoop", 0).pick(&sessions).cloned() else {
            return;
        };
        let dealer = (tag.dealer + 1) % self.dealers.len();
        let site = self.dealers[dealer].sites[0].key.clone();
        let stolen = KeptSession { site, conversation: None, ..kept };
        self.open(Tag { dealer, visitor: VISITORS }, Some(stolen), None);
    }
}

fn draw(dice: &mut Dice) -> Act {
    match dice.within(0, 99) {
        0..=50 => Act::Ask(1),
        51..=56 => Act::Ask(dice.within(2, 5)),
        57..=61 => Act::Stop,
        62..=66 => Act::Again,
        67..=71 => Act::Lead,
        72..=79 => Act::Reload,
        80..=86 => Act::Duplicate,
        87..=88 => Act::Close,
        89..=92 => Act::Sleep(dice.within(1_000, 40_000)),
        93..=97 => Act::Offline(dice.within(500, 20_000)),
        _ => Act::Impatient,
    }
}
