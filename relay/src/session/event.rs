//! Everything that can happen to a session, as one closed list in four groups.

use std::sync::Arc;

use protocol::{
    ClientMessage, ClientMsgId, ConversationId, Epoch, LeadId, Message, ReplyId, SessionToken,
    dealer::DealerView, server::Resumed,
};

use crate::{
    clock::Timestamp,
    domain::dealer::Dealer,
    session::{bad::BadFrame, pace::Paces},
};

/// Something happened.
#[derive(Debug)]
pub enum Event {
    // From the visitor.
    /// A frame of the documented shape.
    Frame(ClientMessage),
    /// A frame of another shape.
    BadFrame(BadFrame),
    /// A sign of life below the protocol: a pong of the browser itself.
    Heard,

    // From the store.
    /// What the greeting found.
    Found(Found),
    /// What became of a visitor's message.
    Recorded {
        /// Which message.
        client_msg_id: ClientMsgId,
        /// Where it stands, or why it was not kept.
        outcome: Result<Kept, Refusal>,
    },
    /// What became of a lead.
    LeadRecorded {
        /// Which lead.
        client_msg_id: ClientMsgId,
        /// Its reference, or why it was not kept.
        outcome: Result<KeptLead, Refusal>,
    },
    /// Whether a reply is asked for again: the new reply, or nothing where there was none to repeat.
    Retried(Result<Option<ReplyId>, Refusal>),
    /// Messages of this conversation that another tab brought.
    Missed(Missed),
    /// What another tab brought could not be read now.
    Unreadable,

    // From the reply that is being followed.
    /// More of its words.
    Words {
        /// Which reply.
        reply: ReplyId,
        /// Where `text` begins, in Unicode scalar values.
        offset: u64,
        /// The words.
        text: String,
    },
    /// It has ended and is kept; or it has ended and could not be kept.
    Ended {
        /// Which reply.
        reply: ReplyId,
        /// What is kept of it.
        kept: Result<Box<Ended>, Refusal>,
    },

    // From the relay.
    /// The conversation has a message with this `seq`, perhaps from another tab. A hint (D3).
    Tip(u64),
    /// The conversation was deleted, by the visitor in another tab or here.
    Erased,
    /// A deadline has come.
    Tick,
    /// The relay is stopping: nothing new begins.
    Stopping,
    /// The relay has done what it was doing: whoever waits for no reply is sent away.
    Leaving,
}

impl Event {
    /// Reads a text frame: the one place where a stranger's JSON becomes a message.
    pub fn read(text: &str) -> Self {
        match serde_json::from_str(text) {
            Ok(message) => Self::Frame(message),
            Err(_) => Self::BadFrame(BadFrame::of(text)),
        }
    }
}

/// What another tab of the same conversation brought.
#[derive(Debug)]
pub struct Missed {
    /// The messages, oldest first.
    pub messages: Vec<Message>,
    /// The replies that are being written or will be, in order.
    pub running: Vec<ReplyId>,
}

/// What the greeting found.
#[derive(Debug)]
pub enum Found {
    /// No site has this key, or its dealer is paused.
    NoSite,
    /// The store can't be read now.
    Unavailable,
    /// The site, and the conversation to resume if there is one.
    Site(Box<FoundSite>),
}

/// A site, and the conversation to resume if there is one.
#[derive(Debug)]
pub struct FoundSite {
    /// Whose site it is.
    pub dealer: Arc<Dealer>,
    /// What the visitor sees of the dealer, in the visitor's language.
    pub view: Arc<DealerView>,
    /// The incarnation of the database.
    pub epoch: Epoch,
    /// A token in case there is nothing to resume.
    pub fresh_token: SessionToken,
    /// How fast the visitor may be.
    pub paces: Paces,
    /// The conversation to resume.
    pub conversation: Option<FoundConversation>,
}

/// A conversation to resume.
#[derive(Debug)]
pub struct FoundConversation {
    /// Which one.
    pub id: ConversationId,
    /// How far the resume goes.
    pub resumed: Resumed,
    /// What came after the client's place, or the whole where that place is unknown.
    pub messages: Vec<Message>,
    /// Its last message.
    pub last_seq: u64,
    /// The reply that is being written.
    pub running: Option<ReplyId>,
    /// When it will be deleted if nothing more is said.
    pub expires_at: Timestamp,
}

/// A message that is on disk.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The conversation it belongs to.
    pub conversation: ConversationId,
    /// Its place.
    pub seq: u64,
    /// When it was kept.
    pub at: Timestamp,
    /// When the conversation will be deleted if nothing more is said.
    pub expires_at: Timestamp,
    /// The reply that is owed to it and not yet ended.
    pub reply: Option<ReplyId>,
}

/// A lead that is on disk.
#[derive(Clone, Debug)]
pub struct KeptLead {
    /// Its reference.
    pub lead: LeadId,
    /// The conversation it belongs to.
    pub conversation: ConversationId,
}

/// A reply that has ended and is on disk.
#[derive(Clone, Debug)]
pub struct Ended {
    /// What is kept.
    pub message: Message,
    /// When the conversation will be deleted if nothing more is said.
    pub expires_at: Timestamp,
}

/// Why something was not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The conversation has ended, expired or been deleted.
    ConversationEnded,
    /// The conversation has as many messages as it may have.
    ConversationFull,
    /// The site's dealer was paused or removed, or the site was taken from it.
    SiteClosed,
    /// Too many messages wait for an answer already.
    TooManyUnanswered,
    /// The dealer's visitors together are too fast; try again after so many milliseconds.
    DealerTooFast(u64),
    /// The day that would suit is over.
    DayOver,
    /// The disk is full.
    StorageFull,
    /// The store can't write now.
    StorageUnavailable,
}
