//! Model to screen: each part knows what it last drew and draws only what changed. No decisions.

mod acts;
mod bubble;
mod composer;
mod frame;
mod live;
mod panel;
mod transcript;

use std::rc::Rc;

use crate::{
    dom::{El, Listener},
    effect::{Effect, Target},
    event::Event,
    model::{Model, Panel},
    options::Options,
    view::{
        composer::Composer, frame::Frame, live::Live, panel::PanelView, transcript::Transcript,
    },
};

/// What the view tells of: the driver of this chat.
pub(crate) type Hear = Rc<dyn Fn(Event)>;

/// The chat on the page.
pub(crate) struct View {
    host: El,
    root: El,
    frame: Frame,
    transcript: Transcript,
    composer: Composer,
    panel: PanelView,
    live: Live,
    _listeners: Vec<Option<Listener>>,
}

impl View {
    /// Draws the chat into the page's `main`, below the heading that the page already has.
    pub(crate) fn mount(host: &El, options: &Options, hear: Hear) -> Self {
        let words = options.strings;
        let root = El::of("div", "chat").attr("lang", words.lang).attr("dir", words.dir);
        let live = Live::mount(&root);
        let frame = Frame::mount(host, &root, options);
        let transcript = Transcript::mount(&frame.scroll, words);
        frame.scroll.add(&frame.suggestions);
        let composer = Composer::mount(&frame.body, words);
        let panel = PanelView::mount(&root, words);
        host.add(&root);
        let listeners = acts::listen(host, &hear);
        Self {
            host: host.clone(),
            root,
            frame,
            transcript,
            composer,
            panel,
            live,
            _listeners: listeners,
        }
    }

    /// Draws what changed.
    pub(crate) fn render(&mut self, model: &Model) {
        self.frame.render(model);
        let follows = self.transcript.follows();
        let grew = self.transcript.render(model);
        if follows && grew {
            self.transcript.to_end();
        }
        self.composer.render(model);
        self.panel.render(model);
        self.frame.body.flag("hidden", model.panel != Panel::Chat);
    }

    /// Does what a drawn page is needed for.
    pub(crate) fn act(&self, effect: &Effect, model: &Model) {
        match effect {
            Effect::Announce(text) => self.live.say(text),
            Effect::Alert(text) => self.live.alert(text),
            Effect::Hush => self.live.hush(),
            Effect::ScrollDown => self.transcript.to_end(),
            Effect::Focus(target) => self.focus(*target, model),
            _ => {}
        }
    }

    fn focus(&self, target: Target, model: &Model) {
        match target {
            Target::Title => El::by_id("title").focus(),
            Target::Composer if model.panel == Panel::Chat => self.composer.focus(),
            Target::Composer | Target::Panel => self.panel.focus(),
            Target::Problem => self.panel.focus_problem(),
            Target::Person => self.composer.focus_person(),
        }
    }

    /// The dealer's colours, through the CSSOM: a strict CSP forbids style attributes.
    pub(crate) fn theme(&self, accent: &str, on_accent: &str) {
        let page = self.host.closest("html");
        page.style("--accent", accent);
        page.style("--on-accent", on_accent);
    }

    /// Takes the chat out of the page.
    pub(crate) fn remove(&self) {
        self.frame.remove();
        self.root.remove();
    }
}
