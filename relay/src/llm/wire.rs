//! What the wire formats have in common: neutral messages in, neutral deltas out. Pure.

use serde_json::Value;

use crate::{
    limits::CHARS_A_TOKEN,
    llm::{
        config::{Link, ProviderKind},
        error::LlmError,
        sse::Event,
    },
    redact::RedactedPrompt,
};

/// About how many tokens a prompt costs: three characters a token is on the safe side for German.
pub fn prompt_tokens(prompt: &RedactedPrompt) -> u64 {
    estimate_tokens(prompt.chars())
}

/// About how many tokens so many characters are.
pub fn estimate_tokens(chars: usize) -> u64 {
    u64::try_from(chars.div_ceil(CHARS_A_TOKEN)).unwrap_or(u64::MAX)
}

/// A count as servers write it: 12, and 12.0 too. Whatever else stands there counts nothing.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked to be positive; the cast saturates"
)]
pub fn count(value: &Value) -> Option<u64> {
    let fraction = || value.as_f64().filter(|count| 0.0 <= *count).map(|count| count as u64);
    value.as_u64().or_else(fraction)
}

/// What a stream says, one step at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delta {
    /// More words.
    Text(String),
    /// The counts so far; a later count replaces an earlier one.
    Usage {
        /// Tokens read, if told.
        prompt: Option<u64>,
        /// Tokens written, if told.
        completion: Option<u64>,
    },
    /// The model stopped, and why. Counts may follow.
    Stop(Stop),
    /// Nothing follows.
    Done,
}

/// Why a model stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// It had said all.
    Finished,
    /// A limit of length.
    Length,
    /// A filter or an error of the provider.
    BrokenOff,
}

/// Reads one event of a provider. Pure: the same event, the same deltas.
pub fn on_event(kind: ProviderKind, event: &Event) -> Result<Vec<Delta>, LlmError> {
    match kind {
        ProviderKind::Anthropic => super::anthropic::on_event(event),
        _ => super::openai::on_event(event),
    }
}

/// The request's body for a provider.
pub fn body(link: &Link, prompt: &RedactedPrompt, max_output_tokens: u32) -> Value {
    match link.kind {
        ProviderKind::Anthropic => super::anthropic::body(&link.model, prompt, max_output_tokens),
        _ => super::openai::body(link, prompt, max_output_tokens),
    }
}

/// The request's path below the base URL.
pub fn path(kind: ProviderKind) -> &'static str {
    match kind {
        ProviderKind::Anthropic => "messages",
        _ => "chat/completions",
    }
}
