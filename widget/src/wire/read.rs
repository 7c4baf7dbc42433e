//! Values to messages. A field that is not known is passed over, and so is a word that a newer relay may say.

use protocol::{
    AuthorKind, ClientMsgId, ConversationId, Epoch, Failure, FailureCode, Finish, LeadId, Message,
    Offer, ReplyId, ServerMessage, SessionToken, SiteKey, Source,
    dealer::{Contact, DealerView, Notice, Theme},
    failure::{FieldProblem, Problem},
    lead::{
        Channel, ConsentAnswer, ConsentOption, FieldKind, FieldLabel, FormField, KindForm,
        LeadFields, LeadForm, LeadKind,
    },
    server::{Resumed, Welcome},
};

use crate::{
    kept::{KeptItem, KeptLead, KeptOutbox, KeptSession},
    wire::Value,
};

/// What became of a frame.
pub enum Read {
    /// A message.
    Message(ServerMessage),
    /// A type that this version doesn't know: news for others.
    Unknown,
    /// A known type of an unknown shape: something is lost.
    Broken,
}

/// Reads a frame.
pub fn frame(value: &impl Value) -> Read {
    let Some(kind) = text(value, "type") else { return Read::Broken };
    let message = match kind.as_str() {
        "welcome" => welcome(value).map(|welcome| ServerMessage::Welcome(Box::new(welcome))),
        "history" => history(value),
        "accepted" => accepted(value),
        "delta" => delta(value),
        "done" => done(value),
        "lead_taken" => lead_taken(value),
        "failed" => failure(value).map(ServerMessage::Failed),
        "pong" => Some(ServerMessage::Pong),
        _ => return Read::Unknown,
    };
    message.map_or(Read::Broken, Read::Message)
}

/// Reads what a tab kept of its session.
pub fn kept_session(value: &impl Value) -> Option<KeptSession> {
    Some(KeptSession {
        site: SiteKey::parse(&text(value, "site")?).ok()?,
        token: SessionToken::parse(&text(value, "token")?).ok()?,
        epoch: Epoch::parse(&text(value, "epoch")?).ok()?,
        conversation: conversation(value),
    })
}

/// Reads what a tab kept of its outbox.
pub fn kept_outbox(value: &impl Value) -> Option<KeptOutbox> {
    Some(KeptOutbox {
        site: SiteKey::parse(&text(value, "site")?).ok()?,
        draft: text(value, "draft").unwrap_or_default(),
        waiting: list(value, "waiting", kept_item),
        form: kept_lead(value, "form"),
        quiet: truth(value, "quiet"),
        whole: truth(value, "whole"),
    })
}

fn kept_item<V: Value>(value: &V) -> Option<KeptItem> {
    Some(KeptItem {
        id: client_msg_id(value, "id")?,
        text: text(value, "text"),
        lead: kept_lead(value, "lead"),
        refused: text(value, "refused").as_deref().map(failure_code),
    })
}

fn kept_lead<V: Value>(value: &V, name: &str) -> Option<KeptLead> {
    let lead = value.get(name)?;
    let mut fields = LeadFields::default();
    if let Some(values) = lead.get("fields") {
        for kind in FieldKind::ALL {
            fields.set(kind, text(&values, kind.name()));
        }
    }
    let kind = lead_kind(&lead, "kind").unwrap_or_default();
    Some(KeptLead { kind, fields, consents: list(&lead, "consents", consent_answer) })
}

fn consent_answer(value: &impl Value) -> Option<ConsentAnswer> {
    Some(ConsentAnswer {
        channel: channel(value)?,
        given: truth(value, "given"),
        version: text(value, "version")?,
    })
}

fn text(value: &impl Value, name: &str) -> Option<String> {
    value.get(name)?.text()
}

fn whole(value: &impl Value, name: &str) -> Option<i64> {
    value.get(name)?.whole()
}

fn count(value: &impl Value, name: &str) -> Option<u64> {
    u64::try_from(whole(value, name)?).ok()
}

fn truth(value: &impl Value, name: &str) -> bool {
    value.get(name).and_then(|value| value.truth()).unwrap_or(false)
}

/// The items of a list that can be read; none where there is no list.
fn list<V: Value, T>(value: &V, name: &str, read: fn(&V) -> Option<T>) -> Vec<T> {
    // A loop for each kind weighs half of what `collect` does.
    let mut list = Vec::new();
    for item in items(value, name) {
        if let Some(item) = read(&item) {
            list.push(item);
        }
    }
    list
}

