//! The panel over the transcript: the dealer's contact, the form, its review and its end.

use protocol::{
    dealer::DealerView,
    failure::Problem,
    lead::{FieldKind, FieldLabel, FormField, LeadForm, LeadKind},
};

use crate::{
    dom::El,
    lead::{CONTACT, Stage},
    markdown::href,
    model::{Link, Model, Panel},
    screen,
    strings::{self, Strings},
};

/// The panel, and what it last showed.
pub(super) struct PanelView {
    root: El,
    content: El,
    /// How to reach the dealer without the chat, as the page came with it.
    fallback: El,
    version: Option<u32>,
    /// The fields of the form, and of which wish they are.
    fields: El,
    kind: LeadKind,
}

impl PanelView {
    fn draw_form(&mut self, model: &Model, dealer: &DealerView) {
        let (words, lead_form) = (model.options.strings, &dealer.lead_form);
        let form = El::of("form", "lead").attr("data-submit", "review").attr("novalidate", "");
        form.add(&El::words("p", "", &strings::fill(words.lead_intro, &[&dealer.name])));
        if !lead_form.kinds.is_empty() {
            form.add(&choice(model, lead_form));
        }
        form.add(&El::words("p", "hint", words.contact_hint).attr("id", "hint"));
        self.fields = El::of("div", "lead");
        self.draw_fields(model, dealer);
        form.add(&self.fields);
        if !lead_form.consents.is_empty() {
            let boxes = El::new("fieldset").with(&El::words("legend", "", words.consents));
            for (index, option) in lead_form.consents.iter().enumerate() {
                let number = strings::number(index as u64);
                let tick = El::new("input").attr("type", "checkbox").attr("data-tick", &number);
                tick.set_checked(model.lead.ticked(option));
                let text = El::words("span", "", &option.text).attr("dir", "auto");
                boxes.add(&El::of("label", "tick").with(&tick).with(&text));
            }
            form.add(&boxes);
        }
        form.add(&El::words("button", "primary", words.review).attr("type", "submit"));
        self.content.add(&form);
    }

    fn draw_fields(&mut self, model: &Model, dealer: &DealerView) {
        self.kind = model.lead.kind;
        self.fields.truncate(0);
        for field in dealer.lead_form.fields_of(self.kind) {
            self.fields.add(&draw_field(model, &dealer.lead_form, field));
        }
    }

    pub(super) fn mount() -> Self {
        Self {
            root: El::by_id("panel"),
            content: El::by_id("panel-content"),
            fallback: El::by_id("fallback"),
            version: None,
            fields: El::new("div"),
            kind: LeadKind::default(),
        }
    }

    /// Drawn anew when its shape changes; what is typed into it changes nothing of that.
    pub(super) fn render(&mut self, model: &Model) {
        if self.version == Some(model.panel_version) {
            // The choice itself stays, and the focus in it.
            if let Some(dealer) = model.dealer.as_ref().filter(|_| self.kind != model.lead.kind) {
                self.draw_fields(model, dealer);
            }
            return;
        }
        self.version = Some(model.panel_version);
        self.root.flag("hidden", model.panel == Panel::Chat);
        self.content.truncate(0);
        if model.panel == Panel::Chat {
            return;
        }
        let words = model.options.strings;
        let Some(dealer) = &model.dealer else {
            // Nobody has said yet who the dealer is, but the page knows how to reach it (C-20).
            title(words.contact);
            self.fallback.unset("hidden");
            return self.content.add(&self.fallback);
        };
        if model.panel == Panel::Person && model.lead.stage == Stage::Filling {
            title(words.contact);
            self.content.add(&contact(model, dealer));
            self.content.add(&El::words("h3", "", words.lead));
        } else if model.lead.stage == Stage::Reviewing {
            title(&strings::fill(words.review_title, &[&dealer.name]));
        } else {
            title(words.lead);
        }
        match &model.lead.stage {
            Stage::Filling => self.draw_form(model, dealer),
            Stage::Reviewing => self.content.add(&review(model, dealer)),
            Stage::Sending(_) => {
                let ready = model.link == Link::Ready && !model.held;
                let text = if ready { words.lead_sending } else { words.lead_waiting };
                self.content.add(&El::words("p", "", text));
            }
            Stage::Taken(reference) => self.content.add(&taken(reference, dealer, words)),
        }
    }
}

fn title(text: &str) {
    El::by_id("panel-title").set_text(text);
}

/// How a person can be reached.
fn contact(model: &Model, dealer: &DealerView) -> El {
    let (words, contact, lang) = (model.options.strings, &dealer.contact, &dealer.notice.lang);
    let open_now = screen::open_now(model);
    let card = El::of("div", "card");
    let line = |label: &str, value: &El| {
        let label = El::words("span", "label", label);
        card.add(&El::new("p").with(&label).with(value));
    };
    if let Some(phone) = &contact.phone
        && let Some(href) = href::of_phone(phone)
    {
        line(
            words.telephone,
            &El::words("a", "reach", phone).attr("href", &href).attr("dir", "ltr"),
        );
    }
    if let Some(email) = &contact.email
        && let Some(href) = href::of_mailbox(email)
    {
        line(
            words.email_address,
            &El::words("a", "reach", email).attr("href", &href).attr("dir", "ltr"),
        );
    }
    if !contact.hours.is_empty() || open_now.is_some() {
        let hours = El::new("span").attr("lang", lang);
        for group in &contact.hours {
            hours.add(&El::words("span", "group", group).attr("dir", "auto"));
        }
        line(words.hours, &hours);
    }
    match open_now {
        Some(true) => card.add(&El::words("p", "open", words.open_now)),
        Some(false) => card.add(&El::words("p", "closed", words.closed_now)),
        None => {}
    }
    card
}

