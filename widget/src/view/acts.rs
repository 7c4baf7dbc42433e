//! What the visitor does on the page, as events. A few listeners at the top; elements say what they do.

use protocol::{
    ClientMsgId, ReplyId,
    lead::{FieldKind, LeadKind},
};
use wasm_bindgen::JsCast;

use crate::{
    dom::{self, El, KeyboardEvent, Listener},
    event::{Event, Page, Visitor},
    instance::fresh_id,
    limits::FOLLOW_PX,
    view::Hear,
};

/// Listens as long as the listeners live.
pub(super) fn listen(host: &El, hear: &Hear) -> Vec<Option<Listener>> {
    let mut listeners = Vec::with_capacity(8);
    let mut on = |name, act: fn(&dom::Event) -> Option<Visitor>| {
        let hear = hear.clone();
        listeners.push(host.on(name, move |event| {
            if let Some(act) = act(&event) {
                hear(Event::Visitor(act));
            }
        }));
    };
    on("click", clicked);
    on("input", typed);
    on("submit", submitted);
    on("keydown", pressed);
    let scroll = El::by_id("scroll");
    let mut was = true;
    let tell = hear.clone();
    listeners.push(scroll.clone().on("scroll", move |_| {
        let at_end = scroll.below() < FOLLOW_PX;
        if at_end != was {
            was = at_end;
            tell(Event::Page(Page::Scrolled(at_end)));
        }
    }));
    if let Some(window) = web_sys::window() {
        for (name, page) in [("resize", Page::Resized), ("pagehide", Page::Leaving)] {
            let hear = hear.clone();
            let act = move |_| hear(Event::Page(page.clone()));
            listeners.push(Some(Listener::new(&window, name, act)));
        }
        for (name, online) in [("online", true), ("offline", false)] {
            let hear = hear.clone();
            let act = move |_| hear(Event::Page(if online { Page::Online } else { Page::Offline }));
            listeners.push(Some(Listener::new(&window, name, act)));
        }
    }
    if let Some(document) = dom::document() {
        let hear = hear.clone();
        let seen = document.clone();
        let act = move |_| {
            hear(Event::Page(if seen.hidden() { Page::Leaving } else { Page::Awake }));
        };
        listeners.push(Some(Listener::new(&document, "visibilitychange", act)));
    }
    listeners
}

fn clicked(event: &dom::Event) -> Option<Visitor> {
    let button = dom::target(event).closest("[data-act]");
    if !button.exists() {
        return None;
    }
    act(&button.get("data-act"), &button.get("data-arg"))
}

/// A form is sent by its button or by Enter in a field; the page itself sends nothing anywhere.
fn submitted(event: &dom::Event) -> Option<Visitor> {
    event.prevent_default();
    let form = dom::target(event);
    let half = form.find("[type=date]:invalid,[type=time]:invalid");
    if half.exists() {
        return FieldKind::of(&half.get("name")).map(Visitor::Half);
    }
    act(&form.get("data-submit"), "")
}

fn act(name: &str, argument: &str) -> Option<Visitor> {
    Some(match name {
        "send" => Visitor::Submit(fresh_id()?),
        "suggest" => Visitor::Suggest(argument.parse().ok()?, fresh_id()?),
        "stop" => Visitor::Stop,
        "down" => Visitor::Down,
        "again" => Visitor::Again(ReplyId::parse(argument).ok()?),
        "resend" => Visitor::Resend(ClientMsgId::parse(argument).ok()?),
        "edit" => Visitor::Edit(ClientMsgId::parse(argument).ok()?),
        "try-now" => Visitor::TryNow,
        "close" => Visitor::Close,
        "person" => Visitor::OpenPerson,
        "lead" => LeadKind::of(argument).map_or(Visitor::OpenLead, Visitor::OpenForm),
        "back" => Visitor::ClosePanel,
        "review" => Visitor::Review,
        "amend" => Visitor::Amend,
        "send-lead" => Visitor::SendLead(fresh_id()?),
        _ => return None,
    })
}

fn typed(event: &dom::Event) -> Option<Visitor> {
    let field = dom::target(event);
    let tick = field.get("data-tick");
    if !tick.is_empty() {
        return Some(Visitor::Tick(tick.parse().ok()?, field.checked()));
    }
    let name = field.get("data-field");
    match name.as_str() {
        "kind" => return LeadKind::of(&field.value()).map(Visitor::Choose),
        "draft" => return Some(Visitor::Typed(field.value())),
        "announced" => return Some(Visitor::Announced(field.checked())),
        "whole" => return Some(Visitor::Whole(field.checked())),
        _ => {}
    }
    Some(Visitor::Field(FieldKind::of(&name)?, field.value()))
}

/// Enter sends, Shift+Enter begins a line; while an input method composes, Enter is its own (key code 229).
fn pressed(event: &dom::Event) -> Option<Visitor> {
    let key: &KeyboardEvent = event.dyn_ref()?;
    if key.is_composing() || key.key_code() == 229 {
        return None;
    }
    match key.key().as_str() {
        "Escape" => Some(Visitor::Escape),
        "Enter" if !key.shift_key() && dom::target(event).get("data-field") == "draft" => {
            event.prevent_default();
            fresh_id().map(Visitor::Submit)
        }
        _ => None,
    }
}
