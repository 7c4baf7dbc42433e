//! Where the visitor writes: the text area, its counter, send and stop, and the way to a person.

use crate::{
    dom::El,
    limits::COMPOSER_PX,
    model::Model,
    screen::{self, Counter},
    strings::{self, Strings},
    view::frame::icon,
};

/// The composer, and what it last showed.
pub(super) struct Composer {
    text: El,
    send: El,
    stop: El,
    person: El,
    counter: El,
    drawn: Option<(bool, bool, Counter)>,
    /// The draft at the last drawing: a text area that is being written in is not touched.
    draft: String,
}

impl Composer {
    pub(super) fn mount(body: &El, words: &Strings) -> Self {
        let text = El::of("textarea", "").attr("id", "draft").attr("data-field", "draft");
        for (name, value) in [
            ("rows", "1"),
            ("dir", "auto"),
            ("autocomplete", "off"),
            ("enterkeyhint", "send"),
            ("placeholder", words.placeholder),
            ("aria-describedby", "counter"),
        ] {
            text.set(name, value);
        }
        let label = El::words("label", "vh", words.message).attr("for", "draft");
        let send = El::of("button", "send").attr("type", "submit").attr("aria-label", words.send);
        send.set("title", words.send);
        send.add(&icon("send"));
        let stop = El::button("stop", "stop", "").attr("hidden", "").with(&icon("stop"));
        stop.add_text(words.stop);
        let person = El::button("person", "person", "").with(&icon("person"));
        person.add_text(words.person);
        let counter = El::of("p", "counter").attr("id", "counter");
        let entry = El::of("div", "entry").with(&label).with(&text).with(&send);
        let below = El::of("div", "below").with(&person).with(&counter);
        let form = El::of("form", "composer").attr("data-submit", "send").attr("novalidate", "");
        body.add(&form.with(&stop).with(&entry).with(&below));
        Self { text, send, stop, person, counter, drawn: None, draft: String::new() }
    }

    pub(super) fn render(&mut self, model: &Model) {
        if self.draft != model.draft {
            self.draft.clone_from(&model.draft);
            if self.text.value() != model.draft {
                self.text.set_value(&model.draft);
            }
            self.fit();
        }
        let counter = screen::counter(model);
        let drawn = (screen::can_send(model), !model.replies.is_empty(), counter);
        if self.drawn == Some(drawn) {
            return;
        }
        self.drawn = Some(drawn);
        let (can_send, stops, _) = drawn;
        self.send.flag("disabled", !can_send);
        self.stop.flag("hidden", !stops);
        let words = model.options.strings;
        let (text, over) = match counter {
            Counter::Hidden => (String::new(), false),
            Counter::Left(n) => (strings::fill(words.left, &[&strings::number(n)]), false),
            Counter::Over(n) => (strings::fill(words.over, &[&strings::number(n)]), true),
        };
        self.counter.set_text(&text);
        self.counter.flag("data-over", over);
        self.text.set("aria-invalid", if over { "true" } else { "false" });
    }

    /// As tall as its text, up to a limit: first small again, so that it can shrink.
    fn fit(&self) {
        self.text.style("height", "auto");
        let height = self.text.inner_height().min(COMPOSER_PX);
        let height = strings::number(usize::try_from(height).unwrap_or(0));
        self.text.style("height", &[&height, "px"].concat());
    }

    pub(super) fn focus(&self) {
        self.text.focus();
    }

    pub(super) fn focus_person(&self) {
        self.person.focus();
    }
}
