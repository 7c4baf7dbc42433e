//! `[[deliver]]`: the systems and the mailboxes to which leads are delivered.

use protocol::lead::LeadKind;

use super::shown_text;
use crate::{
    domain::{
        file::{Located, Section},
        lead,
        target::{MailFormat, Payload, Target, TargetChannel, When},
    },
    limits::{MAX_MAILBOXES, MAX_NAME_CHARS, MAX_TARGETS},
};

pub(super) fn read(top: &Section<'_, '_>) -> Vec<Target> {
    let mut targets: Vec<Target> = Vec::new();
    for section in &top.sections("deliver") {
        let target = target(section);
        section.finish();
        let Some(target) = target else { continue };
        if targets.iter().any(|known| known.name == target.name) {
            let what = format!("is called \"{}\", as another one is", target.name);
            section.file().problem(&section.here(), &what, "Give each a name of its own");
        }
        targets.push(target);
    }
    if MAX_TARGETS < targets.len() {
        let what = format!("stands {} times", targets.len());
        top.file().problem(&top.locate("deliver"), &what, &format!("Keep {MAX_TARGETS} at most"));
    }
    targets
}

fn target(section: &Section<'_, '_>) -> Option<Target> {
    // Never by its place: what is owed to one must not go to another once the file is changed.
    let remedy = "Name it, and keep that name: what is owed and its secret go by it";
    let name = section.required("name", remedy);
    let name = name.and_then(|_| shown_text(section, "name", MAX_NAME_CHARS));
    let (webhook, adf) = (section.text("webhook"), section.text("adf"));
    let mail = section.texts("mail");
    let payload = payload(section, webhook.is_some());
    let format = format(section, mail.is_some());
    let (kinds, when) = (kinds(section), when(section));
    let channel = match (webhook, adf, mail) {
        (Some(webhook), None, None) => TargetChannel::Webhook {
            url: url(section, &webhook)?,
            payload,
            secret: 1,
            overlap_until: None,
        },
        (None, Some(adf), None) => TargetChannel::Adf { url: url(section, &adf)? },
        (None, None, Some(to)) => TargetChannel::Mail { to: mailboxes(section, &to)?, format },
        _ => {
            let remedy = "Write one of webhook = \"https://…\", adf = \"https://…\", mail = [\"sales@dealer.example\"]";
            section.file().problem(&section.here(), "names no one way of delivery", remedy);
            return None;
        }
    };
    Some(Target { kinds, when, ..Target::new(name?, channel) })
}

fn payload(section: &Section<'_, '_>, is_webhook: bool) -> Payload {
    let Some(text) = section.text("payload") else { return Payload::default() };
    let (what, remedy) = match text.value.as_str() {
        _ if !is_webhook => {
            ("stands without a webhook", "Remove it: the other ways tell all of the lead")
        }
        "thin" => return Payload::Thin,
        "full" => return Payload::Full,
        _ => ("is neither thin nor full", "Write \"thin\" or \"full\""),
    };
    section.file().problem(&text, what, remedy);
    Payload::default()
}

/// The kinds of leads that it takes; empty where it says nothing of them.
fn kinds(section: &Section<'_, '_>) -> Vec<LeadKind> {
    let mut kinds = Vec::new();
    for text in section.texts("kinds").unwrap_or_default() {
        match LeadKind::of(&text.value) {
            Some(kind) if !kinds.contains(&kind) => kinds.push(kind),
            Some(_) => section.file().problem(&text, "has a kind twice", "Keep one of them"),
            None => {
                let remedy =
                    format!("Choose from {}", LeadKind::ALL.map(LeadKind::word).join(", "));
                let what = format!("has \"{}\", which is no kind of lead", text.value);
                section.file().problem(&text, &what, &remedy);
            }
        }
    }
    kinds
}

fn when(section: &Section<'_, '_>) -> Option<When> {
    let text = section.text("when")?;
    match text.value.as_str() {
        "open" => Some(When::Open),
        "closed" => Some(When::Closed),
        _ => {
            let remedy = "Write \"open\" or \"closed\", by the hours of the dealership";
            section.file().problem(&text, "is neither open nor closed", remedy);
            None
        }
    }
}

fn format(section: &Section<'_, '_>, is_mail: bool) -> MailFormat {
    let Some(text) = section.text("format") else { return MailFormat::default() };
    let (what, remedy) = match text.value.as_str() {
        _ if !is_mail => ("stands without a mail", "Remove it"),
        "text" => return MailFormat::Text,
        "adf" => return MailFormat::Adf,
        _ => ("is neither text nor adf", "Write \"text\" for people, \"adf\" for a system"),
    };
    section.file().problem(&text, what, remedy);
    MailFormat::default()
}

fn mailboxes(section: &Section<'_, '_>, texts: &[Located<String>]) -> Option<Vec<String>> {
    let is_mailbox = |text: &str| text.is_ascii() && lead::email(text).is_some();
    if let Some(wrong) = texts.iter().find(|text| !is_mailbox(&text.value)) {
        let what = format!("has \"{}\", which is not an e-mail address", wrong.value);
        section.file().problem(wrong, &what, "Write for example \"sales@dealer.example\"");
        return None;
    }
    if !(1..=MAX_MAILBOXES).contains(&texts.len()) {
        let remedy = format!("Write 1 to {MAX_MAILBOXES} addresses");
        section.file().problem(&section.locate("mail"), "has none or too many", &remedy);
        return None;
    }
    Some(texts.iter().map(|text| text.value.clone()).collect())
}

/// Whether it may be called is the operator's to say, and is checked with each delivery; that it is a
/// URL is told here.
fn url(section: &Section<'_, '_>, text: &Located<String>) -> Option<String> {
    let url = url::Url::parse(text.value.trim()).ok();
    let url = url.filter(|url| ["http", "https"].contains(&url.scheme()) && url.has_host());
    if url.is_none() {
        section.file().problem(text, "is no web address", "Write https:// and the whole address");
    }
    url.map(String::from)
}
