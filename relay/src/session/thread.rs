//! Who is connected to a conversation, and which replies are being written in it.
//!
//! Hints only (D3): a thread says "look again" and holds the words that have not reached the table
//! yet. Losing it loses nothing that was acknowledged.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use protocol::{ConversationId, ReplyId};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::session::live::Live;

/// A conversation that somebody is connected to, or in which a reply is being written.
#[derive(Debug)]
pub struct Thread {
    /// Which conversation.
    pub id: ConversationId,
    /// Held while a reply is being written: replies of a conversation come one after another, in
    /// the order of their questions (the lock is fair).
    pub turn: Arc<tokio::sync::Mutex<()>>,
    /// The last message that is on disk, as far as anybody here has seen.
    tip: watch::Sender<u64>,
    /// The replies that have not ended, in order.
    replies: Mutex<Vec<Arc<Live>>>,
    /// Set when the conversation was deleted: whoever is connected begins anew.
    erased: CancellationToken,
    /// Where this thread is listed; it leaves the list when nobody holds it any more.
    list: Weak<List>,
}

type List = Mutex<HashMap<ConversationId, Weak<Thread>>>;

impl Thread {
    /// Says that a message with this `seq` is on disk.
    pub fn advance(&self, seq: u64) {
        self.tip.send_if_modified(|tip| {
            let ahead = *tip < seq;
            *tip = (*tip).max(seq);
            ahead
        });
    }

    /// Hears of messages from other tabs.
    pub fn tips(&self) -> watch::Receiver<u64> {
        self.tip.subscribe()
    }

    /// Says that the conversation was deleted: what is being written stops, and nobody stays.
    pub fn erase(&self) {
        self.erased.cancel();
        for live in self.replies().iter() {
            live.stop.cancel();
        }
    }

    /// Comes back once the conversation was deleted.
    pub async fn erased(&self) {
        self.erased.cancelled().await;
    }

    /// A reply that has not ended.
    pub fn reply(&self, id: &ReplyId) -> Option<Arc<Live>> {
        self.replies().iter().find(|live| live.id == *id).cloned()
    }

    /// The reply that is being written now and those that will be next, in order. One that has
    /// ended is not among them, though it may be listed for a moment more.
    pub fn running(&self) -> Vec<ReplyId> {
        let replies = self.replies();
        replies.iter().filter(|live| !live.has_ended()).map(|live| live.id.clone()).collect()
    }

    /// How many replies have not ended.
    pub fn n_replies(&self) -> usize {
        self.replies().len()
    }

    /// Lists a reply until it is withdrawn.
    pub fn add(&self, live: Arc<Live>) {
        self.replies().push(live);
    }

    /// Takes a reply off the list.
    pub fn withdraw(&self, id: &ReplyId) {
        self.replies().retain(|live| live.id != *id);
    }

    fn replies(&self) -> std::sync::MutexGuard<'_, Vec<Arc<Live>>> {
        self.replies.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Thread {
    /// Leaves the list, unless a successor of the same name stands there already.
    fn drop(&mut self) {
        let Some(list) = self.list.upgrade() else { return };
        let mut list = list.lock().unwrap_or_else(PoisonError::into_inner);
        if list.get(&self.id).is_some_and(|listed| listed.strong_count() == 0) {
            list.remove(&self.id);
        }
    }
}

/// All threads of this process.
#[derive(Clone, Debug, Default)]
pub struct Threads(Arc<List>);

impl Threads {
    /// The thread of a conversation, made if nobody is there yet.
    pub fn of(&self, id: &ConversationId) -> Arc<Thread> {
        let mut list = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(thread) = list.get(id).and_then(Weak::upgrade) {
            return thread;
        }
        let thread = Arc::new(Thread {
            id: id.clone(),
            turn: Arc::default(),
            tip: watch::Sender::default(),
            replies: Mutex::default(),
            erased: CancellationToken::new(),
            list: Arc::downgrade(&self.0),
        });
        list.insert(id.clone(), Arc::downgrade(&thread));
        thread
    }

    /// The thread of a conversation, if somebody is there.
    pub fn known(&self, id: &ConversationId) -> Option<Arc<Thread>> {
        let list = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        list.get(id).and_then(Weak::upgrade)
    }

    /// How many conversations have somebody connected or a reply being written.
    pub fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether nobody is there.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conversation(n: u8) -> ConversationId {
        ConversationId::from_bytes(&[n; 16])
    }

    #[test]
    fn two_sockets_of_a_conversation_share_its_thread() {
        let threads = Threads::default();
        let one = threads.of(&conversation(1));
        assert!(Arc::ptr_eq(&one, &threads.of(&conversation(1))));
        assert!(!Arc::ptr_eq(&one, &threads.of(&conversation(2))));
    }

    #[test]
    fn a_thread_that_nobody_holds_is_no_longer_listed() {
        let threads = Threads::default();
        let one = threads.of(&conversation(1));
        assert_eq!(threads.len(), 1);
        drop(one);
        assert!(threads.is_empty());
    }

    #[test]
    fn a_tip_never_goes_back() {
        let thread = Threads::default().of(&conversation(1));
        let tips = thread.tips();
        thread.advance(5);
        thread.advance(3);
        assert_eq!(*tips.borrow(), 5);
    }
}
