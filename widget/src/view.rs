//! Model to screen: each part knows what it last drew and draws only what changed. No decisions.
//!
//! What never changes stands in `www/chat/index.html`, where it weighs least; the view finds it by its id.

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
    screen,
    view::{
        composer::Composer, frame::Frame, live::Live, panel::PanelView, transcript::Transcript,
    },
};

/// What the view tells of: the driver of this chat.
pub(crate) type Hear = Rc<dyn Fn(Event)>;

/// The chat on the page.
pub(crate) struct View {
    app: El,
    body: El,
    live: Live,
    /// What had the focus before the panel opened.
    opener: El,
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
        app.unset("hidden");
        Self {
            body: El::by_id("body"),
            live: Live::mount(),
            opener: El::by_id("person"),
            frame: Frame::mount(options),
            transcript: Transcript::mount(),
            composer: Composer::mount(),
            panel: PanelView::mount(),
            _listeners: acts::listen(host, hear),
            app,
        }
    }

    /// Draws what changed. Who was at the newest line stays there, but the notice is not scrolled away for a
    /// greeting (C-01), and who has just scrolled up is not pulled back: the event that tells of it comes with
    /// the next frame.
    pub(crate) fn render(&mut self, model: &Model) {
        let follows = model.follows && screen::has_rows(model) && !self.transcript.has_gone_up();
        self.frame.render(model);
        let grew = self.transcript.render(model);
        if (self.composer.render(model) || grew) && follows {
            self.transcript.to_end();
        }
        self.panel.render(model);
        let covered = model.panel != Panel::Chat;
        if covered && !self.body.has("hidden") {
            self.opener = El::active();
        }
        self.body.flag("hidden", covered);
    }

    /// Does what a drawn page is needed for.
    pub(crate) fn act(&self, effect: &Effect, model: &Model) {
        match effect {
            Effect::Announce(text) => self.live.announce(text),
            Effect::Alert(text) => self.live.alert(text),
            Effect::Hush => self.live.hush(),
            Effect::ScrollDown => self.transcript.to_end(),
            Effect::Focus(target) => self.focus(*target, model),
            _ => {}
        }
    }

    /// Takes the chat from the page.
    pub(crate) fn remove(&self) {
        self.app.set("hidden", "");
    }

    fn focus(&self, target: Target, model: &Model) {
        let id = match target {
            Target::Title => "title",
            Target::Composer if model.panel == Panel::Chat => "draft",
            Target::Opener => {
                if self.opener.stands() {
                    return self.opener.focus();
                }
                // What it stood in was drawn anew.
                "person"
            }
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
}
