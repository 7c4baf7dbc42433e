//! What a lead may be, as tables.

use protocol::limits::MAX_FIELD_CHARS;

use super::*;

const FORM: [FormField; 5] = [
    FormField { kind: FieldKind::Name, required: true },
    FormField { kind: FieldKind::Email, required: false },
    FormField { kind: FieldKind::Phone, required: false },
    FormField { kind: FieldKind::Interest, required: false },
    FormField { kind: FieldKind::Message, required: false },
];

fn lead(name: &str, email: &str, phone: &str) -> LeadFields {
    let filled = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    LeadFields {
        name: filled(name),
        email: filled(email),
        phone: filled(phone),
        ..LeadFields::default()
    }
}

fn problems(fields: &LeadFields) -> Vec<(String, Problem)> {
    let problems = check(&FORM, "GB", fields).expect_err("the lead should be refused");
    problems.into_iter().map(|problem| (problem.field, problem.problem)).collect()
}

#[test]
fn a_number_is_read_as_people_of_the_country_write_it() {
    for (typed, e164) in [
        ("07700 900123", "+447700900123"),
        ("+44 (0)7700 900123", "+447700900123"),
        ("+44 7700 900123", "+447700900123"),
        ("0044 7700 900123", "+447700900123"),
        ("44 7700 900123", "+447700900123"),
        ("(0113) 496 0123", "+441134960123"),
        ("0131 496 0123 x12", "+441314960123"),
        ("020 7946 0958", "+442079460958"),
        ("07624 369230", "+447624369230"),
        ("+353 1 661 4711", "+35316614711"),
        ("+49 30 901820", "+4930901820"),
        ("0131-496-0123", "+441314960123"),
        ("tel:+44-131-496-0123", "+441314960123"),
        ("０７７００ ９００１２３", "+447700900123"),
    ] {
        assert_eq!(phone("GB", typed).as_deref(), Some(e164), "{typed}");
    }
    assert_eq!(phone("DE", "030 901820").as_deref(), Some("+4930901820"));
}

#[test]
fn what_can_be_no_number_is_refused() {
    for typed in
        ["12", "call me", "0", "07700 900", "0770090012345678", "+999 12345678", "<b>", "٠"]
    {
        assert_eq!(phone("GB", typed), None, "{typed}");
    }
}

#[test]
fn an_address_is_one_that_mail_can_reach() {
    for (typed, normal) in [
        ("Ann@Harbour.example", "ann@harbour.example"),
        ("ann+cars@mail.harbour.example", "ann+cars@mail.harbour.example"),
        ("o'neil@harbour.example", "o'neil@harbour.example"),
        ("jürgen@münchen.example", "jürgen@münchen.example"),
    ] {
        assert_eq!(email(typed).as_deref(), Some(normal), "{typed}");
    }
    for typed in [
        "ann",
        "ann@",
        "@harbour.example",
        "ann@localhost",
        "ann@[127.0.0.1]",
        "ann@harbour..example",
        "\"ann smith\"@harbour.example",
        "Ann <ann@harbour.example>",
        "ann@harbour.example, bob@x.example",
        "ann smith@harbour.example",
        "ann@harbour.example\nBcc: bob@x.example",
        &format!("{}@harbour.example", "a".repeat(300)),
    ] {
        assert_eq!(email(typed), None, "{typed}");
    }
}

#[test]
fn a_good_lead_is_trimmed_and_keeps_what_was_typed() {
    let mut fields = lead("  Ann Smith\u{0} ", " Ann@Harbour.example ", " 07700 900123 ");
    fields.message = Some("\tFirst line\r\nsecond line \n".to_owned());
    let checked = check(&FORM, "GB", &fields).unwrap();
    assert_eq!(checked.fields.name.as_deref(), Some("Ann Smith"));
    assert_eq!(checked.fields.email.as_deref(), Some("Ann@Harbour.example"));
    assert_eq!(checked.fields.phone.as_deref(), Some("07700 900123"));
    assert_eq!(checked.fields.message.as_deref(), Some("First line\nsecond line"));
    assert_eq!(checked.email_normal.as_deref(), Some("ann@harbour.example"));
    assert_eq!(checked.phone_e164.as_deref(), Some("+447700900123"));
}

