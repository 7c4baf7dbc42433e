//! Opening hours: a week of spans, and days that differ. Decides whether the doors are open;
//! the words for it are in `view`.

use std::collections::BTreeMap;

use jiff::{civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};

use crate::{
    clock::Timestamp,
    limits::{MAX_HOURS_EXCEPTIONS, MAX_SPANS_PER_DAY},
};

/// Minutes of a day; a span may end there.
const DAY_MINUTES: u16 = 24 * 60;

/// The keys of the days in a file, Monday first.
pub const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// A span of one day, in minutes after local midnight; `from < to <= 1440`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Span {
    /// The minute at which the doors open.
    pub from: u16,
    /// The minute at which they close; itself no longer open.
    pub to: u16,
}

/// When a dealer is open. A day without spans is closed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hours {
    /// The usual week, Monday first.
    pub week: [Vec<Span>; 7],
    /// Days that differ from the usual week, by date (`2026-12-25`).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub exceptions: BTreeMap<Date, Vec<Span>>,
}

/// Days in a row with the same spans.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group<'a> {
    /// The first day, 0 for Monday.
    pub first: usize,
    /// The last day; the same for a single one.
    pub last: usize,
    /// Their spans; empty for closed.
    pub spans: &'a [Span],
}

impl Hours {
    /// Whether the doors are open at `now` on a clock on the dealer's wall: 09:00 is 09:00 on both
    /// sides of a change of the clocks.
    pub fn open_at(&self, zone: &TimeZone, now: Timestamp) -> bool {
        let local = now.to_jiff().to_zoned(zone.clone()).datetime();
        let minute =
            u16::from(local.hour().unsigned_abs()) * 60 + u16::from(local.minute().unsigned_abs());
        self.on(local.date()).iter().any(|span| span.from <= minute && minute < span.to)
    }

    /// The spans of a date.
    pub fn on(&self, date: Date) -> &[Span] {
        let weekday = date.weekday().to_monday_zero_offset();
        let usual = &self.week[usize::from(weekday.unsigned_abs())];
        self.exceptions.get(&date).unwrap_or(usual)
    }

    /// The usual week, days in a row with the same spans together.
    pub fn groups(&self) -> Vec<Group<'_>> {
        let mut groups: Vec<Group<'_>> = Vec::new();
        for (day, spans) in self.week.iter().enumerate() {
            match groups.last_mut() {
                Some(group) if group.spans == spans.as_slice() => group.last = day,
                _ => groups.push(Group { first: day, last: day, spans }),
            }
        }
        groups
    }

    /// The exceptions that a visitor should know at `now`: today's and those of the days ahead.
    pub fn exceptions_ahead(
        &self,
        zone: &TimeZone,
        now: Timestamp,
        days: i32,
    ) -> impl Iterator<Item = (Date, &[Span])> {
        let today = now.to_jiff().to_zoned(zone.clone()).date();
        let until = today.saturating_add(jiff::Span::new().days(days));
        self.exceptions.range(today..=until).map(|(date, spans)| (*date, spans.as_slice()))
    }

    /// Why another exception can't be taken in.
    pub fn is_full(&self) -> bool {
        MAX_HOURS_EXCEPTIONS <= self.exceptions.len()
    }
}

/// Reads the spans of a day: `closed`, `09:00-18:00`, or several with commas between.
pub fn parse_spans(text: &str) -> Result<Vec<Span>, String> {
    if text.trim().eq_ignore_ascii_case("closed") {
        return Ok(Vec::new());
    }
    let mut spans = Vec::new();
    for part in text.split(',').map(str::trim) {
        let (from, to) =
            part.split_once(['-', '–']).ok_or_else(|| format!("has no dash in \"{part}\""))?;
        let span = Span { from: parse_minute(from)?, to: parse_minute(to)? };
        if span.to <= span.from {
            return Err(format!("closes before it opens in \"{part}\""));
        }
        spans.push(span);
    }
    spans.sort_unstable();
    if spans.windows(2).any(|pair| pair[1].from < pair[0].to) {
        return Err("has spans that overlap".to_owned());
    }
    if MAX_SPANS_PER_DAY < spans.len() {
        return Err(format!("has more than {MAX_SPANS_PER_DAY} spans"));
    }
    Ok(spans)
}

