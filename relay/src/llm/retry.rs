//! Whether and when a provider is asked again for the same answer. Pure but for the store of tries.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use crate::{
    clock::Timestamp,
    limits::{LLM_RETRIES, LLM_RETRY_AFTER_MAX, LLM_RETRY_BASE, LLM_RETRY_EARNED, LLM_RETRY_STORE},
    llm::error::LlmError,
    random::{Random, below},
};

/// What one retry costs, in hundredths.
const ONE: u32 = 100;

/// How often a provider may be asked again, over all answers: when much fails, asking everything
/// three times would be the last straw for a provider that is already down.
#[derive(Debug)]
pub struct RetryBudget(AtomicU32);

impl Default for RetryBudget {
    fn default() -> Self {
        Self(AtomicU32::new(LLM_RETRY_STORE))
    }
}

impl RetryBudget {
    /// An answer was begun: it earns a part of a retry.
    pub fn earn(&self) {
        let add = |store: u32| Some((store + LLM_RETRY_EARNED).min(LLM_RETRY_STORE));
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
    }

    /// Takes one retry, if there is one.
    pub fn take(&self) -> bool {
        let sub = |store: u32| store.checked_sub(ONE);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, sub).is_ok()
    }
}

/// How long to wait before the next try, after `tries` of them; `None` means: ask somebody else.
/// Without a wish of the provider's: anything from nothing to 250 ms, then 500 ms (full jitter).
pub fn pause(error: &LlmError, tries: u32, random: &dyn Random) -> Option<Duration> {
    if LLM_RETRIES < tries || !error.may_retry() {
        return None;
    }
    let span = LLM_RETRY_BASE * 2u32.saturating_pow(tries.saturating_sub(1));
    let jitter = Duration::from_micros(below(random, u64::try_from(span.as_micros()).unwrap_or(0)));
    match error.retry_after() {
        Some(wished) if LLM_RETRY_AFTER_MAX < wished => None,
        Some(wished) => Some(wished + jitter),
        None => Some(jitter),
    }
}

/// Reads `Retry-After`: seconds, or a date as HTTP writes it.
pub fn read_retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let at = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(value).ok()?;
    Some(Timestamp::from_millis(at.as_millisecond()).since(now))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SeededRandom;

    fn busy(retry_after: Option<u64>) -> LlmError {
        let retry_after = retry_after.map(Duration::from_secs);
        LlmError::Status { status: 429, retry_after, code: None }
    }

    #[test]
    fn a_provider_is_asked_again_at_most_twice() {
        let random = SeededRandom::new(1);
        assert!(pause(&busy(None), 1, &random).is_some());
        assert!(pause(&busy(None), 2, &random).is_some());
        assert_eq!(pause(&busy(None), 3, &random), None);
        assert_eq!(pause(&LlmError::NotAStream, 1, &random), None);
    }

    #[test]
    fn the_jitter_is_full_and_grows() {
        let random = SeededRandom::new(2);
        let waits = |tries| {
            (0..500)
                .filter_map(move |_| pause(&busy(None), tries, &SeededRandom::new(tries.into())))
        };
        assert!(waits(1).all(|wait| wait < LLM_RETRY_BASE));
        let second: Vec<Duration> =
            (0..500).filter_map(|_| pause(&busy(None), 2, &random)).collect();
        assert!(second.iter().all(|wait| *wait < LLM_RETRY_BASE * 2));
        assert!(second.iter().any(|wait| LLM_RETRY_BASE < *wait));
        assert!(second.iter().any(|wait| *wait < LLM_RETRY_BASE / 5));
    }

    #[test]
    fn a_wish_of_the_provider_is_kept_up_to_a_bound() {
        let random = SeededRandom::new(3);
        let wait = pause(&busy(Some(3)), 1, &random).unwrap();
        assert!(Duration::from_secs(3) <= wait && wait < Duration::from_millis(3_250));
        assert_eq!(pause(&busy(Some(6)), 1, &random), None);
    }

    #[test]
    fn a_wish_is_read_as_seconds_or_as_a_date() {
        let now = Timestamp::from_millis(784_887_151_000);
        assert_eq!(read_retry_after(" 7 ", now), Some(Duration::from_secs(7)));
        assert_eq!(
            read_retry_after("Tue, 15 Nov 1994 08:12:35 GMT", now),
            Some(Duration::from_secs(4))
        );
        assert_eq!(read_retry_after("soon", now), None);
        assert_eq!(read_retry_after("-1", now), None);
    }

    #[test]
    fn calls_stay_below_one_and_a_fifth_of_the_answers_when_everything_fails() {
        let budget = RetryBudget::default();
        let mut calls = 0u32;
        for _ in 0..1_000 {
            budget.earn();
            calls += 1;
            calls += (0..LLM_RETRIES).map(|_| u32::from(budget.take())).sum::<u32>();
        }
        assert!(calls <= 1_200, "{calls}");
        assert!(1_100 < calls, "{calls}");
    }
}
