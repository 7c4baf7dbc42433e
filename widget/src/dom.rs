//! The browser's objects behind a few safe words: elements, listeners, timers, values. No chat.
//!
//! An element that the browser would not make is an `El` that does nothing: there is no panic path here.

mod value;

use js_sys::Reflect;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{Document, Element, EventTarget, HtmlElement, Node};

use crate::wire::Value;

pub(crate) use value::{Shown, from_json, moment, now_ms, property, random_bytes, to_value};
pub(crate) use web_sys::{Event, KeyboardEvent};

/// The page.
pub(crate) fn document() -> Option<Document> {
    web_sys::window()?.document()
}

/// An element, or nothing.
#[derive(Clone)]
pub(crate) struct El(Option<Element>);

impl El {
    /// Makes an element.
    pub(crate) fn new(tag: &str) -> Self {
        Self(document().and_then(|document| document.create_element(tag).ok()))
    }

    /// Makes an element of a class.
    pub(crate) fn of(tag: &str, class: &str) -> Self {
        Self::new(tag).attr("class", class)
    }

    /// Makes an element of a class that holds a text.
    pub(crate) fn words(tag: &str, class: &str, text: &str) -> Self {
        Self::of(tag, class).text(text)
    }

    /// Makes a button that does `act`.
    pub(crate) fn button(class: &str, act: &str, text: &str) -> Self {
        Self::words("button", class, text).attr("type", "button").attr("data-act", act)
    }

    /// Makes a link that opens in this target and tells the other side nothing.
    pub(crate) fn link(href: &str, text: &str, target: &str) -> Self {
        let link = Self::words("a", "", text).attr("href", href).attr("target", target);
        link.attr("rel", "noopener noreferrer nofollow")
    }

    /// The element with this id.
    pub(crate) fn by_id(id: &str) -> Self {
        Self(document().and_then(|document| document.get_element_by_id(id)))
    }

    /// An element that the page already has.
    pub(crate) fn from_element(element: Element) -> Self {
        Self(Some(element))
    }

    /// Sets an attribute.
    pub(crate) fn attr(self, name: &str, value: &str) -> Self {
        self.set(name, value);
        self
    }

    /// Replaces what is inside by a text. Never HTML.
    pub(crate) fn text(self, text: &str) -> Self {
        self.set_text(text);
        self
    }

    /// Adds an element at the end.
    pub(crate) fn with(self, child: &El) -> Self {
        self.add(child);
        self
    }

    /// Sets an attribute.
    pub(crate) fn set(&self, name: &str, value: &str) {
        if let Some(element) = &self.0 {
            // Fails for a name that is none; the names are constants.
            let _ = element.set_attribute(name, value);
        }
    }

    /// Takes an attribute away.
    pub(crate) fn unset(&self, name: &str) {
        if let Some(element) = &self.0 {
            let _ = element.remove_attribute(name);
        }
    }

    /// Sets or takes away an attribute that has no value.
    pub(crate) fn flag(&self, name: &str, on: bool) {
        if on { self.set(name, "") } else { self.unset(name) }
    }

    /// Reads an attribute.
    pub(crate) fn get(&self, name: &str) -> String {
        self.0.as_ref().and_then(|element| element.get_attribute(name)).unwrap_or_default()
    }

    /// Replaces what is inside by a text. Never HTML.
    pub(crate) fn set_text(&self, text: &str) {
        if let Some(element) = &self.0 {
            element.set_text_content(Some(text));
        }
    }

    /// Adds a text at the end.
    pub(crate) fn add_text(&self, text: &str) {
        if let (Some(element), Some(document)) = (&self.0, document()) {
            let _ = element.append_child(&document.create_text_node(text));
        }
    }

    /// Adds an element at the end.
    pub(crate) fn add(&self, child: &El) {
        self.place(child, None);
    }

    /// Puts an element before another one, or at the end.
    pub(crate) fn place(&self, child: &El, before: Option<&El>) {
        if let (Some(parent), Some(child)) = (&self.0, &child.0) {
            let before = before.and_then(|el| el.0.as_ref()).map(AsRef::<Node>::as_ref);
            let _ = parent.insert_before(child, before);
        }
    }

    /// Whether the element is in `parent` and right before `next`, or at its end.
    pub(crate) fn stands_before(&self, next: Option<&El>, parent: &El) -> bool {
        let Some(element) = &self.0 else { return true };
        element.parent_element() == parent.0
            && element.next_element_sibling() == next.and_then(|el| el.0.clone())
    }

    /// Takes the element out of the page.
    pub(crate) fn remove(&self) {
        if let Some(element) = &self.0 {
            element.remove();
        }
    }

    /// Takes out all but the first `kept` children.
    pub(crate) fn truncate(&self, kept: u32) {
        if let Some(element) = &self.0 {
            while kept < element.child_element_count() {
                match element.last_element_child() {
                    Some(child) => child.remove(),
                    None => return,
                }
            }
        }
    }

    /// How many children it has.
    pub(crate) fn count(&self) -> u32 {
        self.0.as_ref().map_or(0, Element::child_element_count)
    }

    /// Takes out its first child.
    pub(crate) fn drop_first(&self) {
        if let Some(child) = self.0.as_ref().and_then(Element::first_element_child) {
            child.remove();
        }
    }

