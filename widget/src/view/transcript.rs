//! The transcript: a list in the order of time, each message with its author and time in words (E-02, E-46).

use std::cell::Cell;

use protocol::{AuthorKind, Finish, Message, Offer};

use crate::{
    dom::{self, El, Shown},
    limits::FOLLOW_PX,
    markdown::{self, Block, href},
    model::{Body, Model, NoteKind, Pending},
    options::Options,
    screen::{self, Key, Row, Standing},
    strings,
    view::bubble,
};

/// The list, and what it last showed.
pub(super) struct Transcript {
    scroll: El,
    /// Where it stood after it was last scrolled to its end.
    end: Cell<i32>,
    list: El,
    greeted: String,
    drawn: Vec<(Key, El)>,
    version: Option<u32>,
    /// The replies that are being written: their bubbles and what stands in them.
    written: Vec<(Key, El, Vec<Block>)>,
}

impl Transcript {
    pub(super) fn mount() -> Self {
        Self {
            scroll: El::by_id("scroll"),
            end: Cell::new(0),
            list: El::by_id("transcript"),
            greeted: String::new(),
            drawn: Vec::new(),
            version: None,
            written: Vec::new(),
        }
    }

    pub(super) fn to_end(&self) {
        self.scroll.scroll_to_end();
        self.end.set(self.scroll.top());
    }

    /// Whether the visitor has scrolled up from there.
    pub(super) fn has_gone_up(&self) -> bool {
        self.scroll.top() < self.end.get() && FOLLOW_PX <= self.scroll.below()
    }

    /// Draws what changed, and says whether anything did.
    pub(super) fn render(&mut self, model: &Model) -> bool {
        self.render_greeting(model);
        let mut changed = self.version != Some(model.list_version);
        if changed {
            self.version = Some(model.list_version);
            self.render_rows(model);
        }
        for reply in &model.replies {
            let key = Key::Reply(reply.id.clone());
            let Some((_, bubble, before)) = self.written.iter_mut().find(|w| w.0 == key) else {
                continue;
            };
            let text = screen::visible(model, reply);
            let after = markdown::parse(text);
            bubble.flag("data-waits", after.is_empty());
            if bubble::draw(bubble, before, &after, &model.options) {
                *before = after;
                changed = true;
            }
        }
        changed
    }

    /// The dealer's greeting stands first; it is nobody's message and is not kept.
    fn render_greeting(&mut self, model: &Model) {
        let Some(dealer) = model.dealer.as_ref().filter(|d| d.greeting != self.greeted) else {
            return;
        };
        self.greeted.clone_from(&dealer.greeting);
        El::by_id("greeting").flag("hidden", dealer.greeting.is_empty());
        El::by_id("greeting-author").set_text(&dealer.assistant);
        El::by_id("greeting-text").set_text(&dealer.greeting);
    }

    fn render_rows(&mut self, model: &Model) {
        let mut old = std::mem::take(&mut self.drawn);
        let mut written = std::mem::take(&mut self.written);
        let mut next = Vec::new();
        for (key, row) in screen::rows(model) {
            let kept = old.iter().position(|(drawn, _)| *drawn == key).map(|at| old.remove(at).1);
            if let Some(at) = written.iter().position(|w| w.0 == key) {
                self.written.push(written.remove(at));
            }
            let element = kept.unwrap_or_else(|| self.draw(model, &key, &row));
            next.push((key, element));
        }
        for (_, element) in old {
            element.remove();
        }
        // From the end, so that each stands before one that is already in its place. What stands there
        // stays: to move an element would take the focus and the selection from it.
        let mut after: Option<&El> = None;
        for (_, element) in next.iter().rev() {
            if !element.stands_before(after, &self.list) {
                self.list.place(element, after);
            }
            after = Some(element);
        }
        self.drawn = next;
    }

    fn draw(&mut self, model: &Model, key: &Key, row: &Row<'_>) -> El {
        match row {
            Row::Note(kind) => draw_note(model, kind),
            Row::Message(message, again) => draw_message(model, message, *again),
            Row::Pending(pending, standing) => draw_pending(model, pending, *standing),
            Row::Reply(_) => {
                let words = model.options.strings;
                let said = strings::fill(words.replying, &[model.assistant()]);
                let item = El::of("li", "row ai written").with(&El::words("h2", "vh", &said));
                let bubble = El::of("div", "bubble").attr("dir", "auto");
                bubble.set("data-ai-generated", "true");
                bubble.set("data-waits", "");
                item.add(&bubble);
                item.add(&meta(words.ai, &said));
                self.written.push((key.clone(), bubble, Vec::new()));
                item
            }
        }
    }
}

fn draw_note(model: &Model, kind: &NoteKind) -> El {
    let words = model.options.strings;
    let text = match kind {
        NoteKind::Ended => words.ended.to_owned(),
        NoteKind::Full => words.full.to_owned(),
        NoteKind::LeadTaken(reference) => {
            strings::fill(words.lead_note, &[model.dealer_name(), reference])
        }
    };
    El::of("li", "row note").with(&El::words("p", "", &text))
}

