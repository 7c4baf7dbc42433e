//! What the dealer asks of a visitor, and what its answers may cost.

use protocol::lead::{Channel, FieldKind, FormField, LeadKind};

use crate::{
    domain::{
        dealer::{DealerProvider, WishForm},
        file::{Section, nearest},
    },
    redact::Redaction,
};

/// The lead form and the budget.
#[derive(Clone, Debug)]
pub(super) struct Form {
    pub(super) fields: Vec<FormField>,
    pub(super) forms: Vec<WishForm>,
    pub(super) marketing: Vec<Channel>,
    pub(super) provider: DealerProvider,
    pub(super) redaction: Redaction,
    pub(super) tokens_per_day: Option<u64>,
}

/// The channels by their names in a file.
const CHANNELS: [(&str, Channel); 4] = [
    ("email", Channel::Email),
    ("sms", Channel::Sms),
    ("phone", Channel::Phone),
    ("post", Channel::Post),
];

pub(super) fn read(top: &Section<'_, '_>) -> Option<Form> {
    let section = top.section("lead_form");
    let fields = fields(&section, usual(LeadKind::Enquiry));
    let forms = forms(&section);
    let marketing = marketing(&section);
    section.finish();
    let llm = top.section("llm");
    let provider = provider(&llm);
    let redaction = redaction(&llm);
    let tokens_per_day = llm.number("tokens_per_day").map(|tokens| tokens.value);
    llm.finish();
    Some(Form { fields: fields?, forms, marketing, provider, redaction, tokens_per_day })
}

/// Which provider it is, with which key and model, is the operator's business.
fn provider(section: &Section<'_, '_>) -> DealerProvider {
    let Some(text) = section.text("provider") else { return DealerProvider::default() };
    match text.value.as_str() {
        "relay" => DealerProvider::Relay,
        "documents" => DealerProvider::Documents,
        other => {
            section.file().problem(
                &text,
                &format!("is \"{other}\", which a dealer can't choose"),
                "Write \"documents\", or \"relay\" for whoever answers on this relay",
            );
            DealerProvider::default()
        }
    }
}

/// How much is taken out of visitors' words before a model gets them (B-51).
fn redaction(section: &Section<'_, '_>) -> Redaction {
    let Some(text) = section.text("redaction") else { return Redaction::default() };
    let known = Redaction::ALL.into_iter().find(|one| one.name() == text.value);
    known.unwrap_or_else(|| {
        let remedy = nearest(&text.value, Redaction::ALL.map(Redaction::name)).map_or_else(
            || "Write \"strict\", \"balanced\" or \"off\"".to_owned(),
            |near| format!("Did you mean \"{near}\"?"),
        );
        let what = format!("is \"{}\", which is no way to redact", text.value);
        section.file().problem(&text, &what, &remedy);
        Redaction::default()
    })
}

/// What is offered besides enquiries where the file says nothing. Not a service: many dealers have no workshop,
/// and whoever has one knows to whom its requests go (D-06).
const USUAL: [LeadKind; 3] = [LeadKind::TestDrive, LeadKind::PartExchange, LeadKind::CallBack];

/// The forms besides the one for enquiries: which, and with which fields.
fn forms(section: &Section<'_, '_>) -> Vec<WishForm> {
    let offered = kinds(section);
    let mut forms = Vec::new();
    for kind in offered.iter().copied() {
        let own = section.section(kind.word());
        if let Some(fields) = fields(&own, usual(kind)) {
            forms.push(WishForm { kind, fields });
        }
        own.finish();
    }
    for kind in LeadKind::ALL.into_iter().filter(|kind| !offered.contains(kind)) {
        if kind != LeadKind::Enquiry && section.section(kind.word()).is_present() {
            let word = kind.word();
            section.file().problem(
                &section.locate(word),
                "is a form that is not offered",
                &format!("Add \"{word}\" to lead_form.kinds, or remove the form"),
            );
        }
    }
    forms
}

