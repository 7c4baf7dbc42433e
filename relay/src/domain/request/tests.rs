//! When a request is due, what may be done with it, and how it may end.

use jiff::{Span, civil::date};

use super::*;

/// A request of this kind and law that was received on a day.
pub(crate) fn request(kind: Kind, law: Jurisdiction, received: Date) -> Request {
    Request {
        id: "req_1".to_owned(),
        dealer: DealerId::from_bytes(&[1; 16]),
        controller: "Harbour Cars Limited".to_owned(),
        kind,
        law,
        received,
        channel: Channel::Mail,
        proof: Proof::None,
        entries: Vec::new(),
        closed: None,
    }
}

fn at(day: Date) -> Timestamp {
    let noon = day.at(12, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC).unwrap();
    Timestamp::from_millis(noon.timestamp().as_millisecond())
}

fn noted(request: Request, action: Action, reason: Option<Reason>, day: Date) -> Request {
    request.changed(Change::Note(action, reason), at(day)).unwrap()
}

fn refused(request: &Request, change: Change, day: Date) -> Refusal {
    request.clone().changed(change, at(day)).unwrap_err()
}

#[test]
fn a_request_is_due_in_thirty_days_or_a_month_whichever_comes_first() {
    for (received, due) in [
        (date(2027, 1, 1), date(2027, 1, 31)),
        (date(2027, 1, 28), date(2027, 2, 27)),
        (date(2027, 1, 29), date(2027, 2, 28)),
        (date(2027, 1, 30), date(2027, 2, 28)),
        (date(2027, 1, 31), date(2027, 2, 28)),
        (date(2027, 2, 28), date(2027, 3, 28)),
        (date(2028, 1, 30), date(2028, 2, 29)),
        (date(2028, 1, 31), date(2028, 2, 29)),
        (date(2027, 3, 31), date(2027, 4, 30)),
        (date(2026, 12, 31), date(2027, 1, 30)),
    ] {
        for law in [Jurisdiction::Uk, Jurisdiction::Eu] {
            let standing = request(Kind::Erasure, law, received).standing(received);
            assert_eq!(standing.due, due, "{received}");
            assert_eq!((standing.day, standing.left), (0, standing.of), "{received}");
        }
    }
}

#[test]
fn the_month_is_the_shorter_one_on_thirty_days_of_2026() {
    let days = date(2026, 1, 1).series(Span::new().days(1)).take(365);
    let shorter = days.filter(|day| {
        let standing = request(Kind::Access, Jurisdiction::Eu, *day).standing(*day);
        standing.of < 30
    });
    let shorter: Vec<Date> = shorter.collect();
    assert_eq!(shorter.len(), 30);
    assert_eq!((shorter[0], shorter[29]), (date(2026, 1, 30), date(2026, 2, 28)));
}

#[test]
fn a_complaint_has_thirty_days_from_the_day_after_receipt_however_short_the_month() {
    let complaint = request(Kind::Complaint, Jurisdiction::Uk, date(2027, 1, 30));
    let standing = complaint.standing(date(2027, 1, 31));
    assert_eq!((standing.due, standing.day, standing.of), (date(2027, 3, 1), 1, 30));
    for (action, reason) in
        [(Action::Paused, Reason::Identity), (Action::Extended, Reason::Complex)]
    {
        let change = Change::Note(action, Some(reason));
        assert_eq!(refused(&complaint, change, date(2027, 2, 1)), Refusal::FixedTime);
    }
}

#[test]
fn somebody_is_reminded_on_the_seventh_the_twenty_first_and_the_twenty_seventh_day() {
    let request = request(Kind::Access, Jurisdiction::Uk, date(2026, 11, 1));
    let on = |day| request.standing(date(2026, 11, day));
    for (day, reminder) in
        [(7, None), (8, Some(7)), (21, Some(7)), (22, Some(21)), (27, Some(21)), (28, Some(27))]
    {
        assert_eq!(on(day).reminder(), reminder, "{day}");
    }
    assert!(!on(23).is_soon() && on(24).is_soon());
    let last = request.standing(date(2026, 12, 1));
    assert!(last.is_soon() && !last.is_overdue() && last.left == 0);
    let late = request.standing(date(2026, 12, 2));
    assert!(late.is_overdue() && !late.is_soon() && late.left == -1);
}

#[test]
fn the_clock_stops_under_uk_law_alone_and_with_a_reason_of_the_law() {
    let november = |day| date(2026, 11, day);
    let uk = request(Kind::Access, Jurisdiction::Uk, november(1));
    let pause = |reason| Change::Note(Action::Paused, reason);
    let eu = Request { law: Jurisdiction::Eu, ..uk.clone() };
    assert_eq!(refused(&eu, pause(Some(Reason::Identity)), november(2)), Refusal::NoPause);
    for reason in [None, Some(Reason::Complex)] {
        let told = refused(&uk, pause(reason), november(2));
        assert!(matches!(told, Refusal::NeedsReason(_)), "{told}");
    }
    let erasure = Request { kind: Kind::Erasure, ..uk.clone() };
    let unclear = pause(Some(Reason::Clarification));
    assert_eq!(refused(&erasure, unclear, november(2)), Refusal::OnlyAccess);
    assert_eq!(refused(&uk, Change::Note(Action::Resumed, None), november(2)), Refusal::Running);

    let stopped = noted(uk.clone(), Action::Paused, Some(Reason::Identity), november(5));
    assert_eq!(refused(&stopped, pause(Some(Reason::Fee)), november(6)), Refusal::Paused);
    let standing = stopped.standing(november(15));
    assert!(standing.is_paused);
    assert_eq!((standing.day, standing.left, standing.due), (4, 26, date(2026, 12, 11)));
    let resumed = noted(stopped, Action::Resumed, None, november(15));
    let standing = resumed.standing(november(20));
    assert_eq!((standing.day, standing.left, standing.is_paused), (9, 21, false));
    assert_eq!(standing.due, date(2026, 12, 11));
    let late = date(2026, 12, 12);
    assert_eq!(refused(&resumed, pause(Some(Reason::Fee)), late), Refusal::Late);
}

