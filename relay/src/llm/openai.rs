//! The wire of OpenAI's chat completions, which Mistral, Ollama, vLLM and llama.cpp imitate, each
//! with its own idea of what may be sent. Pure.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{
    llm::{
        config::{Link, ProviderKind},
        error::{LlmError, clean_code},
        sse::Event,
        wire::{Delta, Stop, count},
    },
    redact::RedactedPrompt,
};

/// What a provider of this wire accepts. Nothing is sent on suspicion: Mistral refuses an unknown
/// field with 422, OpenAI refuses `max_tokens` for its newer models.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Capabilities {
    /// The limit is called `max_completion_tokens` and not `max_tokens`.
    pub max_completion_tokens: bool,
    /// Counts must be asked for with `stream_options.include_usage`.
    pub include_usage: bool,
    /// `store: false` keeps the words out of the provider's own log of completions.
    pub store: bool,
    /// The temperature to ask for; some models refuse any.
    pub temperature: Option<f32>,
}

impl Capabilities {
    /// What this provider accepts.
    pub fn of(kind: ProviderKind) -> Self {
        match kind {
            ProviderKind::Openai => Self {
                max_completion_tokens: true,
                include_usage: true,
                store: true,
                temperature: None,
            },
            ProviderKind::Mistral => Self {
                max_completion_tokens: false,
                include_usage: false,
                store: false,
                temperature: Some(0.25),
            },
            _ => Self {
                max_completion_tokens: false,
                include_usage: true,
                store: false,
                temperature: Some(0.25),
            },
        }
    }
}

/// The request's body. No `user`, no metadata: nothing that names a visitor (T64).
pub fn body(link: &Link, prompt: &RedactedPrompt, max_output_tokens: u32) -> Value {
    let can = Capabilities::of(link.kind);
    let system = json!({ "role": "system", "content": prompt.system() });
    let turns = prompt
        .messages()
        .iter()
        .map(|message| json!({ "role": message.role().word(), "content": message.text() }));
    let messages: Vec<Value> = std::iter::once(system).chain(turns).collect();
    let mut body = Map::new();
    body.insert("model".into(), link.model.as_str().into());
    body.insert("messages".into(), messages.into());
    body.insert("stream".into(), true.into());
    let limit = if can.max_completion_tokens { "max_completion_tokens" } else { "max_tokens" };
    body.insert(limit.into(), max_output_tokens.into());
    if can.include_usage {
        body.insert("stream_options".into(), json!({ "include_usage": true }));
    }
    if can.store {
        body.insert("store".into(), false.into());
    }
    if let Some(effort) = &link.reasoning_effort {
        body.insert("reasoning_effort".into(), effort.as_str().into());
    }
    if let Some(temperature) = can.temperature {
        body.insert("temperature".into(), temperature.into());
    }
    body.into()
}

/// One event; whatever is not known is skipped.
#[derive(Deserialize)]
struct Chunk {
    #[serde(default)]
    choices: Option<Vec<Choice>>,
    #[serde(default)]
    usage: Value,
    #[serde(default)]
    error: Option<Value>,
}

/// What stands beside the words is read as it comes: a count with a point must not cost an answer.
#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    index: Value,
    #[serde(default)]
    delta: Option<ChoiceDelta>,
    #[serde(default)]
    finish_reason: Value,
}

#[derive(Deserialize)]
struct ChoiceDelta {
    #[serde(default)]
    content: Option<Content>,
    #[serde(default)]
    refusal: Option<Content>,
}

/// Text, or parts of which some are text, as Mistral's reasoning models send them.
#[derive(Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<Part>),
    Other(serde::de::IgnoredAny),
}

#[derive(Deserialize)]
struct Part {
    #[serde(default)]
    text: Option<String>,
}

impl Content {
    fn into_text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Parts(parts) => parts.into_iter().filter_map(|part| part.text).collect(),
            Self::Other(_) => String::new(),
        }
    }
}

/// Reads one event; no memory of earlier ones is needed.
pub fn on_event(event: &Event) -> Result<Vec<Delta>, LlmError> {
    let data = event.data.trim();
    if data == "[DONE]" {
        return Ok(vec![Delta::Done]);
    }
    let chunk: Chunk = match serde_json::from_str(data) {
        Ok(chunk) => chunk,
        Err(_) if event.name == "error" => return Err(LlmError::Reported { code: None }),
        // A named event that no documentation knows is none of ours.
        Err(_) if !matches!(event.name.as_str(), "" | "message") => return Ok(Vec::new()),
        Err(_) => return Err(LlmError::Malformed),
    };
    if let Some(error) = chunk.error.filter(|error| !error.is_null()) {
        return Err(LlmError::Reported { code: code_of(&error) });
    }
    if event.name == "error" {
        return Err(LlmError::Reported { code: None });
    }
    let mut deltas = Vec::new();
    for choice in chunk.choices.unwrap_or_default() {
        // One answer was asked for; a server may leave its index out, but not invent another.
        let index = choice.index.as_f64();
        if index.is_none_or(|index| index == 0.0) {
            read_choice(choice, &mut deltas);
        }
    }
    if chunk.usage.is_object() {
        deltas.push(Delta::Usage {
            prompt: count(&chunk.usage["prompt_tokens"]),
            completion: count(&chunk.usage["completion_tokens"]),
        });
    }
    Ok(deltas)
}

/// Adds what a choice says: its words come before its end.
fn read_choice(choice: Choice, deltas: &mut Vec<Delta>) {
    if let Some(delta) = choice.delta {
        let mut text = delta.content.map(Content::into_text).unwrap_or_default();
        text.push_str(&delta.refusal.map(Content::into_text).unwrap_or_default());
        if !text.is_empty() {
            deltas.push(Delta::Text(text));
        }
    }
    if let Some(reason) = choice.finish_reason.as_str().filter(|reason| !reason.is_empty()) {
        deltas.push(Delta::Stop(stop_of(reason)));
    }
}

/// Why the model stopped. A reason that is not known is an end like any other.
fn stop_of(reason: &str) -> Stop {
    match reason {
        "length" | "model_length" => Stop::Length,
        "content_filter" | "error" => Stop::BrokenOff,
        _ => Stop::Finished,
    }
}

/// The short code in an error object, if there is one.
pub(crate) fn code_of(error: &Value) -> Option<String> {
    let code = error.get("code").and_then(Value::as_str);
    let kind = error.get("type").and_then(Value::as_str);
    code.and_then(clean_code).or_else(|| kind.and_then(clean_code))
}

#[cfg(test)]
#[path = "openai_tests.rs"]
mod tests;
