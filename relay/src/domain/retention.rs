//! How long a conversation is kept, as a rule: periods, policies, presets, bounds. Calendar
//! arithmetic only; what is deleted, and when somebody looks, is in `crate::retention`.

mod promise;

use std::{fmt, str::FromStr};

use jiff::{Span, civil, tz::TimeZone};
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
pub use promise::{PolicyVersion, Promise};

/// The largest number in one part of a period: `P99Y` is beyond every purpose.
const MAX_PART: u16 = 9_999;

/// A span of the calendar, written as an ISO 8601 duration of whole days: `P12M`, `P90D`, `P1Y6M`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Period {
    years: u16,
    months: u16,
    weeks: u16,
    days: u16,
}

impl Period {
    /// That many months.
    pub const fn of_months(months: u16) -> Self {
        Self { years: 0, months, weeks: 0, days: 0 }
    }

    /// That many days.
    pub const fn of_days(days: u16) -> Self {
        Self { years: 0, months: 0, weeks: 0, days }
    }

    /// Reads `P12M`, or says what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, PeriodError> {
        let fail = |problem| PeriodError { text: text.to_owned(), problem };
        let mut rest = text.strip_prefix('P').ok_or_else(|| fail(PeriodProblem::Form))?;
        if rest.contains('T') {
            return Err(fail(PeriodProblem::Time));
        }
        let mut period = Self::of_days(0);
        let mut units = "YMWD";
        while !rest.is_empty() {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let (number, tail) = rest.split_at(digits);
            let unit = tail.chars().next().ok_or_else(|| fail(PeriodProblem::Form))?;
            let place = units.find(unit).ok_or_else(|| fail(PeriodProblem::Form))?;
            let part: u16 = number.parse().map_err(|_| fail(PeriodProblem::Form))?;
            if MAX_PART < part {
                return Err(fail(PeriodProblem::TooLong));
            }
            *period.part(unit) = part;
            units = &units[place + 1..];
            rest = &tail[1..];
        }
        if period == Self::of_days(0) { Err(fail(PeriodProblem::Empty)) } else { Ok(period) }
    }

    fn part(&mut self, unit: char) -> &mut u16 {
        match unit {
            'Y' => &mut self.years,
            'M' => &mut self.months,
            'W' => &mut self.weeks,
            _ => &mut self.days,
        }
    }

    /// Its whole months, twelve to the year; zero for a period of days.
    pub fn months(self) -> u32 {
        u32::from(self.years) * 12 + u32::from(self.months)
    }

    /// Its days beyond the months, seven to the week.
    pub fn days(self) -> u32 {
        u32::from(self.weeks) * 7 + u32::from(self.days)
    }

    /// The end of a period that begins at `start`: calendar arithmetic in UTC; a day that the last
    /// month lacks becomes the last day of that month (G-14, A-C7b).
    pub fn after(self, start: Timestamp) -> Timestamp {
        let span = Span::new()
            .years(i64::from(self.years))
            .months(i64::from(self.months))
            .weeks(i64::from(self.weeks))
            .days(i64::from(self.days));
        let end = start.to_jiff().to_zoned(TimeZone::UTC).checked_add(span);
        // Beyond the end of the calendar there is no later moment to promise.
        end.map_or(Timestamp::from_millis(i64::MAX), |end| {
            Timestamp::from_millis(end.timestamp().as_millisecond())
        })
    }

    /// Whether this period ends no later than `other`, whatever the day on which both begin.
    pub fn never_longer_than(self, other: Self) -> bool {
        first_days().all(|day| self.after(day) <= other.after(day))
    }
}

/// The first and the last day of each month of four years, a leap year among them.
fn first_days() -> impl Iterator<Item = Timestamp> {
    (2025..=2028_i16).flat_map(|year| (1..=12_i8).map(move |month| (year, month))).flat_map(
        |(year, month)| {
            let first = civil::Date::new(year, month, 1).unwrap_or(civil::Date::ZERO);
            [first, first.last_of_month()].map(|day| {
                let start = day.to_zoned(TimeZone::UTC).map(|start| start.timestamp());
                Timestamp::from_millis(start.map_or(0, jiff::Timestamp::as_millisecond))
            })
        },
    )
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("P")?;
        for (number, unit) in
            [(self.years, 'Y'), (self.months, 'M'), (self.weeks, 'W'), (self.days, 'D')]
        {
            if number != 0 {
                write!(f, "{number}{unit}")?;
            }
        }
        Ok(())
    }
}

impl FromStr for Period {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Self, PeriodError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Period {
    type Error = PeriodError;

    fn try_from(text: String) -> Result<Self, PeriodError> {
        Self::parse(&text)
    }
}

impl From<Period> for String {
    fn from(period: Period) -> Self {
        period.to_string()
    }
}

/// A text that is not a period.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` {problem}: write a number of days, weeks, months or years, such as P90D or P12M")]
pub struct PeriodError {
    text: String,
    problem: PeriodProblem,
}

/// What is wrong with a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PeriodProblem {
    /// It doesn't read as one.
    #[error("is not a period of ISO 8601")]
    Form,
    /// It counts hours or less.
    #[error("has a part shorter than a day")]
    Time,
    /// It is no time at all.
    #[error("is no time at all")]
    Empty,
    /// One of its numbers is absurd.
    #[error("is far too long")]
    TooLong,
}

