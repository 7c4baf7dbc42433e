//! A visitor's tab: the widget's own core, in a browser that is simulated around it.

use std::sync::{Arc, OnceLock};

use protocol::{ClientMessage, ClientMsgId, ServerMessage, SiteKey, server::Resumed};
use widget::{
    effect::Effect,
    event::{Event, Heard, Moment, Page, TimerId},
    kept::{KeptOutbox, KeptSession},
    model::{Link, Model},
    options::Options,
    strings::Strings,
    update::update,
};

use super::{
    World,
    agenda::Kind,
    dice::{Dice, digest},
    net::Socket,
    planted::Plant,
    tag::Tag,
    trace::Who,
    view::View,
};

/// A tab.
pub struct Tab {
    /// Its number.
    pub number: usize,
    /// Whose words may stand in it.
    pub tag: Tag,
    /// The widget.
    pub model: Model,
    /// What this tab keeps for its next page.
    pub session: Option<KeptSession>,
    /// What this tab has not sent yet.
    pub outbox: Option<KeptOutbox>,
    /// Whether somebody looks at it still.
    pub is_open: bool,
    /// Until when the machine sleeps.
    pub asleep_ms: u64,
    /// Until when there is no network.
    pub offline_ms: u64,
    /// Its chance: ids, jitter.
    pub dice: Dice,
    /// What it was promised and what it was shown.
    pub view: View,
    socket: Option<Arc<Socket>>,
    n_sockets: u64,
    /// Counts what each timer was set to, so that an old ring is not heard.
    timers: [u64; TimerId::ALL.len()],
    /// For the planted widget: under which id a message is sent again.
    renamed: Vec<(ClientMsgId, ClientMsgId)>,
    sent: Vec<ClientMsgId>,
}

/// The words of the widget, as the page brings them.
fn words() -> Option<&'static Strings> {
    static WORDS: OnceLock<Option<Strings>> = OnceLock::new();
    let read = || {
        let table = include_str!("../../../www/chat/words/en.txt");
        let lines = table.lines().filter_map(|line| line.split_once(" = "));
        let texts: Vec<&str> = lines.map(|(_, text)| text).collect();
        Strings::read(texts.join("\n").leak())
    };
    WORDS.get_or_init(read).as_ref()
}

impl Tab {
    /// A new tab, on a page that is about to be mounted.
    pub fn new(seed: u64, number: usize, tag: Tag, site: &SiteKey) -> Option<Self> {
        let options = Options::read(site.as_str(), "wss://relay.example", "en", None, words()?)?;
        Some(Self {
            number,
            tag,
            model: Model::new(options),
            session: None,
            outbox: None,
            is_open: true,
            asleep_ms: 0,
            offline_ms: 0,
            dice: Dice::new(seed, "tab", number as u64),
            view: View::default(),
            socket: None,
            n_sockets: 0,
            timers: [0; TimerId::ALL.len()],
            renamed: Vec::new(),
            sent: Vec::new(),
        })
    }

    /// The page is loaded, or loaded again: only what the tab has kept survives.
    pub fn mount(&mut self, world: &Arc<World>) {
        self.disconnect(world);
        self.model = Model::new(self.model.options.clone());
        self.timers.iter_mut().for_each(|timer| *timer += 1);
        self.view.forget();
        let (session, outbox) = (self.session.clone(), self.outbox.clone().map(Box::new));
        let page = Page::Mounted { session, outbox, online: true, calm: false, touch: false };
        self.tell(world, Event::Page(page));
    }

    /// The tab is closed.
    pub fn close(&mut self, world: &Arc<World>) {
        self.disconnect(world);
        self.is_open = false;
        self.timers.iter_mut().for_each(|timer| *timer += 1);
    }

    /// The socket that it holds.
    pub fn socket(&self) -> Option<&Arc<Socket>> {
        self.socket.as_ref()
    }

    /// Something happens to the widget, and it acts.
    pub fn tell(&mut self, world: &Arc<World>, event: Event) {
        let jitter = world.is_planted(Plant::NoJitter);
        let random = if jitter { 1 << 31 } else { (self.dice.bits() >> 32) as u32 };
        let now_ms = i64::try_from(world.now_ms()).unwrap_or(i64::MAX);
        for effect in update(&mut self.model, event, Moment { now_ms, random }) {
            self.act(world, effect);
        }
    }

    /// A socket speaks; one that was left is not heard.
    pub fn hear(&mut self, world: &Arc<World>, socket: &Arc<Socket>, heard: Heard) {
        if self.socket.as_ref().is_some_and(|own| own.id == socket.id) {
            if let Heard::Closed(code) = heard {
                world.note(Who::Tab(self.number), "is cut off", code.into(), || code.to_string());
                self.socket = None;
            }
            self.tell(world, Event::Link(heard));
        }
    }

