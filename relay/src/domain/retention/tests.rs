//! The calendar of retention: leap days, ends of months, bounds.

use proptest::prelude::*;

use super::*;

fn at(text: &str) -> Timestamp {
    Timestamp::from_millis(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
}

fn period(text: &str) -> Period {
    Period::parse(text).unwrap()
}

#[test]
fn a_period_ends_on_the_day_that_the_calendar_has() {
    for (start, length, end) in [
        ("2028-02-29T10:00:00Z", "P12M", "2029-02-28T10:00:00Z"),
        ("2027-02-28T10:00:00Z", "P12M", "2028-02-28T10:00:00Z"),
        ("2026-01-31T23:59:59Z", "P1M", "2026-02-28T23:59:59Z"),
        ("2026-10-31T12:00:00Z", "P1M", "2026-11-30T12:00:00Z"),
        // A clock that is put back in London: UTC knows nothing of it.
        ("2026-10-24T00:30:00Z", "P1D", "2026-10-25T00:30:00Z"),
        ("2026-03-28T00:30:00Z", "P2D", "2026-03-30T00:30:00Z"),
        ("2026-01-15T08:00:00Z", "P90D", "2026-04-15T08:00:00Z"),
        ("2026-12-31T00:00:00Z", "P1Y2M1W3D", "2028-03-10T00:00:00Z"),
    ] {
        assert_eq!(period(length).after(at(start)), at(end), "{start} + {length}");
    }
}

#[test]
fn the_presets_are_those_of_the_policies() {
    let uk = RetentionPolicy::preset("uk-12m").unwrap();
    assert_eq!(uk.expires_at(at("2026-11-22T09:00:00Z")), at("2027-11-22T09:00:00Z"));
    let eu = RetentionPolicy::preset("eu-90d").unwrap();
    assert_eq!(eu.expires_at(at("2026-11-22T09:00:00Z")), at("2027-02-20T09:00:00Z"));
    assert_eq!(RetentionPolicy::preset("for-ever"), None);
}

#[test]
fn a_text_that_is_no_period_is_refused_with_its_reason() {
    for (text, reason) in [
        ("12 months", "is not a period"),
        ("P", "is no time at all"),
        ("P0D", "is no time at all"),
        ("PT12H", "shorter than a day"),
        ("P1DT1H", "shorter than a day"),
        ("P12", "is not a period"),
        ("PM", "is not a period"),
        ("P-1D", "is not a period"),
        ("P1D1M", "is not a period"),
        ("P1M1M", "is not a period"),
        ("P1.5M", "is not a period"),
        ("P10000D", "far too long"),
        ("P1é", "is not a period"),
    ] {
        let error = Period::parse(text).unwrap_err().to_string();
        assert!(error.contains(reason) && error.contains(text), "{text}: {error}");
    }
}

#[test]
fn a_period_outside_the_bounds_is_refused_with_the_bound() {
    let bounds = Bounds::default();
    for good in ["P1D", "P90D", "P12M", "P1Y", "P365D", "P52W"] {
        assert_eq!(bounds.check(period(good)), Ok(()), "{good}");
    }
    for (bad, hint) in
        [("P13M", "choose P12M or less"), ("P366D", "choose P12M or less"), ("P2Y", "P12M")]
    {
        assert!(bounds.check(period(bad)).unwrap_err().to_string().contains(hint), "{bad}");
    }
    let strict = Bounds { min: period("P1M"), max: period("P6M") };
    assert!(strict.check(period("P30D")).unwrap_err().to_string().contains("choose P1M or more"));
    assert_eq!(strict.check(period("P31D")), Ok(()));
    let crossed = Bounds { min: period("P1Y"), max: period("P6M") };
    assert!(matches!(crossed.check(period("P9M")), Err(BoundsError::Crossed { .. })));
}

#[test]
fn a_policy_survives_json() {
    let policy = RetentionPolicy::own(period("P6M"), Action::Anonymise);
    let json = serde_json::to_string(&policy).unwrap();
    assert_eq!(json, r#"{"version":1,"preset":null,"period":"P6M","action":"anonymise"}"#);
    assert_eq!(serde_json::from_str::<RetentionPolicy>(&json).unwrap(), policy);
}

proptest! {
    #[test]
    fn a_period_reads_back_what_it_printed(y in 0..20_u16, m in 0..20_u16, w in 0..20_u16, d in 1..99_u16) {
        let one = Period { years: y, months: m, weeks: w, days: d };
        prop_assert_eq!(Period::parse(&one.to_string()), Ok(one));
    }

    /// The last days of a month may share one end: 29 January, late, and 31 January, early, both
    /// end on 28 February, each at its own time of day.
    #[test]
    fn a_later_message_expires_less_than_a_day_earlier_at_most(
        start in 0..4_000_000_000_000_i64, more in 0..9_000_000_000_i64, m in 1..30_u16,
    ) {
        let one = Period::of_months(m);
        let (early, late) = (Timestamp::from_millis(start), Timestamp::from_millis(start + more));
        prop_assert!(one.after(early) < one.after(late).plus(std::time::Duration::from_hours(24)));
        prop_assert!(early < one.after(early));
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC*") {
        let _ = Period::parse(&text);
    }
}
