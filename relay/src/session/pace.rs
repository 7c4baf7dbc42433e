//! How fast a visitor may go on: a bucket that fills with time. Pure.

use std::time::Duration;

use crate::limits::{FRAME_BURST, FRAMES_PER_MESSAGE, VISITOR_BURST};

/// The paces of one visitor: for words, and for frames of any kind.
#[derive(Clone, Debug)]
pub struct Paces {
    /// Messages, leads and retries.
    pub words: Pace,
    /// All frames, pings and stops among them.
    pub frames: Pace,
}

impl Paces {
    /// The paces of a visitor who may send so many messages a minute.
    pub fn per_minute(messages: u32) -> Self {
        let interval = Duration::from_mins(1) / messages.max(1);
        Self {
            words: Pace::new(VISITOR_BURST.max(messages / 4), interval),
            frames: Pace::new(FRAME_BURST.max(messages / 2), interval / FRAMES_PER_MESSAGE),
        }
    }
}

/// A bucket of permits: `burst` at once, then one each `interval`.
#[derive(Clone, Debug)]
pub struct Pace {
    burst: u32,
    interval: Duration,
    /// When the bucket would be full again; permits are what lies between now and that.
    full_at: Duration,
}

impl Pace {
    /// A full bucket.
    pub fn new(burst: u32, interval: Duration) -> Self {
        Self { burst, interval, full_at: Duration::ZERO }
    }

    /// Whether every permit is there: then nothing of the past counts.
    pub fn is_full(&self, now: Duration) -> bool {
        self.full_at <= now
    }

    /// Takes a permit, or says how long to wait for one.
    pub fn take(&mut self, now: Duration) -> Result<(), Duration> {
        let next = self.full_at.max(now) + self.interval;
        let horizon = now + self.interval * self.burst;
        if next <= horizon {
            self.full_at = next;
            Ok(())
        } else {
            Err(next.saturating_sub(horizon))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_burst_passes_and_then_the_pace_applies() {
        let mut pace = Pace::new(3, SECOND);
        assert!((0..3).all(|_| pace.take(SECOND).is_ok()));
        assert_eq!(pace.take(SECOND), Err(SECOND));
        assert_eq!(pace.take(2 * SECOND), Ok(()));
        assert!(pace.take(2 * SECOND).is_err());
    }

    #[test]
    fn a_refusal_costs_no_permit() {
        let mut pace = Pace::new(1, SECOND);
        assert!(pace.take(Duration::ZERO).is_ok());
        for _ in 0..10 {
            assert!(pace.take(Duration::ZERO).is_err());
        }
        assert!(pace.take(SECOND).is_ok());
    }

    #[test]
    fn no_window_passes_more_than_burst_and_pace_allow() {
        let mut pace = Pace::new(4, SECOND);
        let passed = (0..1_000_u32)
            .filter(|step| pace.take(Duration::from_millis(u64::from(*step) * 10)).is_ok())
            .count();
        assert!(passed <= 4 + 10, "{passed} passed in ten seconds");
    }
}
