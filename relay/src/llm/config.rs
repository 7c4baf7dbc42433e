//! The section `[llm]` of the configuration, and its check. Reads no file and no environment.

mod link;

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use thiserror::Error;

use crate::{
    domain::{
        place::{Place, Region, Transfer},
        record::Model,
        view::Recipient,
    },
    limits::{
        LLM_FALLBACKS, LLM_FIRST_TOKEN_TIMEOUT, LLM_HISTORY_TURNS, LLM_HISTORY_TURNS_MAX,
        LLM_IDLE_TIMEOUT, LLM_OUTPUT_TOKENS, LLM_TOTAL_TIMEOUT, MAX_NAME_CHARS,
    },
    planted::Planted,
};

pub use link::Link;

/// How the name of a variable ends that holds a key; no other is read.
pub const KEY_SUFFIX: &str = "_API_KEY";

/// Who answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProviderKind {
    /// The dealer's own documents, quoted; no network.
    #[default]
    Documents,
    /// OpenAI.
    Openai,
    /// Anthropic.
    Anthropic,
    /// Mistral.
    Mistral,
    /// Any server with OpenAI's wire: Ollama (`/v1`), vLLM, llama.cpp and others.
    OpenaiCompatible,
}

impl ProviderKind {
    /// The word for it in the configuration.
    pub fn word(self) -> &'static str {
        match self {
            Self::Documents => "documents",
            Self::Openai => "openai",
            Self::Anthropic => "anthropic",
            Self::Mistral => "mistral",
            Self::OpenaiCompatible => "openai-compatible",
        }
    }

    /// The variable that holds its key.
    pub fn key_variable(self) -> Option<&'static str> {
        match self {
            Self::Documents => None,
            Self::Openai => Some("OPENAI_API_KEY"),
            Self::Anthropic => Some("ANTHROPIC_API_KEY"),
            Self::Mistral => Some("MISTRAL_API_KEY"),
            Self::OpenaiCompatible => Some("OPENAI_COMPATIBLE_API_KEY"),
        }
    }

    /// Who runs it, as a visitor would name them.
    fn brand(self) -> Option<&'static str> {
        match self {
            Self::Openai => Some("OpenAI"),
            Self::Anthropic => Some("Anthropic"),
            Self::Mistral => Some("Mistral AI"),
            Self::Documents | Self::OpenaiCompatible => None,
        }
    }

    /// Where it is reached, and a small model that follows instructions, where nothing is configured.
    fn usual(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Openai => Some(("https://api.openai.com/v1", "gpt-4.1-mini")),
            Self::Anthropic => Some(("https://api.anthropic.com/v1", "claude-haiku-4-5")),
            Self::Mistral => Some(("https://api.mistral.ai/v1", "mistral-small-latest")),
            Self::Documents | Self::OpenaiCompatible => None,
        }
    }
}

/// The section `[llm]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LlmConfig {
    /// Who answers first.
    pub provider: ProviderKind,
    /// The model; each provider but `openai-compatible` has a usual one.
    pub model: Option<String>,
    /// Where the provider is reached, up to and with `/v1`.
    pub base_url: Option<String>,
    /// Who gets the words where `base_url` leads to a gateway, as visitors are told.
    pub recipient: Option<String>,
    /// Where the model is asked to work (A-C4a).
    pub region: Option<Region>,
    /// What lets words go there.
    pub transfer: Option<Transfer>,
    /// How long a thinking model may think, in the provider's words; sent only where it is set.
    pub reasoning_effort: Option<String>,
    /// Who answers when the first can't, in order; `documents` is always the last.
    pub fallback: Vec<FallbackConfig>,
    /// The most tokens of an answer. Models that think before they speak need more than the usual.
    pub max_output_tokens: u32,
    /// The tokens of a dealer and day where the dealer's own file says nothing.
    pub tokens_per_day: Option<u64>,
    /// How long to wait for the first words.
    pub first_token_timeout_ms: u64,
    /// How long the provider may be silent in mid-answer.
    pub idle_timeout_ms: u64,
    /// How long one answer may take as a whole.
    pub total_timeout_ms: u64,
    /// How many turns are sent (B-54).
    pub history_turns: usize,
    /// The first provider's key; never in a file of configuration.
    #[serde(skip)]
    pub api_key: Option<SecretString>,
    /// A known-wrong behaviour by name, see `Config::planted`.
    #[serde(skip)]
    pub planted: Planted,
}

