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
    limits::{LLM_BREAKER_FAILURES, LLM_BREAKER_OPEN, LLM_BREAKER_WINDOW},
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
    /// When the latest failures happened, oldest first; at most `LLM_BREAKER_FAILURES`.
    failures: VecDeque<Duration>,
    /// When an open breaker may be tried.
    until: Duration,
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
        let inner =
            Inner { state: BreakerState::Closed, failures: VecDeque::new(), until: Duration::ZERO };
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
        let closed = self.with(|inner, _| {
            let closes = is_probe && inner.state == BreakerState::HalfOpen;
            if closes {
                inner.state = BreakerState::Closed;
                inner.failures.clear();
            }
            closes
        });
        if closed {
            self.show(false);
            tracing::info!(provider = %self.name, "The provider answers again");
        }
    }

    fn failed(&self, is_probe: bool) {
        let opened = self.with(|inner, now| {
            if is_probe && inner.state == BreakerState::HalfOpen {
                inner.state = BreakerState::Open;
                inner.until = now + LLM_BREAKER_OPEN;
                return false;
            }
            if inner.state != BreakerState::Closed {
                return false;
            }
            while LLM_BREAKER_FAILURES <= inner.failures.len() {
                inner.failures.pop_front();
            }
            inner.failures.push_back(now);
            let oldest = inner.failures.front().copied().unwrap_or(now);
            let opens = inner.failures.len() == LLM_BREAKER_FAILURES
                && now.saturating_sub(oldest) <= LLM_BREAKER_WINDOW;
            if opens {
                inner.state = BreakerState::Open;
                inner.until = now + LLM_BREAKER_OPEN;
            }
            opens
        });
        if opened {
            self.show(true);
            tracing::warn!(provider = %self.name, "The provider keeps failing; others answer for now");
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
    pub fn fail(&mut self) {
        self.is_settled = true;
        self.breaker.failed(std::mem::take(&mut self.is_probe));
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
mod tests {
    use super::*;
    use crate::clock::{ManualClock, Timestamp};

    fn breaker() -> (Arc<ManualClock>, Arc<Breaker>) {
        let clock = Arc::new(ManualClock::at(Timestamp::from_millis(0)));
        let breaker = Breaker::new("openai/m".into(), Arc::<ManualClock>::clone(&clock));
        (clock, breaker)
    }

    fn fail(breaker: &Arc<Breaker>, times: usize) {
        for _ in 0..times {
            breaker.admit().unwrap().fail();
        }
    }

    #[test]
    fn it_opens_after_five_failures_in_half_a_minute() {
        let (_, breaker) = breaker();
        fail(&breaker, 4);
        assert_eq!(breaker.state(), BreakerState::Closed);
        fail(&breaker, 1);
        assert_eq!(breaker.state(), BreakerState::Open);
        assert!(breaker.admit().is_none());
    }

    #[test]
    fn failures_far_apart_do_not_open_it() {
        let (clock, breaker) = breaker();
        for _ in 0..20 {
            fail(&breaker, 1);
            clock.advance(Duration::from_secs(8));
        }
        assert_eq!(breaker.state(), BreakerState::Closed);
    }

    #[test]
    fn one_call_tries_and_decides() {
        let (clock, breaker) = breaker();
        fail(&breaker, 5);
        clock.advance(LLM_BREAKER_OPEN);
        let mut probe = breaker.admit().unwrap();
        assert!(breaker.admit().is_none());
        probe.fail();
        assert!(breaker.admit().is_none());
        clock.advance(LLM_BREAKER_OPEN);
        breaker.admit().unwrap().succeed();
        assert_eq!(breaker.state(), BreakerState::Closed);
        fail(&breaker, 4);
        assert_eq!(breaker.state(), BreakerState::Closed);
    }

    #[test]
    fn a_try_that_nobody_waited_for_gives_its_turn_to_the_next() {
        let (clock, breaker) = breaker();
        fail(&breaker, 5);
        clock.advance(LLM_BREAKER_OPEN);
        drop(breaker.admit().unwrap());
        assert!(breaker.admit().is_some());
    }

    #[test]
    fn a_late_answer_from_before_does_not_close_it() {
        let (_, breaker) = breaker();
        let mut late = breaker.admit().unwrap();
        fail(&breaker, 5);
        late.succeed();
        assert_eq!(breaker.state(), BreakerState::Open);
    }
}
