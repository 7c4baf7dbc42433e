//! The hand-made readers and writers against protocol's own, and what a tab keeps there and back.

use proptest::prelude::*;
use protocol::{
    ClientMessage, Failure, FailureCode, LeadId, ServerMessage, SiteKey, Source,
    client::{Hello, ReplyPlace, Resume},
    failure::{FieldProblem, Problem},
    lead::{Channel, ConsentAnswer, FieldKind, LeadFields, LeadKind},
    server::Resumed,
};
use serde_json::Value as Json;

use super::{
    Value,
    read::{self, Read},
    write,
};
use crate::{
    kept::{KeptItem, KeptLead, KeptOutbox, KeptSession},
    update::tests::cast::*,
};

impl Value for Json {
    fn get(&self, name: &str) -> Option<Self> {
        self.as_object()?.get(name).filter(|value| !value.is_null()).cloned()
    }

    fn text(&self) -> Option<String> {
        self.as_str().map(str::to_owned)
    }

    fn whole(&self) -> Option<i64> {
        self.as_i64()
    }

    fn truth(&self) -> Option<bool> {
        self.as_bool()
    }

    fn items(&self) -> Option<Vec<Self>> {
        self.as_array().cloned()
    }
}

fn read_back(message: &ServerMessage) -> ServerMessage {
    let json = serde_json::to_value(message).expect("a message is JSON");
    match read::frame(&json) {
        Read::Message(message) => message,
        Read::Unknown => panic!("the type is not known: {json}"),
        Read::Broken => panic!("the shape is not known: {json}"),
    }
}

fn full_message() -> protocol::Message {
    protocol::Message {
        generator: Some("documents".to_owned()),
        sources: vec![
            Source { title: "Stock".to_owned(), url: Some("https://c.example".to_owned()) },
            Source { title: "Warranty".to_owned(), url: None },
        ],
        offer: protocol::Offer::Form(LeadKind::TestDrive),
        ..answer(3, 2, "Yes.", protocol::Finish::Truncated)
    }
}

#[test]
fn each_message_of_the_relay_is_read_as_protocol_reads_it() {
    let failure = Failure {
        fields: vec![
            FieldProblem { field: "email".to_owned(), problem: Problem::NotAnEmail },
            FieldProblem { field: "x".to_owned(), problem: Problem::Unknown },
        ],
        ..Failure::new(FailureCode::LeadInvalid, "words").of(msg_id(2)).after(7)
    };
    let messages = vec![question(1, 1, "q"), full_message()];
    let mut all = vec![
        welcome(Resumed::New, Vec::new(), None),
        welcome(Resumed::Complete, messages.clone(), Some(reply_id(4))),
        welcome(Resumed::Incomplete, messages.clone(), None),
        ServerMessage::History { messages, more: true },
        accepted(1, 7, Some(reply_id(1))),
        accepted(1, 7, None),
        delta(1, 3, "words \u{1f642} \"quoted\""),
        ServerMessage::Done { reply_id: reply_id(3), message: full_message(), expires_at: -1 },
        ServerMessage::LeadTaken { client_msg_id: msg_id(1), lead: LeadId::from_bytes(&[9; 16]) },
        ServerMessage::Failed(Failure { reply_id: Some(reply_id(5)), ..failure.clone() }),
        ServerMessage::Failed(failure),
        ServerMessage::Pong,
    ];
    for message in &mut all {
        if let ServerMessage::Welcome(welcome) = message {
            welcome.more = true;
            welcome.expires_at = Some(1_800_000_000_000);
            welcome.dealer.contact.open_now = Some(false);
            welcome.dealer.contact.hours = vec!["Mon".to_owned()];
        }
        // Without `Debug` of the words: a test prints too.
        assert!(read_back(message) == *message, "{:?}", std::mem::discriminant(message));
    }
}

#[test]
fn each_code_of_a_failure_is_known() {
    let names = [
        "bad_frame",
        "hello_required",
        "already_greeted",
        "unsupported_version",
        "unknown_site",
        "text_empty",
        "text_too_long",
        "slow_down",
        "conversation_full",
        "conversation_ended",
        "lead_invalid",
        "no_such_reply",
        "storage_full",
        "storage_unavailable",
        "restarting",
    ];
    for name in names {
        let json = serde_json::json!({"type": "failed", "code": name, "message": ""});
        let own: ServerMessage = serde_json::from_value(json).expect("protocol knows the name");
        assert!(read_back(&own) == own, "{name}");
    }
    // A code that is added to protocol must be added above: serde lists what it knows.
    let unknown = serde_json::json!({"type": "failed", "code": "?", "message": ""});
    let listed =
        serde_json::from_value::<ServerMessage>(unknown).expect_err("no such code").to_string();
    assert_eq!(listed.matches('`').count() / 2 - 1, names.len(), "{listed}");
}

