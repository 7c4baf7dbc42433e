//! What a visitor does in one tab.

use std::sync::Arc;

use protocol::{AuthorKind, ClientMsgId, Finish, lead::FieldKind};
use widget::event::{Event, Page, Visitor};

use super::{Act, BUSY_MS};
use crate::sim::{World, agenda::Kind, dice::Dice, tab::Tab};

impl Tab {
    pub(super) fn does(&mut self, world: &Arc<World>, act: Act, chosen: u64) {
        if world.now_ms() < self.asleep_ms {
            return;
        }
        match act {
            Act::Ask(times) => (0..times).for_each(|time| self.ask(world, chosen ^ time)),
            Act::Stop => self.act_as(world, Visitor::Stop),
            Act::Again => self.again(world),
            Act::Lead => self.lead(world),
            Act::Reload => self.mount(world),
            Act::Close => self.close(world),
            Act::Sleep(ms) => self.sleep(world, ms),
            Act::Offline(ms) => self.lose_network(world, ms),
            Act::Impatient => self.act_as(world, Visitor::TryNow),
            Act::Duplicate => {}
        }
    }

    /// Asks something that nobody has asked before.
    pub fn ask(&mut self, world: &Arc<World>, chosen: u64) {
        let id = ClientMsgId::from_bytes(&self.dice.bytes());
        let length = Dice::new(chosen, "words", 0).within(0, 99);
        let more = if length < 1 { 3_500 } else { usize::try_from(length).unwrap_or(0) };
        let text = format!("{} asks {} {}", self.tag, id, "ä".repeat(more));
        self.act_as(world, Visitor::Typed(text));
        self.act_as(world, Visitor::Submit(id));
    }

    fn act_as(&mut self, world: &Arc<World>, act: Visitor) {
        self.tell(world, Event::Visitor(act));
    }

    /// Asks again for the last answer if it did not end well.
    fn again(&mut self, world: &Arc<World>) {
        let last = self.model.messages.last().filter(|last| {
            last.author_kind == AuthorKind::Ai && last.finish != Some(Finish::Complete)
        });
        if let Some(reply) = last.and_then(|last| last.reply_id.clone()) {
            self.act_as(world, Visitor::Again(reply));
        }
    }

    fn lead(&mut self, world: &Arc<World>) {
        let id = ClientMsgId::from_bytes(&self.dice.bytes());
        let (name, email) = (format!("{} Smith", self.tag), "a@cars.example".to_owned());
        for act in [
            Visitor::OpenLead,
            Visitor::Field(FieldKind::Name, name),
            Visitor::Field(FieldKind::Email, email),
            Visitor::Tick(0, true),
            Visitor::Review,
            Visitor::SendLead(id),
            Visitor::ClosePanel,
        ] {
            self.act_as(world, act);
        }
    }

    /// The laptop is closed for a while.
    fn sleep(&mut self, world: &Arc<World>, ms: u64) {
        self.asleep_ms = (world.now_ms() + ms).min(BUSY_MS);
        self.wake_at(world, self.asleep_ms);
    }

    fn wake_at(&self, world: &Arc<World>, due_ms: u64) {
        let number = self.number;
        world.agenda.at(due_ms, Kind::Visitor, number as u64, move |world| {
            world.with_tab(number, |tab| {
                if tab.is_open && tab.asleep_ms <= world.now_ms() {
                    tab.tell(world, Event::Page(Page::Awake));
                }
            });
        });
    }

    /// The network is gone for a while: what is open breaks without a sign.
    fn lose_network(&mut self, world: &Arc<World>, ms: u64) {
        self.offline_ms = world.now_ms() + ms;
        if let Some(socket) = self.socket() {
            socket.mute();
        }
        self.tell(world, Event::Page(Page::Offline));
        let number = self.number;
        world.agenda.after(ms, Kind::Visitor, number as u64, move |world| {
            world.with_tab(number, |tab| {
                if tab.is_open {
                    tab.tell(world, Event::Page(Page::Online));
                }
            });
        });
    }
}