/// The items of a list of which each must be read: a missing message is a loss.
fn all<V: Value, T>(value: &V, name: &str, read: fn(&V) -> Option<T>) -> Option<Vec<T>> {
    let mut list = Vec::new();
    for item in items(value, name) {
        list.push(read(&item)?);
    }
    Some(list)
}

fn items<V: Value>(value: &V, name: &str) -> Vec<V> {
    value.get(name).and_then(|value| value.items()).unwrap_or_default()
}

fn client_msg_id(value: &impl Value, name: &str) -> Option<ClientMsgId> {
    ClientMsgId::parse(&text(value, name)?).ok()
}

fn reply_id(value: &impl Value, name: &str) -> Option<ReplyId> {
    ReplyId::parse(&text(value, name)?).ok()
}

fn conversation(value: &impl Value) -> Option<ConversationId> {
    ConversationId::parse(&text(value, "conversation")?).ok()
}

fn welcome(value: &impl Value) -> Option<Welcome> {
    Some(Welcome {
        protocol: u32::try_from(whole(value, "protocol")?).ok()?,
        epoch: Epoch::parse(&text(value, "epoch")?).ok()?,
        resumed: match text(value, "resumed")?.as_str() {
            "new" => Resumed::New,
            "complete" => Resumed::Complete,
            "incomplete" => Resumed::Incomplete,
            _ => return None,
        },
        token: text(value, "token").and_then(|token| SessionToken::parse(&token).ok()),
        conversation: conversation(value),
        messages: all(value, "messages", message)?,
        more: truth(value, "more"),
        reply: reply_id(value, "reply"),
        dealer: dealer(&value.get("dealer")?)?,
        expires_at: whole(value, "expires_at"),
    })
}

fn history(value: &impl Value) -> Option<ServerMessage> {
    let messages = all(value, "messages", message)?;
    Some(ServerMessage::History { messages, more: truth(value, "more") })
}

fn accepted(value: &impl Value) -> Option<ServerMessage> {
    Some(ServerMessage::Accepted {
        client_msg_id: client_msg_id(value, "client_msg_id")?,
        seq: count(value, "seq")?,
        at: whole(value, "at")?,
        conversation: conversation(value)?,
        expires_at: whole(value, "expires_at")?,
        reply_id: reply_id(value, "reply_id"),
    })
}

fn delta(value: &impl Value) -> Option<ServerMessage> {
    let (reply_id, offset) = (reply_id(value, "reply_id")?, count(value, "offset")?);
    Some(ServerMessage::Delta { reply_id, offset, text: text(value, "text")? })
}

fn done(value: &impl Value) -> Option<ServerMessage> {
    Some(ServerMessage::Done {
        reply_id: reply_id(value, "reply_id")?,
        message: message(&value.get("message")?)?,
        expires_at: whole(value, "expires_at")?,
    })
}

fn lead_taken(value: &impl Value) -> Option<ServerMessage> {
    let lead = LeadId::parse(&text(value, "lead")?).ok()?;
    Some(ServerMessage::LeadTaken { client_msg_id: client_msg_id(value, "client_msg_id")?, lead })
}

fn failure(value: &impl Value) -> Option<Failure> {
    Some(Failure {
        code: failure_code(&text(value, "code")?),
        message: text(value, "message").unwrap_or_default(),
        retry_after_ms: count(value, "retry_after_ms"),
        client_msg_id: client_msg_id(value, "client_msg_id"),
        reply_id: reply_id(value, "reply_id"),
        fields: list(value, "fields", |field| {
            let problem = match text(field, "problem")?.as_str() {
                "missing" => Problem::Missing,
                "too_long" => Problem::TooLong,
                "not_an_email" => Problem::NotAnEmail,
                "not_a_phone" => Problem::NotAPhone,
                "invalid" => Problem::Invalid,
                _ => Problem::Unknown,
            };
            Some(FieldProblem { field: text(field, "field")?, problem })
        }),
    })
}

