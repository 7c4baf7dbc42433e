//! The section `[llm]`: read here key by key, so that variables, flags and places work as for any
//! other; what the values may be is decided in `llm::config`.

use toml::{Table, Value};

use crate::{
    config::{Purpose, Sources, secret},
    domain::file::Section,
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

pub(super) fn read(section: &Section<'_, '_>, sources: &Sources, purpose: Purpose) -> LlmConfig {
    let mut table = provider(section);
    for key in NUMBERS {
        if let Some(number) = section.number(key) {
            let value = i64::try_from(number.value).unwrap_or(i64::MAX);
            table.insert(key.to_owned(), Value::Integer(value));
        }
    }
    let mut fallback = Vec::new();
    for section in section.sections("fallback") {
        fallback.push(Value::Table(provider(&section)));
        section.finish();
    }
    table.insert("fallback".to_owned(), Value::Array(fallback));
    section.finish();
    let mut config = table.try_into().unwrap_or_else(|error: toml::de::Error| {
        let remedy = "See examples/forecourt.toml";
        section.file().problem(&section.here(), &format!("is wrong: {}", error.message()), remedy);
        LlmConfig::default()
    });
    if purpose != Purpose::Tool {
        config.fill_keys(|name| secret::find(&sources.vars, name, section.file()));
        if let Err(error) = config.chain() {
            let at = section.locate(&error.key);
            section.file().problem(&at, &format!("is wrong: {}", error.problem), &error.remedy);
        }
    }
    config
}

/// The keys that the first provider and its fallbacks have in common.
fn provider(section: &Section<'_, '_>) -> Table {
    let mut table = Table::new();
    for key in ["provider", "model", "base_url"] {
        let Some(text) = section.text(key) else { continue };
        if key == "provider" && !PROVIDERS.contains(&text.value.as_str()) {
            let what = format!("is \"{}\", which is no provider", text.value);
            section.file().problem(&text, &what, &format!("Choose from {}", PROVIDERS.join(", ")));
            continue;
        }
        table.insert(key.to_owned(), Value::String(text.value));
    }
    table
}
