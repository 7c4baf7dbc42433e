//! The golden files: one for each message and for each thing that a message can say.
//!
//! They are a promise to clients that are already out there: a file is added, never changed.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use protocol::{
    AuthorKind, ClientMessage, FailureCode, Finish, Message, Offer, ServerMessage,
    failure::Problem,
    lead::{Channel, FieldKind, LeadKind},
    server::Resumed,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

/// A function that names each variant, and the list of the names. A new variant doesn't compile
/// until it is named here, and then fails the test below until a golden file shows it.
macro_rules! labels {
    ($enum:ty, $label:ident, $all:ident, { $($pattern:pat => $name:literal),* $(,)? }) => {
        fn $label(value: &$enum) -> &'static str {
            match value { $($pattern => $name),* }
        }

        const $all: &[&str] = &[$($name),*];
    };
}

labels!(ClientMessage, client_label, CLIENT, {
    ClientMessage::Hello(_) => "hello",
    ClientMessage::Say { .. } => "say",
    ClientMessage::Stop { .. } => "stop",
    ClientMessage::Retry { .. } => "retry",
    ClientMessage::Lead { .. } => "lead",
    ClientMessage::Ping => "ping",
});
labels!(ServerMessage, server_label, SERVER, {
    ServerMessage::Welcome(_) => "welcome",
    ServerMessage::History { .. } => "history",
    ServerMessage::Accepted { .. } => "accepted",
    ServerMessage::Delta { .. } => "delta",
    ServerMessage::Done { .. } => "done",
    ServerMessage::LeadTaken { .. } => "lead_taken",
    ServerMessage::Failed(_) => "failed",
    ServerMessage::Pong => "pong",
});
labels!(Resumed, resumed_label, RESUMED, {
    Resumed::New => "resumed new",
    Resumed::Complete => "resumed complete",
    Resumed::Incomplete => "resumed incomplete",
});
labels!(AuthorKind, author_label, AUTHORS, {
    AuthorKind::Visitor => "by a visitor",
    AuthorKind::Ai => "by an AI",
    AuthorKind::Human => "by a human",
    AuthorKind::System => "by the system",
});
labels!(Finish, finish_label, FINISHES, {
    Finish::Complete => "finish complete",
    Finish::Truncated => "finish truncated",
    Finish::Interrupted => "finish interrupted",
    Finish::Failed => "finish failed",
});
labels!(Offer, offer_label, OFFERS, {
    Offer::None => "offer none",
    Offer::Lead => "offer lead",
    Offer::Form(_) => "offer form",
});
labels!(FieldKind, field_label, FIELDS, {
    FieldKind::Name => "field name",
    FieldKind::Email => "field email",
    FieldKind::Phone => "field phone",
    FieldKind::Interest => "field interest",
    FieldKind::Registration => "field registration",
    FieldKind::Mileage => "field mileage",
    FieldKind::Vin => "field vin",
    FieldKind::Day => "field day",
    FieldKind::Time => "field time",
    FieldKind::Message => "field message",
});
labels!(LeadKind, kind_label, KINDS, {
    LeadKind::Enquiry => "kind enquiry",
    LeadKind::TestDrive => "kind test_drive",
    LeadKind::PartExchange => "kind part_exchange",
    LeadKind::Service => "kind service",
    LeadKind::CallBack => "kind call_back",
});
labels!(Channel, channel_label, CHANNELS, {
    Channel::Email => "channel email",
    Channel::Sms => "channel sms",
    Channel::Phone => "channel phone",
    Channel::Post => "channel post",
});
labels!(Problem, problem_label, PROBLEMS, {
    Problem::Missing => "problem missing",
    Problem::TooLong => "problem too_long",
    Problem::NotAnEmail => "problem not_an_email",
    Problem::NotAPhone => "problem not_a_phone",
    Problem::Invalid => "problem invalid",
    Problem::Unknown => "problem unknown",
});
labels!(FailureCode, code_label, CODES, {
    FailureCode::BadFrame => "bad_frame",
    FailureCode::HelloRequired => "hello_required",
    FailureCode::AlreadyGreeted => "already_greeted",
    FailureCode::UnsupportedVersion => "unsupported_version",
    FailureCode::UnknownSite => "unknown_site",
    FailureCode::TextEmpty => "text_empty",
    FailureCode::TextTooLong => "text_too_long",
    FailureCode::SlowDown => "slow_down",
    FailureCode::ConversationFull => "conversation_full",
    FailureCode::ConversationEnded => "conversation_ended",
    FailureCode::LeadInvalid => "lead_invalid",
    FailureCode::NoSuchReply => "no_such_reply",
    FailureCode::StorageFull => "storage_full",
    FailureCode::StorageUnavailable => "storage_unavailable",
    FailureCode::Restarting => "restarting",
});

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn parse<T: DeserializeOwned>(name: &str, value: &Value) -> T {
    serde_json::from_value(value.clone()).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn print<T: Serialize>(value: &T) -> Value {
    serde_json::to_value(value).unwrap_or_else(|error| panic!("does not serialise: {error}"))
}

/// All golden files of one side, by name.
fn files(side: &str) -> BTreeMap<String, Value> {
    let folder = root().join("golden").join(side);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{side}: {error}"));
    entries
        .map(|entry| {
            let path = entry.unwrap_or_else(|error| panic!("{side}: {error}")).path();
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let value = serde_json::from_str(&read(&path))
                .unwrap_or_else(|error| panic!("{name}: {error}"));
            (name, value)
        })
        .collect()
}

fn client_files() -> BTreeMap<String, ClientMessage> {
    files("client").into_iter().map(|(name, value)| (name.clone(), parse(&name, &value))).collect()
}

fn server_files() -> BTreeMap<String, ServerMessage> {
    files("server").into_iter().map(|(name, value)| (name.clone(), parse(&name, &value))).collect()
}

fn missing(all: &[&[&str]], seen: &BTreeSet<&str>) -> Vec<String> {
    let wanted = all.iter().flat_map(|labels| labels.iter());
    wanted.filter(|label| !seen.contains(*label)).map(ToString::to_string).collect()
}

/// Adds a field that nobody knows to each object, the visitor's own fields excepted: there an
/// unknown field is refused, not dropped (A-C2b).
fn with_unknown_fields(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map.iter_mut() {
                if key != "fields" || inner.is_array() {
                    with_unknown_fields(inner);
                }
            }
            map.insert("from_a_later_version".to_owned(), serde_json::json!({ "x": [1, null] }));
        }
        Value::Array(list) => list.iter_mut().for_each(with_unknown_fields),
        _ => {}
    }
}