#[test]
fn a_newer_relay_is_understood_as_far_as_it_can_be() {
    let frame = |text: &str| read::frame(&serde_json::from_str::<Json>(text).expect("JSON"));
    assert!(matches!(frame(r#"{"type":"news","x":1}"#), Read::Unknown));
    assert!(matches!(frame(r#"{"type":"delta","offset":0}"#), Read::Broken));
    assert!(matches!(frame(r#"{"type":"pong","x":{}}"#), Read::Message(ServerMessage::Pong)));
    assert!(matches!(frame("[]"), Read::Broken));
    assert!(matches!(
        frame(r#"{"type":"failed","code":"new_code","message":""}"#),
        Read::Message(ServerMessage::Failed(Failure { code: FailureCode::BadFrame, .. }))
    ));
}

/// A value in which each object has a member that no version knows.
fn from_the_future(value: &mut Json) {
    match value {
        Json::Array(items) => items.iter_mut().for_each(from_the_future),
        Json::Object(members) => {
            members.values_mut().for_each(from_the_future);
            members.insert("added_later".to_owned(), serde_json::json!({"x": [1, null]}));
        }
        _ => {}
    }
}

#[test]
fn what_a_newer_relay_adds_to_a_golden_frame_is_passed_over() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../protocol/golden/server");
    let mut n_frames = 0;
    for entry in std::fs::read_dir(folder).expect("the golden frames") {
        let path = entry.expect("a file").path();
        let text = std::fs::read_to_string(&path).expect("a golden frame");
        let golden: Json = serde_json::from_str(&text).expect("JSON");
        let mut newer = golden.clone();
        from_the_future(&mut newer);
        let (Read::Message(own), Read::Message(read)) = (read::frame(&golden), read::frame(&newer))
        else {
            panic!("{} is not read", path.display());
        };
        assert!(own == read, "{}", path.display());
        n_frames += 1;
        newer["type"] = "added_later".into();
        assert!(matches!(read::frame(&newer), Read::Unknown), "{}", path.display());
    }
    assert!(20 < n_frames, "{n_frames} golden frames");
}

fn written(message: &ClientMessage) {
    let text = write::frame(message);
    let read: ClientMessage = serde_json::from_str(&text).expect("protocol reads what is written");
    assert!(read == *message);
}

#[test]
fn each_message_of_the_visitor_is_written_as_protocol_reads_it() {
    let mut hello = Hello {
        protocol: 1,
        site_key: SiteKey::parse("site_harbour").expect("a good key"),
        resume: None,
        locale: "en-GB".to_owned(),
        build: "0.1.0".to_owned(),
    };
    written(&ClientMessage::Hello(hello.clone()));
    let resume = Resume { token: token(), epoch: epoch(), after_seq: u64::MAX, reply: None };
    hello.resume = Some(resume.clone());
    written(&ClientMessage::Hello(hello.clone()));
    hello.resume =
        Some(Resume { reply: Some(ReplyPlace { id: reply_id(1), offset: 9 }), ..resume });
    written(&ClientMessage::Hello(hello));
    written(&ClientMessage::Stop { reply_id: None });
    written(&ClientMessage::Stop { reply_id: Some(reply_id(1)) });
    written(&ClientMessage::Ping);
    written(&ClientMessage::Retry { reply_id: reply_id(2) });
}

fn consents() -> Vec<ConsentAnswer> {
    [Channel::Email, Channel::Sms, Channel::Phone, Channel::Post]
        .into_iter()
        .enumerate()
        .map(|(n, channel)| ConsentAnswer {
            channel,
            given: n % 2 == 0,
            version: "v\"1".to_owned(),
        })
        .collect()
}

proptest! {
    #[test]
    fn any_words_survive_the_way_out_and_back(words in any::<String>(), more in any::<String>()) {
        written(&ClientMessage::Say { client_msg_id: msg_id(1), text: words.clone() });
        let mut fields = LeadFields::default();
        for kind in FieldKind::ALL {
            fields.set(kind, Some(words.clone()));
        }
        written(&ClientMessage::Lead {
            client_msg_id: msg_id(1),
            kind: LeadKind::PartExchange,
            fields: fields.clone(),
            consents: consents(),
        });
        let lead = KeptLead { kind: LeadKind::CallBack, fields, consents: consents() };
        let outbox = KeptOutbox {
            site: SiteKey::parse("site_harbour").expect("a good key"),
            draft: more.clone(),
            waiting: vec![
                KeptItem {
                    id: msg_id(1),
                    text: Some(words),
                    lead: None,
                    refused: Some(FailureCode::TextTooLong),
                },
                KeptItem { id: msg_id(2), text: None, lead: Some(lead.clone()), refused: None },
            ],
            form: Some(lead),
            quiet: true,
            whole: false,
        };
        let text = write::kept_outbox(&outbox);
        let json: Json = serde_json::from_str(&text).expect("an outbox is JSON");
        prop_assert!(read::kept_outbox(&json) == Some(outbox));
        prop_assert!(read_back(&delta(1, 0, &more)) == delta(1, 0, &more));
    }
}

#[test]
fn a_kept_session_is_read_back() {
    let mut chat = Chat::ready();
    chat.say(1, "one");
    let kept = kept_session(&chat);
    assert!(kept_and_read(&kept) == Some(kept));
    chat.accept(1, 1);
    let kept = kept_session(&chat);
    assert!(kept.conversation.is_some() && kept_and_read(&kept) == Some(kept));
}

fn kept_and_read(session: &KeptSession) -> Option<KeptSession> {
    let text = write::kept_session(session);
    let json: Json = serde_json::from_str(&text).expect("a session is JSON");
    read::kept_session(&json)
}
