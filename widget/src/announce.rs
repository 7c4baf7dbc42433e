//! What a screen reader hears of replies: that one begins, that it still works, and the whole of it once.
//!
//! Decides only (E-41, E-42): no token is ever said, no answer twice, none in part and then again.

use protocol::{AuthorKind, Finish, Message, ReplyId};

use crate::{
    limits::{MAX_REPLIES, STILL_WORKING_MS, STILL_WORKING_TIMES},
    markdown,
    strings::{self, Strings},
};

/// What was said of the replies that are awaited.
#[derive(Default)]
pub struct Announcer {
    awaited: Vec<Awaited>,
}

struct Awaited {
    reply: ReplyId,
    still_said: u8,
}

impl Announcer {
    /// A reply begins. Says so once for each.
    pub fn begins(&mut self, reply: &ReplyId, assistant: &str, words: &Strings) -> Option<String> {
        if self.awaited.iter().any(|awaited| awaited.reply == *reply) {
            return None;
        }
        if MAX_REPLIES <= self.awaited.len() {
            self.awaited.remove(0);
        }
        self.awaited.push(Awaited { reply: reply.clone(), still_said: 0 });
        Some(strings::fill(words.replying, &[assistant]))
    }

    /// The timer came while `reply` had been silent for `silent_ms`.
    pub fn still(&mut self, reply: &ReplyId, silent_ms: i64, words: &Strings) -> Option<String> {
        let awaited = self.awaited.iter_mut().find(|awaited| awaited.reply == *reply)?;
        if silent_ms < i64::from(STILL_WORKING_MS) || STILL_WORKING_TIMES <= awaited.still_said {
            return None;
        }
        awaited.still_said += 1;
        Some(words.still.to_owned())
    }

    /// A message was placed. The whole of it is said if it is new (`live`) or was awaited; whether the
    /// visitor has stopped it decides what is said of its end.
    pub fn placed(
        &mut self,
        message: &Message,
        live: bool,
        stopped: bool,
        words: &Strings,
    ) -> Vec<String> {
        let before = self.awaited.len();
        if let Some(reply) = &message.reply_id {
            self.awaited.retain(|awaited| awaited.reply != *reply);
        }
        let awaited = self.awaited.len() < before;
        if message.author_kind == AuthorKind::Visitor || !(live || awaited) {
            return Vec::new();
        }
        let plain = markdown::plain_text(&markdown::parse(&message.text));
        let end = match message.finish {
            Some(Finish::Interrupted) if stopped => words.stopped,
            Some(Finish::Interrupted) => words.interrupted,
            Some(Finish::Truncated) => words.truncated,
            Some(Finish::Failed) if plain.is_empty() => words.failed,
            _ => "",
        };
        let parts = [plain, end.to_owned()];
        parts.into_iter().filter(|part| !part.is_empty()).collect()
    }

    /// Nothing is awaited any more.
    pub fn forget(&mut self) {
        self.awaited.clear();
    }
}
