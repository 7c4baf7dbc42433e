//! The widgets of this page, by handle, and the driver of each: event in, effects out.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    rc::Rc,
};

use protocol::ClientMsgId;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::{Element, MessageEvent, MessagePort};

use crate::{
    dom::{self, El, Listener, Timer},
    effect::{Effect, Tell},
    event::{Event, Moment, Page, TimerId},
    limits::MAX_TELLS,
    link::Socket,
    memory,
    model::Model,
    options::Options,
    strings::Strings,
    update::update,
    view::{Hear, View},
    wire::{Value, read, write},
};

thread_local! {
    static POOL: RefCell<Vec<Option<Rc<Instance>>>> = const { RefCell::new(Vec::new()) };
}

/// The page's hold on a widget.
#[wasm_bindgen]
pub struct Widget(usize);

/// Starts the chat in `host` with the page's `words`; `undefined` where its attributes don't allow one.
/// The words are never given back: a page has one chat, and its words live as long as the page.
#[wasm_bindgen]
pub fn mount(host: Element, embedded: bool, words: String) -> Option<Widget> {
    let host = El::from_element(host);
    let words = Box::leak(Box::new(Strings::read(words.leak())?));
    let [site, socket, lang] = ["data-site", "data-socket", "data-lang"].map(|name| host.get(name));
    let home = embedded
        .then(|| dom::document().map(|page| page.referrer()))
        .map(Option::unwrap_or_default);
    let options = Options::read(&site, &socket, &lang, home, words)?;
    let id = POOL.with(|pool| pool.try_borrow().map(|pool| pool.len()).ok())?;
    let hear: Hear = Rc::new(move |event: Event| dispatch(id, event));
    let view = View::mount(&host, &options, &hear);
    let instance = Rc::new(Instance {
        state: RefCell::new(State {
            id,
            model: Model::new(options),
            view,
            socket: None,
            timers: Default::default(),
            port: None,
            untold: VecDeque::new(),
        }),
        queue: RefCell::default(),
        busy: Cell::new(false),
    });
    POOL.with(|pool| pool.try_borrow_mut().map(|mut pool| pool.push(Some(instance))).ok())?;
    dispatch(id, Event::Page(mounted()));
    Some(Widget(id))
}

#[wasm_bindgen]
impl Widget {
    /// Takes the loader's port: from now on the widget speaks with it.
    pub fn attach(&self, port: MessagePort) {
        let id = self.0;
        let act = move |event: dom::Event| {
            let data = wasm_bindgen::JsCast::unchecked_ref::<MessageEvent>(&event).data();
            match dom::property(&data, "type").as_str() {
                "shown" => {
                    let focus = data.get("focus").and_then(|focus| focus.truth());
                    dispatch(id, Event::Page(Page::Shown(focus.unwrap_or(false))));
                }
                "hidden" => dispatch(id, Event::Page(Page::Hidden)),
                _ => {}
            }
        };
        let listener = Listener::new(&port, "message", act);
        port.start();
        if let Some(instance) = instance(id)
            && let Ok(mut state) = instance.state.try_borrow_mut()
        {
            state.port = Some(Port { port, _listener: listener });
            while let Some(tell) = state.untold.pop_front() {
                state.tell(tell);
            }
        }
    }

    /// Takes the chat out of the page: its socket, its timers, its listeners.
    pub fn destroy(&self) {
        let taken = POOL.with(|pool| {
            pool.try_borrow_mut()
                .ok()
                .and_then(|mut pool| pool.get_mut(self.0).and_then(Option::take))
        });
        if let Some(instance) = taken
            && let Ok(state) = instance.state.try_borrow()
        {
            state.view.remove();
        }
    }
}

/// A fresh id for something that the visitor sends.
pub(crate) fn fresh_id() -> Option<ClientMsgId> {
    // Not `from_bytes`: it brings the formatting machinery with it.
    let mut text = String::from(ClientMsgId::PREFIX);
    for byte in dom::random_bytes()? {
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from(b"0123456789abcdef"[usize::from(digit)]));
        }
    }
    ClientMsgId::parse(&text).ok()
}