    /// The nearest element around it, itself included, that fits the selector.
    pub(crate) fn closest(&self, selector: &str) -> Self {
        Self(self.0.as_ref().and_then(|element| element.closest(selector).ok().flatten()))
    }

    /// The first element inside that fits the selector.
    pub(crate) fn find(&self, selector: &str) -> Self {
        Self(self.0.as_ref().and_then(|element| element.query_selector(selector).ok().flatten()))
    }

    /// What has the focus.
    pub(crate) fn active() -> Self {
        Self(document().and_then(|document| document.active_element()))
    }

    /// Whether it has an attribute.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.as_ref().is_some_and(|element| element.has_attribute(name))
    }

    /// Whether it is on the page.
    pub(crate) fn stands(&self) -> bool {
        self.0.as_ref().is_some_and(|element| element.is_connected())
    }

    /// Whether there is an element at all.
    pub(crate) fn exists(&self) -> bool {
        self.0.is_some()
    }

    /// Moves the focus here.
    pub(crate) fn focus(&self) {
        if let Some(element) = self.cast::<HtmlElement>() {
            let _ = element.focus();
        }
    }

    /// What an input, a text area or a choice holds. By the property's name: a type for each of them would be
    /// two more imports.
    pub(crate) fn value(&self) -> String {
        self.0.as_ref().map(|element| property(element, "value")).unwrap_or_default()
    }

    /// Fills an input or a text area.
    pub(crate) fn set_value(&self, value: &str) {
        self.put("value", &value.into());
    }

    /// Whether a box is ticked.
    pub(crate) fn checked(&self) -> bool {
        let checked = |element: &Element| JsValue::from(element).get("checked")?.truth();
        self.0.as_ref().and_then(checked).unwrap_or(false)
    }

    /// Ticks or unticks a box.
    pub(crate) fn set_checked(&self, checked: bool) {
        self.put("checked", &checked.into());
    }

    fn put(&self, name: &str, value: &JsValue) {
        if let Some(element) = &self.0 {
            let _ = Reflect::set(element, &name.into(), value);
        }
    }

    /// Sets a property of its style through the CSSOM, which a strict CSP allows.
    pub(crate) fn style(&self, property: &str, value: &str) {
        if let Some(element) = self.cast::<HtmlElement>() {
            let _ = element.style().set_property(property, value);
        }
    }

    /// How far it is scrolled, in pixels.
    pub(crate) fn top(&self) -> i32 {
        self.0.as_ref().map_or(0, Element::scroll_top)
    }

    /// How far the end of what can be scrolled is below what is seen, in pixels.
    pub(crate) fn below(&self) -> i32 {
        self.0.as_ref().map_or(0, |el| el.scroll_height() - el.scroll_top() - el.client_height())
    }

    /// Scrolls to the end.
    pub(crate) fn scroll_to_end(&self) {
        if let Some(element) = &self.0 {
            element.set_scroll_top(element.scroll_height());
        }
    }

    /// Its height with all that is inside, in pixels.
    pub(crate) fn inner_height(&self) -> i32 {
        self.0.as_ref().map_or(0, Element::scroll_height)
    }

    /// Listens to an event as long as the listener lives.
    pub(crate) fn on(
        &self,
        name: &'static str,
        act: impl FnMut(Event) + 'static,
    ) -> Option<Listener> {
        self.0.as_ref().map(|element| Listener::new(element.as_ref(), name, act))
    }

    fn cast<T: JsCast>(&self) -> Option<&T> {
        self.0.as_ref().and_then(|element| element.dyn_ref::<T>())
    }
}

/// The element that an event happened to.
pub(crate) fn target(event: &Event) -> El {
    El(event.target().and_then(|target| target.dyn_into::<Element>().ok()))
}

/// A listener that is taken away when it is dropped.
pub(crate) struct Listener {
    target: EventTarget,
    name: &'static str,
    act: Closure<dyn FnMut(Event)>,
}

impl Listener {
    /// Listens to `name` at `target`.
    pub(crate) fn new(
        target: &EventTarget,
        name: &'static str,
        act: impl FnMut(Event) + 'static,
    ) -> Self {
        let act = Closure::<dyn FnMut(Event)>::new(act);
        let _ = target.add_event_listener_with_callback(name, act.as_ref().unchecked_ref());
        Self { target: target.clone(), name, act }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let act = self.act.as_ref().unchecked_ref();
        let _ = self.target.remove_event_listener_with_callback(self.name, act);
    }
}

/// A timer that is stopped when it is dropped.
pub(crate) struct Timer {
    id: i32,
    _act: Closure<dyn FnMut()>,
}

impl Timer {
    /// Does `act` after `delay_ms`.
    pub(crate) fn new(delay_ms: u32, act: impl FnMut() + 'static) -> Option<Self> {
        let act = Closure::<dyn FnMut()>::new(act);
        let delay_ms = i32::try_from(delay_ms).unwrap_or(i32::MAX);
        let id = web_sys::window()?
            .set_timeout_with_callback_and_timeout_and_arguments_0(
                act.as_ref().unchecked_ref(),
                delay_ms,
            )
            .ok()?;
        Some(Self { id, _act: act })
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        if let Some(window) = web_sys::window() {
            window.clear_timeout_with_handle(self.id);
        }
    }
}
