//! One call of one provider over HTTP, with its timeouts. Dropping the stream cancels the call.
//!
//! No retry and no choice of provider here: that is `chain`.

use std::{collections::VecDeque, pin::Pin, sync::Arc, time::Duration};

use reqwest::{Client, Response, header, redirect::Policy};
use secrecy::ExposeSecret;
use serde_json::Value;
use tokio::time::{Sleep, sleep, timeout};

use crate::{
    clock::Clock,
    limits::{
        LLM_AFTER_STOP, LLM_CONNECT_TIMEOUT, LLM_ERROR_BYTES, LLM_ERROR_TIMEOUT, SSE_EVENT_BYTES,
    },
    llm::{
        anthropic::API_VERSION,
        config::{Link, LlmConfig, ProviderKind},
        error::{LlmError, Slow},
        openai::code_of,
        retry::read_retry_after,
        sse::SseDecoder,
        wire::{Delta, Stop, body, on_event, path},
    },
    redact::RedactedPrompt,
};

/// The timeouts of one call.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// Until the first words.
    pub first_token: Duration,
    /// Between words.
    pub idle: Duration,
    /// For the answer as a whole.
    pub total: Duration,
}

impl Timeouts {
    /// As configured.
    pub fn of(config: &LlmConfig) -> Self {
        Self {
            first_token: Duration::from_millis(config.first_token_timeout_ms),
            idle: Duration::from_millis(config.idle_timeout_ms),
            total: Duration::from_millis(config.total_timeout_ms),
        }
    }
}

/// The HTTP client that all providers share: no redirect (it would carry the key elsewhere), no
/// proxy from the environment (it would read the words).
pub fn http() -> Result<Client, reqwest::Error> {
    // Installed already is as good: there is one provider of cryptography in this build.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    Client::builder()
        .connect_timeout(LLM_CONNECT_TIMEOUT)
        .redirect(Policy::none())
        .no_proxy()
        .user_agent(concat!("forecourt/", env!("CARGO_PKG_VERSION")))
        .build()
}

/// One provider, ready to be asked.
pub struct Provider {
    http: Client,
    link: Link,
    timeouts: Timeouts,
    max_output_tokens: u32,
    /// The largest event; known-wrong where it is without bound (feature `planted`).
    event_bytes: usize,
    clock: Arc<dyn Clock>,
}

/// Prints who it is, no key.
impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Provider").field(&self.link).finish()
    }
}

impl Provider {
    /// The provider of this link.
    pub fn new(http: Client, link: Link, config: &LlmConfig, clock: Arc<dyn Clock>) -> Self {
        let max_output_tokens = config.max_output_tokens;
        let is_endless = config.planted.is("endless-events");
        let event_bytes = if is_endless { usize::MAX } else { SSE_EVENT_BYTES };
        let timeouts = Timeouts::of(config);
        Self { http, link, timeouts, max_output_tokens, event_bytes, clock }
    }

    /// Who it is.
    pub fn link(&self) -> &Link {
        &self.link
    }

    /// Asks, and waits for the first words, at most `within` and the configured time.
    pub async fn ask(&self, prompt: &RedactedPrompt, within: Duration) -> Result<Live, Failed> {
        let first = sleep(within.min(self.timeouts.first_token));
        let total = Box::pin(sleep(self.timeouts.total));
        let mut first = Box::pin(first);
        let sent = tokio::select! {
            sent = self.send(prompt) => sent,
            () = first.as_mut() => Err(LlmError::TooSlow(Slow::FirstToken)),
        };
        let sse = SseDecoder::with_limit(self.event_bytes);
        let mut live = Live::new(sent?, self.link.kind, sse, self.timeouts.idle, first, total);
        match live.first().await {
            Ok(()) => Ok(live),
            Err(error) => {
                let Live { prompt_tokens, completion_tokens, .. } = live;
                Err(Failed { error, prompt_tokens, completion_tokens })
            }
        }
    }

