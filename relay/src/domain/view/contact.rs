//! How a person is reached, and when.

use super::{TimeZone, Words, words};
use crate::{
    clock::Timestamp,
    domain::{
        dealer::Dealer,
        hours::{Span, clock_face},
    },
    limits::HOURS_AHEAD_DAYS,
};

/// The opening hours in this language, one group of days a line, then the days ahead that differ.
pub fn hours_lines(dealer: &Dealer, lang: &str, now: Timestamp) -> Vec<String> {
    lines(dealer, words(lang), now)
}

/// The ways to reach a person, one a line, without the hours: for an answer that names them.
pub fn contact_lines(dealer: &Dealer) -> Vec<String> {
    [&dealer.contact.phone, &dealer.contact.email].into_iter().flatten().cloned().collect()
}

/// Whether the dealer is open, where its hours are known.
pub fn open_now(dealer: &Dealer, now: Timestamp) -> Option<bool> {
    dealer.hours.as_ref().map(|hours| hours.open_at(&zone(dealer), now))
}

/// The contact as the chat shows it.
pub(super) fn contact(dealer: &Dealer, words: &Words, now: Timestamp) -> protocol::dealer::Contact {
    protocol::dealer::Contact {
        phone: dealer.contact.phone.clone(),
        email: dealer.contact.email.clone(),
        hours: lines(dealer, words, now),
        open_now: open_now(dealer, now),
    }
}

/// The dealer's time zone; the file was refused if there is none of this name.
fn zone(dealer: &Dealer) -> TimeZone {
    TimeZone::get(&dealer.timezone).unwrap_or(TimeZone::UTC)
}

fn lines(dealer: &Dealer, words: &Words, now: Timestamp) -> Vec<String> {
    let Some(hours) = &dealer.hours else { return Vec::new() };
    let zone = zone(dealer);
    let usual = hours.groups().into_iter().map(|group| {
        let (first, last) = (words.days[group.first], words.days[group.last]);
        let days = if first == last { first.to_owned() } else { format!("{first}–{last}") };
        format!("{days} {}", spans(group.spans, words))
    });
    let ahead = hours.exceptions_ahead(&zone, now, HOURS_AHEAD_DAYS).map(|(date, other)| {
        let weekday = usize::from(date.weekday().to_monday_zero_offset().unsigned_abs());
        let month = usize::from(date.month().unsigned_abs()).saturating_sub(1);
        let date = super::fill(
            words.date,
            &[("day", &date.day().to_string()), ("month", words.months[month])],
        );
        format!("{} {date} {}", words.days[weekday], spans(other, words))
    });
    usual.chain(ahead).collect()
}

fn spans(spans: &[Span], words: &Words) -> String {
    if spans.is_empty() {
        return words.closed.to_owned();
    }
    let span = |span: &Span| format!("{}–{}", clock_face(span.from), clock_face(span.to));
    spans.iter().map(span).collect::<Vec<_>>().join(words.comma)
}
