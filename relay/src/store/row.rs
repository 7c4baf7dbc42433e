//! Rows as the database holds them, and the types they become. A row that can't be read is an
//! inconsistency with its table, column and id: never a guess, never a silent gap.

use protocol::{
    AuthorKind, ClientMsgId, ConversationId, Finish, Message, Offer, ReplyId, Source, id::IdError,
    lead::LeadKind,
};

use super::{StoreError, chain::MessageFacts, safe::Safe};
use crate::{
    clock::Timestamp,
    crypt::Column,
    domain::retention::{Period, PolicyVersion, Promise},
    telemetry::names,
};

/// A message: `message_columns!`.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct MessageRow {
    pub(super) seq: i64,
    pub(super) author_kind: String,
    pub(super) body: Vec<u8>,
    pub(super) at: i64,
    pub(super) client_msg_id: Option<String>,
    pub(super) reply_id: Option<String>,
    pub(super) finish: Option<String>,
    pub(super) generator: Option<String>,
    pub(super) sources: Option<String>,
    pub(super) offer: Option<String>,
}

impl MessageRow {
    /// What must not have changed.
    pub(super) fn facts<'a>(&'a self, dealer: &'a str, conversation: &'a str) -> MessageFacts<'a> {
        MessageFacts {
            dealer,
            conversation,
            seq: self.seq,
            author_kind: &self.author_kind,
            client_msg_id: self.client_msg_id.as_deref(),
            reply_id: self.reply_id.as_deref(),
            body: &self.body,
            at: self.at,
            finish: self.finish.as_deref(),
            generator: self.generator.as_deref(),
            sources: self.sources.as_deref(),
            offer: self.offer.as_deref(),
        }
    }
}

/// The error for a row that can't be read; counted and logged here.
pub(super) fn inconsistent(table: &'static str, column: &'static str, id: &str) -> StoreError {
    metrics::counter!(names::DAMAGE, "what" => "row").increment(1);
    tracing::error!(table, column, id, "Refused a row that can't be read; see `forecourt doctor`");
    StoreError::Inconsistent { table, column, id: id.to_owned() }
}

/// Reads the message of a row.
pub(super) fn message(safe: &Safe, row: MessageRow) -> Result<Message, StoreError> {
    let MessageRow { seq, author_kind: author, body, at, client_msg_id, reply_id, .. } = row;
    let MessageRow { finish, generator, sources, offer, .. } = row;
    let id = format!("{}/{seq}", safe.conversation());
    let bad = |column| inconsistent("messages", column, &id);
    let body = safe.open(Column::MessageBody, &seq.to_string(), &body)?;
    Ok(Message {
        seq: u64::try_from(seq).map_err(|_| bad("seq"))?,
        author_kind: author_kind(&author).ok_or_else(|| bad("author_kind"))?,
        text: body,
        at,
        client_msg_id: read_id(client_msg_id.as_deref(), ClientMsgId::parse)
            .map_err(|_| bad("client_msg_id"))?,
        reply_id: read_id(reply_id.as_deref(), ReplyId::parse).map_err(|_| bad("reply_id"))?,
        finish: finish.map(|text| read_finish(&text).ok_or_else(|| bad("finish"))).transpose()?,
        generator,
        sources: sources
            .map(|json| serde_json::from_str::<Vec<Source>>(&json).map_err(|_| bad("sources")))
            .transpose()?
            .unwrap_or_default(),
        offer: match offer.as_deref() {
            None | Some("none") => Offer::None,
            Some("lead") => Offer::Lead,
            Some(kind) => Offer::Form(LeadKind::of(kind).ok_or_else(|| bad("offer"))?),
        },
    })
}

fn read_id<T>(
    text: Option<&str>,
    parse: fn(&str) -> Result<T, IdError>,
) -> Result<Option<T>, IdError> {
    text.map(parse).transpose()
}

/// Reads the id of a conversation.
pub(super) fn conversation_id(text: &str) -> Result<ConversationId, StoreError> {
    ConversationId::parse(text).map_err(|_| inconsistent("conversations", "id", text))
}

/// Reads the id of a reply.
pub(super) fn reply_id(text: &str) -> Result<ReplyId, StoreError> {
    ReplyId::parse(text).map_err(|_| inconsistent("replies", "reply_id", text))
}

/// Reads what a conversation was promised.
pub(super) fn promise(
    period: &str,
    policy: Option<&str>,
    conversation: &str,
) -> Result<Promise, StoreError> {
    let wrong = |column| inconsistent("conversations", column, conversation);
    let period = Period::parse(period).map_err(|_| wrong("period"))?;
    let version = |text| PolicyVersion::parse(text).ok_or_else(|| wrong("policy"));
    Ok(Promise { period, policy: policy.map(version).transpose()? })
}

/// A place in a conversation, as the rest of the relay counts.
pub(super) fn seq(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// A count as the database holds it.
pub(super) fn count(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A moment as the database holds it.
pub(super) fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn author_kind(text: &str) -> Option<AuthorKind> {
    use AuthorKind as Kind;
    let all = [Kind::Visitor, Kind::Ai, Kind::Human, Kind::System];
    all.into_iter().find(|kind| kind.word() == text)
}

/// The word for an author in the database; the same as on the wire.
pub(super) const VISITOR: &str = "visitor";

/// The same for a reply.
pub(super) const AI: &str = "ai";

/// The word for a finish in the database; the same as on the wire.
pub(super) fn finish_word(finish: Finish) -> &'static str {
    match finish {
        Finish::Complete => "complete",
        Finish::Truncated => "truncated",
        Finish::Interrupted => "interrupted",
        Finish::Failed => "failed",
    }
}

fn read_finish(text: &str) -> Option<Finish> {
    [Finish::Complete, Finish::Truncated, Finish::Interrupted, Finish::Failed]
        .into_iter()
        .find(|finish| finish_word(*finish) == text)
}

/// The word for an offer in the database: that of its form where it has one of its own.
pub(super) fn offer_word(offer: Offer) -> &'static str {
    match offer {
        Offer::None => "none",
        Offer::Lead => "lead",
        Offer::Form(kind) => kind.word(),
    }
}