/// What the visitor wants, where there is something to choose.
fn choice(model: &Model, form: &LeadForm) -> El {
    let select = El::new("select").attr("id", "f-kind").attr("data-field", "kind");
    for one in &form.kinds {
        let option = El::words("option", "", &one.title).attr("value", one.kind.word());
        option.flag("selected", one.kind == model.lead.kind);
        select.add(&option);
    }
    let label = El::words("label", "", &form.choice).attr("for", "f-kind");
    El::of("div", "field").with(&label).with(&select)
}

/// A field with its label, and what is wrong with it tied to it (E-02, E-04, E-24).
fn draw_field(model: &Model, form: &LeadForm, field: &FormField) -> El {
    let words = model.options.strings;
    let name = field.kind.name();
    let id = strings::join(&["f-", name]);
    let label = El::words("label", "", label(form, field.kind)).attr("for", &id);
    if field.required {
        label.add(&El::words("span", "required", &strings::join(&[" (", words.required, ")"])));
    }
    let (kind, mode, complete) = match field.kind {
        FieldKind::Name => ("text", "text", "name"),
        FieldKind::Email => ("email", "email", "email"),
        FieldKind::Phone => ("tel", "tel", "tel"),
        FieldKind::Mileage => ("text", "numeric", "off"),
        FieldKind::Day => ("date", "text", "off"),
        FieldKind::Time => ("time", "text", "off"),
        FieldKind::Interest | FieldKind::Registration | FieldKind::Vin | FieldKind::Message => {
            ("text", "text", "off")
        }
    };
    let is_long = field.kind == FieldKind::Message;
    let input = El::new(if is_long { "textarea" } else { "input" });
    let shape = if is_long { ("rows", "3") } else { ("type", kind) };
    let is_coded = matches!(field.kind, FieldKind::Registration | FieldKind::Vin);
    for (attribute, value) in [
        shape,
        ("id", &id),
        ("name", name),
        ("data-field", name),
        ("inputmode", mode),
        ("autocomplete", complete),
        ("autocapitalize", if is_coded { "characters" } else { "sentences" }),
        ("aria-required", if field.required { "true" } else { "false" }),
        ("dir", if field.kind.takes_words() { "auto" } else { "ltr" }),
    ] {
        input.set(attribute, value);
    }
    input.set_value(model.lead.fields.get(field.kind).unwrap_or_default());
    let reaches = matches!(field.kind, FieldKind::Email | FieldKind::Phone);
    let missing = reaches.then(|| model.lead.problem(CONTACT)).flatten();
    let group = El::of("div", "field").with(&label).with(&input);
    let mut described = if reaches { "hint".to_owned() } else { String::new() };
    if let Some(problem) = model.lead.problem(name).or(missing) {
        let error = strings::join(&["e-", name]);
        let text = match problem {
            _ if missing.is_some() => words.contact_hint,
            Problem::Missing => words.missing,
            Problem::TooLong => words.too_long,
            Problem::Unknown => words.lead_problems,
            Problem::NotAnEmail | Problem::NotAPhone | Problem::Invalid => {
                words_of(form, field.kind).map_or("", |words| &words.wrong)
            }
        };
        group.add(&El::words("p", "error", text).attr("id", &error));
        input.set("aria-invalid", "true");
        described = strings::join(&[&error, " ", &described]);
    }
    if !described.is_empty() {
        input.set("aria-describedby", described.trim());
    }
    group
}

/// What will be sent, to whom, before it is sent (D-53, E-24).
fn review(model: &Model, dealer: &DealerView) -> El {
    let words = model.options.strings;
    let form = &dealer.lead_form;
    let lead = model.lead.to_send(form);
    let list = El::of("dl", "review");
    if let Some(wish) = form.of(lead.kind) {
        list.add(&El::words("dt", "", &form.choice));
        list.add(&El::words("dd", "", &wish.title));
    }
    for field in form.fields_of(lead.kind) {
        if let Some(value) = lead.fields.get(field.kind) {
            list.add(&El::words("dt", "", label(form, field.kind)));
            list.add(&El::words("dd", "plain", value).attr("dir", "auto"));
        }
    }
    for (option, answer) in form.consents.iter().zip(&lead.consents) {
        list.add(&El::words("dt", "", &option.text).attr("dir", "auto"));
        list.add(&El::words("dd", "", if answer.given { words.yes } else { words.no }));
    }
    let send = strings::fill(words.send_lead, &[&dealer.name]);
    let buttons = El::of("div", "buttons")
        .with(&El::button("primary", "send-lead", &send))
        .with(&El::button("secondary", "amend", words.amend));
    El::new("div").with(&list).with(&buttons)
}

fn taken(reference: &str, dealer: &DealerView, words: &Strings) -> El {
    let thanks = strings::fill(words.lead_taken, &[&dealer.name]);
    let reference = strings::fill(words.reference, &[reference]);
    El::of("div", "taken")
        .with(&El::of("span", "icon i-done").attr("aria-hidden", "true"))
        .with(&El::words("p", "", &thanks))
        .with(&El::words("p", "reference", &reference))
        .with(&El::button("primary", "back", words.back))
}

/// The words of a field, as the relay has sent them.
fn words_of(form: &LeadForm, kind: FieldKind) -> Option<&FieldLabel> {
    form.labels.iter().find(|words| words.kind == kind)
}

fn label(form: &LeadForm, kind: FieldKind) -> &str {
    words_of(form, kind).map_or(kind.name(), |words| &words.label)
}
