//! `[[deliver]]`: the systems to which leads are delivered.

use super::shown_text;
use crate::{
    domain::{
        file::{Located, Section},
        target::{Payload, Target, TargetChannel},
    },
    limits::{MAX_NAME_CHARS, MAX_TARGETS},
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
    let payload = payload(section, webhook.is_some());
    let channel = match (webhook, adf) {
        (Some(webhook), None) => TargetChannel::Webhook {
            url: url(section, &webhook)?,
            payload,
            secret: 1,
            overlap_until: None,
        },
        (None, Some(adf)) => TargetChannel::Adf { url: url(section, &adf)? },
        _ => {
            let remedy = "Write either webhook = \"https://…\" or adf = \"https://…\"";
            section.file().problem(&section.here(), "names no one way of delivery", remedy);
            return None;
        }
    };
    Some(Target { name: name?, channel })
}

fn payload(section: &Section<'_, '_>, is_webhook: bool) -> Payload {
    let Some(text) = section.text("payload") else { return Payload::default() };
    let (what, remedy) = match text.value.as_str() {
        _ if !is_webhook => ("stands without a webhook", "Remove it: ADF has all of the lead"),
        "thin" => return Payload::Thin,
        "full" => return Payload::Full,
        _ => ("is neither thin nor full", "Write \"thin\" or \"full\""),
    };
    section.file().problem(&text, what, remedy);
    Payload::default()
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