#[test]
fn each_field_that_needs_mending_is_told() {
    assert_eq!(
        problems(&LeadFields::default()),
        [("name".to_owned(), Problem::Missing), ("contact".to_owned(), Problem::Missing)]
    );
    assert_eq!(problems(&lead("Ann", "", " ")), [("contact".to_owned(), Problem::Missing)]);
    assert_eq!(
        problems(&lead("Ann", "ann", "12")),
        [("email".to_owned(), Problem::NotAnEmail), ("phone".to_owned(), Problem::NotAPhone)]
    );
    assert_eq!(
        problems(&lead(&"a".repeat(MAX_FIELD_CHARS + 1), "a@b.example", "")),
        [("name".to_owned(), Problem::TooLong)]
    );
}

#[test]
fn a_field_for_which_the_dealer_did_not_ask_is_refused() {
    let form = [FormField { kind: FieldKind::Email, required: true }];
    let fields = lead("Ann", "ann@harbour.example", "");
    let problems = check(&form, "GB", &fields).unwrap_err();
    assert_eq!(problems, [FieldProblem { field: "name".to_owned(), problem: Problem::Unknown }]);
}

#[test]
fn a_lead_prints_no_word_that_was_typed() {
    let checked =
        check(&FORM, "GB", &lead("Canary", "canary@canary.example", "07700 900123")).unwrap();
    let printed = format!("{checked:?}");
    assert!(!printed.to_lowercase().contains("canary") && !printed.contains("7700"), "{printed}");
}

#[test]
fn a_country_is_two_capital_letters_that_exist() {
    for code in ["GB", "DE", "IE", "FR", "JE", "AE"] {
        assert!(is_country(code), "{code}");
    }
    for code in ["UK", "gb", "GBR", "", "ZZ", "001"] {
        assert!(!is_country(code), "{code}");
    }
}

#[test]
fn what_tells_of_a_car_or_a_day_is_checked_and_kept_as_typed() {
    let form = FieldKind::ALL.map(|kind| FormField { kind, required: false });
    let checked = |kind, value: &str| {
        let mut fields = lead("", "sam@example.org", "");
        fields.set(kind, Some(value.to_owned()));
        check(&form, "GB", &fields).map(|lead| lead.fields.get(kind).map(ToOwned::to_owned))
    };
    for (kind, value) in [
        (FieldKind::Registration, "ab12 cde"),
        (FieldKind::Registration, "M·AB 1234"),
        (FieldKind::Mileage, "45,000"),
        // Its check digit does not fit, as that of most European ones.
        (FieldKind::Vin, "wvwzzz1jzxw000001"),
        (FieldKind::Day, "2028-02-29"),
        (FieldKind::Time, "09:30"),
    ] {
        let typed = Ok(Some(value.to_owned()));
        assert_eq!(checked(kind, &format!(" {value} ")), typed, "{value}");
    }
    for (kind, value) in [
        (FieldKind::Registration, "?"),
        (FieldKind::Mileage, "12.5"),
        (FieldKind::Mileage, "a lot"),
        (FieldKind::Vin, "WVWZZZ"),
        (FieldKind::Day, "2026-02-29"),
        (FieldKind::Day, "tomorrow"),
        (FieldKind::Time, "25:00"),
    ] {
        let field = kind.name().to_owned();
        let wrong = FieldProblem { field, problem: Problem::Invalid };
        assert_eq!(checked(kind, value), Err(vec![wrong]), "{value}");
    }
}

#[test]
fn a_day_is_over_only_when_it_is_over_everywhere() {
    // 2 a.m. of 29 November in Berlin, 5 p.m. of the day before in Los Angeles.
    let now = Timestamp::from_millis(1_795_914_000_000);
    assert_eq!(now.to_string(), "2026-11-29T01:00:00Z");
    for (day, zone, over) in [
        ("2026-11-29", "Europe/Berlin", false),
        ("2026-11-28", "Europe/Berlin", false),
        ("2026-11-27", "Europe/Berlin", true),
        ("2026-11-27", "America/Los_Angeles", false),
        ("2026-11-26", "America/Los_Angeles", true),
        ("2027-01-01", "Nowhere/Land", false),
    ] {
        assert_eq!(is_over(day, zone, now), over, "{day} {zone}");
    }
}
