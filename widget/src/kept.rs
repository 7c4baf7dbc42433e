//! What one tab keeps for its next page: shapes only, the storage itself is `memory`'s.

use protocol::{
    ClientMsgId, ConversationId, Epoch, SessionToken, SiteKey,
    lead::{ConsentAnswer, LeadFields},
};
use serde::Serialize;

/// `fc:session`: what resumes the conversation.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct KeptSession {
    /// Whose chat it was: one tab may see two dealers.
    pub site: SiteKey,
    /// What proves that this browser holds the conversation.
    pub token: SessionToken,
    /// The incarnation of the database.
    pub epoch: Epoch,
    /// The conversation, once the relay has named it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation: Option<ConversationId>,
}

/// `fc:outbox`: what was typed and is not with the relay yet.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct KeptOutbox {
    /// Whose chat it was.
    pub site: SiteKey,
    /// What stands in the composer.
    pub draft: String,
    /// What waits, oldest first.
    pub waiting: Vec<KeptItem>,
}

impl KeptOutbox {
    /// Whether there is nothing to keep.
    pub fn is_empty(&self) -> bool {
        self.draft.is_empty() && self.waiting.is_empty()
    }
}

/// One thing that waits.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct KeptItem {
    /// Its id, the same for each try, also across pages.
    pub id: ClientMsgId,
    /// The words of a message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The details of a lead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead: Option<KeptLead>,
}

/// The details of a lead that waits.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct KeptLead {
    /// What was filled in.
    pub fields: LeadFields,
    /// Each box.
    pub consents: Vec<ConsentAnswer>,
}
