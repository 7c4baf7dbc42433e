//! A breaker: after many failures a provider is left alone for a while, then tried once.
//!
//! Reads no clock: the time since start is an argument.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use crate::{
    clock::Clock,
    limits::{
        LLM_BREAKER_CALLS, LLM_BREAKER_FAILURES, LLM_BREAKER_OPEN, LLM_BREAKER_WINDOW,
        LLM_LEFT_ALONE_MAX, LLM_TELL_EVERY,
    },
    llm::error::LlmError,
    telemetry::names,
};

/// What a breaker does at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakerState {
    /// It lets everything through.
    Closed,
    /// It lets nothing through.
    Open,
    /// It lets one call through and waits how that ends.
    HalfOpen,
}

#[derive(Debug)]
struct Inner {
    state: BreakerState,
    /// When the latest calls ended and whether they failed, oldest first; at most
    /// `LLM_BREAKER_CALLS`.
    calls: VecDeque<(Duration, bool)>,
    /// When an open breaker may be tried.
    until: Duration,
    /// When a failure was last told.
    told: Option<Duration>,
}

impl Inner {
    fn record(&mut self, now: Duration, has_failed: bool) {
        while LLM_BREAKER_CALLS <= self.calls.len() {
            self.calls.pop_front();
        }
        self.calls.push_back((now, has_failed));
    }

    /// Whether so many calls of the window failed, and at least every second: a busy relay's few
    /// failures are no reason to leave a provider that mostly answers.
    fn is_failing(&self, now: Duration) -> bool {
        let is_recent = |at: Duration| now.saturating_sub(at) <= LLM_BREAKER_WINDOW;
        let recent = self.calls.iter().filter(|(at, _)| is_recent(*at));
        let (calls, failures) = recent.fold((0, 0), |(calls, failures), (_, has_failed)| {
            (calls + 1, failures + usize::from(*has_failed))
        });
        LLM_BREAKER_FAILURES <= failures && calls <= 2 * failures
    }

    fn open(&mut self, until: Duration) {
        self.state = BreakerState::Open;
        self.until = until;
    }
}

/// A breaker of one provider.
pub struct Breaker {
    /// Who is behind it, for the log.
    name: String,
    clock: Arc<dyn Clock>,
    inner: Mutex<Inner>,
}

/// Prints its name and state.
impl std::fmt::Debug for Breaker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Breaker({}, {:?})", self.name, self.state())
    }
}

impl Breaker {
    /// A closed breaker.
    pub fn new(name: String, clock: Arc<dyn Clock>) -> Arc<Self> {
        let inner = Inner {
            state: BreakerState::Closed,
            calls: VecDeque::new(),
            until: Duration::ZERO,
            told: None,
        };
        let breaker = Self { name, clock, inner: Mutex::new(inner) };
        breaker.show(false);
        Arc::new(breaker)
    }

    /// What it does at the moment.
    pub fn state(&self) -> BreakerState {
        self.with(|inner, _| inner.state)
    }

    /// Asks to make a call.
    pub fn admit(self: &Arc<Self>) -> Option<Permit> {
        let is_probe = self.with(|inner, now| match inner.state {
            BreakerState::Closed => Some(false),
            BreakerState::Open if inner.until <= now => {
                inner.state = BreakerState::HalfOpen;
                Some(true)
            }
            BreakerState::Open | BreakerState::HalfOpen => None,
        })?;
        Some(Permit { breaker: Arc::clone(self), is_probe, is_settled: false })
    }

    fn with<T>(&self, act: impl FnOnce(&mut Inner, Duration) -> T) -> T {
        let now = self.clock.uptime();
        act(&mut self.inner.lock().unwrap_or_else(PoisonError::into_inner), now)
    }

    fn show(&self, is_open: bool) {
        metrics::gauge!(names::PROVIDER_BREAKER, "provider" => self.name.clone())
            .set(f64::from(u8::from(is_open)));
    }

    fn succeeded(&self, is_probe: bool) {
        let closed = self.with(|inner, now| {
            let closes = is_probe && inner.state == BreakerState::HalfOpen;
            if closes {
                inner.state = BreakerState::Closed;
                inner.calls.clear();
            }
            inner.record(now, false);
            closes
        });
        if closed {
            self.show(false);
            tracing::info!(provider = %self.name, "The provider answers again");
        }
    }

    fn failed(&self, is_probe: bool, error: &LlmError) {
        let opened = self.with(|inner, now| {
            inner.record(now, true);
            if is_probe && inner.state == BreakerState::HalfOpen {
                inner.open(now + LLM_BREAKER_OPEN);
                return false;
            }
            let opens = inner.state == BreakerState::Closed && inner.is_failing(now);
            if opens {
                inner.open(now + LLM_BREAKER_OPEN);
            }
            opens
        });
        if opened {
            self.show(true);
            tracing::warn!(provider = %self.name, %error, "The provider keeps failing; others answer for now: {error}");
        } else {
            self.tell(error);
        }
    }

    /// Opens for as long as the provider asks for, within a bound.
    fn leave_alone(&self, error: &LlmError, wished: Duration) {
        let wait = wished.min(LLM_LEFT_ALONE_MAX);
        self.with(|inner, now| {
            inner.record(now, true);
            inner.open(inner.until.max(now + wait));
        });
        self.show(true);
        let seconds = wait.as_secs();
        tracing::warn!(provider = %self.name, %error, seconds, "The provider wants to be left alone; others answer for {seconds} s: {error}");
    }

    /// Tells the operator why a provider did not answer, now and then: a dead one must not fill
    /// the log, and must not die in silence.
    fn tell(&self, error: &LlmError) {
        let is_due = self.with(|inner, now| {
            let is_due = inner.told.is_none_or(|at| LLM_TELL_EVERY <= now.saturating_sub(at));
            if is_due {
                inner.told = Some(now);
            }
            is_due
        });
        if is_due {
            tracing::warn!(provider = %self.name, %error, "The provider did not answer: {error}");
        } else {
            tracing::debug!(provider = %self.name, %error, "The provider did not answer");
        }
    }
}

/// Leave to make a call. Dropped without a word (the visitor left) it gives its turn back.
#[derive(Debug)]
pub struct Permit {
    breaker: Arc<Breaker>,
    is_probe: bool,
    is_settled: bool,
}

impl Permit {
    /// The provider answered.
    pub fn succeed(&mut self) {
        self.is_settled = true;
        self.breaker.succeeded(std::mem::take(&mut self.is_probe));
    }

    /// The provider failed.
    pub fn fail(&mut self, error: &LlmError) {
        self.is_settled = true;
        self.breaker.failed(std::mem::take(&mut self.is_probe), error);
    }

    /// The provider asked to be left alone for so long.
    pub fn leave_alone(&mut self, error: &LlmError, wished: Duration) {
        self.is_settled = true;
        self.is_probe = false;
        self.breaker.leave_alone(error, wished);
    }

    /// The provider refused this call for what it is, and may be asked others.
    pub fn tell(&self, error: &LlmError) {
        self.breaker.tell(error);
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if self.is_probe && !self.is_settled {
            self.breaker.with(|inner, now| {
                inner.state = BreakerState::Open;
                inner.until = now;
            });
        }
    }
}

#[cfg(test)]
#[path = "breaker_tests.rs"]
mod tests;
