//! What the dealer asks of a visitor, and what its answers may cost.

use protocol::lead::{Channel, FieldKind, FormField};

use crate::{
    domain::{
        dealer::DealerProvider,
        file::{Section, nearest},
    },
    redact::Redaction,
};

/// The lead form and the budget.
#[derive(Clone, Debug)]
pub(super) struct Form {
    pub(super) fields: Vec<FormField>,
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
    let fields = fields(&section);
    let marketing = marketing(&section);
    section.finish();
    let llm = top.section("llm");
    let provider = provider(&llm);
    let redaction = redaction(&llm);
    let tokens_per_day = llm.number("tokens_per_day").map(|tokens| tokens.value);
    llm.finish();
    Some(Form { fields: fields?, marketing, provider, redaction, tokens_per_day })
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

/// Reads `["name!", "email"]`; `!` makes a field required.
fn fields(section: &Section<'_, '_>) -> Option<Vec<FormField>> {
    let Some(texts) = section.texts("fields") else { return Some(usual()) };
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

/// The form of a dealer who says nothing about it.
fn usual() -> Vec<FormField> {
    let required = |kind| matches!(kind, FieldKind::Name);
    FieldKind::ALL.map(|kind| FormField { kind, required: required(kind) }).to_vec()
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