/// A code that a newer relay may use refuses what was sent, like a frame that it could not read.
fn failure_code(name: &str) -> FailureCode {
    match name {
        "hello_required" => FailureCode::HelloRequired,
        "already_greeted" => FailureCode::AlreadyGreeted,
        "unsupported_version" => FailureCode::UnsupportedVersion,
        "unknown_site" => FailureCode::UnknownSite,
        "text_empty" => FailureCode::TextEmpty,
        "text_too_long" => FailureCode::TextTooLong,
        "slow_down" => FailureCode::SlowDown,
        "conversation_full" => FailureCode::ConversationFull,
        "conversation_ended" => FailureCode::ConversationEnded,
        "lead_invalid" => FailureCode::LeadInvalid,
        "no_such_reply" => FailureCode::NoSuchReply,
        "storage_full" => FailureCode::StorageFull,
        "storage_unavailable" => FailureCode::StorageUnavailable,
        "restarting" => FailureCode::Restarting,
        _ => FailureCode::BadFrame,
    }
}

fn message(value: &impl Value) -> Option<Message> {
    Some(Message {
        seq: count(value, "seq")?,
        author_kind: match text(value, "author_kind")?.as_str() {
            "visitor" => AuthorKind::Visitor,
            "ai" => AuthorKind::Ai,
            "human" => AuthorKind::Human,
            _ => AuthorKind::System,
        },
        text: text(value, "text")?,
        at: whole(value, "at")?,
        client_msg_id: client_msg_id(value, "client_msg_id"),
        reply_id: reply_id(value, "reply_id"),
        finish: match text(value, "finish").as_deref() {
            Some("complete") => Some(Finish::Complete),
            Some("truncated") => Some(Finish::Truncated),
            Some("interrupted") => Some(Finish::Interrupted),
            Some("failed") => Some(Finish::Failed),
            _ => None,
        },
        generator: text(value, "generator"),
        sources: list(value, "sources", |source| {
            Some(Source { title: text(source, "title")?, url: text(source, "url") })
        }),
        offer: match text(value, "offer").as_deref() {
            Some("lead") => lead_kind(value, "form").map_or(Offer::Lead, Offer::Form),
            _ => Offer::None,
        },
    })
}

fn dealer(value: &impl Value) -> Option<DealerView> {
    let notice = value.get("notice")?;
    Some(DealerView {
        name: text(value, "name")?,
        assistant: text(value, "assistant")?,
        privacy_url: text(value, "privacy_url")?,
        notice: Notice {
            version: text(&notice, "version")?,
            lang: text(&notice, "lang")?,
            text: text(&notice, "text")?,
            details: list(&notice, "details", Value::text),
        },
        greeting: text(value, "greeting")?,
        suggestions: list(value, "suggestions", Value::text),
        contact: contact(&value.get("contact")?),
        // The page has brought the colours, before this program.
        theme: Theme::default(),
        lead_form: lead_form(&value.get("lead_form")?),
    })
}

fn contact(value: &impl Value) -> Contact {
    Contact {
        phone: text(value, "phone"),
        email: text(value, "email"),
        hours: list(value, "hours", Value::text),
        open_now: value.get("open_now").and_then(|open| open.truth()),
    }
}

fn lead_form(value: &impl Value) -> LeadForm {
    LeadForm {
        fields: form_fields(value),
        kinds: list(value, "kinds", |form| {
            let (kind, title) = (lead_kind(form, "kind")?, text(form, "title")?);
            Some(KindForm { kind, title, fields: form_fields(form) })
        }),
        choice: text(value, "choice").unwrap_or_default(),
        labels: list(value, "labels", |words| {
            let (kind, label) = (field_kind(words)?, text(words, "label")?);
            Some(FieldLabel { kind, label, wrong: text(words, "wrong").unwrap_or_default() })
        }),
        consents: list(value, "consents", |option| {
            let (text, version) = (text(option, "text")?, text(option, "version")?);
            Some(ConsentOption { channel: channel(option)?, text, version })
        }),
    }
}

fn form_fields<V: Value>(value: &V) -> Vec<FormField> {
    list(value, "fields", |field| {
        Some(FormField { kind: field_kind(field)?, required: truth(field, "required") })
    })
}

fn field_kind(value: &impl Value) -> Option<FieldKind> {
    FieldKind::of(&text(value, "kind")?)
}

fn lead_kind(value: &impl Value, name: &str) -> Option<LeadKind> {
    LeadKind::of(&text(value, name)?)
}

fn channel(value: &impl Value) -> Option<Channel> {
    Some(match text(value, "channel")?.as_str() {
        "email" => Channel::Email,
        "sms" => Channel::Sms,
        "phone" => Channel::Phone,
        "post" => Channel::Post,
        _ => return None,
    })
}
