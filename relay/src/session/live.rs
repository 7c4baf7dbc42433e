//! A reply while it is being written: shared by the task that writes it and the sockets that pass
//! it on.
//!
//! Each reader keeps its own place and takes what stands beyond it. So nothing queues for a slow
//! reader, words that came together leave together, and a reader who comes back goes on where it
//! was (D3: the table is the truth; this is what has not reached it yet).

use std::{
    pin::pin,
    sync::{Mutex, OnceLock, PoisonError},
    time::Duration,
};

use protocol::{
    ReplyId,
    limits::{MAX_DELTA_BYTES, MAX_REPLY_BYTES},
};
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use crate::{
    llm::Author,
    session::event::{Ended, Refusal},
};

/// A reply while it is being written.
#[derive(Debug)]
pub struct Live {
    /// Which reply.
    pub id: ReplyId,
    /// Set when the visitor stops it.
    pub stop: CancellationToken,
    /// Who writes it, once somebody does (C-10).
    pub author: OnceLock<Author>,
    /// The words so far. Grows only; a place in it stays true.
    text: Mutex<String>,
    /// How far it is. Each reader holds a receiver: no receivers means that nobody listens.
    progress: watch::Sender<Progress>,
    /// Rung when a reader comes.
    arrival: Notify,
}

/// How far a reply is.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    /// How many bytes stand.
    pub bytes: usize,
    /// Set at the end: what is kept, or why nothing could be kept so far.
    pub ended: Option<Result<Box<Ended>, Refusal>>,
}

/// A reader's place in a reply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// In bytes, at the border of a character.
    bytes: usize,
    /// The same in Unicode scalar values.
    pub chars: u64,
}

impl Live {
    /// A reply without a word yet.
    pub fn new(id: ReplyId) -> Self {
        Self {
            id,
            stop: CancellationToken::new(),
            author: OnceLock::new(),
            text: Mutex::default(),
            progress: watch::Sender::default(),
            arrival: Notify::new(),
        }
    }

    /// Adds words, without characters that are none, and tells the readers once.
    ///
    /// Returns whether all of them fit; a reply that is full takes no more.
    pub fn push(&self, words: impl IntoIterator<Item = impl AsRef<str>>) -> bool {
        let mut text = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        let mut fits = true;
        for piece in words {
            for c in piece.as_ref().chars().filter(|c| may_stand(*c)) {
                fits = fits && text.len() + c.len_utf8() <= MAX_REPLY_BYTES;
                if fits {
                    text.push(c);
                }
            }
        }
        let bytes = text.len();
        drop(text);
        self.progress.send_if_modified(|progress| {
            let grew = progress.bytes < bytes;
            progress.bytes = bytes;
            grew
        });
        fits
    }

    /// Says that the reply has ended; again, where it could be kept only later.
    pub fn end(&self, kept: Result<Box<Ended>, Refusal>) {
        self.progress.send_modify(|progress| progress.ended = Some(kept));
    }

    /// All words so far.
    pub fn text(&self) -> String {
        self.text.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many bytes stand.
    pub fn len(&self) -> usize {
        self.text.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether nothing was said yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A reader's view of how far the reply is; the reader counts as listening while it holds it.
    pub fn listen(&self) -> watch::Receiver<Progress> {
        let mut receiver = self.progress.subscribe();
        receiver.mark_changed();
        self.arrival.notify_waiters();
        receiver
    }

    /// Comes back when nobody has listened for as long as `patience`.
    pub async fn deserted(&self, patience: Duration) {
        loop {
            self.progress.closed().await;
            // Register for the arrival before looking: who comes in between is not missed.
            let mut arrival = pin!(self.arrival.notified());
            arrival.as_mut().enable();
            if 0 < self.progress.receiver_count() {
                continue;
            }
            if tokio::time::timeout(patience, arrival).await.is_err() {
                return;
            }
        }
    }

    /// The place after `chars` Unicode scalar values; at the end if there are fewer.
    pub fn place(&self, chars: u64) -> Place {
        let text = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        let skip = usize::try_from(chars).unwrap_or(usize::MAX);
        match text.char_indices().nth(skip) {
            Some((bytes, _)) => Place { bytes, chars },
            None => Place { bytes: text.len(), chars: text.chars().count() as u64 },
        }
    }

    /// The words beyond `place`, as many as one frame takes, and the place after them.
    pub fn beyond(&self, place: Place) -> Option<(String, Place)> {
        let text = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        let rest = text.get(place.bytes..).filter(|rest| !rest.is_empty())?;
        let words = &rest[..rest.floor_char_boundary(MAX_DELTA_BYTES)];
        let next = Place {
            bytes: place.bytes + words.len(),
            chars: place.chars + words.chars().count() as u64,
        };
        Some((words.to_owned(), next))
    }
}

/// Whether a character may stand in a reply: no control, and nothing that turns the direction of what
/// follows, which could make an address read like another one. Marks of a language's own stay.
fn may_stand(c: char) -> bool {
    let turns = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    matches!(c, '\n' | '\t') || !(c.is_control() || turns)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn live() -> Live {
        Live::new(ReplyId::from_bytes(&[1; 16]))
    }

    #[test]
    fn control_characters_are_left_out() {
        let live = live();
        assert!(live.push(["a\u{0}b\u{1b}[31m\n\tc\r"]));
        assert_eq!(live.text(), "ab[31m\n\tc");
    }

    #[test]
    fn what_turns_the_direction_of_an_address_is_left_out() {
        let live = live();
        assert!(live.push(["a\u{202e}b\u{2067}c\u{2069}", "\u{200f}d\u{202c}"]));
        assert_eq!(live.text(), "abc\u{200f}d");
    }

    #[test]
    fn a_reply_grows_no_further_than_its_limit() {
        let live = live();
        assert!(!live.push(["ä".repeat(MAX_REPLY_BYTES)]));
        assert_eq!(live.text().len(), MAX_REPLY_BYTES);
        assert!(!live.push(["b"]));
    }

    #[tokio::test(start_paused = true)]
    async fn a_reply_is_deserted_once_nobody_has_listened_for_the_whole_patience() {
        let patience = Duration::from_secs(20);
        let live = std::sync::Arc::new(live());
        let first = live.listen();
        let watched = std::sync::Arc::clone(&live);
        let mut deserted = tokio_test::task::spawn(async move { watched.deserted(patience).await });
        assert!(deserted.poll().is_pending());
        drop(first);
        assert!(deserted.poll().is_pending());
        tokio::time::advance(patience / 2).await;
        let second = live.listen();
        assert!(deserted.poll().is_pending());
        tokio::time::advance(patience * 2).await;
        assert!(deserted.poll().is_pending(), "somebody listens");
        drop(second);
        assert!(deserted.poll().is_pending());
        tokio::time::advance(patience * 2).await;
        assert!(deserted.poll().is_ready());
    }

    proptest! {
        #[test]
        fn a_reader_gets_every_word_once_wherever_it_begins(
            pieces in prop::collection::vec("[ -~äß€😀]{0,40}", 0..20),
            start in 0_usize..200,
        ) {
            let live = live();
            let mut place = live.place(start as u64);
            let mut seen = String::new();
            for piece in &pieces {
                live.push([piece]);
                while let Some((words, next)) = live.beyond(place) {
                    seen.push_str(&words);
                    place = next;
                }
            }
            prop_assert_eq!(seen, pieces.concat());
            let resumed = live.place(start as u64);
            let skipped: String = live.text().chars().skip(start).collect();
            let rest = live.beyond(resumed).map(|(words, _)| words).unwrap_or_default();
            prop_assert_eq!(rest, skipped);
        }
    }
}