/// Reads `HH:MM`, 00:00 to 24:00.
fn parse_minute(text: &str) -> Result<u16, String> {
    let wrong = || format!("has \"{}\", which is not a time", text.trim());
    let (hour, minute) = text.trim().split_once(':').ok_or_else(wrong)?;
    let digits = |part: &str| part.len() <= 2 && part.bytes().all(|b| b.is_ascii_digit());
    if !digits(hour) || minute.len() != 2 || !digits(minute) {
        return Err(wrong());
    }
    let (hour, minute): (u16, u16) =
        (hour.parse().map_err(|_| wrong())?, minute.parse().map_err(|_| wrong())?);
    let total = hour * 60 + minute;
    if minute < 60 && total <= DAY_MINUTES { Ok(total) } else { Err(wrong()) }
}

/// Writes a minute of the day as `HH:MM`.
pub fn clock_face(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(days: [&str; 7]) -> Hours {
        Hours { week: days.map(|day| parse_spans(day).unwrap()), ..Hours::default() }
    }

    fn at(text: &str) -> Timestamp {
        Timestamp::from_millis(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
    }

    fn week() -> Hours {
        hours([
            "09:00-18:00",
            "09:00-18:00",
            "09:00-12:00, 13:00-18:00",
            "09:00-18:00",
            "09:00-18:00",
            "10:00-16:00",
            "closed",
        ])
    }

    #[test]
    fn the_doors_open_at_the_first_minute_and_close_at_the_last() {
        let zone = TimeZone::get("Europe/London").unwrap();
        for (moment, open) in [
            // A Monday in winter: London is UTC.
            ("2026-11-23T08:59:59Z", false),
            ("2026-11-23T09:00:00Z", true),
            ("2026-11-23T17:59:59Z", true),
            ("2026-11-23T18:00:00Z", false),
            // Wednesday's lunch.
            ("2026-11-25T12:30:00Z", false),
            // Sunday.
            ("2026-11-22T12:00:00Z", false),
        ] {
            assert_eq!(week().open_at(&zone, at(moment)), open, "{moment}");
        }
    }

    #[test]
    fn nine_o_clock_is_nine_o_clock_on_both_sides_of_a_change_of_the_clocks() {
        let zone = TimeZone::get("Europe/London").unwrap();
        // London goes from UTC to UTC+1 on Sunday 29 March 2026, and back on 25 October.
        for (moment, open) in [
            ("2026-03-27T08:30:00Z", false),
            ("2026-03-30T08:30:00Z", true),
            ("2026-10-23T17:30:00Z", false),
            ("2026-10-26T17:30:00Z", true),
        ] {
            assert_eq!(week().open_at(&zone, at(moment)), open, "{moment}");
        }
        // A span over the hour that happens twice is open in both of them.
        let nightly = hours(["00:00-24:00"; 7]);
        assert!(nightly.open_at(&zone, at("2026-10-25T00:30:00Z")));
        assert!(nightly.open_at(&zone, at("2026-10-25T01:30:00Z")));
    }

    #[test]
    fn an_exception_stands_in_for_its_day_and_is_told_ahead() {
        let zone = TimeZone::get("Europe/London").unwrap();
        let mut hours = week();
        hours.exceptions.insert("2026-12-25".parse().unwrap(), Vec::new());
        let noon = at("2026-12-25T12:00:00Z");
        assert!(!hours.open_at(&zone, noon));
        assert!(week().open_at(&zone, noon));
        assert_eq!(hours.exceptions_ahead(&zone, at("2026-12-20T12:00:00Z"), 14).count(), 1);
        assert_eq!(hours.exceptions_ahead(&zone, at("2026-12-26T12:00:00Z"), 14).count(), 0);
    }

    #[test]
    fn days_in_a_row_with_the_same_spans_stand_together() {
        let week = week();
        let groups: Vec<_> = week.groups().iter().map(|group| (group.first, group.last)).collect();
        assert_eq!(groups, [(0, 1), (2, 2), (3, 4), (5, 5), (6, 6)]);
    }

    #[test]
    fn bad_spans_are_told() {
        for bad in [
            "",
            "9-18",
            "09:00",
            "18:00-09:00",
            "09:60-18:00",
            "25:00-26:00",
            "24:01-24:02",
            "09:00-12:00,11:00-13:00",
            "09:00-09:00",
            "+9:00-18:00",
            "09:00–",
            "open",
            "01:00-02:00,03:00-04:00,05:00-06:00,07:00-08:00,09:00-10:00",
        ] {
            assert!(parse_spans(bad).is_err(), "{bad}");
        }
        assert_eq!(parse_spans("9:00-18:00"), Ok(vec![Span { from: 540, to: 1080 }]));
        assert_eq!(parse_spans("00:00-24:00"), Ok(vec![Span { from: 0, to: 1440 }]));
    }
}
