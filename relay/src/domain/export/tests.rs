//! What is taken along, held against the words, the schema and a spreadsheet.

use std::collections::BTreeSet;

use protocol::{
    AuthorKind,
    lead::{Channel, LeadFields},
};
use serde_json::Value;

use super::*;
use crate::{
    domain::{
        dealer::file::DealerFile,
        dossier::{Consent, ConsentEvent, Correction, Delivery, Facts, Left, Said},
        retention::Bounds,
        view::Recipient,
    },
    random::SeededRandom,
};

pub(crate) fn dealer() -> Dealer {
    let text = include_str!("../dealer/file/harbour.toml");
    let file = DealerFile::read("dealer.toml", text, &Bounds::default()).unwrap();
    file.into_dealer(None, &SeededRandom::new(1))
}

pub(crate) fn recipients() -> Recipients {
    Recipients {
        models: vec![Recipient::Named("OpenAI".to_owned())],
        operator: "Forecourt Hosting Ltd".to_owned(),
        contact: "privacy@hosting.example".to_owned(),
    }
}

/// A conversation in which everything occurs that can, with words that would like to be more.
pub(crate) fn dossier() -> Dossier {
    let at = Timestamp::from_millis(1_795_338_000_000);
    let said = |seq, author, generator: Option<&str>, text: &str| Said {
        seq,
        at,
        author,
        generator: generator.map(ToOwned::to_owned),
        finish: None,
        text: text.to_owned(),
        sources: Vec::new(),
    };
    let consent = |channel, event| Consent {
        id: "cns_1".to_owned(),
        schema_version: 1,
        event,
        at,
        purpose: "marketing".to_owned(),
        channel,
        method: "unticked_box".to_owned(),
        text: "Harbour Cars may write to me.".to_owned(),
        text_version: "v1".to_owned(),
        language: "en".to_owned(),
        notice_version: "n1".to_owned(),
        build: "b1".to_owned(),
    };
    Dossier {
        conversation: Facts {
            id: format!("cnv_{}", "0".repeat(32)),
            site: "site_harbour".to_owned(),
            language: "en".to_owned(),
            notice_version: "n1".to_owned(),
            build: "b1".to_owned(),
            kept_for: "P12M".to_owned(),
            started_at: at,
            last_at: at,
            expires_at: at,
        },
        messages: vec![
            said(1, AuthorKind::Visitor, None, "<script>alert(1)</script> \"&\" =1+1"),
            said(2, AuthorKind::Ai, Some("openai/gpt-4.1-mini"), "Yes.\nمرحبا"),
        ],
        leads: vec![Left {
            id: format!("led_{}", "1".repeat(32)),
            kind: protocol::lead::LeadKind::TestDrive,
            at,
            fields: LeadFields {
                name: Some("=cmd|' /C calc'!A0".to_owned()),
                email: Some("sam@example.org".to_owned()),
                ..LeadFields::default()
            },
            email_normal: Some("sam@example.org".to_owned()),
            phone_e164: None,
            corrections: vec![Correction {
                field: protocol::lead::FieldKind::Email,
                before: Some("sma@example.org".to_owned()),
                at,
            }],
            consents: vec![
                consent(Channel::Email, ConsentEvent::Given),
                consent(Channel::Post, ConsentEvent::Refused),
            ],
            deliveries: vec![delivery(at)],
        }],
    }
}

fn delivery(due_at: Timestamp) -> Delivery {
    Delivery {
        id: "dlv_1".to_owned(),
        target: "crm".to_owned(),
        state: "pending".to_owned(),
        attempts: 0,
        due_at,
        answer: None,
    }
}

#[test]
fn the_page_shows_the_words_and_runs_none_of_them() {
    let (dossier, dealer, recipients) = (dossier(), dealer(), recipients());
    for lang in crate::domain::view::LANGUAGES {
        let mut dealer = dealer.clone();
        dealer.languages = vec![lang.to_owned()];
        let export = export(&dossier, &dealer, &recipients, lang, Timestamp::from_millis(0));
        let page = page(&export);
        assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{page}");
        assert!(!page.contains("<script"), "{page}");
        for text in [
            "sam@example.org",
            "sma@example.org",
            "Harbour Cars may write to me.",
            "2026-11-22 09:00 UTC",
        ] {
            assert!(page.contains(text), "{lang}: {text}");
        }
        assert!(!page.contains("http://") && !page.contains("{at}"), "{page}");
        assert!(page.starts_with(&format!("<!doctype html>\n<html lang=\"{lang}\"")));
    }
}

#[test]
fn the_tables_hold_each_message_lead_consent_and_delivery() {
    let tables = tables(&[dossier()]);
    let lines = |name: &str| {
        let table = tables.iter().find(|table| table.name == name).unwrap();
        table.text.matches("\r\n").count()
    };
    assert_eq!(lines("messages.csv"), 3);
    assert_eq!(lines("leads.csv"), 4, "its kind is a row, too");
    assert_eq!(lines("consents.csv"), 3);
    assert_eq!(lines("deliveries.csv"), 2);
    assert!(tables[1].text.contains("\"'=cmd|"), "a spreadsheet takes it for text");
}

/// Every field that is exported is in the schema, and every field that it requires is exported.
/// (That a whole file fits is what the browser's test checks, with a validator.)
#[test]
fn the_schema_knows_each_field_and_no_other() {
    let (dossier, dealer, recipients) = (dossier(), dealer(), recipients());
    let export = export(&dossier, &dealer, &recipients, "en", Timestamp::from_millis(0));
    let data: Value = serde_json::from_str(&export.to_json().unwrap()).unwrap();
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    compare(&data, &schema, &schema, "$");
}

fn compare(data: &Value, schema: &Value, root: &Value, at: &str) {
    let schema = match schema["$ref"].as_str() {
        Some(name) => root.pointer(&name[1..]).unwrap(),
        None => schema,
    };
    match data {
        Value::Object(fields) => {
            let has: BTreeSet<&str> = fields.keys().map(String::as_str).collect();
            for required in schema["required"].as_array().into_iter().flatten() {
                assert!(has.contains(required.as_str().unwrap()), "{at}: {required}");
            }
            for (name, value) in fields {
                let known = &schema["properties"][name];
                assert!(known.is_object(), "{at}.{name} is not in the schema");
                compare(value, known, root, &format!("{at}.{name}"));
            }
        }
        Value::Array(items) => {
            for item in items {
                compare(item, &schema["items"], root, &format!("{at}[]"));
            }
        }
        _ => {}
    }
}
