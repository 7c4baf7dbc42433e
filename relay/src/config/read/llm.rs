//! The section `[llm]`: read here key by key, so that variables, flags and places work as for any
//! other; what the values may be is decided in `llm::config`.

use toml::{Table, Value};

use super::places;
use crate::{
    config::{Purpose, Sources, secret},
    domain::file::{File, Located, Section},
    llm::LlmConfig,
};

const PROVIDERS: [&str; 5] = ["documents", "openai", "anthropic", "mistral", "openai-compatible"];
const NUMBERS: [&str; 6] = [
    "max_output_tokens",
    "tokens_per_day",
    "first_token_timeout_ms",
    "idle_timeout_ms",
    "total_timeout_ms",
    "history_turns",
];
/// The keys that the first provider and its fallbacks have in common.
const TEXTS: [&str; 5] = ["provider", "model", "base_url", "recipient", "reasoning_effort"];

pub(super) fn read(section: &Section<'_, '_>, sources: &Sources, purpose: Purpose) -> LlmConfig {
    let mut table = Table::new();
    texts(section, &TEXTS, &mut table);
    stated(section, &mut table);
    for key in NUMBERS {
        if let Some(number) = section.number(key) {
            let value = i64::try_from(number.value).unwrap_or(i64::MAX);
            table.insert(key.to_owned(), Value::Integer(value));
        }
    }
    let fallbacks = section.sections("fallback");
    let fallback = fallbacks.iter().map(|section| {
        let mut table = Table::new();
        texts(section, &TEXTS, &mut table);
        texts(section, &["key_env"], &mut table);
        stated(section, &mut table);
        section.finish();
        Value::Table(table)
    });
    table.insert("fallback".to_owned(), Value::Array(fallback.collect()));
    section.finish();
    let mut config = table.try_into().unwrap_or_else(|error: toml::de::Error| {
        let remedy = "See examples/forecourt.toml";
        section.file().problem(&section.here(), &format!("is wrong: {}", error.message()), remedy);
        LlmConfig::default()
    });
    if purpose == Purpose::Tool {
        // A command uses the keys where it may read them, and needs none.
        let unheard = File::new("", "");
        config.fill_keys(|name| secret::find(&sources.vars, name, &unheard));
        return config;
    }
    config.fill_keys(|name| secret::find(&sources.vars, name, section.file()));
    if let Err(error) = config.chain() {
        let at = locate(section, &fallbacks, &error.key);
        section.file().problem(&at, &format!("is wrong: {}", error.problem), &error.remedy);
    }
    config
}

/// The place of `base_url` in the section, of `fallback[1].base_url` in the second fallback.
fn locate(section: &Section<'_, '_>, fallbacks: &[Section<'_, '_>], key: &str) -> Located<()> {
    let of_fallback = key.strip_prefix("fallback[").and_then(|rest| rest.split_once("]."));
    let found = of_fallback.and_then(|(place, key)| {
        let place: usize = place.parse().ok()?;
        let at = fallbacks.get(place)?.locate(key);
        Some(Located { key: format!("llm.fallback[{place}].{key}"), ..at })
    });
    found.unwrap_or_else(|| section.locate(key))
}

/// Reads where the model works, and what lets words go there.
fn stated(section: &Section<'_, '_>, table: &mut Table) {
    let place = places::place(section);
    let region = place.region.map(|region| Value::String(region.into()));
    let transfer = place.transfer.map(|transfer| Value::String(transfer.word().to_owned()));
    for (key, value) in [("region", region), ("transfer", transfer)] {
        table.extend(value.map(|value| (key.to_owned(), value)));
    }
}

/// Reads texts into a table.
fn texts(section: &Section<'_, '_>, keys: &[&str], table: &mut Table) {
    for key in keys {
        let Some(text) = section.text(key) else { continue };
        if *key == "provider" && !PROVIDERS.contains(&text.value.as_str()) {
            let what = format!("is \"{}\", which is no provider", text.value);
            section.file().problem(&text, &what, &format!("Choose from {}", PROVIDERS.join(", ")));
            continue;
        }
        table.insert((*key).to_owned(), Value::String(text.value));
    }
}
