//! Tests of the breaker, with a clock that stands.

use super::*;
use crate::{
    clock::{ManualClock, Timestamp},
    telemetry::tests::logged,
};

fn breaker() -> (Arc<ManualClock>, Arc<Breaker>) {
    let clock = Arc::new(ManualClock::at(Timestamp::from_millis(0)));
    let breaker = Breaker::new("openai/m".into(), Arc::<ManualClock>::clone(&clock));
    (clock, breaker)
}

fn fail(breaker: &Arc<Breaker>, times: usize) {
    for _ in 0..times {
        breaker.admit().unwrap().fail(&LlmError::Cut);
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
fn it_stays_closed_while_most_calls_are_answered() {
    let (_, breaker) = breaker();
    for _ in 0..30 {
        fail(&breaker, 1);
        breaker.admit().unwrap().succeed();
        breaker.admit().unwrap().succeed();
    }
    assert_eq!(breaker.state(), BreakerState::Closed);
    // The share is of the latest calls, so that a provider that dies is soon left alone.
    let mut more = 0;
    while breaker.state() == BreakerState::Closed {
        fail(&breaker, 1);
        more += 1;
    }
    assert!(more < 40, "{more}");
}

#[test]
fn a_provider_that_wants_to_be_left_alone_is_for_as_long_as_it_wants_within_a_bound() {
    for (wished, left) in [(60, 60), (86_400, 300)] {
        let (clock, breaker) = breaker();
        let wished = Duration::from_secs(wished);
        breaker.admit().unwrap().leave_alone(&LlmError::Cut, wished);
        clock.advance(Duration::from_secs(left - 1));
        assert!(breaker.admit().is_none());
        clock.advance(Duration::from_secs(1));
        assert!(breaker.admit().is_some());
    }
}

#[test]
fn a_dead_provider_is_told_with_its_error_and_not_at_each_call() {
    let told = logged("info", || {
        let (clock, breaker) = breaker();
        let refused = LlmError::Status { status: 401, retry_after: None, code: None };
        for _ in 0..40 {
            if let Some(mut permit) = breaker.admit() {
                permit.fail(&refused);
            }
            clock.advance(Duration::from_secs(3));
        }
    });
    // Of either format: the first failure, the opening, and one a minute.
    let lines: Vec<&str> = told.lines().collect();
    assert!((6..=8).contains(&lines.len()), "{told}");
    assert!(lines.iter().all(|line| line.contains("401") && line.contains("openai/m")), "{told}");
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
    probe.fail(&LlmError::Cut);
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
