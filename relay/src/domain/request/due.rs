//! When a request is due: days and months of the calendar, and how its clock stands.

use jiff::{Span, civil::Date, tz::TimeZone};

use super::{Action, Kind, Request};
use crate::{
    clock::Timestamp,
    limits::{
        REQUEST_DAYS, REQUEST_EXTENSION_MONTHS, REQUEST_FORWARD_DAYS, REQUEST_REMINDERS,
        REQUEST_SOON_DAYS,
    },
};

/// How the time of a request stands on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The last day on which it is answered in time; it moves on while the clock is stopped.
    pub due: Date,
    /// How many days have gone, without those on which the clock was stopped.
    pub day: i64,
    /// Of how many.
    pub of: i64,
    /// How many days are left; negative when it is late.
    pub left: i64,
    /// Whether its clock is stopped.
    pub is_paused: bool,
    /// Whether nobody has written down in time that the dealer was told.
    pub is_unforwarded: bool,
}

impl Standing {
    /// Whether its last day is over.
    pub fn is_overdue(&self) -> bool {
        self.left < 0
    }

    /// Whether its last day is near, and not over.
    pub fn is_soon(&self) -> bool {
        (0..=REQUEST_SOON_DAYS).contains(&self.left)
    }

    /// Since which day somebody should have been reminded, if any.
    pub fn reminder(&self) -> Option<i64> {
        REQUEST_REMINDERS.into_iter().rev().find(|day| *day <= self.day)
    }
}

/// How many requests are open, near their last day, and late.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// All that are open.
    pub open: u32,
    /// Of them, those whose last day is near.
    pub soon: u32,
    /// Of them, those whose last day is over.
    pub overdue: u32,
}

impl Tally {
    /// For people: `ok`, or what is to be done.
    pub fn words(&self) -> String {
        if self.soon == 0 && self.overdue == 0 {
            return "ok".to_owned();
        }
        format!(
            "{} due within {REQUEST_SOON_DAYS} days, {} overdue: `forecourt request list --open`",
            self.soon, self.overdue
        )
    }
}

/// How the open ones among these requests stand on a day.
pub fn tally<'r>(requests: impl IntoIterator<Item = &'r Request>, today: Date) -> Tally {
    let mut tally = Tally::default();
    for request in requests {
        if request.closed.is_none() {
            let standing = request.standing(today);
            tally.open += 1;
            tally.soon += u32::from(standing.is_soon());
            tally.overdue += u32::from(standing.is_overdue());
        }
    }
    tally
}

/// The day of a moment, in UTC.
pub fn day_of(at: Timestamp) -> Date {
    at.to_jiff().to_zoned(TimeZone::UTC).date()
}

impl Request {
    /// How its time stands on a day; of one that is closed, on the day on which it was.
    pub fn standing(&self, today: Date) -> Standing {
        let today = self.closed.map_or(today, |closed| day_of(closed.at));
        let (stopped, is_paused) = self.stopped(today);
        let end = self.end();
        let due = plus(end, Span::new().days(stopped));
        let gone = days(self.received, today);
        Standing {
            due,
            day: gone - stopped,
            of: days(self.received, end),
            left: days(today, due),
            is_paused,
            is_unforwarded: !self.has(Action::Forwarded) && REQUEST_FORWARD_DAYS < gone,
        }
    }

    /// The last day, as if its clock had never been stopped.
    fn end(&self) -> Date {
        let in_days = plus(self.received, Span::new().days(REQUEST_DAYS));
        if self.kind == Kind::Complaint {
            return in_days;
        }
        // What was promised and what the law says: whichever comes first.
        let end = in_days.min(plus(self.received, Span::new().months(1)));
        if self.has(Action::Extended) {
            plus(end, Span::new().months(REQUEST_EXTENSION_MONTHS))
        } else {
            end
        }
    }

    /// On how many days up to today its clock stood still, and whether it does now.
    fn stopped(&self, today: Date) -> (i64, bool) {
        let (mut stopped, mut since) = (0, None);
        for entry in &self.entries {
            match (entry.action, since) {
                (Action::Paused, None) => since = Some(day_of(entry.at)),
                (Action::Resumed, Some(from)) => {
                    stopped += days(from, day_of(entry.at));
                    since = None;
                }
                _ => {}
            }
        }
        (stopped + since.map_or(0, |from| days(from, today)), since.is_some())
    }
}

/// A day that the last month lacks becomes its last day.
fn plus(day: Date, span: Span) -> Date {
    day.checked_add(span).unwrap_or(Date::MAX)
}

fn days(from: Date, to: Date) -> i64 {
    to.duration_since(from).as_hours() / 24
}
