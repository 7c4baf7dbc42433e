//! The row of a record of consent: the evidence, and the hash that its lead keeps of it.

use super::chain::Digested;
use crate::crypt::hex;

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
