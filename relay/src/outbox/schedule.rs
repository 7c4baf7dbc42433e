//! When a delivery that failed is tried again: 28 attempts in 20 days and 20 hours, since a dealer's
//! systems may be down for weeks (T30).

use std::time::Duration;

/// How long after one attempt the next is made; the first is made at once.
const PAUSES: [Duration; ATTEMPTS as usize - 1] = {
    let mut pauses = [Duration::from_hours(24); ATTEMPTS as usize - 1];
    pauses[0] = Duration::from_secs(5);
    pauses[1] = Duration::from_mins(1);
    pauses[2] = Duration::from_mins(5);
    pauses[3] = Duration::from_mins(30);
    pauses[4] = Duration::from_hours(2);
    pauses[5] = Duration::from_hours(6);
    pauses[6] = Duration::from_hours(12);
    pauses
};

/// How many attempts a delivery has.
pub const ATTEMPTS: u32 = 28;

/// The longest pause that a target may ask for by `Retry-After` (F-06).
const RETRY_AFTER_MAX: Duration = Duration::from_hours(24);

/// How much earlier or later than planned an attempt may be, in thousandths, so that what failed
/// together is not tried together.
const JITTER: u32 = 200;

/// How long to wait after so many attempts; `None`: that was the last one. `drawn`: 0 to 999, at random.
/// `asked`: the pause that the target asks for, which is kept where it is longer.
pub fn pause(attempts: u32, asked: Option<Duration>, drawn: u32) -> Option<Duration> {
    let planned = *PAUSES.get(usize::try_from(attempts.checked_sub(1)?).ok()?)?;
    let thousandths = 1_000 - JITTER + 2 * JITTER * drawn.min(999) / 999;
    let jittered = planned * thousandths / 1_000;
    Some(asked.map_or(jittered, |asked| jittered.max(asked.min(RETRY_AFTER_MAX))))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// In the middle of the jitter, nearly.
    const MIDDLE: u32 = 500;

    #[test]
    fn there_are_28_attempts_in_20_days_and_20_hours() {
        let middle = |attempts| pause(attempts, None, MIDDLE).unwrap().as_secs_f64();
        let first: Vec<_> = (1..=8).map(middle).collect();
        let wanted = [5.0, 60.0, 300.0, 1_800.0, 7_200.0, 21_600.0, 43_200.0, 86_400.0];
        for (found, wanted) in first.iter().zip(wanted) {
            assert!((found / wanted - 1.0).abs() < 0.001, "{found} {wanted}");
        }
        assert_eq!(ATTEMPTS, 28);
        assert_eq!(pause(ATTEMPTS, None, 0), None);
        let all: Duration = PAUSES.iter().sum();
        let planned = Duration::from_hours(20 * 24 + 20) + Duration::from_secs(36 * 60 + 5);
        assert_eq!(all, planned);
        assert_eq!(pause(0, None, 0), None, "nothing has been tried");
    }

    #[test]
    fn what_a_target_asks_for_is_kept_up_to_a_day() {
        let hour = Duration::from_hours(1);
        assert_eq!(pause(1, Some(hour), 0), Some(hour));
        assert_eq!(pause(1, Some(hour * 1_000), 0), Some(hour * 24));
        let planned = pause(6, None, 0);
        assert_eq!(pause(6, Some(hour), 0), planned, "no sooner than planned");
        assert_eq!(pause(ATTEMPTS, Some(hour), 0), None, "and never beyond the last");
    }

    proptest! {
        #[test]
        fn an_attempt_is_at_most_a_fifth_early_or_late(attempts in 1..ATTEMPTS, drawn in 0..2_000_u32) {
            let pause = pause(attempts, None, drawn).unwrap();
            let planned = PAUSES[attempts as usize - 1];
            prop_assert!(planned * 4 / 5 <= pause && pause <= planned * 6 / 5);
        }
    }
}
