//! What a visitor sees first: colours, hours, greeting, suggestions, the assistant's name.

use jiff::civil::Date;
use protocol::dealer::Theme;

use super::shown_text;
use crate::{
    domain::{
        dealer::colour::Colour,
        file::{Located, Section},
        hours::{DAYS, Hours, Span, parse_spans},
        view,
    },
    limits::{
        MAX_DEALER_TEXT_CHARS, MAX_NAME_CHARS, MAX_SUGGESTION_CHARS, MAX_SUGGESTIONS, MIN_CONTRAST,
    },
};

/// All of it may be left out.
#[derive(Clone, Debug)]
pub(super) struct Looks {
    pub(super) theme: Theme,
    pub(super) hours: Option<Hours>,
    pub(super) assistant: Option<String>,
    pub(super) notice_extra: Option<String>,
    pub(super) greeting: Option<String>,
    pub(super) suggestions: Vec<String>,
}

pub(super) fn read(top: &Section<'_, '_>) -> Looks {
    Looks {
        theme: theme(&top.section("theme")),
        hours: hours(&top.section("hours")),
        assistant: assistant(top),
        notice_extra: notice_extra(&top.section("notice")),
        greeting: shown_text(top, "greeting", MAX_DEALER_TEXT_CHARS),
        suggestions: suggestions(top),
    }
}

/// E-06: text on the accent is corrected where the file leaves it out, refused where it is bad.
fn theme(section: &Section<'_, '_>) -> Theme {
    let accent = colour(section, "accent");
    let on_accent = colour(section, "on_accent");
    section.finish();
    let Some(accent) = accent else {
        if let Some(on_accent) = on_accent {
            section.file().problem(
                &on_accent,
                "stands without an accent",
                "Add accent = \"#rrggbb\" or remove it",
            );
        }
        return Theme::default();
    };
    let readable = accent.value.readable_on();
    if let Some(own) = &on_accent {
        let contrast = accent.value.contrast(own.value);
        if contrast < MIN_CONTRAST {
            let what = format!(
                "has a contrast of {contrast:.1}:1 with the accent; at least {MIN_CONTRAST}:1 is needed"
            );
            section.file().problem(
                own,
                &what,
                &format!("Use \"{readable}\", or remove the line: it is chosen then"),
            );
        }
    }
    let on_accent = on_accent.map_or(readable, |own| own.value);
    Theme {
        accent: Some(accent.value.to_string()),
        on_accent: Some(on_accent.to_string()),
        ..Theme::default()
    }
}

fn colour(section: &Section<'_, '_>, key: &str) -> Option<Located<Colour>> {
    let text = section.text(key)?;
    let colour = Colour::parse(text.value.trim());
    if colour.is_none() {
        section.file().problem(
            &text,
            "is not a colour",
            "Write six hexadecimal digits: \"#0b5c7a\"",
        );
    }
    Some(text.with(colour?))
}

fn hours(section: &Section<'_, '_>) -> Option<Hours> {
    let mut hours = Hours::default();
    for (day, spans) in DAYS.iter().zip(&mut hours.week) {
        *spans = day_spans(section, day);
    }
    let exceptions = section.section("exceptions");
    for key in exceptions.keys() {
        let spans = day_spans(&exceptions, &key);
        let date = key.parse::<Date>();
        if hours.is_full() {
            section.file().problem(
                &exceptions.here(),
                "has too many days",
                "Remove those that are past",
            );
            break;
        }
        match date {
            Ok(date) if date.to_string() == key => drop(hours.exceptions.insert(date, spans)),
            _ => section.file().problem(
                &exceptions.here(),
                &format!("has the day \"{key}\", which is no date"),
                "Write \"2026-12-25\" = \"closed\"",
            ),
        }
    }
    exceptions.finish();
    section.finish();
    section.is_present().then_some(hours)
}

/// The spans of one day; a day that is left out is closed.
fn day_spans(section: &Section<'_, '_>, key: &str) -> Vec<Span> {
    let Some(text) = section.text(key) else { return Vec::new() };
    parse_spans(&text.value).unwrap_or_else(|what| {
        section.file().problem(
            &text,
            &what,
            "Write \"09:00-18:00\", \"09:00-12:00, 13:00-18:00\" or \"closed\"",
        );
        Vec::new()
    })
}

/// C-02: no dealer may hide that it is an AI.
fn assistant(top: &Section<'_, '_>) -> Option<String> {
    let at = top.text("assistant")?;
    let name = shown_text(top, "assistant", MAX_NAME_CHARS)?;
    if view::says_ai(&name) {
        return Some(name);
    }
    top.file().problem(
        &at,
        "does not say that it is an AI",
        "Write for example \"Sam, AI assistant\" (C-02)",
    );
    None
}

fn notice_extra(section: &Section<'_, '_>) -> Option<String> {
    let extra = shown_text(section, "extra", MAX_DEALER_TEXT_CHARS);
    section.finish();
    extra
}

fn suggestions(top: &Section<'_, '_>) -> Vec<String> {
    let texts = top.texts("suggestions").unwrap_or_default();
    for text in &texts {
        let chars = text.value.trim().chars().count();
        if chars == 0 || MAX_SUGGESTION_CHARS < chars || text.value.chars().any(char::is_control) {
            top.file().problem(
                text,
                "has an empty or too long suggestion",
                &format!("Write 1 to {MAX_SUGGESTION_CHARS} characters on one line"),
            );
        }
    }
    if let Some(extra) = texts.get(MAX_SUGGESTIONS) {
        top.file().problem(
            extra,
            &format!("has more than {MAX_SUGGESTIONS} suggestions"),
            "Keep the best ones: they stand above the composer on a phone",
        );
    }
    texts.into_iter().map(|text| text.value.trim().to_owned()).collect()
}