    async fn send(&self, prompt: &RedactedPrompt) -> Result<Response, LlmError> {
        let link = &self.link;
        let body = body(link, prompt, self.max_output_tokens);
        let mut request = self
            .http
            .post(format!("{}/{}", link.base_url, path(link.kind)))
            .header(header::ACCEPT, "text/event-stream")
            .json(&body);
        if link.kind == ProviderKind::Anthropic {
            request = request.header("anthropic-version", API_VERSION);
        }
        if let Some(key) = &link.key {
            let (name, value) = match link.kind {
                ProviderKind::Anthropic => ("x-api-key", key.expose_secret().to_owned()),
                _ => ("authorization", format!("Bearer {}", key.expose_secret())),
            };
            let mut value =
                header::HeaderValue::from_str(&value).map_err(|_| LlmError::Unreachable)?;
            value.set_sensitive(true);
            request = request.header(name, value);
        }
        let response = request.send().await.map_err(|_| LlmError::Unreachable)?;
        self.check(response).await
    }

    /// Turns away whatever is no event stream.
    async fn check(&self, mut response: Response) -> Result<Response, LlmError> {
        let status = response.status();
        let value = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
        if !status.is_success() {
            let retry_after = value(header::RETRY_AFTER)
                .and_then(|value| read_retry_after(value, self.clock.now()));
            let code = timeout(LLM_ERROR_TIMEOUT, error_code(&mut response)).await.unwrap_or(None);
            return Err(LlmError::Status { status: status.as_u16(), retry_after, code });
        }
        let kind = value(header::CONTENT_TYPE).unwrap_or_default().to_ascii_lowercase();
        // Some servers name no type; a page or a whole JSON object is certainly none of ours.
        if kind.starts_with("text/html") || kind.starts_with("application/json") {
            return Err(LlmError::NotAStream);
        }
        Ok(response)
    }
}

/// The short code in a provider's error, if its body holds one.
async fn error_code(response: &mut Response) -> Option<String> {
    let mut bytes = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        bytes.extend_from_slice(&chunk);
        if LLM_ERROR_BYTES < bytes.len() {
            return None;
        }
    }
    let body: Value = serde_json::from_slice(&bytes).ok()?;
    code_of(body.get("error").unwrap_or(&body))
}

/// A call without an answer, and what it has cost as far as the provider told.
#[derive(Debug)]
pub struct Failed {
    /// Why there is none.
    pub error: LlmError,
    /// Tokens read, if told.
    pub prompt_tokens: Option<u64>,
    /// Tokens written, if told.
    pub completion_tokens: Option<u64>,
}

impl From<LlmError> for Failed {
    fn from(error: LlmError) -> Self {
        Self { error, prompt_tokens: None, completion_tokens: None }
    }
}

/// What a stream says next.
#[derive(Clone, PartialEq, Eq)]
pub enum Step {
    /// More words.
    Text(String),
    /// The end, and why.
    End(Stop),
}

/// An answer on its way. Dropping it closes the connection, and the provider stops.
pub struct Live {
    response: Response,
    kind: ProviderKind,
    sse: SseDecoder,
    pending: VecDeque<Delta>,
    /// Why the model stopped, once it did; counts may follow.
    stop: Option<Stop>,
    /// The response's body has ended.
    is_at_end: bool,
    /// What is wrong with the stream after what is pending: words that came before it count.
    broken: Option<LlmError>,
    idle_time: Duration,
    /// Which timeout `idle` is: the one before the first words, or the one between words.
    slow: Slow,
    /// Fires when no words came for too long: bytes without words don't count.
    idle: Pin<Box<Sleep>>,
    total: Pin<Box<Sleep>>,
    /// Tokens read, if told.
    pub prompt_tokens: Option<u64>,
    /// Tokens written, if told.
    pub completion_tokens: Option<u64>,
}

