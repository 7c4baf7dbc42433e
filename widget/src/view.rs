//! Model to screen: each part knows what it last drew and draws only what changed. No decisions.
//!
//! What never changes stands in `www/chat/index.html`, where it weighs least; the view finds it by its id.

mod acts;
mod bubble;
mod composer;
mod frame;
mod panel;
mod transcript;

use std::rc::Rc;

use crate::{
    dom::{El, Listener},
    effect::{Effect, Target},
    event::Event,
    limits::MAX_ANNOUNCEMENTS,
    model::{Model, Panel},
    options::Options,
    view::{composer::Composer, frame::Frame, panel::PanelView, transcript::Transcript},
};

/// What the view tells of: the driver of this chat.
pub(crate) type Hear = Rc<dyn Fn(Event)>;

/// The chat on the page.
pub(crate) struct View {
    host: El,
    app: El,
    body: El,
    /// The polite live region: there before any text enters it, outside the transcript (E-40, E-41).
    status: El,
    /// The live region that interrupts.
    alert: El,
    frame: Frame,
    transcript: Transcript,
    composer: Composer,
    panel: PanelView,
    _listeners: Vec<Option<Listener>>,
}

impl View {
    /// Fills in the page's words and shows the chat.
    pub(crate) fn mount(host: &El, options: &Options, hear: &Hear) -> Self {
        let app = El::by_id("app");
        app.set("lang", options.strings.lang);
        app.set("dir", options.strings.dir);
        let view = Self {
            host: host.clone(),
            body: El::by_id("body"),
            status: El::by_id("status"),
            alert: El::by_id("alert"),
            frame: Frame::mount(options),
            transcript: Transcript::mount(),
            composer: Composer::mount(),
            panel: PanelView::mount(),
            _listeners: acts::listen(host, hear),
            app,
        };
        view.app.unset("hidden");
        view
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
        self.body.flag("hidden", model.panel != Panel::Chat);
    }

    /// Does what a drawn page is needed for.
    pub(crate) fn act(&self, effect: &Effect, model: &Model) {
        match effect {
            Effect::Announce(text) => say(&self.status, text),
            Effect::Alert(text) => say(&self.alert, text),
            Effect::Hush => {
                // Browse mode should not find what is long said.
                self.status.truncate(0);
                self.alert.truncate(0);
            }
            Effect::ScrollDown => self.transcript.to_end(),
            Effect::Focus(target) => focus(*target, model),
            _ => {}
        }
    }

    /// The dealer's colours, through the CSSOM: a strict CSP forbids style attributes.
    pub(crate) fn theme(&self, accent: &str, on_accent: &str) {
        let page = self.host.closest("html");
        page.style("--accent", accent);
        page.style("--on-accent", on_accent);
    }

    /// Takes the chat from the page.
    pub(crate) fn remove(&self) {
        self.app.set("hidden", "");
    }
}

/// A new node for each text: a changed one would be read from its beginning.
fn say(region: &El, text: &str) {
    while MAX_ANNOUNCEMENTS <= region.count() {
        region.drop_first();
    }
    region.add(&El::words("p", "", text).attr("dir", "auto"));
}

fn focus(target: Target, model: &Model) {
    let id = match target {
        Target::Title => "title",
        Target::Composer if model.panel == Panel::Chat => "draft",
        Target::Person => "person",
        Target::Problem => {
            let field = El::by_id("panel-content").find("[aria-invalid=true]");
            if field.exists() {
                return field.focus();
            }
            "panel-title"
        }
        Target::Composer | Target::Panel => "panel-title",
    };
    El::by_id(id).focus();
}