impl Default for LlmConfig {
    fn default() -> Self {
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Self {
            provider: ProviderKind::Documents,
            model: None,
            base_url: None,
            recipient: None,
            region: None,
            transfer: None,
            reasoning_effort: None,
            fallback: Vec::new(),
            max_output_tokens: LLM_OUTPUT_TOKENS,
            tokens_per_day: None,
            first_token_timeout_ms: millis(LLM_FIRST_TOKEN_TIMEOUT),
            idle_timeout_ms: millis(LLM_IDLE_TIMEOUT),
            total_timeout_ms: millis(LLM_TOTAL_TIMEOUT),
            history_turns: LLM_HISTORY_TURNS,
            api_key: None,
            planted: Planted::default(),
        }
    }
}

/// A further provider.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FallbackConfig {
    /// Who answers.
    pub provider: ProviderKind,
    /// The model, as above.
    pub model: Option<String>,
    /// Where it is reached, as above.
    pub base_url: Option<String>,
    /// Who gets the words, as above.
    pub recipient: Option<String>,
    /// Where it works, as above.
    pub region: Option<Region>,
    /// What lets words go there, as above.
    pub transfer: Option<Transfer>,
    /// How long it may think, as above.
    pub reasoning_effort: Option<String>,
    /// The variable that holds its key, where that is not the usual one of its kind; empty where
    /// it wants none.
    pub key_env: Option<String>,
    /// Its key; never in a file of configuration.
    #[serde(skip)]
    pub api_key: Option<SecretString>,
}

impl FallbackConfig {
    /// The variable that holds its key.
    fn key_variable(&self) -> Option<&str> {
        match self.key_env.as_deref() {
            Some("") => None,
            Some(name) => Some(name),
            None => self.provider.key_variable(),
        }
    }

    fn check_texts(&self, at: &str) -> Result<(), LlmConfigError> {
        let is_name = |name: &String| {
            let chars = name.chars().count();
            (1..=MAX_NAME_CHARS).contains(&chars) && !name.chars().any(char::is_control)
        };
        if !self.recipient.iter().all(is_name) {
            let remedy = "Write who gets the words, for example \"OpenAI\"";
            return Err(wrong(format!("{at}recipient"), "no name", remedy));
        }
        let is_word = |word: &String| {
            (1..=20).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_lowercase())
        };
        if !self.reasoning_effort.iter().all(is_word) {
            let remedy = "Write the provider's word, for example \"low\"";
            return Err(wrong(format!("{at}reasoning_effort"), "no effort", remedy));
        }
        let is_variable = |name: &String| {
            name.is_empty()
                || (name.ends_with(KEY_SUFFIX)
                    && name
                        .bytes()
                        .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_'))
        };
        if !self.key_env.iter().all(is_variable) {
            let remedy = "Name a variable that ends with _API_KEY; never write the key itself here";
            return Err(wrong(format!("{at}key_env"), "no name of a variable for a key", remedy));
        }
        Ok(())
    }
}

/// What is wrong with the section, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("[llm] {key}: {problem}. {remedy}.")]
pub struct LlmConfigError {
    /// The key, for example `base_url` or `fallback[0].model`.
    pub key: String,
    /// What is wrong with it.
    pub problem: String,
    /// What to do.
    pub remedy: String,
}

impl LlmConfig {
    /// Fills in the keys: `find` is asked with the name of a variable.
    pub fn fill_keys(&mut self, find: impl Fn(&str) -> Option<SecretString>) {
        self.api_key = self.api_key.take().or_else(|| self.provider.key_variable().and_then(&find));
        for fallback in &mut self.fallback {
            fallback.api_key =
                fallback.api_key.take().or_else(|| fallback.key_variable().and_then(&find));
        }
    }

    /// The chain of providers, checked; empty where `documents` answers alone.
    pub fn chain(&self) -> Result<Vec<Link>, LlmConfigError> {
        self.check_numbers()?;
        let mut links: Vec<Link> = Vec::new();
        for (at, config) in self.providers() {
            let Some(link) = link::link(&config, &at)? else { continue };
            check_key(&config, &link, &at)?;
            if config.key_env.is_none() {
                check_hosts(&links, &link, &at)?;
            }
            links.push(link);
        }
        Ok(links)
    }

    /// Who gets the visitors' words beside the operator; none without a model (B-11). Needs no key.
    pub fn recipients(&self) -> Vec<Recipient> {
        let mut recipients = Vec::new();
        for (at, config) in self.providers() {
            if let Ok(Some(link)) = link::link(&config, &at)
                && !recipients.contains(&link.recipient)
            {
                recipients.push(link.recipient);
            }
        }
        recipients
    }