impl Live {
    fn new(
        response: Response,
        kind: ProviderKind,
        sse: SseDecoder,
        idle_time: Duration,
        first: Pin<Box<Sleep>>,
        total: Pin<Box<Sleep>>,
    ) -> Self {
        Self {
            response,
            kind,
            sse,
            pending: VecDeque::new(),
            stop: None,
            is_at_end: false,
            broken: None,
            idle_time,
            slow: Slow::FirstToken,
            idle: first,
            total,
            prompt_tokens: None,
            completion_tokens: None,
        }
    }

    /// Waits until there is something to see, and leaves it for `next`. A blank is not an answer,
    /// and a blank before the words is no part of one.
    async fn first(&mut self) -> Result<(), LlmError> {
        loop {
            match self.next().await? {
                Step::Text(text) if text.chars().all(is_blank) => {}
                Step::Text(text) => {
                    let words = text.trim_start_matches(is_blank).to_owned();
                    self.pending.push_front(Delta::Text(words));
                    self.slow = Slow::Idle;
                    self.idle.set(sleep(self.idle_time));
                    return Ok(());
                }
                Step::End(Stop::Length) => return Err(LlmError::OnlyThought),
                Step::End(_) => return Err(LlmError::Empty),
            }
        }
    }

    /// The next words, or the end. After an error or the end nothing more is to be asked.
    pub async fn next(&mut self) -> Result<Step, LlmError> {
        loop {
            match self.pending.pop_front() {
                Some(Delta::Text(text)) => return Ok(Step::Text(text)),
                Some(Delta::Usage { prompt, completion }) => {
                    self.prompt_tokens = prompt.or(self.prompt_tokens);
                    self.completion_tokens = completion.or(self.completion_tokens);
                }
                Some(Delta::Stop(stop)) => {
                    self.stop.get_or_insert(stop);
                    self.idle.set(sleep(LLM_AFTER_STOP));
                }
                Some(Delta::Done) => return Ok(Step::End(self.stop.unwrap_or(Stop::Finished))),
                None => match (self.fill().await, self.stop) {
                    (Ok(true), _) => {}
                    // The answer is whole; only its counts are missing.
                    (_, Some(stop)) => return Ok(Step::End(stop)),
                    (Ok(false), None) => return Err(LlmError::Cut),
                    (Err(error), None) => return Err(error),
                },
            }
        }
    }

    /// Waits for bytes and decodes them; says whether there can be more.
    async fn fill(&mut self) -> Result<bool, LlmError> {
        if let Some(error) = self.broken.take() {
            return Err(error);
        }
        if self.is_at_end {
            return Ok(false);
        }
        let chunk = tokio::select! {
            // The timers first: a flood of nothing always has a next chunk.
            biased;
            () = self.total.as_mut() => return Err(LlmError::TooSlow(Slow::Total)),
            () = self.idle.as_mut() => return Err(LlmError::TooSlow(self.slow)),
            chunk = self.response.chunk() => chunk.map_err(|_| LlmError::Cut)?,
        };
        let mut events = Vec::new();
        if let Some(bytes) = chunk {
            self.broken = self.sse.push(&bytes, &mut events).err();
        } else {
            self.is_at_end = true;
            events.extend(self.sse.end());
        }
        let mut has_words = false;
        for event in events {
            match on_event(self.kind, &event) {
                Ok(deltas) => {
                    for delta in deltas {
                        has_words |= matches!(delta, Delta::Text(_));
                        self.keep(delta);
                    }
                }
                Err(error) => {
                    self.broken = Some(error);
                    break;
                }
            }
        }
        if has_words && self.slow == Slow::Idle {
            self.idle.set(sleep(self.idle_time));
        }
        Ok(true)
    }

    /// Keeps a delta; words that arrived together stay together.
    fn keep(&mut self, delta: Delta) {
        match (self.pending.back_mut(), delta) {
            (Some(Delta::Text(before)), Delta::Text(more)) => before.push_str(&more),
            (_, delta) => self.pending.push_back(delta),
        }
    }
}

/// Whether a character shows nothing.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || c.is_control() || matches!(c, '\u{200b}'..='\u{200d}' | '\u{feff}')
}