#[test]
fn a_complex_request_gets_two_months_more_once_and_before_its_time_is_over() {
    let received = date(2026, 11, 30);
    let asked = request(Kind::Access, Jurisdiction::Eu, received);
    let extend = |reason| Change::Note(Action::Extended, reason);
    let told = refused(&asked, extend(None), received);
    assert!(matches!(told, Refusal::NeedsReason(_)), "{told}");
    let late = extend(Some(Reason::Many));
    assert_eq!(refused(&asked, late, date(2026, 12, 31)), Refusal::Late);
    let longer = noted(asked, Action::Extended, Some(Reason::Complex), date(2026, 12, 30));
    assert_eq!(longer.standing(received).due, date(2027, 2, 28));
    assert_eq!(refused(&longer, late, date(2027, 1, 1)), Refusal::Extended);
    let odd = Change::Note(Action::Answered, Some(Reason::Many));
    assert_eq!(refused(&longer, odd, date(2027, 1, 1)), Refusal::NoReason);
}

#[test]
fn a_dealer_who_was_not_told_within_a_day_is_missed() {
    let received = date(2026, 11, 1);
    let asked = request(Kind::Access, Jurisdiction::Uk, received);
    assert!(!asked.standing(date(2026, 11, 2)).is_unforwarded);
    assert!(asked.standing(date(2026, 11, 3)).is_unforwarded);
    let told = noted(asked, Action::Forwarded, None, received);
    assert!(!told.standing(date(2026, 11, 3)).is_unforwarded);
}

#[test]
fn a_refusal_names_a_ground_that_fits_what_was_asked() {
    let today = date(2026, 11, 2);
    let asked = request(Kind::Erasure, Jurisdiction::Uk, date(2026, 11, 1));
    let close = |outcome, ground| Change::Close(outcome, ground);
    let told = refused(&asked, close(Outcome::Partly, None), today).to_string();
    assert!(told.contains("legal-claims") && !told.contains("accurate"), "{told}");
    let wrong = close(Outcome::Refused, Some(Ground::Accurate));
    assert!(matches!(refused(&asked, wrong, today), Refusal::WrongGround(_)));
    let odd = close(Outcome::Granted, Some(Ground::LegalClaims));
    assert_eq!(refused(&asked, odd, today), Refusal::NoGround);
    let good = close(Outcome::Refused, Some(Ground::LegalClaims));
    let closed = asked.clone().changed(good, at(today)).unwrap();
    assert_eq!(closed.expires_at(), Some(at(date(2029, 11, 2))));
    assert_eq!(asked.expires_at(), None, "an open one is never forgotten");
    let more = Change::Note(Action::Answered, None);
    assert_eq!(refused(&closed, more, today), Refusal::Closed);
    assert_eq!(closed.standing(date(2029, 1, 1)).left, 29, "its time stands still from then on");
    // Every kind but a withdrawal can be refused, each ground has its law and serves something.
    for kind in Kind::ALL {
        let refusable = Ground::ALL.iter().any(|ground| ground.fits(*kind));
        assert_eq!(refusable, *kind != Kind::Withdrawal, "{kind:?}");
    }
    for ground in Ground::ALL {
        assert!(Kind::ALL.iter().any(|kind| ground.fits(*kind)), "{ground:?}");
        assert!(ground.law().contains("Art.") || ground.law().contains("s.164A"), "{ground:?}");
    }
}

#[test]
fn the_law_follows_the_dealers_country_where_it_is_one_of_the_two() {
    assert_eq!(Jurisdiction::of_country("GB"), Some(Jurisdiction::Uk));
    assert_eq!(Jurisdiction::of_country("DE"), Some(Jurisdiction::Eu));
    assert_eq!(Jurisdiction::of_country("US"), None);
}

#[test]
fn what_is_due_is_counted_without_what_is_closed() {
    let today = date(2026, 12, 2);
    let of = |day| request(Kind::Access, Jurisdiction::Uk, day);
    let all = [of(date(2026, 11, 1)), of(date(2026, 11, 5)), of(date(2026, 12, 1))];
    let found = tally(&all, today);
    assert_eq!(found, Tally { open: 3, soon: 1, overdue: 1 });
    assert!(found.words().starts_with("1 due within 7 days, 1 overdue"));
    let close = Change::Close(Outcome::Granted, None);
    let closed = all.map(|one| one.changed(close, at(today)).unwrap());
    assert_eq!(tally(&closed, today), Tally::default());
    assert_eq!(Tally::default().words(), "ok");
}

#[test]
fn a_word_that_is_in_no_list_is_told_with_the_list() {
    assert_eq!(Kind::parse("withdrawal"), Ok(Kind::Withdrawal));
    assert!(Proof::parse("passport of Sam").unwrap_err().contains("token, mail-link"));
    for kind in Kind::ALL {
        let json = serde_json::to_value(kind).unwrap();
        assert_eq!(json, kind.word(), "one word for the database and the command line");
        assert!(!kind.article().is_empty());
    }
}
