//! What can go wrong between the relay and a provider, and whether another try may help.
//!
//! No variant carries a body: a provider's error text may repeat the visitor's words.

use std::time::Duration;

use thiserror::Error;

/// Why a provider's answer could not be had, or not whole.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LlmError {
    /// No connection, or it broke before the answer began.
    #[error("the provider could not be reached: check base_url and the network")]
    Unreachable,
    /// The provider took too long.
    #[error("the provider was too slow: {0} timeout")]
    TooSlow(Slow),
    /// The provider answered with an error status.
    #[error("the provider answered {status}{}", code.as_deref().map(|code| format!(" ({code})")).unwrap_or_default())]
    Status {
        /// The HTTP status.
        status: u16,
        /// How long the provider asks to wait.
        retry_after: Option<Duration>,
        /// The provider's short code, letters and underscores only.
        code: Option<String>,
    },
    /// The provider reported an error inside a stream.
    #[error("the provider reported an error in the stream{}", code.as_deref().map(|code| format!(" ({code})")).unwrap_or_default())]
    Reported {
        /// The provider's short code, letters and underscores only.
        code: Option<String>,
    },
    /// The answer is no event stream: a proxy's page, or the wrong address.
    #[error("the answer is not an event stream: check that base_url leads to the provider's API")]
    NotAStream,
    /// One event is larger than `limits::SSE_EVENT_BYTES`.
    #[error("an event of the stream is larger than the limit")]
    Oversize,
    /// An event is not what the provider documents.
    #[error("an event of the stream can't be read")]
    Malformed,
    /// The stream ended before its terminal event.
    #[error("the stream ended before the answer did")]
    Cut,
    /// The stream ended well, but without a word.
    #[error("the provider sent no words")]
    Empty,
    /// The stream ended at the limit of length before the first word.
    #[error(
        "the model spent its tokens thinking: raise max_output_tokens, lower reasoning_effort, or take a model that does not think first"
    )]
    OnlyThought,
}

/// Which of the timeouts struck.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slow {
    /// No first token.
    FirstToken,
    /// No further token.
    Idle,
    /// The answer as a whole.
    Total,
}

impl std::fmt::Display for Slow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::FirstToken => "first token",
            Self::Idle => "idle",
            Self::Total => "total",
        })
    }
}

impl LlmError {
    /// Whether the same provider may be asked again for the same answer, before the first token.
    pub fn may_retry(&self) -> bool {
        match self {
            Self::Unreachable => true,
            // What is out of money stays so for longer than a visitor waits.
            Self::Status { code, .. } if code.as_deref() == Some("insufficient_quota") => false,
            Self::Status { status, .. } => matches!(status, 429 | 500..=599),
            Self::Reported { code } => code.as_deref().is_some_and(is_passing),
            _ => false,
        }
    }

    /// The outcome of a call in the metrics.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::TooSlow(_) => "too_slow",
            Self::Status { status: 401, .. } => "unauthorized",
            Self::Status { status: 403, .. } => "forbidden",
            Self::Status { status: 404, .. } => "not_found",
            Self::Status { status: 429, .. } => "rate_limited",
            Self::Status { .. } => "status",
            Self::Reported { .. } => "reported",
            Self::NotAStream => "not_a_stream",
            Self::Oversize => "oversize",
            Self::Malformed => "malformed",
            Self::Cut => "cut",
            Self::Empty => "empty",
            Self::OnlyThought => "only_thought",
        }
    }

    /// Whether the model has probably read the prompt, so that it costs tokens.
    pub fn was_read(&self) -> bool {
        !matches!(self, Self::Unreachable | Self::Status { .. } | Self::NotAStream)
    }

    /// How long the provider asks to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// Whether it counts against the provider. A request refused for its content (400, 413, 422)
    /// doesn't, so that one visitor's odd message can't take the model from everybody.
    pub fn is_providers_fault(&self) -> bool {
        match self {
            Self::Status { status, .. } => matches!(status, 401..=404 | 429 | 500..=599),
            _ => true,
        }
    }
}

/// Codes that providers use for troubles that pass.
fn is_passing(code: &str) -> bool {
    matches!(
        code,
        "overloaded_error"
            | "rate_limit_error"
            | "api_error"
            | "server_error"
            | "rate_limit_exceeded"
    )
}

/// A provider's code, if it looks like one: it goes into logs, so it must not hold words.
pub fn clean_code(code: &str) -> Option<String> {
    let fits = (1..=40).contains(&code.len())
        && code.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    fits.then(|| code.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_that_may_hold_words_is_not_kept() {
        assert_eq!(clean_code("rate_limit_exceeded").as_deref(), Some("rate_limit_exceeded"));
        assert_eq!(clean_code("my mail is a@b.example"), None);
    }

    #[test]
    fn content_refused_by_the_provider_is_neither_tried_again_nor_held_against_it() {
        for status in [400, 413, 422] {
            let error = LlmError::Status { status, retry_after: None, code: None };
            assert!(!error.may_retry() && !error.is_providers_fault(), "{status}");
        }
        let code = Some("insufficient_quota".to_owned());
        let error = LlmError::Status { status: 429, retry_after: None, code };
        assert!(!error.may_retry() && error.is_providers_fault());
        for status in [429, 500, 503, 529] {
            let error = LlmError::Status { status, retry_after: None, code: None };
            assert!(error.may_retry() && error.is_providers_fault(), "{status}");
        }
    }
}
