//! The same as a page: whole in one file, without a script or a request to anybody.

use std::fmt::Write as _;

use protocol::{
    AuthorKind,
    lead::{Channel, FieldKind},
};

use super::Export;
use crate::{
    clock::Timestamp,
    domain::{
        dossier::{Consent, ConsentEvent, Left, Said},
        html::{direction, escape},
        rights::words::{self, Words},
        view::{fill, kind_title},
    },
};

/// Readable on paper, on a phone and in the dark.
const STYLE: &str = "body{max-width:44rem;margin:2rem auto;padding:0 1rem;font:1rem/1.5 system-ui;color-scheme:light dark}\
h2{margin:2rem 0 .5rem;font-size:1.2rem}dt,b{font-weight:600}dd{margin:0 0 .5rem}small{opacity:.8}\
article{margin:1rem 0;padding-inline-start:.75rem;border-inline-start:3px solid #8888}\
p{margin:.25rem 0;white-space:pre-wrap;overflow-wrap:anywhere}";

/// The page to read, in the language of the export.
pub fn page(export: &Export<'_>) -> String {
    let (lang, words) = (export.language, words::of(export.language));
    let title = fill(words.page_title, &[("dealer", export.controller.name)]);
    let made = fill(words.page_made, &[("at", &spoken(&export.exported_at))]);
    let mut html = String::new();
    let _ = write!(
        html,
        "<!doctype html>\n<html lang=\"{lang}\" dir=\"{}\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n\
         <style>{STYLE}</style>\n<h1>{title}</h1>\n<p>{}</p>\n",
        direction(lang),
        escape(&made),
        title = escape(&title),
    );
    about(&mut html, export);
    let _ = writeln!(html, "<h2>{}</h2>", words.messages);
    for said in &export.dossier.messages {
        message(&mut html, said, words);
    }
    if !export.dossier.leads.is_empty() {
        let _ = writeln!(html, "<h2>{}</h2>", words.leads);
    }
    for left in &export.dossier.leads {
        lead(&mut html, left, lang, words);
    }
    html.push_str("</html>\n");
    html
}

/// Who is responsible, who has it, until when: the same sentences as in the menu.
fn about(html: &mut String, export: &Export<'_>) {
    for fact in &export.menu.facts {
        let _ = writeln!(html, "<h2>{}</h2>", fact.title);
        for text in &fact.text {
            let at = fact.at.map(|at| spoken(&Timestamp::from_millis(at).to_string()));
            let text = text.replace("{at}", &at.unwrap_or_default());
            let _ = writeln!(html, "<p>{}</p>", escape(&text));
        }
    }
    let _ = writeln!(html, "<p>{}</p>", escape(&export.menu.words.more));
}

fn message(html: &mut String, said: &Said, words: &Words) {
    let who = match said.author {
        AuthorKind::Visitor => words.visitor,
        AuthorKind::Ai => words.ai,
        AuthorKind::Human => words.human,
        AuthorKind::System => words.system,
    };
    let by = said.generator.as_deref().map(|by| format!(" · {}", escape(by))).unwrap_or_default();
    let _ = writeln!(
        html,
        "<article><b>{who}</b> <small>{}{by}</small><p dir=\"auto\">{}</p></article>",
        time(said.at),
        escape(&said.text),
    );
}

fn lead(html: &mut String, left: &Left, lang: &str, words: &Words) {
    let _ = writeln!(
        html,
        "<article><b>{}</b> <small>{}</small>\n<dl>",
        escape(&left.id),
        time(left.at)
    );
    if !left.kind.is_enquiry() {
        let _ = writeln!(html, "<dt>{}<dd><p>{}</p>", words.wish, kind_title(lang, left.kind));
    }
    for (kind, name) in FieldKind::ALL.iter().zip(words.fields) {
        if let Some(value) = left.fields.get(*kind) {
            let _ = writeln!(html, "<dt>{name}<dd><p dir=\"auto\">{}</p>", escape(value));
        }
    }
    html.push_str("</dl>\n");
    for correction in &left.corrections {
        let known = FieldKind::ALL.iter().position(|kind| *kind == correction.field);
        let name = known.map_or("", |at| words.fields[at]);
        let before = escape(correction.before.as_deref().unwrap_or("–"));
        let _ = writeln!(
            html,
            "<p><small>{} {name}, {}: <s>{before}</s></small></p>",
            time(correction.at),
            words.corrected
        );
    }
    for record in &left.consents {
        consent(html, record, words);
    }
    for delivery in &left.deliveries {
        let state = match delivery.state.as_str() {
            "delivered" => words.deliveries[1],
            "failed" => words.deliveries[2],
            _ => words.deliveries[0],
        };
        let _ = writeln!(html, "<p>{state} ({})</p>", escape(&delivery.target));
    }
    html.push_str("</article>\n");
}

fn consent(html: &mut String, record: &Consent, words: &Words) {
    let channel = match record.channel {
        Channel::Email => words.channels[0],
        Channel::Sms => words.channels[1],
        Channel::Phone => words.channels[2],
        Channel::Post => words.channels[3],
    };
    let event = match record.event {
        ConsentEvent::Given => words.given,
        ConsentEvent::Refused => words.refused,
        ConsentEvent::Withdrawn => words.gone,
    };
    let _ = writeln!(
        html,
        "<p><b>{channel}: {event}</b> <small>{}</small></p><p dir=\"auto\">{}</p>",
        time(record.at),
        escape(&record.text),
    );
}

/// A moment, for people and for programs.
fn time(at: Timestamp) -> String {
    let text = at.to_string();
    format!("<time datetime=\"{text}\">{}</time>", spoken(&text))
}

/// `2026-11-29T00:20:00Z` as it is read in every language.
fn spoken(moment: &str) -> String {
    let minutes = moment.get(..16).unwrap_or(moment);
    minutes.replace('T', " ") + " UTC"
}
