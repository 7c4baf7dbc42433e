//! Where the visitor writes: the text area, its counter, send and stop.

use crate::{
    dom::El,
    limits::COMPOSER_PX,
    model::Model,
    screen::{self, Counter},
    strings,
};

/// The composer, and what it last showed.
pub(super) struct Composer {
    text: El,
    drawn: Option<(bool, bool, Counter)>,
    /// The draft at the last drawing: a text area that is being written in is not touched.
    draft: String,
}

impl Composer {
    pub(super) fn mount() -> Self {
        Self { text: El::by_id("draft"), drawn: None, draft: String::new() }
    }

    /// Draws what changed, and says whether its height may have.
    pub(super) fn render(&mut self, model: &Model) -> bool {
        let grew = self.draft != model.draft;
        if grew {
            self.draft.clone_from(&model.draft);
            if self.text.value() != model.draft {
                self.text.set_value(&model.draft);
            }
            self.fit();
        }
        let counter = screen::counter(model);
        let drawn = (screen::can_send(model), screen::can_stop(model), counter);
        if self.drawn == Some(drawn) {
            return grew;
        }
        self.drawn = Some(drawn);
        let (can_send, stops, _) = drawn;
        El::by_id("send").flag("disabled", !can_send);
        El::by_id("stop").flag("hidden", !stops);
        let words = model.options.strings;
        let (text, over) = match counter {
            Counter::Hidden => (String::new(), false),
            Counter::Left(n) => (strings::fill(words.left, &[&strings::number(n as u64)]), false),
            Counter::Over(n) => (strings::fill(words.over, &[&strings::number(n as u64)]), true),
        };
        let counter = El::by_id("counter").text(&text);
        counter.flag("data-over", over);
        self.text.set("aria-invalid", if over { "true" } else { "false" });
        true
    }

    /// As tall as its text, up to a limit: first small again, so that it can shrink.
    fn fit(&self) {
        self.text.style("height", "auto");
        let height = self.text.inner_height().min(COMPOSER_PX);
        let height = strings::number(u64::try_from(height).unwrap_or(0));
        self.text.style("height", &strings::join(&[&height, "px"]));
    }
}
