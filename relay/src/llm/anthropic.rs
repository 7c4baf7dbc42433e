//! The wire of Anthropic's messages. Pure.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    llm::{
        error::LlmError,
        openai::code_of,
        sse::Event,
        wire::{Delta, Stop, count},
    },
    redact::RedactedPrompt,
};

/// The version of the wire that these types were written against.
pub const API_VERSION: &str = "2023-06-01";

/// The request's body: the system text stands apart from the turns.
pub fn body(model: &str, prompt: &RedactedPrompt, max_output_tokens: u32) -> Value {
    let messages: Vec<Value> = prompt
        .messages()
        .iter()
        .map(|message| json!({ "role": message.role().word(), "content": message.text() }))
        .collect();
    json!({
        "model": model,
        "system": prompt.system(),
        "messages": messages,
        "max_tokens": max_output_tokens,
        "stream": true,
    })
}

/// The events that matter; others may be added by Anthropic at any time and are skipped.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Chunk {
    MessageStart {
        message: Start,
    },
    ContentBlockStart {
        content_block: Block,
    },
    ContentBlockDelta {
        delta: BlockDelta,
    },
    MessageDelta {
        delta: Change,
        #[serde(default)]
        usage: Value,
    },
    MessageStop,
    Error {
        error: Value,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Start {
    #[serde(default)]
    usage: Value,
}

#[derive(Deserialize)]
struct Block {
    #[serde(default)]
    text: Option<String>,
}

#[derive(Deserialize)]
struct BlockDelta {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    text: Option<String>,
}

#[derive(Deserialize)]
struct Change {
    #[serde(default)]
    stop_reason: Value,
}

/// The counts are totals: they replace what was told before, they don't add to it.
fn usage(usage: &Value) -> Option<Delta> {
    let told = |key: &str| count(&usage[key]);
    let cached = ["cache_creation_input_tokens", "cache_read_input_tokens"]
        .into_iter()
        .filter_map(told)
        .fold(0, u64::saturating_add);
    usage.is_object().then(|| Delta::Usage {
        prompt: told("input_tokens").map(|tokens| tokens.saturating_add(cached)),
        completion: told("output_tokens"),
    })
}

/// Reads one event; no memory of earlier ones is needed.
pub fn on_event(event: &Event) -> Result<Vec<Delta>, LlmError> {
    let chunk: Chunk = match serde_json::from_str(&event.data) {
        Ok(chunk) => chunk,
        Err(_) if event.name == "error" => return Err(LlmError::Reported { code: None }),
        Err(_) if is_known(&event.name) => return Err(LlmError::Malformed),
        Err(_) => return Ok(Vec::new()),
    };
    let deltas = match chunk {
        Chunk::MessageStart { message } => usage(&message.usage).into_iter().collect(),
        Chunk::ContentBlockStart { content_block } => words(content_block.text),
        // Deltas of tools, thoughts and citations are not the answer's words.
        Chunk::ContentBlockDelta { delta } if delta.kind == "text_delta" => words(delta.text),
        Chunk::MessageDelta { delta, usage: told } => {
            let stop = delta.stop_reason.as_str().map(|reason| Delta::Stop(stop_of(reason)));
            usage(&told).into_iter().chain(stop).collect()
        }
        Chunk::MessageStop => vec![Delta::Done],
        Chunk::Error { error } => return Err(LlmError::Reported { code: code_of(&error) }),
        Chunk::ContentBlockDelta { .. } | Chunk::Other => Vec::new(),
    };
    Ok(deltas)
}

/// Whether an event of this name must be readable; without a name nothing else can be meant.
fn is_known(name: &str) -> bool {
    matches!(
        name,
        "" | "message_start"
            | "content_block_start"
            | "content_block_delta"
            | "message_delta"
            | "message_stop"
    )
}

fn words(text: Option<String>) -> Vec<Delta> {
    text.filter(|text| !text.is_empty()).map(Delta::Text).into_iter().collect()
}

/// Why the model stopped. A reason that is not known is an end like any other.
fn stop_of(reason: &str) -> Stop {
    match reason {
        "max_tokens" | "model_context_window_exceeded" => Stop::Length,
        "refusal" | "pause_turn" => Stop::BrokenOff,
        _ => Stop::Finished,
    }
}

#[cfg(test)]
#[path = "anthropic_tests.rs"]
mod tests;
