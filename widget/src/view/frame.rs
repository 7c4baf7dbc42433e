//! What stands around the transcript: heading, state of the link, notice, suggestions.

use crate::{
    dom::{self, El, Shown},
    model::{Link, Model},
    options::Options,
    screen, strings,
};

/// What the parts around the transcript last showed.
pub(super) struct Frame {
    status: Option<&'static str>,
    try_now: bool,
    notice: Option<(String, Option<i64>)>,
    suggests: bool,
    ready: Option<bool>,
    down: Option<&'static str>,
    settings: (bool, bool),
}

impl Frame {
    /// Fills in the words that don't change.
    pub(super) fn mount(options: &Options) -> Self {
        let words = options.strings;
        for (id, text) in [
            ("try-now", words.try_now),
            ("notice-more", words.notice_more),
            ("settings", words.settings),
            ("announced-text", words.announced),
            ("whole-text", words.whole),
            ("stop-text", words.stop),
            ("draft-label", words.message),
            ("person-text", words.person),
            ("back-text", words.back),
        ] {
            El::by_id(id).set_text(text);
        }
        for (id, name, text) in [
            ("scroll", "aria-label", words.conversation),
            ("transcript", "aria-label", words.conversation),
            ("suggestions", "aria-label", words.suggestions),
            ("draft", "placeholder", words.placeholder),
            ("send", "aria-label", words.send),
            ("send", "title", words.send),
        ] {
            El::by_id(id).set(name, text);
        }
        Self {
            status: None,
            try_now: false,
            notice: None,
            suggests: false,
            ready: None,
            down: None,
            settings: (false, false),
        }
    }

    pub(super) fn render(&mut self, model: &Model) {
        self.render_status(model);
        self.render_notice(model);
        let suggests = screen::suggests(model);
        if suggests != self.suggests {
            self.suggests = suggests;
            render_suggestions(model, suggests);
        }
        let down = screen::way_down(model);
        if down != self.down {
            self.down = down;
            let button = El::by_id("down");
            button.flag("hidden", down.is_none());
            El::by_id("down-text").set_text(down.unwrap_or_default());
        }
        let settings = (model.quiet, model.whole);
        if settings != self.settings {
            self.settings = settings;
            El::by_id("announced").set_checked(!model.quiet);
            El::by_id("whole").set_checked(model.whole);
        }
    }

    /// The state of the link in words. The live regions say it; this is for the eye.
    fn render_status(&mut self, model: &Model) {
        let words = model.options.strings;
        let status = screen::status(model);
        let ready = matches!(model.link, Link::Ready | Link::CatchingUp);
        // Connecting for the first time is told below the heading; a banner would only flash.
        let quiet = !model.was_ready && status == Some(words.connecting);
        let banner = status.filter(|_| !quiet);
        if banner != self.status || Some(ready) != self.ready {
            self.status = banner;
            self.ready = Some(ready);
            El::by_id("banner-text").set_text(banner.unwrap_or_default());
            El::by_id("banner").flag("hidden", banner.is_none());
            El::by_id("subtitle").set_text(if quiet { words.connecting } else { words.subtitle });
        }
        let try_now = screen::may_try_now(model);
        if try_now != self.try_now {
            self.try_now = try_now;
            El::by_id("try-now").flag("hidden", !try_now);
        }
    }

    /// The notice of the policy in force, before the first message in reading order (C-01, B-11). The page came
    /// with one; the welcome's is newer.
    fn render_notice(&mut self, model: &Model) {
        let Some(dealer) = &model.dealer else { return };
        let drawn = (dealer.notice.version.clone(), model.expires_at);
        if self.notice.as_ref() == Some(&drawn) {
            return;
        }
        self.notice = Some(drawn);
        let words = model.options.strings;
        let notice = El::by_id("notice");
        notice.set("lang", &dealer.notice.lang);
        El::by_id("notice-text").set_text(&dealer.notice.text);
        let list = El::by_id("notice-list").text("");
        for sentence in &dealer.notice.details {
            list.add(&El::words("li", "", sentence).attr("dir", "auto"));
        }
        if let Some(at) = model.expires_at {
            let day = dom::moment(at, Shown::Day, &model.options.locale);
            let text = strings::fill(words.kept_until, &[&day]);
            list.add(&El::words("li", "", &text).attr("lang", words.lang));
        }
    }
}

fn render_suggestions(model: &Model, suggests: bool) {
    let list = El::by_id("suggestions").text("");
    let suggestions = model.dealer.as_ref().map(|dealer| &dealer.suggestions);
    for (index, text) in suggestions.filter(|_| suggests).into_iter().flatten().enumerate() {
        let button = El::button("suggestion", "suggest", text).attr("dir", "auto");
        list.add(&button.attr("data-arg", &strings::number(index as u64)));
    }
}

/// Hidden words for a link that opens another tab.
pub(super) fn new_tab(words: &str) -> El {
    El::words("span", "vh", &strings::join(&[" (", words, ")"]))
}
