//! Replies whose rows may be on disk before their tasks are listed: between the commit of a
//! question and the begin of its reply, another tab may already read that the reply is running.
//! It waits here, else it would take the reply for one that a crash had left.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use protocol::ReplyId;
use tokio_util::sync::CancellationToken;

/// The replies that are about to begin. As many as there are messages being kept.
#[derive(Debug, Default)]
pub struct Beginnings(Mutex<HashMap<ReplyId, CancellationToken>>);

/// Held by whoever keeps a question, until its reply is listed or there is none.
#[derive(Debug)]
pub struct Beginning<'a> {
    all: &'a Beginnings,
    reply: ReplyId,
}

impl Beginnings {
    /// Announces a reply before its row is written.
    pub fn announce(&self, reply: &ReplyId) -> Beginning<'_> {
        self.list().insert(reply.clone(), CancellationToken::new());
        Beginning { all: self, reply: reply.clone() }
    }

    /// Comes back once the reply is not about to begin: it has begun, or nobody announced it.
    pub async fn begun(&self, reply: &ReplyId) {
        let announced = self.list().get(reply).cloned();
        if let Some(announced) = announced {
            announced.cancelled().await;
        }
    }

    fn list(&self) -> std::sync::MutexGuard<'_, HashMap<ReplyId, CancellationToken>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Beginning<'_> {
    fn drop(&mut self) {
        if let Some(announced) = self.all.list().remove(&self.reply) {
            announced.cancel();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(n: u8) -> ReplyId {
        ReplyId::from_bytes(&[n; 16])
    }

    #[test]
    fn who_asks_for_a_reply_that_is_about_to_begin_waits_until_it_has() {
        let (beginnings, one, other) = (Beginnings::default(), reply(1), reply(2));
        let beginning = beginnings.announce(&one);
        let mut waiting = tokio_test::task::spawn(beginnings.begun(&one));
        assert!(waiting.poll().is_pending());
        assert!(tokio_test::task::spawn(beginnings.begun(&other)).poll().is_ready());
        drop(beginning);
        assert!(waiting.is_woken());
        assert!(waiting.poll().is_ready());
        assert!(tokio_test::task::spawn(beginnings.begun(&one)).poll().is_ready());
    }
}
