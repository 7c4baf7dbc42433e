//! The bounds of answers: models, prompts, documents.

use std::time::Duration;

// Models (llm).

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

/// How many of the latest calls the share of failures is taken of.
pub const LLM_BREAKER_CALLS: usize = 100;

/// The longest that a provider is left alone because it asked for it: then one call tries.
pub const LLM_LEFT_ALONE_MAX: Duration = Duration::from_mins(5);

/// How often the log tells of a provider that goes on failing.
pub const LLM_TELL_EVERY: Duration = Duration::from_mins(1);

/// How many times what was sent or asked for a provider may count; beyond it the count is wrong.
/// Estimates are off by less than that in every script.
pub const LLM_TOLD_FACTOR: u64 = 10;

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

// Documents (knowledge).

/// The largest document: a long book.
pub const DOCUMENT_BYTES: u64 = 1024 * 1024;

/// The most documents of one dealer.
pub const DOCUMENTS_MAX: usize = 1_000;

/// All documents of one dealer together.
pub const DOCUMENTS_BYTES: u64 = 16 * 1024 * 1024;

/// The longest title of a source, in Unicode scalar values: three of them stand in one frame.
pub const SOURCE_TITLE_CHARS: usize = 200;

/// The longest address of a document's page, in bytes: three of them stand in one frame.
pub const SOURCE_URL_BYTES: usize = 2_000;

/// How deep folders of documents may lie in each other.
pub const DOCUMENT_FOLDERS: usize = 4;

/// The longest passage, in Unicode scalar values; longer sections are split at paragraphs.
pub const PASSAGE_CHARS: usize = 900;

/// The most words of a query that are looked up; a question has no more that matter.
pub const QUERY_WORDS: usize = 64;

/// The memory for indexes of all dealers together, as estimated.
pub const INDEX_CACHE_BYTES: usize = 64 * 1024 * 1024;
