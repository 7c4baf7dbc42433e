//! What a visitor is told when something can't be done. Pure.

use std::time::Duration;

use protocol::{
    ClientMessage, ClientMsgId, CloseReason, Failure, FailureCode, ServerMessage,
    failure::{FieldProblem, Problem},
};

use crate::session::{effect::Effect, event::Refusal};

/// Whether a character shows nothing: space, or one of the invisible joiners and marks.
pub fn is_blank(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{ad}')
}

/// Whole milliseconds, rounded up: a client that waits them has waited long enough.
pub fn ms(wait: Duration) -> u64 {
    u64::try_from(wait.as_micros().div_ceil(1_000)).unwrap_or(u64::MAX)
}

/// A refusal as the one thing to be done.
pub fn fail(failure: Failure) -> Vec<Effect> {
    vec![Effect::Send(ServerMessage::Failed(failure))]
}

/// What follows when something was not kept; `id` is what the client called it.
pub fn refuse(refusal: Refusal, id: Option<ClientMsgId>) -> Vec<Effect> {
    let mut failure = refused(refusal);
    failure.client_msg_id = id;
    let mut effects = fail(failure);
    if refusal == Refusal::SiteClosed {
        effects.push(Effect::Close(CloseReason::UnknownSite));
    }
    effects
}

/// What the visitor is told when something was not kept.
pub fn refused(refusal: Refusal) -> Failure {
    use FailureCode as Code;
    match refusal {
        Refusal::ConversationEnded => Failure::new(
            Code::ConversationEnded,
            "begin a new conversation: `hello` without resume",
        ),
        Refusal::ConversationFull => {
            Failure::new(Code::ConversationFull, "begin a new conversation: `hello` without resume")
        }
        Refusal::SiteClosed => {
            Failure::new(Code::UnknownSite, "the dealer of this site is paused or gone")
        }
        Refusal::TooManyUnanswered => {
            Failure::new(Code::SlowDown, "wait for the replies that are owed").after(2_000)
        }
        Refusal::DealerTooFast(wait_ms) => {
            Failure::new(Code::SlowDown, "too much in too short a time").after(wait_ms)
        }
        Refusal::DayOver => {
            mend(vec![FieldProblem { field: "day".to_owned(), problem: Problem::Invalid }])
        }
        Refusal::StorageFull => {
            Failure::new(Code::StorageFull, "the relay's disk is full; nothing was kept")
                .after(5_000)
        }
        Refusal::StorageUnavailable => {
            Failure::new(Code::StorageUnavailable, "the relay can't write; nothing was kept")
                .after(2_000)
        }
    }
}

/// A lead that needs mending.
pub fn mend(problems: Vec<FieldProblem>) -> Failure {
    let sentence = "one or more fields need mending; nothing was kept";
    let mut failure = Failure::new(FailureCode::LeadInvalid, sentence);
    failure.fields = problems;
    failure
}

/// The client's id of a frame that carries one.
pub fn id_of(message: &ClientMessage) -> Option<ClientMsgId> {
    match message {
        ClientMessage::Say { client_msg_id, .. } | ClientMessage::Lead { client_msg_id, .. } => {
            Some(client_msg_id.clone())
        }
        _ => None,
    }
}