fn see_message(message: &Message, seen: &mut BTreeSet<&str>) {
    seen.insert(author_label(&message.author_kind));
    seen.insert(offer_label(&message.offer));
    if let Some(finish) = &message.finish {
        seen.insert(finish_label(finish));
    }
}

fn see_server(message: &ServerMessage, seen: &mut BTreeSet<&str>) {
    seen.insert(server_label(message));
    match message {
        ServerMessage::Welcome(welcome) => {
            seen.insert(resumed_label(&welcome.resumed));
            let form = &welcome.dealer.lead_form;
            let others = form.kinds.iter().flat_map(|kind| &kind.fields);
            seen.extend(form.fields.iter().chain(others).map(|field| field_label(&field.kind)));
            seen.extend(form.kinds.iter().map(|form| kind_label(&form.kind)));
            seen.extend(form.consents.iter().map(|option| channel_label(&option.channel)));
            for message in &welcome.messages {
                see_message(message, seen);
            }
        }
        ServerMessage::History { messages, .. } => {
            for message in messages {
                see_message(message, seen);
            }
        }
        ServerMessage::Done { message, .. } => see_message(message, seen),
        ServerMessage::Failed(failure) => {
            seen.insert(code_label(&failure.code));
            seen.extend(failure.fields.iter().map(|field| problem_label(&field.problem)));
        }
        ServerMessage::Accepted { .. }
        | ServerMessage::Delta { .. }
        | ServerMessage::LeadTaken { .. }
        | ServerMessage::Pong => {}
    }
}

#[test]
fn each_file_reads_and_prints_as_the_same_json() {
    for (name, value) in files("client") {
        assert_eq!(print(&parse::<ClientMessage>(&name, &value)), value, "client/{name}");
    }
    for (name, value) in files("server") {
        assert_eq!(print(&parse::<ServerMessage>(&name, &value)), value, "server/{name}");
    }
}

#[test]
fn each_message_of_the_client_has_a_file() {
    let files = client_files();
    let seen = files.values().map(client_label).collect();
    assert_eq!(missing(&[CLIENT], &seen), Vec::<String>::new());
}

#[test]
fn each_message_of_the_relay_and_each_thing_it_can_say_has_a_file() {
    let mut seen = BTreeSet::new();
    for message in server_files().values() {
        see_server(message, &mut seen);
    }
    let all =
        [SERVER, RESUMED, AUTHORS, FINISHES, OFFERS, FIELDS, KINDS, CHANNELS, PROBLEMS, CODES];
    assert_eq!(missing(&all, &seen), Vec::<String>::new());
}

#[test]
fn fields_of_a_later_version_are_ignored_by_both_ends() {
    for (name, mut value) in files("client") {
        let known: ClientMessage = parse(&name, &value);
        with_unknown_fields(&mut value);
        assert_eq!(parse::<ClientMessage>(&name, &value), known, "client/{name}");
    }
    for (name, mut value) in files("server") {
        let known: ServerMessage = parse(&name, &value);
        with_unknown_fields(&mut value);
        assert_eq!(parse::<ServerMessage>(&name, &value), known, "server/{name}");
    }
}

#[test]
fn a_lead_with_an_unknown_field_is_refused() {
    let mut lead = files("client").remove("lead").unwrap();
    lead["fields"]["date_of_birth"] = Value::from("1990-01-01");
    assert!(serde_json::from_value::<ClientMessage>(lead).is_err());
}

#[test]
fn a_message_of_an_unknown_type_or_of_none_is_an_error() {
    for text in [r#"{"type":"shout","text":"hi"}"#, r#"{"text":"hi"}"#, "[]", "7", r#""ping""#, "{"]
    {
        assert!(serde_json::from_str::<ClientMessage>(text).is_err(), "{text}");
        assert!(serde_json::from_str::<ServerMessage>(text).is_err(), "{text}");
    }
}

#[test]
fn the_reference_shows_each_file_and_no_other_message() {
    let text = read(&root().join("../docs/wire.md"));
    let shown: Vec<Value> = text
        .split("```json\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .flat_map(|block| serde_json::Deserializer::from_str(block).into_iter::<Value>())
        .map(|value| value.unwrap())
        .collect();
    let golden: BTreeMap<String, Value> =
        [files("client"), files("server")].into_iter().flatten().collect();
    for (name, value) in &golden {
        assert!(shown.contains(value), "docs/wire.md lacks the example of golden/{name}.json");
    }
    for value in &shown {
        assert!(golden.values().any(|file| file == value), "no golden file is like {value}");
    }
}
