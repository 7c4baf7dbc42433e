//! A reply that has ended and could not be kept: its end is asked for again until it is on disk,
//! so that the visitor's screen and the table come to say the same. Pure.

use std::time::Duration;

use crate::limits::UNKEPT_RETRY;

/// When to ask again, and whether the visitor knows.
#[derive(Debug, Default)]
pub struct Unkept {
    due: Option<Duration>,
    told: bool,
}

impl Unkept {
    /// It could not be kept, again. True the first time: then the visitor is told.
    pub fn note(&mut self, now: Duration) -> bool {
        self.due = Some(now + UNKEPT_RETRY);
        !std::mem::replace(&mut self.told, true)
    }

    /// When to ask again, if there is anything to ask for.
    pub fn due(&self) -> Option<Duration> {
        self.due
    }

    /// Whether to ask now; once for each time that is due.
    pub fn take(&mut self, now: Duration) -> bool {
        self.due.take_if(|due| *due <= now).is_some()
    }

    /// It is kept, or given up.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_visitor_is_told_once_and_the_end_is_asked_for_again_and_again() {
        let (mut unkept, now) = (Unkept::default(), Duration::from_secs(9));
        assert!(unkept.note(now));
        assert!(!unkept.take(now));
        assert!(unkept.take(now + UNKEPT_RETRY));
        assert!(!unkept.take(now + UNKEPT_RETRY), "once for each time");
        assert!(!unkept.note(now + UNKEPT_RETRY), "told already");
        unkept.clear();
        assert_eq!(unkept.due(), None);
        assert!(unkept.note(now));
    }
}
