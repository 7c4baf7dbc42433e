//! Who answers: the first provider that can, and the dealer's documents where none can.
//!
//! An answer is a stream that is driven by who reads it: no task, no queue. Once words have come
//! from a provider, nothing is asked again; a stream that breaks then ends as `interrupted`.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use futures_util::stream::{self, BoxStream, StreamExt};
use protocol::{Finish, Offer, limits::MAX_REPLY_BYTES};
use tokio::time::sleep;

use crate::{
    clock::Clock,
    limits::LLM_FALLBACK_TIME,
    llm::{
        Author, DOCUMENTS, Ending, Piece, Question,
        breaker::{Breaker, BreakerState, Permit},
        client::{Live, Provider, Step, http},
        config::{LlmConfig, LlmConfigError},
        documents,
        error::LlmError,
        intent, prompt,
        retry::{RetryBudget, pause},
        wire::{Prompt, Stop, estimate_tokens},
    },
    random::Random,
    telemetry::names,
};

/// Answers questions. Cheap to clone.
#[derive(Clone)]
pub struct Answerer(Arc<Shared>);

struct Shared {
    links: Vec<ChainLink>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    max_output_tokens: u64,
    history_turns: usize,
    /// How long after a question the first words must be there, whoever says them.
    patience: Duration,
}

struct ChainLink {
    provider: Provider,
    breaker: Arc<Breaker>,
    budget: RetryBudget,
}

/// How one provider of the chain does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkState {
    /// Who it is: `provider/model`.
    pub generator: String,
    /// Whether it is asked at the moment.
    pub breaker: BreakerState,
}

/// Prints who is asked, in order.
impl std::fmt::Debug for Answerer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Answerer").field(&self.state()).finish()
    }
}

impl Answerer {
    /// The answerer that the configuration asks for.
    pub fn new(
        config: &LlmConfig,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, LlmConfigError> {
        let http = http().map_err(|error| LlmConfigError {
            key: "provider".into(),
            problem: format!("no HTTP client can be built: {error}"),
            remedy: "Check the system's root certificates".into(),
        })?;
        let links = config.chain()?.into_iter().map(|link| ChainLink {
            breaker: Breaker::new(link.generator(), Arc::clone(&clock)),
            budget: RetryBudget::default(),
            provider: Provider::new(http.clone(), link, config, Arc::clone(&clock)),
        });
        let links = links.collect();
        Ok(Self(Arc::new(Shared {
            links,
            clock,
            random,
            max_output_tokens: config.max_output_tokens.into(),
            history_turns: config.history_turns,
            patience: Duration::from_millis(config.first_token_timeout_ms) + LLM_FALLBACK_TIME,
        })))
    }

    /// Answers. The stream never fails and ends with exactly one `End`; dropping it cancels the
    /// provider's call at once. What is at hand comes without waiting for more.
    pub fn answer(&self, question: Question) -> BoxStream<'static, Piece> {
        let run = Run { shared: Arc::clone(&self.0), question, state: State::Fresh };
        stream::unfold(run, |mut run| async { run.next().await.map(|piece| (piece, run)) }).boxed()
    }

    /// The most tokens that an answer to this question may cost; none where no model is asked.
    pub fn most(&self, question: &Question) -> u64 {
        if self.0.links.is_empty() || intent::is_fixed(question.asked()) {
            return 0;
        }
        self.0.most(&prompt::build(question, self.0.history_turns))
    }

    /// Who gets the visitor's words beside the operator, in words; none without a model (B-11).
    pub fn recipients(&self) -> Option<String> {
        let mut names: Vec<String> = Vec::new();
        for link in &self.0.links {
            let name = link.provider.link().recipient();
            if !names.contains(&name) {
                names.push(name);
            }
        }
        (!names.is_empty()).then(|| names.join(", "))
    }

    /// How each provider does, in the order in which they are asked; for metrics and `doctor`.
    pub fn state(&self) -> Vec<LinkState> {
        let state = |link: &ChainLink| LinkState {
            generator: link.provider.link().generator(),
            breaker: link.breaker.state(),
        };
        self.0.links.iter().map(state).collect()
    }
}

/// One answer on its way.
struct Run {
    shared: Arc<Shared>,
    question: Question,
    state: State,
}

enum State {
    /// Nobody was asked yet.
    Fresh,
    /// A provider is speaking.
    Live(Box<Reply>),
    /// What is left to be said is known.
    Known(VecDeque<Piece>),
}

/// A provider's answer so far.
struct Reply {
    live: Live,
    /// Held until the end: a stream that breaks counts against the provider.
    permit: Permit,
    generator: String,
    /// What the prompt costs if the provider tells no count.
    prompt_tokens: u64,
    bytes: usize,
    chars: usize,
}

impl Run {
    async fn next(&mut self) -> Option<Piece> {
        loop {
            match &mut self.state {
                State::Fresh => {
                    self.state = self.begin().await;
                    if let State::Live(reply) = &self.state {
                        return Some(Piece::By(reply.author()));
                    }
                }
                State::Known(pieces) => return pieces.pop_front(),
                State::Live(reply) => {
                    let (piece, end) = reply.next().await;
                    if let Some((finish, prompt_tokens, completion_tokens)) = end {
                        let end = Piece::End(Ending {
                            finish,
                            prompt_tokens,
                            completion_tokens,
                            sources: prompt::sources(&self.question.passages),
                            offer: self.offer(),
                            text: None,
                        });
                        self.state = State::Known(VecDeque::from([end]));
                    }
                    if piece.is_some() {
                        return piece;
                    }
                }
            }
        }
    }

    /// A model that was given nothing to rest on says so; then a person can be asked.
    fn offer(&self) -> Offer {
        if self.question.passages.is_empty() { Offer::Lead } else { Offer::None }
    }