/// Reads `["enquiry", "test_drive"]`, without the enquiry, which is always offered.
fn kinds(section: &Section<'_, '_>) -> Vec<LeadKind> {
    let Some(texts) = section.texts("kinds") else { return USUAL.to_vec() };
    let known = LeadKind::ALL.map(LeadKind::word);
    let mut kinds = Vec::new();
    for text in &texts {
        match LeadKind::of(&text.value) {
            Some(kind) if kinds.contains(&kind) => {
                let what = format!("has \"{}\" twice", text.value);
                section.file().problem(text, &what, "Keep one of them");
            }
            Some(kind) => kinds.push(kind),
            None => {
                let remedy = nearest(&text.value, known).map_or_else(
                    || format!("Choose from {}", known.join(", ")),
                    |near| format!("Did you mean \"{near}\"?"),
                );
                let what = format!("has the unknown kind \"{}\"", text.value);
                section.file().problem(text, &what, &remedy);
            }
        }
    }
    if !kinds.contains(&LeadKind::Enquiry) {
        section.file().problem(
            &section.locate("kinds"),
            "leaves out \"enquiry\"",
            "Add it: it is the form for everything that the others are not for",
        );
    }
    kinds.retain(|kind| *kind != LeadKind::Enquiry);
    kinds
}

/// Reads `["name!", "email"]`; `!` makes a field required.
fn fields(section: &Section<'_, '_>, usual: Vec<FormField>) -> Option<Vec<FormField>> {
    let Some(texts) = section.texts("fields") else { return Some(usual) };
    let known = FieldKind::ALL.map(FieldKind::name);
    let mut fields: Vec<FormField> = Vec::new();
    for text in &texts {
        let (name, required) = match text.value.strip_suffix('!') {
            Some(name) => (name, true),
            None => (text.value.as_str(), false),
        };
        let Some(kind) = FieldKind::ALL.into_iter().find(|kind| kind.name() == name) else {
            let remedy = nearest(name, known).map_or_else(
                || format!("Choose from {}", known.join(", ")),
                |near| format!("Did you mean \"{near}\"?"),
            );
            section.file().problem(text, &format!("has the unknown field \"{name}\""), &remedy);
            continue;
        };
        if fields.iter().any(|field| field.kind == kind) {
            section.file().problem(text, &format!("has \"{name}\" twice"), "Keep one of them");
        }
        fields.push(FormField { kind, required });
    }
    let reaches = |field: &FormField| matches!(field.kind, FieldKind::Email | FieldKind::Phone);
    if texts.len() == fields.len() && !fields.iter().any(reaches) {
        section.file().problem(
            &section.here(),
            "asks for neither email nor phone",
            "Add one: nobody could answer the visitor",
        );
        return None;
    }
    Some(fields)
}

/// The form of a dealer who says nothing about it: as few required fields as can be (D-20).
fn usual(kind: LeadKind) -> Vec<FormField> {
    use FieldKind as Field;
    let (required, others): (&[Field], &[Field]) = match kind {
        LeadKind::Enquiry => {
            (&[Field::Name], &[Field::Email, Field::Phone, Field::Interest, Field::Message])
        }
        LeadKind::TestDrive => (
            &[Field::Name],
            &[Field::Email, Field::Phone, Field::Interest, Field::Day, Field::Time, Field::Message],
        ),
        LeadKind::PartExchange => (
            &[Field::Registration, Field::Mileage],
            &[Field::Name, Field::Email, Field::Phone, Field::Interest, Field::Message],
        ),
        LeadKind::Service => (
            &[Field::Registration],
            &[
                Field::Mileage,
                Field::Name,
                Field::Email,
                Field::Phone,
                Field::Day,
                Field::Time,
                Field::Message,
            ],
        ),
        LeadKind::CallBack => {
            (&[Field::Phone], &[Field::Name, Field::Day, Field::Time, Field::Message])
        }
    };
    let field = |required| move |kind: &Field| FormField { kind: *kind, required };
    required.iter().map(field(true)).chain(others.iter().map(field(false))).collect()
}

fn marketing(section: &Section<'_, '_>) -> Vec<Channel> {
    let mut channels = Vec::new();
    for text in section.texts("marketing").unwrap_or_default() {
        match CHANNELS.iter().find(|(name, _)| *name == text.value) {
            Some((_, channel)) if !channels.contains(channel) => channels.push(*channel),
            Some(_) => section.file().problem(&text, "has a channel twice", "Keep one of them"),
            None => section.file().problem(
                &text,
                &format!("has the unknown channel \"{}\"", text.value),
                "Choose from email, sms, phone, post",
            ),
        }
    }
    channels
}