fn mounted() -> Page {
    let window = web_sys::window();
    let asks = |query: &str| {
        let list = window.as_ref().and_then(|window| window.match_media(query).ok().flatten());
        list.is_some_and(|list| list.matches())
    };
    Page::Mounted {
        session: read::kept_session(&memory::recall(memory::SESSION)),
        outbox: read::kept_outbox(&memory::recall(memory::OUTBOX)).map(Box::new),
        online: window.as_ref().is_none_or(|window| window.navigator().on_line()),
        calm: asks("(prefers-reduced-motion: reduce)"),
        touch: asks("(pointer: coarse)"),
    }
}

/// One chat. Invariant: `state` is borrowed only while `busy`, so that an event within an event waits.
struct Instance {
    state: RefCell<State>,
    queue: RefCell<VecDeque<Event>>,
    busy: Cell<bool>,
}

struct State {
    id: usize,
    model: Model,
    view: View,
    socket: Option<Socket>,
    timers: [Option<Timer>; TimerId::ALL.len()],
    port: Option<Port>,
    /// What was told before the loader gave its port.
    untold: VecDeque<Tell>,
}

struct Port {
    port: MessagePort,
    _listener: Listener,
}

fn instance(id: usize) -> Option<Rc<Instance>> {
    POOL.with(|pool| pool.try_borrow().ok().and_then(|pool| pool.get(id).cloned().flatten()))
}

/// Handles an event, and those that come of it, one after another.
fn dispatch(id: usize, event: Event) {
    let Some(instance) = instance(id) else { return };
    if let Ok(mut queue) = instance.queue.try_borrow_mut() {
        queue.push_back(event);
    }
    if instance.busy.replace(true) {
        return;
    }
    loop {
        let next = instance.queue.try_borrow_mut().ok().and_then(|mut queue| queue.pop_front());
        let Some(event) = next else { break };
        if let Ok(mut state) = instance.state.try_borrow_mut() {
            state.step(event);
        }
    }
    instance.busy.set(false);
}

impl State {
    fn step(&mut self, event: Event) {
        let bits = dom::random_bytes().unwrap_or_default();
        let random = u32::from_le_bytes([bits[0], bits[1], bits[2], bits[3]]);
        let at = Moment { now_ms: dom::now_ms(), random };
        let mut later = Vec::new();
        for effect in update(&mut self.model, event, at) {
            if let Some(effect) = self.act(effect) {
                later.push(effect);
            }
        }
        self.view.render(&self.model);
        for effect in &later {
            self.view.act(effect, &self.model);
        }
    }

    /// Does what is not the view's, and hands back what is: that comes after the drawing.
    fn act(&mut self, effect: Effect) -> Option<Effect> {
        match effect {
            Effect::Connect => self.connect(),
            Effect::Disconnect => self.socket = None,
            Effect::Send(message) => {
                if let Some(socket) = &self.socket {
                    socket.send(&message);
                }
            }
            Effect::After(timer, delay_ms) => {
                let id = self.id;
                let set = Timer::new(delay_ms, move || dispatch(id, Event::Timer(timer)));
                self.timers[timer as usize] = set;
            }
            Effect::Cancel(timer) => self.timers[timer as usize] = None,
            Effect::KeepSession(session) => {
                memory::keep(memory::SESSION, &write::kept_session(&session));
            }
            Effect::ForgetSession => memory::keep(memory::SESSION, ""),
            Effect::KeepOutbox(outbox) if outbox.is_empty() => memory::keep(memory::OUTBOX, ""),
            Effect::KeepOutbox(outbox) => {
                memory::keep(memory::OUTBOX, &write::kept_outbox(&outbox));
            }
            Effect::Tell(tell) => self.tell(tell),
            effect => return Some(effect),
        }
        None
    }

    fn connect(&mut self) {
        let id = self.id;
        self.socket = None;
        self.socket =
            Socket::open(&self.model.options.socket, move |heard| dispatch(id, Event::Link(heard)));
    }

    /// Tells the loader, or keeps it until there is one.
    fn tell(&mut self, tell: Tell) {
        if let Some(port) = &self.port {
            if let Some(message) = dom::to_value(&tell) {
                let _ = port.port.post_message(&message);
            }
        } else if self.model.options.embedded && self.untold.len() < MAX_TELLS {
            self.untold.push_back(tell);
        }
    }
}
