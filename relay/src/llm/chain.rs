//! Who answers: the first provider that can, and the dealer's documents where none can.
//!
//! An answer is a stream that is driven by who reads it: no task, no queue. Once words have come
//! from a provider, nothing is asked again; a stream that breaks then ends as `interrupted`.

mod reply;

use std::{collections::VecDeque, sync::Arc, time::Duration};

use futures_util::stream::{self, BoxStream, StreamExt};
use protocol::{Finish, Offer};
use tokio::time::sleep;

use crate::{
    clock::Clock,
    limits::{LLM_FALLBACK_TIME, LLM_RETRY_AFTER_MAX},
    llm::{
        Author, DOCUMENTS, Ending, Piece, Question,
        breaker::{Breaker, BreakerState, Permit},
        client::{Provider, http},
        config::{LlmConfig, LlmConfigError},
        documents,
        error::LlmError,
        meter::{Cost, Meter},
        prompt,
        retry::{RetryBudget, pause},
        wire::prompt_tokens,
    },
    random::Random,
    redact::{Originals, RedactedPrompt, Restorer},
    telemetry::names,
};

use reply::{Bounds, Reply};

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
    /// Known-wrong: what fails is asked again and again (feature `planted`).
    never_learns: bool,
    /// Known-wrong: an answer that breaks off counts as complete (feature `planted`).
    trusts_any_end: bool,
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
            never_learns: config.planted.is("no-breaker"),
            trusts_any_end: config.planted.is("missing-end-is-complete"),
        })))
    }

    /// Answers. The stream never fails and ends with exactly one `End`; dropping it cancels the
    /// provider's call at once. What is at hand comes without waiting for more.
    pub fn answer(&self, question: Question) -> BoxStream<'static, Piece> {
        self.answer_on(question, Meter::default())
    }

    /// The same with a meter that tells at each moment what the answer has cost.
    pub fn answer_on(&self, question: Question, meter: Meter) -> BoxStream<'static, Piece> {
        let run = Run { shared: Arc::clone(&self.0), question, meter, state: State::Fresh };
        stream::unfold(run, |mut run| async { run.next().await.map(|piece| (piece, run)) }).boxed()
    }

    /// The most tokens that an answer to this question may cost; none where no model is asked.
    pub fn most(&self, question: &Question) -> u64 {
        if !self.0.may_ask(question) {
            return 0;
        }
        self.0.most(&prompt::build(question, self.0.history_turns).0)
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
    meter: Meter,
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
                    if let Some(finish) = end {
                        let cost = self.meter.total();
                        let end = Piece::End(Ending {
                            finish,
                            prompt_tokens: cost.prompt,
                            completion_tokens: cost.completion,
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

    /// A model that was given nothing to rest on says so; then a person can be asked. It is not asked what it
    /// would offer.
    fn offer(&self) -> Offer {
        let is_at_a_loss = self.question.passages.is_empty();
        let is_asked = !self.question.intent().is_small_talk();
        self.question.offer(if is_at_a_loss && is_asked { Offer::Lead } else { Offer::None })
    }

    /// Finds who answers. What a model must not answer, and what the day's tokens don't pay for,
    /// is answered from the documents.
    async fn begin(&self) -> State {
        if self.shared.may_ask(&self.question) {
            let (prompt, originals) = prompt::build(&self.question, self.shared.history_turns);
            let allowance = self.question.allowance;
            if let Some(reply) = self.shared.ask(&prompt, originals, allowance, &self.meter).await {
                return State::Live(Box::new(reply));
            }
        }
        State::Known(documents_pieces(&self.question, &self.meter))
    }
}

impl Shared {
    /// Whether a model is asked at all.
    fn may_ask(&self, question: &Question) -> bool {
        !self.links.is_empty() && question.model_allowed && !question.intent().is_fixed()
    }

    /// The most that an answer to this prompt may cost.
    fn most(&self, prompt: &RedactedPrompt) -> u64 {
        prompt_tokens(prompt).saturating_add(self.max_output_tokens)
    }

    /// Asks one provider after the other until one speaks, or patience or the allowance ends.
    async fn ask(
        &self,
        prompt: &RedactedPrompt,
        originals: Originals,
        allowance: Option<u64>,
        meter: &Meter,
    ) -> Option<Reply> {
        let start = self.clock.uptime();
        let bounds = Bounds { prompt: prompt_tokens(prompt), completion: self.max_output_tokens };
        let is_paid = || {
            let cost = meter.total().sum().saturating_add(self.most(prompt));
            allowance.is_none_or(|left| cost <= left)
        };
        for link in &self.links {
            let generator = link.provider.link().generator();
            link.budget.earn();
            let mut tries = 0;
            while let Some(left) = self.left(start).filter(|_| is_paid()) {
                let Some(mut permit) = link.breaker.admit() else { break };
                tries += 1;
                meter.send(bounds.prompt);
                let failed = match link.provider.ask(prompt, left).await {
                    Ok(live) => {
                        permit.succeed();
                        count(&generator, "answered");
                        let meter = meter.clone();
                        let (bytes, chars) = (0, 0);
                        let trusts_any_end = self.trusts_any_end;
                        return Some(Reply {
                            live,
                            permit,
                            generator,
                            bounds,
                            meter,
                            bytes,
                            chars,
                            restorer: Restorer::new(originals),
                            trusts_any_end,
                        });
                    }
                    Err(failed) => failed,
                };
                let cost = bounds.cost(failed.prompt_tokens, failed.completion_tokens);
                meter.settle(if failed.error.was_read() { cost } else { Cost::default() });
                count(&generator, failed.error.word());
                if !self.never_learns {
                    blame(&mut permit, &failed.error);
                }
                drop(permit);
                let Some(wait) = self.pause(link, &failed.error, tries, start) else { break };
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
        (fits && (link.budget.take() || self.never_learns)).then_some(wait)
    }
}

/// Counts a call of a provider, or how its answer broke off.
fn count(provider: &str, outcome: &'static str) {
    let provider = provider.to_owned();
    metrics::counter!(names::PROVIDER_CALLS, "provider" => provider, "outcome" => outcome)
        .increment(1);
}

/// Holds a failure against the provider, as far as it is its own.
fn blame(permit: &mut Permit, error: &LlmError) {
    match error.retry_after() {
        Some(wished) if LLM_RETRY_AFTER_MAX < wished => permit.leave_alone(error, wished),
        _ if error.is_providers_fault() => permit.fail(error),
        _ => permit.tell(error),
    }
}

/// What the dealer's documents say, in the same pieces that a model would send.
fn documents_pieces(question: &Question, meter: &Meter) -> VecDeque<Piece> {
    let cost = meter.total();
    let answer = documents::answer(question);
    let pieces = documents::pieces(&answer.text).map(|text| Piece::Text(text.to_owned()));
    let end = Ending {
        finish: Finish::Complete,
        // Models that were asked in vain were asked all the same.
        prompt_tokens: cost.prompt,
        completion_tokens: cost.completion,
        sources: answer.sources,
        offer: answer.offer,
        text: None,
    };
    let by = Author { generator: DOCUMENTS.to_owned() };
    [Piece::By(by)].into_iter().chain(pieces).chain([Piece::End(end)]).collect()
}
