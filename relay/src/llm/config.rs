//! The section `[llm]` of the configuration, and its check. Reads no file and no environment.

use std::{fmt, net::IpAddr, time::Duration};

use reqwest::Url;
use secrecy::SecretString;
use serde::Deserialize;
use thiserror::Error;

use crate::limits::{
    LLM_FALLBACKS, LLM_FIRST_TOKEN_TIMEOUT, LLM_HISTORY_TURNS, LLM_HISTORY_TURNS_MAX,
    LLM_IDLE_TIMEOUT, LLM_OUTPUT_TOKENS, LLM_TOTAL_TIMEOUT,
};

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
    pub planted: Option<String>,
}

impl Default for LlmConfig {
    fn default() -> Self {
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Self {
            provider: ProviderKind::Documents,
            model: None,
            base_url: None,
            fallback: Vec::new(),
            max_output_tokens: LLM_OUTPUT_TOKENS,
            tokens_per_day: None,
            first_token_timeout_ms: millis(LLM_FIRST_TOKEN_TIMEOUT),
            idle_timeout_ms: millis(LLM_IDLE_TIMEOUT),
            total_timeout_ms: millis(LLM_TOTAL_TIMEOUT),
            history_turns: LLM_HISTORY_TURNS,
            api_key: None,
            planted: None,
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
    /// Its key; never in a file of configuration.
    #[serde(skip)]
    pub api_key: Option<SecretString>,
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

/// One provider, checked and ready to be called.
#[derive(Clone)]
pub struct Link {
    /// Which wire it speaks and what it accepts.
    pub kind: ProviderKind,
    /// The model.
    pub model: String,
    /// The base URL, without a slash at its end.
    pub base_url: String,
    /// Its host, for people.
    pub host: String,
    /// Whether the host is this machine or in its own network.
    pub is_near: bool,
    /// Its key, if it wants one.
    pub key: Option<SecretString>,
}

/// Prints no key.
impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.generator(), self.host)
    }
}

impl Link {
    /// What stands as `generator` on its answers (C-10).
    pub fn generator(&self) -> String {
        format!("{}/{}", self.kind.word(), self.model)
    }

    /// Who gets the words, as a visitor would name them (B-11).
    pub fn recipient(&self) -> String {
        match self.kind {
            ProviderKind::Openai => "OpenAI".into(),
            ProviderKind::Anthropic => "Anthropic".into(),
            ProviderKind::Mistral => "Mistral AI".into(),
            _ => self.host.clone(),
        }
    }
}

impl LlmConfig {
    /// Fills in the keys: `find` is asked with the name of a variable.
    pub fn fill_keys(&mut self, find: impl Fn(&str) -> Option<SecretString>) {
        let key = |kind: ProviderKind| kind.key_variable().and_then(&find);
        self.api_key = self.api_key.take().or_else(|| key(self.provider));
        for fallback in &mut self.fallback {
            fallback.api_key = fallback.api_key.take().or_else(|| key(fallback.provider));
        }
    }

    /// The chain of providers, checked; empty where `documents` answers alone.
    pub fn chain(&self) -> Result<Vec<Link>, LlmConfigError> {
        self.check_numbers()?;
        let first = FallbackConfig {
            provider: self.provider,
            model: self.model.clone(),
            base_url: self.base_url.clone(),
            api_key: self.api_key.clone(),
        };
        let mut links = Vec::new();
        for (place, config) in std::iter::once(&first).chain(&self.fallback).enumerate() {
            let at = if place == 0 { String::new() } else { format!("fallback[{}].", place - 1) };
            links.extend(link(config, &at)?);
        }
        Ok(links)
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
        if LLM_FALLBACKS < self.fallback.len() {
            return Err(wrong("fallback", "too many providers", "Name at most 4"));
        }
        Ok(())
    }
}

/// An error about one key.
fn wrong(key: impl Into<String>, problem: impl Into<String>, remedy: &str) -> LlmConfigError {
    LlmConfigError { key: key.into(), problem: problem.into(), remedy: remedy.into() }
}

/// One provider, checked; none where it is `documents`.
fn link(config: &FallbackConfig, at: &str) -> Result<Option<Link>, LlmConfigError> {
    let kind = config.provider;
    let Some(variable) = kind.key_variable() else { return Ok(None) };
    let usual = kind.usual();
    let Some(model) = config.model.clone().or_else(|| usual.map(|(_, model)| model.into())) else {
        return Err(wrong(
            format!("{at}model"),
            "missing",
            "Name the model that the server offers",
        ));
    };
    if model.is_empty() || model.chars().any(char::is_control) {
        return Err(wrong(
            format!("{at}model"),
            "no name of a model",
            "Name the model as the provider does",
        ));
    }
    let Some(base_url) = config.base_url.as_deref().or(usual.map(|(url, _)| url)) else {
        return Err(wrong(
            format!("{at}base_url"),
            "missing",
            "Give the server's address, for example http://127.0.0.1:11434/v1",
        ));
    };
    let url = check_url(kind, base_url, &format!("{at}base_url"))?;
    if config.api_key.is_none() && kind != ProviderKind::OpenaiCompatible {
        let remedy = format!("Set {variable} or {variable}_FILE, or use provider = \"documents\"");
        return Err(wrong(
            format!("{at}provider"),
            format!("{} needs a key", kind.word()),
            &remedy,
        ));
    }
    let host = url.host_str().unwrap_or_default().to_owned();
    Ok(Some(Link {
        kind,
        model,
        base_url: url.as_str().trim_end_matches('/').to_owned(),
        is_near: is_loopback(&host) || is_private(&host),
        host,
        key: config.api_key.clone(),
    }))
}

/// The address, if words and key may be sent there: by https, or without it to this machine, or to
/// the operator's own network where the operator says that the server is the operator's own.
fn check_url(kind: ProviderKind, text: &str, key: &str) -> Result<Url, LlmConfigError> {
    let bad =
        |problem: &str| wrong(key, problem, "Give an address like https://llm.example.com/v1");
    let url = Url::parse(text).map_err(|_| bad("not a URL"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(bad("holds a user name or a password, which would end in logs"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(bad("holds a query or a fragment"));
    }
    let host = url.host_str().ok_or_else(|| bad("names no host"))?;
    let own = kind == ProviderKind::OpenaiCompatible && is_private(host);
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(host) || own => Ok(url),
        "http" => Err(bad(
            "would send visitors' words and the key unencrypted; http is for this machine, or with openai-compatible for your own network",
        )),
        _ => Err(bad("neither https nor http")),
    }
}

fn address(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || address(host).is_some_and(|address| address.is_loopback())
}

/// Whether the host is in a private network: by its address, or by a name that no public DNS has.
fn is_private(host: &str) -> bool {
    match address(host) {
        Some(IpAddr::V4(address)) => address.is_private() || address.is_link_local(),
        Some(IpAddr::V6(address)) => address.is_unique_local() || address.is_unicast_link_local(),
        None => {
            let local = [".local", ".internal", ".lan", ".home.arpa"];
            !host.contains('.') || local.iter().any(|end| host.ends_with(end))
        }
    }
}

#[cfg(test)]
#[path = "config_tests.rs"]
mod tests;