/// What happens at the end of the period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// All of it is deleted.
    #[default]
    Delete,
    /// Its month's counters survive, without a text or an id. Free text can't be made anonymous and is
    /// deleted all the same (G-03, A-T6b).
    Anonymise,
}

impl Action {
    /// The word for it, in files and rows.
    pub fn word(self) -> &'static str {
        match self {
            Self::Delete => "delete",
            Self::Anonymise => "anonymise",
        }
    }

    /// Reads the word.
    pub fn of(word: &str) -> Option<Self> {
        [Self::Delete, Self::Anonymise].into_iter().find(|action| action.word() == word)
    }
}

/// How long a dealer's conversations are kept after their last message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetentionPolicy {
    /// Counts the dealer's changes of it; 1 is the first (G-41).
    #[serde(default = "first")]
    pub version: u32,
    /// What it said before, the first version first, so that a receipt's version can be looked up.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<Earlier>,
    /// The name of the preset that it comes from, if it does.
    #[serde(default)]
    pub preset: Option<String>,
    /// How long.
    pub period: Period,
    /// What happens then.
    #[serde(default)]
    pub action: Action,
}

/// What a policy said before it was changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Earlier {
    /// Its version.
    pub version: u32,
    /// How long it kept.
    pub period: Period,
    /// What happened then.
    pub action: Action,
    /// The day on which another one followed, in UTC.
    pub until: String,
}

/// The presets: the name and the period of each.
pub const PRESETS: [(&str, Period); 2] =
    [("uk-12m", Period::of_months(12)), ("eu-90d", Period::of_days(90))];

impl RetentionPolicy {
    /// The preset of this name: `uk-12m` (A-C7b) or `eu-90d` (A-T6b).
    pub fn preset(name: &str) -> Option<Self> {
        let (name, period) = PRESETS.into_iter().find(|(preset, _)| *preset == name)?;
        let preset = Some(name.to_owned());
        Some(Self { version: first(), earlier: Vec::new(), preset, period, action: Action::Delete })
    }

    /// A period of the dealer's own.
    pub fn own(period: Period, action: Action) -> Self {
        Self { version: first(), earlier: Vec::new(), preset: None, period, action }
    }

    /// This policy as the next version of another, or as the same one where both say the same.
    #[must_use]
    pub fn following(self, known: &Self, now: Timestamp) -> Self {
        let (mut version, mut earlier) = (known.version, known.earlier.clone());
        if !self.says_the_same(known) {
            let Self { period, action, .. } = *known;
            earlier.push(Earlier { version, period, action, until: now.day() });
            version = version.saturating_add(1);
        }
        Self { version, earlier, ..self }
    }

    /// Whether both promise the same, whatever their versions.
    pub fn says_the_same(&self, other: &Self) -> bool {
        (self.period, self.action) == (other.period, other.action)
    }

    /// When a conversation expires whose last message came at `last_message` (G-10).
    pub fn expires_at(&self, last_message: Timestamp) -> Timestamp {
        self.period.after(last_message)
    }
}

/// The version of a policy that nobody has changed yet.
fn first() -> u32 {
    1
}

/// Within which periods a dealer may choose (G-40).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounds {
    /// The shortest.
    pub min: Period,
    /// The longest.
    pub max: Period,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { min: Period::of_days(1), max: Period::of_months(12) }
    }
}

impl Bounds {
    /// Refuses a period outside of these bounds, and bounds that hold nothing.
    pub fn check(&self, period: Period) -> Result<(), BoundsError> {
        let (min, max) = (self.min, self.max);
        if !min.never_longer_than(max) {
            Err(BoundsError::Crossed { min, max })
        } else if !period.never_longer_than(max) {
            Err(BoundsError::TooLong { period, max })
        } else if !min.never_longer_than(period) {
            Err(BoundsError::TooShort { period, min })
        } else {
            Ok(())
        }
    }
}

/// Why a period is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BoundsError {
    /// Longer than the operator allows.
    #[error("{period} is longer than the operator allows: choose {max} or less")]
    TooLong {
        /// What was asked for.
        period: Period,
        /// The longest allowed.
        max: Period,
    },
    /// Shorter than the operator allows.
    #[error("{period} is shorter than the operator allows: choose {min} or more")]
    TooShort {
        /// What was asked for.
        period: Period,
        /// The shortest allowed.
        min: Period,
    },
    /// The bounds themselves hold no period.
    #[error("the operator's bounds are the wrong way round: {min} is not shorter than {max}")]
    Crossed {
        /// The lower bound.
        min: Period,
        /// The upper bound.
        max: Period,
    },
}

#[cfg(test)]
mod tests;
