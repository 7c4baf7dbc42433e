//! Bounds of what models are asked and of what they say.

use std::time::Duration;

/// The largest event of a provider's stream: a thousand times an ordinary token's.
pub const SSE_EVENT_BYTES: usize = 1024 * 1024;

/// How long a connection to a provider may take to stand.
pub const LLM_CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long to wait for the first words of one provider; people leave after that.
pub const LLM_FIRST_TOKEN_TIMEOUT: Duration = Duration::from_secs(15);

/// What all providers together have beyond the first one's time: an answer begins within 20 s (T22).
pub const LLM_FALLBACK_TIME: Duration = Duration::from_secs(5);

/// How long a provider may be silent in mid-answer.
pub const LLM_IDLE_TIMEOUT: Duration = Duration::from_secs(20);

/// How long one answer may take as a whole.
pub const LLM_TOTAL_TIMEOUT: Duration = Duration::from_mins(2);

/// How long to wait for the counts once the model has stopped; the answer itself is there.
pub const LLM_AFTER_STOP: Duration = Duration::from_secs(2);

/// How many bytes of a provider's error are read, to find its code.
pub const LLM_ERROR_BYTES: usize = 8 * 1024;

/// How long a provider's error may take to be read.
pub const LLM_ERROR_TIMEOUT: Duration = Duration::from_secs(2);

/// How often one provider is asked again for one answer.
pub const LLM_RETRIES: u32 = 2;

/// The first span of the jitter between tries; it doubles.
pub const LLM_RETRY_BASE: Duration = Duration::from_millis(250);

/// The longest `Retry-After` that is waited for; beyond it the next provider is quicker.
pub const LLM_RETRY_AFTER_MAX: Duration = Duration::from_secs(5);

/// Retries that each answer adds to what a provider may be asked again, in hundredths: calls stay
/// below 1.2 times the answers however much fails (T22).
pub const LLM_RETRY_EARNED: u32 = 15;

/// Retries in store at the start and at most, in hundredths.
pub const LLM_RETRY_STORE: u32 = 300;

/// How many failures within `LLM_BREAKER_WINDOW` open a provider's breaker.
pub const LLM_BREAKER_FAILURES: usize = 5;

/// The time in which failures are counted together.
pub const LLM_BREAKER_WINDOW: Duration = Duration::from_secs(30);

/// How long an open breaker lets nothing through before one call tries again.
pub const LLM_BREAKER_OPEN: Duration = Duration::from_secs(15);

/// The most tokens of an answer by default: longer text would need a watermark (C-12).
pub const LLM_OUTPUT_TOKENS: u32 = 180;

/// How many turns are sent to a model by default (B-54).
pub const LLM_HISTORY_TURNS: usize = 12;

/// The most turns that may be configured.
pub const LLM_HISTORY_TURNS_MAX: usize = 40;

/// The most providers in a chain.
pub const LLM_FALLBACKS: usize = 4;

/// The most passages of one prompt.
pub const PROMPT_PASSAGES: usize = 6;

/// The longest passage of a prompt, in Unicode scalar values.
pub const PROMPT_PASSAGE_CHARS: usize = 1_500;

/// All earlier turns of a prompt together, in Unicode scalar values: about 2,000 tokens.
pub const PROMPT_HISTORY_CHARS: usize = 6_000;

/// The longest name or line of a dealer in a prompt, in Unicode scalar values.
pub const PROMPT_FACT_CHARS: usize = 200;

/// The most sources of one answer.
pub const ANSWER_SOURCES: usize = 3;

/// How much of a passage `documents` quotes, in Unicode scalar values.
pub const QUOTE_CHARS: usize = 600;
