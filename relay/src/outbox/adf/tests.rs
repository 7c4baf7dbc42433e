//! Whatever a visitor types comes out of another program's reader as it was typed, and nothing beside it.

use proptest::prelude::*;
use quick_xml::{Reader, events::Event};

use super::*;
use crate::domain::handover::tests::handover;

/// The text of each element, by its path, as another program reads it.
fn read(xml: &str) -> Vec<(String, String)> {
    let mut reader = Reader::from_str(xml);
    let (mut path, mut found) = (Vec::new(), Vec::new());
    let mut text = String::new();
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) => {
                path.push(start.name().as_ref().to_owned());
                text.clear();
            }
            Event::Text(part) => text.push_str(&part),
            Event::GeneralRef(part) => {
                let named = match &*part {
                    "amp" => Some('&'),
                    "lt" => Some('<'),
                    "gt" => Some('>'),
                    "quot" => Some('"'),
                    _ => None,
                };
                text.push(named.or(part.resolve_char_ref().unwrap()).unwrap());
            }
            Event::End(_) => {
                found.push((path.join("/"), std::mem::take(&mut text)));
                path.pop();
            }
            Event::Decl(_) | Event::PI(_) => {}
            Event::Eof => return found,
            other => panic!("nothing else is written: {other:?}"),
        }
    }
}

fn value(xml: &str, path: &str) -> String {
    let found = read(xml).into_iter().find(|(known, _)| known == &format!("adf/prospect/{path}"));
    found.unwrap_or_else(|| panic!("no {path} in {xml}")).1
}

#[test]
fn a_lead_is_written_in_the_order_of_the_schema() {
    let xml = write(&handover());
    assert_eq!(xml, include_str!("sample.xml"));
    assert_eq!(value(&xml, "customer/contact/name"), "Sam O’Neil");
    assert_eq!(value(&xml, "requestdate"), "2026-08-05T13:00:00+01:00");
}

#[test]
fn kinds_map_to_interests_and_a_service_is_told_in_words() {
    let of = |kind| write(&Handover { kind, ..handover() });
    assert!(of(LeadKind::TestDrive).contains("<vehicle interest=\"test-drive\" status=\"used\">"));
    let exchange = write(&with_a_car(LeadKind::PartExchange));
    let interests: Vec<_> =
        exchange.lines().filter(|line| line.contains("<vehicle ")).map(str::trim).collect();
    assert_eq!(
        interests,
        [
            "<vehicle interest=\"buy\" status=\"used\">",
            "<vehicle interest=\"trade-in\" status=\"used\">"
        ]
    );
    let service = value(&of(LeadKind::Service), "customer/comments");
    assert_eq!(service.lines().next(), Some("SERVICE BOOKING REQUEST"));
    let call = of(LeadKind::CallBack);
    assert!(call.contains("<email preferredcontact=\"0\">"), "{call}");
    assert!(call.contains("<phone type=\"voice\" preferredcontact=\"1\">"), "{call}");
}

fn with_a_car(kind: LeadKind) -> Handover {
    let mut lead = Handover { kind, ..handover() };
    lead.fields.registration = Some("ab12 cde".to_owned());
    lead.fields.vin = Some("1M8GDM9AXKP042788".to_owned());
    lead.fields.mileage = Some("45,000".to_owned());
    lead
}

/// The lines of the vehicle with this interest.
fn vehicle_of(xml: &str, interest: &str) -> Vec<String> {
    let lines = xml.lines().map(str::trim);
    let from = lines.skip_while(|line| !line.contains(&format!("interest=\"{interest}\"")));
    from.take_while(|line| *line != "</vehicle>").map(ToOwned::to_owned).collect()
}

#[test]
fn the_visitors_own_car_is_told_in_the_order_of_the_schema_and_in_words() {
    let exchange = write(&with_a_car(LeadKind::PartExchange));
    let wanted = [
        "<vehicle interest=\"trade-in\" status=\"used\">",
        "<id source=\"VRM\">AB12CDE</id>",
        "<year></year>",
        "<make></make>",
        "<model></model>",
        "<vin>1M8GDM9AXKP042788</vin>",
        "<odometer status=\"unknown\" units=\"mi\">45000</odometer>",
        "<comments>Own car: registration ab12 cde, mileage 45,000 mi, VIN 1M8GDM9AXKP042788 (check digit: ok)</comments>",
    ];
    assert_eq!(vehicle_of(&exchange, "trade-in"), wanted);
    assert!(!vehicle_of(&exchange, "buy").iter().any(|line| line.contains("VRM")));
    let comments = value(&exchange, "customer/comments");
    assert!(comments.contains("\nOwn car: registration ab12 cde,"), "{comments}");
    // A service is of the visitor's car, and nothing is traded in.
    let service = write(&with_a_car(LeadKind::Service));
    assert!(vehicle_of(&service, "buy").iter().any(|line| line.contains("AB12CDE")));
    assert!(!service.contains("trade-in"));
    let mut abroad = with_a_car(LeadKind::PartExchange);
    abroad.vendor.mileage_unit = "km";
    assert!(write(&abroad).contains("units=\"km\""));
}

