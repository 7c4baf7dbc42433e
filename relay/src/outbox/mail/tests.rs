//! Whatever a visitor types, a mail has the headers, the recipients and the parts that it is meant to have,
//! and another program reads from it what was typed.

use std::time::Duration;

use mail_parser::{MessageParser, MimeHeaders};
use protocol::lead::LeadKind;

use super::*;
use crate::{
    clock::Timestamp,
    domain::{
        handover::tests::handover,
        notice::{Event, Notice},
        target::{Target, TargetChannel},
    },
};

const TO: [&str; 2] = ["sales@dealer.example", "crm@dealer.example"];

/// A mail as it goes over the wire, and to whom.
fn written(content: Content<'_>, format: MailFormat) -> (String, Vec<String>) {
    let to: Vec<String> = TO.map(ToOwned::to_owned).to_vec();
    let channel = TargetChannel::Mail { to: to.clone(), format };
    let target = Target::new("sales".to_owned(), channel);
    let parcel = Parcel { id: "dlv_1", dealer: "dlr_1", target: &target, secrets: &[], content };
    // 5 August 2026, noon.
    let now = SystemTime::UNIX_EPOCH + Duration::from_hours(496_092);
    let mail = write(&parcel, &to, format, "chat@operator.example", now).unwrap();
    let to = mail.envelope().to().iter().map(ToString::to_string).collect();
    (String::from_utf8(mail.formatted()).unwrap(), to)
}

fn head(mail: &str) -> &str {
    mail.split_once("\r\n\r\n").unwrap().0
}

/// The names of the headers, in order.
fn names(mail: &str) -> Vec<&str> {
    let is_first = |line: &&str| !line.starts_with([' ', '\t']);
    head(mail).lines().filter(is_first).map(|line| line.split_once(':').unwrap().0).collect()
}

#[test]
fn a_readable_mail_says_all_of_a_lead_as_text_and_as_html_and_goes_back_to_the_visitor() {
    let lead = handover();
    let (mail, to) = written(Content::Lead(&lead), MailFormat::Text);
    assert_eq!(to, TO);
    let read = MessageParser::default().parse(mail.as_bytes()).unwrap();
    assert_eq!(read.subject(), Some("Enquiry for Harbour Cars"));
    assert_eq!(read.message_id(), Some("dlv_1@operator.example"));
    assert_eq!(read.from().unwrap().first().unwrap().address(), Some("chat@operator.example"));
    assert_eq!(read.reply_to().unwrap().first().unwrap().address(), Some("sam@example.org"));
    assert!(mail.contains("Date: Wed, 05 Aug 2026 12:00:00 +0000"), "{mail}");
    let (text, html) = (read.body_text(0).unwrap(), read.body_html(0).unwrap());
    for said in [
        "Sam O’Neil",
        "sam@example.org",
        "07700 900123 (+447700900123)",
        "Skoda Octavia 1.5 TSI",
        "2026-08-05T13:00:00+01:00",
        "I could come on Saturday.",
        "yes (text v3, 2026-08-05T11:59:55Z)",
        "not-asked",
        "led_00000000000000000000000000000001",
    ] {
        assert!(text.contains(said) && html.contains(said), "{said}\n{text}\n{html}");
    }
    // Nothing is fetched by whoever opens it.
    for word in ["<img", "<link", "url(", "src=", "<script"] {
        assert!(!html.contains(word), "{word}");
    }
}

#[test]
fn adf_is_the_only_part_of_its_mail_and_stands_in_it_as_it_is() {
    let lead = handover();
    let (mail, _) = written(Content::Lead(&lead), MailFormat::Adf);
    let (head, body) = mail.split_once("\r\n\r\n").unwrap();
    assert_eq!(body.replace("\r\n", "\n").trim_end(), adf::write(&lead).trim_end());
    assert!(body.starts_with("<?xml") && mail.is_ascii());
    assert!(head.contains("Content-Type: text/plain") && head.contains("7bit"), "{head}");
    assert!(!head.contains("sam@example.org"), "a system needs no way back: {head}");
    let read = MessageParser::default().parse(mail.as_bytes()).unwrap();
    assert_eq!((read.parts.len(), read.attachment_count()), (1, 0));
    assert_eq!(read.content_type().unwrap().ctype(), "text");
    assert!(read.subject().unwrap().contains("Harbour Cars"), "D-12");
}

#[test]
fn nothing_that_is_typed_adds_a_header_a_recipient_or_a_part() {
    let usual = handover();
    let long = "x".repeat(10_000);
    let evil = [
        "a\r\nBcc: everyone@evil.example\r\n\r\nhello",
        "\r\n.\r\nMAIL FROM:<a@evil.example>",
        "=?utf-8?q?=0d=0aBcc:_everyone@evil.example?=",
        "<script>alert(1)</script>",
        "]]><!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]>",
        "\u{202e}evil\u{2028}next\u{0}",
        "--\r\nContent-Type: text/html\r\n\r\n<b>",
        &long,
        "مرحبا 👩‍🔧",
    ];
    for format in [MailFormat::Text, MailFormat::Adf] {
        let (plain, _) = written(Content::Lead(&usual), format);
        for text in evil {
            let mut lead = handover();
            lead.fields.name = Some(text.to_owned());
            lead.fields.interest = Some(text.to_owned());
            lead.fields.message = Some(text.to_owned());
            let (mail, to) = written(Content::Lead(&lead), format);
            assert_eq!(to, TO, "{text}");
            assert_eq!(names(&mail), names(&plain), "{text}");
            assert!(mail.lines().all(|line| line.len() < 998), "{text}");
            let read = MessageParser::default().parse(mail.as_bytes()).unwrap();
            let html = read.body_html(0).unwrap_or_default();
            if format == MailFormat::Text {
                assert!(!html.contains("<script") && !html.contains("<!DOCTYPE a"), "{html}");
                assert_eq!(read.parts.len(), 3, "{text}");
            }
        }
    }
    // An address that a header could not hold stands in the mail, and not in its head.
    let mut lead = handover();
    lead.kind = LeadKind::TestDrive;
    lead.fields.email = Some("a@b.example\r\nBcc: c@evil.example".to_owned());
    let (mail, _) = written(Content::Lead(&lead), MailFormat::Text);
    assert!(!head(&mail).contains("evil") && head(&mail).contains("Test drive for"), "{mail}");
}

#[test]
fn a_notice_names_the_lead_and_what_is_to_be_done_and_nobody() {
    for (event, said) in [
        (Event::Erased, "Please delete lead led_1"),
        (Event::Restricted, "Please restrict lead led_1"),
        (Event::Failing, "\"crm\" does not take leads"),
        (Event::GivenUp, "could not be delivered to \"crm\""),
    ] {
        let notice = Notice {
            event,
            lead: "led_1".to_owned(),
            about: "crm".to_owned(),
            at: Timestamp::from_millis(0),
            vendor: handover().vendor,
        };
        let (mail, _) = written(Content::Notice(&notice), MailFormat::Text);
        let read = MessageParser::default().parse(mail.as_bytes()).unwrap();
        assert!(read.body_text(0).unwrap().contains(said), "{mail}");
        assert!(read.subject().unwrap().ends_with(": Harbour Cars"), "{mail}");
        assert!(read.reply_to().is_none());
    }
}