    /// Who runs the models, in the order in which they are asked, for the record of processing. What runs
    /// on the operator's own machines is where the operator is, unless something else is stated.
    pub fn models(&self, operator: &str, own: &Place) -> Vec<Model> {
        let mut models = Vec::new();
        for (at, config) in self.providers() {
            let Ok(Some(link)) = link::link(&config, &at) else { continue };
            let is_own = link.recipient == Recipient::Operator;
            let stated = Place { region: config.region, transfer: config.transfer };
            let is_silent = stated == Place::default();
            let model = Model {
                party: match link.recipient {
                    Recipient::Named(name) => name,
                    Recipient::Operator => operator.to_owned(),
                },
                provider: link.kind.word(),
                host: (!is_own).then_some(link.host),
                model: link.model,
                place: if is_own && is_silent { own.clone() } else { stated },
            };
            if !models.contains(&model) {
                models.push(model);
            }
        }
        models
    }

    /// The first provider and its fallbacks, each with the beginning of its keys.
    fn providers(&self) -> Vec<(String, FallbackConfig)> {
        let first = FallbackConfig {
            provider: self.provider,
            model: self.model.clone(),
            base_url: self.base_url.clone(),
            recipient: self.recipient.clone(),
            region: self.region.clone(),
            transfer: self.transfer,
            reasoning_effort: self.reasoning_effort.clone(),
            key_env: None,
            api_key: self.api_key.clone(),
        };
        let further = self.fallback.iter().cloned().enumerate();
        let further = further.map(|(place, config)| (format!("fallback[{place}]."), config));
        std::iter::once((String::new(), first)).chain(further).collect()
    }

    fn check_numbers(&self) -> Result<(), LlmConfigError> {
        let timeouts = [
            ("first_token_timeout_ms", self.first_token_timeout_ms),
            ("idle_timeout_ms", self.idle_timeout_ms),
            ("total_timeout_ms", self.total_timeout_ms),
        ];
        for (key, value) in timeouts {
            if !(1..=3_600_000).contains(&value) {
                return Err(wrong(key, "no sensible time", "Give 1 to 3600000 milliseconds"));
            }
        }
        if !(1..=100_000).contains(&self.max_output_tokens) {
            return Err(wrong("max_output_tokens", "no sensible limit", "Give 1 to 100000"));
        }
        if !(1..=LLM_HISTORY_TURNS_MAX).contains(&self.history_turns) {
            return Err(wrong("history_turns", "no sensible number", "Give 1 to 40"));
        }
        for (at, config) in self.providers() {
            config.check_texts(&at)?;
        }
        if LLM_FALLBACKS < self.fallback.len() {
            return Err(wrong("fallback", "too many providers", "Name at most 4"));
        }
        Ok(())
    }
}

/// A provider that wants a key has one.
fn check_key(config: &FallbackConfig, link: &Link, at: &str) -> Result<(), LlmConfigError> {
    if link.key.is_some() || link.kind == ProviderKind::OpenaiCompatible {
        return Ok(());
    }
    let variable = config.key_variable().unwrap_or("its variable");
    let remedy = format!("Set {variable} or {variable}_FILE, or use provider = \"documents\"");
    Err(wrong(format!("{at}provider"), format!("{} needs a key", link.kind.word()), &remedy))
}

/// A key that was meant for one host goes to no other.
fn check_hosts(before: &[Link], link: &Link, at: &str) -> Result<(), LlmConfigError> {
    let key = |link: &Link| link.key.as_ref().map(|key| key.expose_secret().to_owned());
    let is_other = |one: &&Link| {
        // Two kinds have a variable each: what stands in both was put there.
        let (same, own) = (one.kind == link.kind && one.host != link.host, key(link));
        same && own.is_some() && key(one) == own
    };
    let Some(other) = before.iter().find(is_other) else { return Ok(()) };
    let problem = format!("{} would get the key that {} gets", link.host, other.host);
    let remedy = "Name the variable that holds its own key: key_env = \"SECOND_API_KEY\", or \"\" if it wants none";
    Err(wrong(format!("{at}key_env"), problem, remedy))
}

/// An error about one key.
fn wrong(key: impl Into<String>, problem: impl Into<String>, remedy: &str) -> LlmConfigError {
    LlmConfigError { key: key.into(), problem: problem.into(), remedy: remedy.into() }
}

#[cfg(test)]
#[path = "config_tests.rs"]
mod tests;
