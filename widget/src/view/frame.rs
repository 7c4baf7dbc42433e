//! What stands around the transcript: heading, state of the link, notice, suggestions.

use crate::{
    dom::{self, El, Shown},
    markdown::href,
    model::{Link, Model},
    options::Options,
    screen, strings,
};

/// The parts around the transcript, and what they last showed.
pub(super) struct Frame {
    title: El,
    subtitle: El,
    actions: El,
    banner: El,
    banner_text: El,
    try_now: El,
    /// All that the panel covers.
    pub(super) body: El,
    /// What scrolls: notice, transcript, suggestions.
    pub(super) scroll: El,
    notice: El,
    /// The questions that can be sent with one press.
    pub(super) suggestions: El,
    drawn: Drawn,
}

#[derive(Default)]
struct Drawn {
    status: Option<&'static str>,
    try_now: bool,
    notice: Option<(String, Option<i64>)>,
    suggests: bool,
    ready: bool,
}

impl Frame {
    /// The heading is the page's own, so that it is there before the widget; the rest is new.
    pub(super) fn mount(host: &El, root: &El, options: &Options) -> Self {
        let words = options.strings;
        let actions = El::of("div", "head-actions");
        if options.embedded {
            let close = El::button("icon-button", "close", "").attr("aria-label", words.close);
            actions.add(&close.attr("title", words.close).with(&icon("close")));
        }
        host.find("header").add(&actions);
        let banner = El::of("div", "banner").attr("hidden", "");
        let (banner_text, try_now) = (El::new("p"), El::button("quiet", "try-now", words.try_now));
        banner.add(&banner_text);
        banner.add(&try_now);
        let scroll = El::of("div", "scroll").attr("tabindex", "0").attr("role", "region");
        scroll.set("aria-label", words.conversation);
        let notice = El::of("section", "notice").attr("hidden", "");
        scroll.add(&notice);
        let suggestions = El::of("div", "suggestions").attr("role", "group");
        suggestions.set("aria-label", words.suggestions);
        let body = El::of("div", "body").with(&scroll);
        root.add(&banner);
        root.add(&body);
        let (title, subtitle) = (El::by_id("title"), El::by_id("subtitle"));
        let drawn = Drawn::default();
        let mut frame = Self {
            title,
            subtitle,
            actions,
            banner,
            banner_text,
            try_now,
            body,
            scroll,
            notice,
            suggestions,
            drawn,
        };
        frame.drawn.try_now = true;
        frame
    }

    pub(super) fn render(&mut self, model: &Model) {
        self.render_status(model);
        self.render_notice(model);
        let suggests = screen::suggests(model);
        if suggests != self.drawn.suggests {
            self.drawn.suggests = suggests;
            self.render_suggestions(model, suggests);
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
        if banner != self.drawn.status || ready != self.drawn.ready {
            self.drawn.status = banner;
            self.drawn.ready = ready;
            self.banner_text.set_text(banner.unwrap_or_default());
            self.banner.flag("hidden", banner.is_none());
            let subtitle = if quiet { words.connecting } else { words.subtitle };
            self.subtitle.set_text(subtitle);
        }
        let try_now = screen::may_try_now(model);
        if try_now != self.drawn.try_now {
            self.drawn.try_now = try_now;
            self.try_now.flag("hidden", !try_now);
        }
    }

    /// The notice of the policy in force, before the first message in reading order (C-01, B-11).
    fn render_notice(&mut self, model: &Model) {
        let Some(dealer) = &model.dealer else { return };
        let drawn = (dealer.notice.version.clone(), model.expires_at);
        if self.drawn.notice.as_ref() == Some(&drawn) {
            return;
        }
        self.drawn.notice = Some(drawn);
        let words = model.options.strings;
        self.title.set_text(&strings::fill(words.title, &[&dealer.assistant, &dealer.name]));
        let open = self.notice.find("details[open]").exists();
        self.notice.truncate(0);
        self.notice.set("lang", &dealer.notice.lang);
        self.notice.unset("hidden");
        self.notice.add(&El::words("p", "", &dealer.notice.text).attr("dir", "auto"));
        let details = El::new("details").with(&El::words("summary", "", words.notice_more));
        details.flag("open", open);
        let list = El::new("ul");
        for sentence in &dealer.notice.details {
            list.add(&El::words("li", "", sentence).attr("dir", "auto"));
        }
        if let Some(at) = model.expires_at {
            let day = dom::moment(at, Shown::Day, &model.options.locale);
            list.add(&El::words("li", "", &strings::fill(words.kept_until, &[&day])));
        }
        self.notice.add(&details.with(&list));
        if let Some(href) = href::check(&dealer.privacy_url) {
            let label = strings::fill(words.privacy, &[&dealer.name]);
            let link = El::link(&href.address, &label).with(&new_tab(words.new_tab));
            self.notice.add(&El::of("p", "privacy").with(&link));
        }
    }

    fn render_suggestions(&self, model: &Model, suggests: bool) {
        self.suggestions.truncate(0);
        let suggestions = model.dealer.as_ref().map(|dealer| &dealer.suggestions);
        for (index, text) in suggestions.filter(|_| suggests).into_iter().flatten().enumerate() {
            let button = El::button("suggestion", "suggest", text).attr("dir", "auto");
            self.suggestions.add(&button.attr("data-arg", &strings::number(index)));
        }
    }

    pub(super) fn remove(&self) {
        self.actions.remove();
    }
}

/// A drawn sign beside words, hidden from a screen reader; the style sheet draws it.
pub(super) fn icon(name: &str) -> El {
    El::of("span", &["icon i-", name].concat()).attr("aria-hidden", "true")
}

/// Hidden words for a link that opens another tab.
pub(super) fn new_tab(words: &str) -> El {
    El::words("span", "vh", &[" (", words, ")"].concat())
}
