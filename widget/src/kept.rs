//! What one tab keeps for its next page: shapes only, the storage itself is `memory`'s.

use protocol::{
    ClientMsgId, ConversationId, Epoch, FailureCode, SessionToken, SiteKey,
    lead::{ConsentAnswer, LeadFields, LeadKind},
};

/// `fc:session`: what resumes the conversation.
#[derive(Clone, PartialEq, Eq)]
pub struct KeptSession {
    /// Whose chat it was: one tab may see two dealers.
    pub site: SiteKey,
    /// What proves that this browser holds the conversation.
    pub token: SessionToken,
    /// The incarnation of the database.
    pub epoch: Epoch,
    /// The conversation, once the relay has named it.
    pub conversation: Option<ConversationId>,
}

/// `fc:outbox`: what was typed and is not with the relay yet.
#[derive(Clone, PartialEq, Eq)]
pub struct KeptOutbox {
    /// Whose chat it was.
    pub site: SiteKey,
    /// What stands in the composer.
    pub draft: String,
    /// What waits, oldest first.
    pub waiting: Vec<KeptItem>,
    /// What stands in the form, as typed; of the boxes only those that are ticked.
    pub form: Option<KeptLead>,
    /// Whether replies are not announced.
    pub quiet: bool,
    /// Whether replies are shown only when they are whole.
    pub whole: bool,
}

impl KeptOutbox {
    /// Whether there is nothing to keep.
    pub fn is_empty(&self) -> bool {
        let settled = self.quiet || self.whole;
        self.draft.is_empty() && self.waiting.is_empty() && self.form.is_none() && !settled
    }
}

/// One thing that waits.
#[derive(Clone, PartialEq, Eq)]
pub struct KeptItem {
    /// Its id, the same for each try, also across pages.
    pub id: ClientMsgId,
    /// The words of a message.
    pub text: Option<String>,
    /// The details of a lead.
    pub lead: Option<KeptLead>,
    /// Why the relay refused it: then it is not sent again by itself.
    pub refused: Option<FailureCode>,
}

/// The details of a lead that waits.
#[derive(Clone, PartialEq, Eq)]
pub struct KeptLead {
    /// What the visitor wants.
    pub kind: LeadKind,
    /// What was filled in.
    pub fields: LeadFields,
    /// Each box.
    pub consents: Vec<ConsentAnswer>,
}
