//! The providers' formats, as their documentation gives them: what they send and what they refuse.

use serde_json::{Value, json};

use crate::llm::script::Newline;

/// Whose format is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    /// OpenAI, strict.
    OpenAi,
    /// Mistral, strict.
    Mistral,
    /// A self-hosted server that takes anything.
    Compatible,
    /// Anthropic, strict.
    Anthropic,
}

impl Wire {
    /// The format of a path.
    pub fn of(path: &str) -> Option<Self> {
        match path {
            "/openai/v1/chat/completions" => Some(Self::OpenAi),
            "/mistral/v1/chat/completions" => Some(Self::Mistral),
            "/v1/chat/completions" => Some(Self::Compatible),
            "/anthropic/v1/messages" | "/v1/messages" => Some(Self::Anthropic),
            _ => None,
        }
    }

    /// What the provider refuses in a request: the status and the body of its answer.
    pub fn refuse(self, headers: &[(String, String)], body: &Value) -> Option<(u16, Value)> {
        let has = |name: &str| headers.iter().any(|(header, _)| header == name);
        let keys: Vec<&String> =
            body.as_object().map(|body| body.keys().collect()).unwrap_or_default();
        let unknown = |known: &[&str]| keys.iter().any(|key| !known.contains(&key.as_str()));
        match self {
            Self::Mistral if unknown(MISTRAL) => Some((
                422,
                json!({ "detail": [{ "type": "extra_forbidden", "msg": "Extra inputs are not permitted" }] }),
            )),
            Self::OpenAi if body.get("max_tokens").is_some() || unknown(OPENAI) => Some((
                400,
                json!({ "error": { "type": "invalid_request_error", "code": "unsupported_parameter" } }),
            )),
            Self::OpenAi | Self::Mistral if !has("authorization") => Some((
                401,
                json!({ "error": { "type": "invalid_request_error", "code": "invalid_api_key" } }),
            )),
            Self::Anthropic if !has("x-api-key") => {
                Some((401, json!({ "type": "error", "error": { "type": "authentication_error" } })))
            }
            Self::Anthropic if !has("anthropic-version") || !is_anthropic(body) => Some((
                400,
                json!({ "type": "error", "error": { "type": "invalid_request_error" } }),
            )),
            _ => None,
        }
    }

    /// The events before the first word.
    pub fn open(self) -> Vec<(String, String)> {
        if self != Self::Anthropic {
            return vec![Self::chunk(&json!({ "role": "assistant", "content": "" }), None)];
        }
        vec![
            named(
                &json!({ "type": "message_start", "message": { "id": "msg_mock", "type": "message", "role": "assistant", "content": [],
                "model": "mock", "stop_reason": null, "usage": { "input_tokens": 100, "output_tokens": 1 } } }),
            ),
            named(
                &json!({ "type": "content_block_start", "index": 0, "content_block": { "type": "text", "text": "" } }),
            ),
            named(&json!({ "type": "ping" })),
        ]
    }

    /// An event with words.
    pub fn say(self, text: &str) -> (String, String) {
        if self == Self::Anthropic {
            return named(
                &json!({ "type": "content_block_delta", "index": 0, "delta": { "type": "text_delta", "text": text } }),
            );
        }
        Self::chunk(&json!({ "content": text }), None)
    }

    /// The events that end the words, with the counts.
    pub fn stop(self, reason: &str, words: usize, include_usage: bool) -> Vec<(String, String)> {
        if self == Self::Anthropic {
            let reason = match reason {
                "" => "end_turn",
                "length" => "max_tokens",
                reason => reason,
            };
            return vec![
                named(&json!({ "type": "content_block_stop", "index": 0 })),
                named(
                    &json!({ "type": "message_delta", "delta": { "stop_reason": reason }, "usage": { "output_tokens": words } }),
                ),
            ];
        }
        let reason = if reason.is_empty() { "stop" } else { reason };
        let usage = json!({ "prompt_tokens": 100, "completion_tokens": words, "total_tokens": 100 + words });
        let stop = Self::chunk(&json!({}), Some(reason));
        if self == Self::Mistral {
            let mut value: Value = serde_json::from_str(&stop.1).unwrap_or_default();
            value["usage"] = usage;
            return vec![(String::new(), value.to_string())];
        }
        let mut events = vec![stop];
        if include_usage {
            let counts = json!({ "id": "chatcmpl-mock", "object": "chat.completion.chunk", "model": "mock", "choices": [], "usage": usage });
            events.push((String::new(), counts.to_string()));
        }
        events
    }

    /// The last event.
    pub fn done(self) -> (String, String) {
        match self {
            Self::Anthropic => named(&json!({ "type": "message_stop" })),
            _ => (String::new(), "[DONE]".into()),
        }
    }

    fn chunk(delta: &Value, reason: Option<&str>) -> (String, String) {
        let value = json!({ "id": "chatcmpl-mock", "object": "chat.completion.chunk", "created": 1_763_780_000, "model": "mock",
            "choices": [{ "index": 0, "delta": delta, "finish_reason": reason }] });
        (String::new(), value.to_string())
    }
}

const OPENAI: &[&str] = &[
    "model",
    "messages",
    "stream",
    "stream_options",
    "max_completion_tokens",
    "store",
    "temperature",
];
const MISTRAL: &[&str] =
    &["model", "messages", "stream", "max_tokens", "temperature", "top_p", "random_seed", "stop"];

/// Anthropic wants a limit and turns that begin with the user's and alternate.
fn is_anthropic(body: &Value) -> bool {
    let roles: Vec<&str> = body["messages"]
        .as_array()
        .map(|messages| messages.iter().filter_map(|message| message["role"].as_str()).collect())
        .unwrap_or_default();
    let alternate = roles.windows(2).all(|pair| pair[0] != pair[1]);
    body["max_tokens"].is_u64() && roles.first() == Some(&"user") && alternate
}

/// An event that is named like its type.
fn named(data: &Value) -> (String, String) {
    (data["type"].as_str().unwrap_or_default().to_owned(), data.to_string())
}

/// An event as bytes. `number` counts events, so that mixed line ends take turns.
pub fn encode(event: &(String, String), newline: Newline, number: usize) -> Vec<u8> {
    // A `\r` that ends a line must not stand before a `\n` that ends an empty one.
    let (line, blank) = match newline {
        Newline::Lf => ("\n", "\n"),
        Newline::Crlf => ("\r\n", "\r\n"),
        Newline::Cr => ("\r", "\r"),
        Newline::Mixed if number.is_multiple_of(2) => ("\r\n", "\r"),
        Newline::Mixed => ("\n", "\r\n"),
    };
    let (name, data) = event;
    let mut text = String::new();
    if !name.is_empty() {
        text.extend(["event: ", name, line]);
    }
    for part in data.split('\n') {
        text.extend(["data: ", part, line]);
    }
    text.push_str(blank);
    text.into_bytes()
}
