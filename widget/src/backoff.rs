//! How long to wait before another try; the randomness is an argument.

use crate::limits::{
    BACKOFF_BASE_MS, BACKOFF_CAP_MS, BACKOFF_DOUBLINGS, BACKOFF_FLOOR_MS, RESTART_SPREAD_MS,
};

/// The wait before try number `attempt` (from 0), with full jitter.
///
/// Evenly spread between the floor (100 ms) and `min(30 s, 500 ms * 2^attempt)`, so that ten
/// thousand widgets don't come back in the same moment after a restart. `random` is 32 even bits.
pub fn delay_ms(attempt: u32, random: u32) -> u32 {
    let doubled = BACKOFF_BASE_MS << attempt.min(BACKOFF_DOUBLINGS);
    spread_ms(doubled.min(BACKOFF_CAP_MS), random)
}

/// The wait before the first try after a relay said that it restarts.
///
/// Evenly spread between 100 ms and 1.5 s: all of its visitors hear that in the same moment, and the
/// next relay greets some thousands a second.
pub fn restart_ms(random: u32) -> u32 {
    spread_ms(RESTART_SPREAD_MS, random)
}

/// An even draw between the floor and a ceiling.
fn spread_ms(ceiling: u32, random: u32) -> u32 {
    let span = u64::from(ceiling - BACKOFF_FLOOR_MS) + 1;
    let share = (u64::from(random) * span) >> 32;
    BACKOFF_FLOOR_MS + u32::try_from(share).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_bounds_of_the_first_tries_are_those_of_the_doc_comment() {
        for (attempt, ceiling) in [(0, 500), (1, 1_000), (2, 2_000), (5, 16_000), (6, 30_000)] {
            assert_eq!(delay_ms(attempt, 0), BACKOFF_FLOOR_MS);
            assert_eq!(delay_ms(attempt, u32::MAX), ceiling);
        }
    }

    #[test]
    fn visitors_of_a_restarting_relay_come_back_spread_over_a_second_and_a_half() {
        assert_eq!((restart_ms(0), restart_ms(u32::MAX)), (100, 1_500));
        let random = |n: u32| n.wrapping_mul(2_654_435_761);
        let first = (0..10_000).filter(|n| restart_ms(random(*n)) < 800).count();
        assert!((4_500..=5_500).contains(&first), "{first} of 10000 in the first half");
    }

    proptest! {
        #[test]
        fn no_wait_is_below_the_floor_or_beyond_the_cap(attempt: u32, random: u32) {
            let delay = delay_ms(attempt, random);
            prop_assert!((BACKOFF_FLOOR_MS..=BACKOFF_CAP_MS).contains(&delay));
        }

        #[test]
        fn more_randomness_never_waits_less(attempt: u32, a: u32, b: u32) {
            prop_assert!(delay_ms(attempt, a.min(b)) <= delay_ms(attempt, a.max(b)));
        }
    }
}
