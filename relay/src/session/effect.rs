//! Everything a session can ask for. The driver acts; nothing here does.

use protocol::{
    ClientMsgId, CloseReason, ReplyId, ServerMessage, client::Hello, lead::ConsentAnswer,
};

use crate::domain::lead::CheckedLead;

/// Something to be done, in the order of the list it stands in.
#[derive(Debug)]
pub enum Effect {
    /// Send a frame.
    Send(ServerMessage),
    /// Look for the site and the conversation; answered by `Event::Found`.
    Find(Box<Hello>),
    /// Keep the visitor's words; answered by `Event::Recorded`, after the commit.
    Record {
        /// The client's id: the same for each try.
        client_msg_id: ClientMsgId,
        /// The words.
        text: String,
    },
    /// Keep a lead with its consents; answered by `Event::LeadRecorded`, after the commit.
    TakeLead {
        /// The client's id: the same for each try.
        client_msg_id: ClientMsgId,
        /// What was checked.
        lead: Box<CheckedLead>,
        /// The boxes, ticked or not.
        consents: Vec<ConsentAnswer>,
    },
    /// Ask again; answered by `Event::Retried`.
    Retry(ReplyId),
    /// Pass on the words of this reply from a place on, as they come.
    Follow {
        /// Which reply.
        reply: ReplyId,
        /// The client's place in it, in Unicode scalar values.
        offset: u64,
    },
    /// Stop this reply; what stands is kept.
    StopReply(ReplyId),
    /// Read what came after this `seq`; answered by `Event::Missed`.
    CatchUp(u64),
    /// The same, but only if a reply of the conversation is still being written.
    LookOn(u64),
    /// Ping below the protocol.
    Heartbeat,
    /// Close the socket, saying why.
    Close(CloseReason),
}
