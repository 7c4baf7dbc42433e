//! The row of a record of consent: the evidence, and the hash that its lead keeps of it.

use protocol::lead::Channel;

use super::{
    StoreError,
    chain::Digested,
    db::{Conn, args},
    row, sql,
};
use crate::crypt::hex;

/// How a consent was taken back: by the visitor, in the chat.
pub(super) const WITHDRAWN: &str = "withdrawn_by_visitor";

/// The row as the database holds it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct ConsentRow {
    pub(super) id: String,
    pub(super) schema_version: i64,
    pub(super) purpose: String,
    pub(super) channel: String,
    pub(super) given: i64,
    pub(super) method: String,
    pub(super) text: String,
    pub(super) text_version: String,
    pub(super) lang: String,
    pub(super) notice_version: String,
    pub(super) build: String,
    pub(super) at: i64,
}

impl ConsentRow {
    /// Whether it takes an earlier consent back.
    pub(super) fn is_withdrawal(&self) -> bool {
        self.method == WITHDRAWN
    }

    /// The channel that it is about.
    pub(super) fn channel(&self) -> Result<Channel, StoreError> {
        Channel::from_word(&self.channel)
            .ok_or_else(|| row::inconsistent("consents", "channel", &self.id))
    }

    /// Keeps the record: of this dealer, conversation and lead.
    pub(super) async fn insert(
        &self,
        conn: &mut Conn,
        (dealer, conversation, lead): (&str, &str, &str),
    ) -> Result<(), StoreError> {
        let args = args![
            &self.id,
            dealer,
            conversation,
            lead,
            self.schema_version,
            &self.purpose,
            &self.channel,
            self.given,
            &self.method,
            &self.text,
            &self.text_version,
            &self.lang,
            &self.notice_version,
            &self.build,
            self.at,
        ];
        conn.execute_one(sql::INSERT_CONSENT, args).await
    }

    /// The hash of this record, of this lead of this conversation, in hexadecimal.
    pub(super) fn hash(&self, dealer: &str, conversation: &str, lead: &str) -> String {
        let link = Digested::of("consent")
            .text(dealer)
            .text(conversation)
            .text(lead)
            .text(&self.id)
            .number(self.schema_version)
            .text(&self.purpose)
            .text(&self.channel)
            .number(self.given)
            .text(&self.method)
            .text(&self.text)
            .text(&self.text_version)
            .text(&self.lang)
            .text(&self.notice_version)
            .text(&self.build)
            .number(self.at)
            .end();
        hex(link.as_bytes()).to_string()
    }
}