#[test]
fn a_day_that_would_suit_is_a_timeframe_before_the_comments() {
    let mut lead = Handover { kind: LeadKind::TestDrive, ..handover() };
    assert!(!write(&lead).contains("timeframe"));
    lead.fields.day = Some("2026-12-05".to_owned());
    lead.fields.time = Some("10:30".to_owned());
    let xml = write(&lead);
    let from = |path: &str| value(&xml, &format!("customer/timeframe/{path}"));
    assert_eq!(from("description"), "2026-12-05 10:30");
    assert_eq!(from("earliestdate"), "2026-12-05T10:30:00+00:00");
    assert_eq!(from("latestdate"), "2026-12-05T10:30:00+00:00");
    let order: Vec<String> = read(&xml).into_iter().map(|(path, _)| path).collect();
    let at = |end: &str| order.iter().position(|path| path.ends_with(end)).unwrap();
    assert!(at("customer/contact") < at("customer/timeframe"));
    assert!(at("customer/timeframe") < at("customer/comments"));
    assert!(value(&xml, "customer/comments").contains("\nPreferred: 2026-12-05 10:30\n"));
    // A time of no day is told in words alone.
    lead.fields.day = None;
    let xml = write(&lead);
    assert!(!xml.contains("timeframe") && xml.contains("Preferred: 10:30"));
}

#[test]
fn consents_stand_in_a_line_that_programs_find() {
    let comments = value(&write(&handover()), "customer/comments");
    assert_eq!(
        comments.lines().next(),
        Some(
            "Marketing: email=yes sms=not-asked phone=not-asked post=not-asked (text v3, 2026-08-05T11:59:55Z)"
        )
    );
    assert!(comments.contains("Phone as typed: 07700 900123\n"), "{comments}");
    let unasked = Handover { consents: Vec::new(), ..handover() };
    let comments = value(&write(&unasked), "customer/comments");
    assert!(
        comments.starts_with(
            "Marketing: email=not-asked sms=not-asked phone=not-asked post=not-asked\n"
        )
    );
}

#[test]
fn a_lead_that_is_told_again_keeps_its_id() {
    let xml = write(&Handover { telling: Telling::Again, ..handover() });
    assert!(xml.contains("<prospect status=\"resend\">"));
    assert_eq!(value(&xml, "id"), handover().id);
}

#[test]
fn a_test_says_so_and_whoever_left_no_name_has_one() {
    let mut lead = Handover { is_test: true, ..handover() };
    lead.fields.name = None;
    lead.fields.email = None;
    let xml = write(&lead);
    assert!(value(&xml, "customer/comments").contains("\nTEST - please delete\n"));
    assert_eq!(value(&xml, "customer/contact/name"), NAMELESS);
    assert!(!xml.contains("<email preferredcontact"), "{xml}");
}

#[test]
fn what_is_typed_to_do_harm_arrives_as_text() {
    for (typed, wanted) in [
        ("]]>", "]]>"),
        (
            "<!DOCTYPE adf [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>&x;",
            "<!DOCTYPE adf [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>&x;",
        ),
        ("</comments></customer><vendor>", "</comments></customer><vendor>"),
        ("a\r\nBcc: all@example.org\r\n.\r\n", "a\nBcc: all@example.org\n.\n"),
        (
            "nul \0 bell \u{7} del \u{7f} c1 \u{85}",
            "nul \u{fffd} bell \u{fffd} del \u{fffd} c1 \u{fffd}",
        ),
        ("\u{2028}\u{2029}\u{feff}\u{fffe}", "\u{2028}\u{2029}\u{feff}\u{fffd}"),
        ("=cmd|' /C calc'!A0", "=cmd|' /C calc'!A0"),
        ("🚗 مرحبا Łukasz", "🚗 مرحبا Łukasz"),
    ] {
        let mut lead = handover();
        (lead.fields.interest, lead.fields.message) =
            (Some(typed.to_owned()), Some(typed.to_owned()));
        let xml = write(&lead);
        assert_eq!(value(&xml, "vehicle/comments"), wanted, "{typed:?}");
        assert!(value(&xml, "customer/comments").ends_with(&format!("\n{wanted}")), "{typed:?}");
    }
}

/// All words of a text, for a comparison across line ends.
fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

#[test]
fn ten_thousand_characters_are_broken_into_lines_that_mail_takes() {
    let mut lead = handover();
    let spaced = "Für den Škoda? ".repeat(700);
    lead.fields.message = Some(spaced.clone());
    let xml = write(&lead);
    assert!(value(&xml, "customer/comments").contains("Für den Škoda?"));
    assert_eq!(words(&value(&xml, "customer/comments")).len(), words(&write_comments(&lead)).len());
    assert!(xml.lines().all(|line| line.len() < 900), "a line is too long");
    lead.fields.message = Some("🚗".repeat(10_000));
    let xml = write(&lead);
    assert!(xml.lines().all(|line| line.len() < 900));
    assert_eq!(value(&xml, "customer/comments").matches('🚗').count(), 10_000);
}

fn write_comments(lead: &Handover) -> String {
    comments(lead)
}

proptest! {
    #[test]
    fn any_text_is_ascii_and_read_back_as_what_can_be_shown(text in any::<String>()) {
        let mut lead = handover();
        lead.fields.message = Some(text.clone());
        let xml = write(&lead);
        prop_assert!(xml.is_ascii());
        prop_assert!(xml.lines().all(|line| line.len() < 900));
        let read = value(&xml, "customer/comments");
        let shown: String = text.chars().filter(|c| c.is_alphanumeric()).collect();
        let read: String = read.chars().filter(|c| c.is_alphanumeric()).collect();
        prop_assert!(read.ends_with(&shown));
    }
}