    /// A frame comes: what it promises is noted, the widget takes it in, and what the widget shows
    /// then is compared with what is kept.
    pub fn read(&mut self, world: &Arc<World>, socket: &Arc<Socket>, text: &str) {
        if self.socket.as_ref().is_none_or(|own| own.id != socket.id) {
            return;
        }
        let Ok(mut message) = serde_json::from_str::<ServerMessage>(text) else {
            return world.breach(0, || "a frame that no widget could read".to_owned());
        };
        let number = self.number;
        world.note(Who::Tab(number), "hears", digest(text), || format!("{message:?}"));
        self.undo_renaming(&mut message);
        let token = self.model.session.as_ref().map(|session| &session.token);
        self.view.before(world, (number, self.tag), socket.era, token, &message);
        let welcome = match &message {
            ServerMessage::Welcome(welcome) => Some(welcome.resumed),
            _ => None,
        };
        self.tell(world, Event::Link(Heard::Frame(message)));
        self.view.welcomed(welcome.is_some_and(|resumed| resumed != Resumed::New));
        self.view.after(world, number, &self.model);
    }

    fn act(&mut self, world: &Arc<World>, effect: Effect) {
        match effect {
            Effect::Connect => self.connect(world),
            Effect::Disconnect => self.disconnect(world),
            Effect::Send(message) => self.send(world, message),
            Effect::After(timer, delay_ms) => self.set(world, timer, delay_ms),
            Effect::Cancel(timer) => self.timers[place(timer)] += 1,
            Effect::KeepSession(kept) => self.session = Some(kept),
            Effect::ForgetSession => self.session = None,
            Effect::KeepOutbox(kept) => self.outbox = Some(kept).filter(|kept| !kept.is_empty()),
            // What a person sees and hears is not simulated.
            _ => {}
        }
    }

    fn connect(&mut self, world: &Arc<World>) {
        self.disconnect(world);
        self.n_sockets += 1;
        let id = ((self.number as u64) << 20) | self.n_sockets;
        let socket = Arc::new(Socket::new(world, id, self.number, world.era()));
        self.socket = Some(Arc::clone(&socket));
        if world.now_ms() < self.offline_ms {
            return socket.refuse(world);
        }
        let due_ms = socket.lag_up(world);
        world.agenda.at(due_ms, Kind::Network, id, move |world| world.knock(&socket));
    }

    fn disconnect(&mut self, world: &Arc<World>) {
        if let Some(socket) = self.socket.take() {
            socket.hang_up(world);
        }
    }

    fn send(&mut self, world: &Arc<World>, mut message: ClientMessage) {
        let Some(socket) = self.socket.clone() else { return };
        if let ClientMessage::Hello(_) = message {
            self.view.greets(world, &self.model);
        }
        if let ClientMessage::Say { client_msg_id, .. } = &mut message {
            self.rename(world, client_msg_id);
        }
        let Ok(text) = serde_json::to_string(&message) else { return };
        let number = self.number;
        world.note(Who::Tab(number), "says", digest(&text), || format!("{message:?}"));
        socket.say(world, text);
    }

    /// Sets a timer of the widget. Those of its screen are left out.
    fn set(&mut self, world: &Arc<World>, timer: TimerId, delay_ms: u32) {
        if let TimerId::Hush | TimerId::StillWorking = timer {
            return;
        }
        if timer == TimerId::Reconnect && self.model.attempt == 1 {
            world.with_check(|check| check.waits(delay_ms));
        }
        self.timers[place(timer)] += 1;
        self.ring(world, timer, world.now_ms() + u64::from(delay_ms), self.timers[place(timer)]);
    }

    fn ring(&self, world: &World, timer: TimerId, due_ms: u64, set: u64) {
        let number = self.number;
        world.agenda.at(due_ms, Kind::Visitor, number as u64, move |world| {
            world.with_tab(number, |tab| {
                if tab.timers[place(timer)] != set || !tab.is_open {
                    return;
                }
                if world.now_ms() < tab.asleep_ms {
                    return tab.ring(world, timer, tab.asleep_ms, set);
                }
                tab.tell(world, Event::Timer(timer));
            });
        });
    }

    /// Whether nothing waits to be sent or to be shown.
    pub fn is_quiet(&self) -> bool {
        let is_settled = |state| matches!(state, widget::model::Progress::Refused(_));
        let linked = matches!(self.model.link, Link::Ready | Link::Idle | Link::Asleep);
        let sent = self.model.outbox.iter().all(|pending| is_settled(pending.state));
        linked && sent && self.model.replies.is_empty()
    }

    /// Where it is planted, what is sent again is sent under another id.
    fn rename(&mut self, world: &World, id: &mut ClientMsgId) {
        if !world.is_planted(Plant::RetryWithoutId) {
            return;
        }
        if self.sent.contains(id) {
            let fresh = ClientMsgId::from_bytes(&self.dice.bytes());
            self.renamed.push((fresh.clone(), std::mem::replace(id, fresh)));
        } else {
            self.sent.push(id.clone());
        }
    }

    fn undo_renaming(&self, message: &mut ServerMessage) {
        if let ServerMessage::Accepted { client_msg_id, .. } = message
            && let Some((_, own)) = self.renamed.iter().find(|(other, _)| other == client_msg_id)
        {
            client_msg_id.clone_from(own);
        }
    }
}

fn place(timer: TimerId) -> usize {
    TimerId::ALL.iter().position(|known| *known == timer).unwrap_or(0)
}