    /// Finds who answers. What a model must not answer, and what the day's tokens don't pay for,
    /// is answered from the documents.
    async fn begin(&self) -> State {
        if !self.shared.links.is_empty() && !intent::is_fixed(self.question.asked()) {
            let prompt = prompt::build(&self.question, self.shared.history_turns);
            let cost = self.shared.most(&prompt);
            if self.question.allowance.is_none_or(|left| cost <= left)
                && let Some(reply) = self.shared.ask(&prompt).await
            {
                return State::Live(Box::new(reply));
            }
        }
        State::Known(documents_pieces(&self.question))
    }
}

impl Shared {
    /// The most that an answer to this prompt may cost.
    fn most(&self, prompt: &Prompt) -> u64 {
        prompt.estimated_tokens().saturating_add(self.max_output_tokens)
    }

    /// Asks one provider after the other until one speaks or patience ends.
    async fn ask(&self, prompt: &Prompt) -> Option<Reply> {
        let start = self.clock.uptime();
        for link in &self.links {
            let generator = link.provider.link().generator();
            link.budget.earn();
            let mut tries = 0;
            while let Some(left) = self.left(start) {
                let Some(mut permit) = link.breaker.admit() else { break };
                tries += 1;
                let error = match link.provider.ask(prompt, left).await {
                    Ok(live) => {
                        permit.succeed();
                        count(&generator, "answered");
                        return Some(Reply::new(live, permit, link, prompt));
                    }
                    Err(error) => error,
                };
                count(&generator, error.word());
                if error.is_providers_fault() {
                    permit.fail();
                }
                drop(permit);
                tracing::debug!(provider = %generator, %error, tries, "A provider did not answer");
                let Some(wait) = self.pause(link, &error, tries, start) else { break };
                sleep(wait).await;
            }
        }
        None
    }

    /// How much of the patience is left.
    fn left(&self, start: Duration) -> Option<Duration> {
        let passed = self.clock.uptime().saturating_sub(start);
        self.patience.checked_sub(passed).filter(|left| !left.is_zero())
    }

    /// How long to wait before the same provider is asked again, if it may be.
    fn pause(
        &self,
        link: &ChainLink,
        error: &LlmError,
        tries: u32,
        start: Duration,
    ) -> Option<Duration> {
        let wait = pause(error, tries, &*self.random)?;
        let fits = self.left(start).is_some_and(|left| wait < left);
        (fits && link.budget.take()).then_some(wait)
    }
}

/// Counts a call of a provider, or how its answer broke off.
fn count(provider: &str, outcome: &'static str) {
    let provider = provider.to_owned();
    metrics::counter!(names::PROVIDER_CALLS, "provider" => provider, "outcome" => outcome)
        .increment(1);
}

/// Finish, tokens read, tokens written.
type End = (Finish, u64, u64);

impl Reply {
    fn new(live: Live, permit: Permit, link: &ChainLink, prompt: &Prompt) -> Self {
        let generator = link.provider.link().generator();
        let prompt_tokens = prompt.estimated_tokens();
        Self { live, permit, generator, prompt_tokens, bytes: 0, chars: 0 }
    }

    fn author(&self) -> Author {
        let (generator, prompt_tokens) = (self.generator.clone(), Some(self.prompt_tokens));
        Author { generator, prompt_tokens }
    }

    /// The next words, the end, or both.
    async fn next(&mut self) -> (Option<Piece>, Option<End>) {
        match self.live.next().await {
            Ok(Step::Text(mut text)) => {
                let room = MAX_REPLY_BYTES - self.bytes;
                let is_full = room < text.len();
                text.truncate(text.floor_char_boundary(room));
                self.bytes += text.len();
                self.chars += text.chars().count();
                let end = is_full.then(|| self.end(Finish::Truncated));
                ((!text.is_empty()).then_some(Piece::Text(text)), end)
            }
            Ok(Step::End(Stop::Finished)) => (None, Some(self.end(Finish::Complete))),
            Ok(Step::End(Stop::Length)) => (None, Some(self.end(Finish::Truncated))),
            Ok(Step::End(Stop::BrokenOff)) => (None, Some(self.end(Finish::Interrupted))),
            Err(error) => {
                self.permit.fail();
                count(&self.generator, error.word());
                tracing::debug!(provider = %self.generator, %error, "An answer broke off");
                // An event over the limit is a limit of length like any other.
                let is_length = error == LlmError::Oversize;
                let finish = if is_length { Finish::Truncated } else { Finish::Interrupted };
                (None, Some(self.end(finish)))
            }
        }
    }

    /// The counts at the end. Where the stream broke off the provider's last word on them may be
    /// of its beginning, so the larger one holds.
    fn end(&self, finish: Finish) -> End {
        let told = self.live.completion_tokens;
        let guess = estimate_tokens(self.chars);
        let completion = match finish {
            Finish::Complete => told.unwrap_or(guess),
            _ => told.unwrap_or(0).max(guess),
        };
        (finish, self.live.prompt_tokens.unwrap_or(self.prompt_tokens), completion)
    }
}

/// What the dealer's documents say, in the same pieces that a model would send.
fn documents_pieces(question: &Question) -> VecDeque<Piece> {
    let answer = documents::answer(question);
    let pieces = documents::pieces(&answer.text).map(|text| Piece::Text(text.to_owned()));
    let end = Ending {
        finish: Finish::Complete,
        prompt_tokens: 0,
        completion_tokens: 0,
        sources: answer.sources,
        offer: answer.offer,
        text: None,
    };
    let by = Author { generator: DOCUMENTS.to_owned(), prompt_tokens: None };
    [Piece::By(by)].into_iter().chain(pieces).chain([Piece::End(end)]).collect()
}