fn draw_message(model: &Model, message: &Message, again: bool) -> El {
    let words = model.options.strings;
    let time = dom::moment(message.at, Shown::Time, &model.options.locale);
    let human = strings::fill(words.human, &[model.dealer_name()]);
    let (class, author) = match message.author_kind {
        AuthorKind::Visitor => ("row own", words.you),
        AuthorKind::Ai => ("row ai", model.assistant()),
        AuthorKind::Human => ("row human", human.as_str()),
        AuthorKind::System => ("row note", words.system),
    };
    let own = message.author_kind == AuthorKind::Visitor;
    let said = if own {
        strings::fill(words.you_said, &[&time])
    } else {
        strings::fill(words.said, &[author, &time])
    };
    let item = El::of("li", class).with(&El::words("h2", "vh", &said));
    let bubble = El::of("div", "bubble").attr("dir", "auto");
    if message.author_kind == AuthorKind::Ai {
        // Marked for machines too (C-10).
        bubble.set("data-ai-generated", "true");
        bubble.set("data-generator", message.generator.as_deref().unwrap_or_default());
        bubble::draw(&bubble, &[], &markdown::parse(&message.text), &model.options);
    } else {
        bubble.add(&El::words("p", "plain", &message.text));
    }
    item.add(&bubble);
    match message.author_kind {
        AuthorKind::Ai => item.add(&meta(words.ai, &time)),
        AuthorKind::Human => item.add(&meta(author, &time)),
        AuthorKind::Visitor => item.add(&meta("", &time)),
        AuthorKind::System => {}
    }
    draw_sources(&item, message, &model.options);
    draw_end(&item, model, message, again);
    item
}

/// On what a reply rests, each with the host that its link leads to.
fn draw_sources(item: &El, message: &Message, options: &Options) {
    if message.sources.is_empty() {
        return;
    }
    let list = El::new("ul").attr("role", "list");
    for source in &message.sources {
        let entry = El::new("li").attr("dir", "auto");
        match source.url.as_deref().and_then(href::check) {
            Some(href) => {
                entry.add(&bubble::link(&source.title, &href.address, options));
                entry.add(&El::words("span", "host", &strings::join(&[" (", &href.shows, ")"])));
            }
            None => entry.add_text(&source.title),
        }
        list.add(&entry);
    }
    item.add(
        &El::of("div", "sources").with(&El::words("p", "", options.strings.sources)).with(&list),
    );
}

/// How a reply ended where it did not end well, and what it offers.
fn draw_end(item: &El, model: &Model, message: &Message, again: bool) {
    let words = model.options.strings;
    let end = match message.finish {
        Some(Finish::Interrupted) if model.stopped == message.reply_id => words.stopped,
        Some(Finish::Interrupted) => words.interrupted,
        Some(Finish::Truncated) => words.truncated,
        Some(Finish::Failed) => words.failed,
        Some(Finish::Complete) | None => "",
    };
    let actions = El::of("div", "actions");
    if !end.is_empty() {
        actions.add(&El::words("p", "end", end));
    }
    if let (true, Some(reply)) = (again, &message.reply_id) {
        let button = El::button("quiet", "again", words.again);
        actions.add(&button.attr("data-arg", reply.as_str()));
    }
    if message.offer != Offer::None {
        let form = match (message.offer, &model.dealer) {
            (Offer::Form(kind), Some(dealer)) => dealer.lead_form.of(kind),
            _ => None,
        };
        let button = El::button("offer", "lead", form.map_or(words.lead, |form| &form.title));
        actions.add(&button.attr("data-arg", form.map_or("", |form| form.kind.word())));
    }
    if 0 < actions.count() {
        item.add(&actions);
    }
}

/// What is not acknowledged yet, and how it stands, in words.
fn draw_pending(model: &Model, pending: &Pending, standing: Standing) -> El {
    let words = model.options.strings;
    let refused = !matches!(standing, Standing::Waits | Standing::Goes);
    let item = El::of("li", if refused { "row own refused" } else { "row own pending" });
    let is_lead = matches!(pending.body, Body::Lead(_));
    let text = match (&pending.body, standing) {
        (Body::Say(text), _) => text,
        (_, Standing::Waits) => words.lead_waiting,
        (_, Standing::Goes) => words.lead_sending,
        _ => words.lead_refused,
    };
    item.add(&El::words("h2", "vh", words.you));
    let paragraph = El::words("p", "plain", text);
    item.add(&El::of("div", "bubble").attr("dir", "auto").with(&paragraph));
    let state = match standing {
        Standing::Waits => words.waiting,
        Standing::Goes => words.sending,
        Standing::Long => words.refused_long,
        Standing::NotKept => words.refused_storage,
        Standing::Refused => words.refused,
    };
    let actions = El::of("div", "actions").with(&El::words("p", "end", state));
    if refused {
        let id = pending.id.as_str();
        actions.add(&El::button("quiet", "edit", words.edit).attr("data-arg", id));
        if standing != Standing::Long && !is_lead {
            actions.add(&El::button("quiet", "resend", words.resend).attr("data-arg", id));
        }
    }
    item.with(&actions)
}

/// The visible line of author and time; a screen reader has it from the heading.
fn meta(author: &str, time: &str) -> El {
    let line = El::of("p", "meta").attr("aria-hidden", "true");
    if !author.is_empty() {
        line.add(&El::words("span", "tag", author));
    }
    line.with(&El::words("span", "", time))
}
