//! What is to be seen, read off the model; no page and no words of its own.

use protocol::{
    AuthorKind, ClientMsgId, CloseReason, FailureCode, Finish, Message, ReplyId,
    limits::MAX_TEXT_CHARS,
};

use crate::{
    limits::COUNTER_FROM,
    model::{Body, Link, Model, NoteKind, Pending, Progress, Reply},
};

/// What the visitor should know of the link; `None` while all is well.
pub fn status(model: &Model) -> Option<&'static str> {
    let words = model.options.strings;
    match model.link {
        Link::Ready | Link::CatchingUp => None,
        Link::Asleep => Some(words.asleep),
        Link::Refused(code) if code == CloseReason::UnknownSite.code() => Some(words.refused_site),
        Link::Refused(code) if code == CloseReason::UnsupportedVersion.code() => {
            Some(words.refused_version)
        }
        Link::Refused(_) => Some(words.refused_link),
        _ if !model.online => Some(words.offline),
        _ if model.restarting => Some(words.restarting),
        _ if model.was_ready => Some(words.reconnecting),
        _ if 1 < model.attempt => Some(words.refused_link),
        _ => Some(words.connecting),
    }
}

/// Whether a button to try at once makes sense.
pub fn may_try_now(model: &Model) -> bool {
    match model.link {
        Link::Waiting => model.was_ready || 1 < model.attempt,
        Link::Refused(code) => {
            code != CloseReason::UnknownSite.code()
                && code != CloseReason::UnsupportedVersion.code()
        }
        _ => false,
    }
}

/// How a pending message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It waits for the link or for its turn.
    Waits,
    /// It is on its way.
    Goes,
    /// It is refused: too long.
    Long,
    /// It is refused: it could not be kept.
    NotKept,
    /// It is refused, for another reason.
    Refused,
}

/// What makes a line of the transcript the same as before: where it is equal, nothing is drawn anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// A note of this transcript, by place.
    Note(u32, usize),
    /// A message of this transcript, by `seq`, and whether it can be asked for again.
    Message(u32, u64, bool),
    /// A reply that is being written.
    Reply(ReplyId),
    /// Something that is not acknowledged.
    Pending(ClientMsgId, Standing),
}

/// A line of the transcript.
pub enum Row<'a> {
    /// A line of the chat itself.
    Note(&'a NoteKind),
    /// A message, and whether it can be asked for again.
    Message(&'a Message, bool),
    /// A reply that is being written.
    Reply(&'a Reply),
    /// Something that is not acknowledged.
    Pending(&'a Pending, Standing),
}

/// The lines of the transcript in the order of time: what is kept, what is being written, what waits.
pub fn rows(model: &Model) -> Vec<(Key, Row<'_>)> {
    let mut rows = Vec::with_capacity(model.messages.len() + model.outbox.len() + 2);
    let mut notes = model.notes.iter().enumerate().peekable();
    let again = can_ask_again(model);
    for message in &model.messages {
        while let Some((at, note)) = notes.next_if(|(_, note)| note.after_seq < message.seq) {
            rows.push((Key::Note(model.generation, at), Row::Note(&note.kind)));
        }
        let again = again == Some(message.seq);
        let key = Key::Message(model.generation, message.seq, again);
        rows.push((key, Row::Message(message, again)));
    }
    rows.extend(notes.map(|(at, note)| (Key::Note(model.generation, at), Row::Note(&note.kind))));
    let written = model.replies.iter();
    rows.extend(written.map(|reply| (Key::Reply(reply.id.clone()), Row::Reply(reply))));
    for pending in &model.outbox {
        let standing = standing(model, pending.state);
        rows.push((Key::Pending(pending.id.clone(), standing), Row::Pending(pending, standing)));
    }
    rows
}

fn standing(model: &Model, state: Progress) -> Standing {
    match state {
        Progress::Sent => Standing::Goes,
        Progress::Waiting if model.link == Link::Ready && !model.held => Standing::Goes,
        Progress::Waiting => Standing::Waits,
        Progress::Refused(FailureCode::TextTooLong) => Standing::Long,
        Progress::Refused(FailureCode::StorageFull) => Standing::NotKept,
        Progress::Refused(_) => Standing::Refused,
    }
}

/// The `seq` of the reply that can be asked for again: the last message, if it did not end well.
fn can_ask_again(model: &Model) -> Option<u64> {
    let last = model.messages.last()?;
    let ended_badly =
        matches!(last.finish, Some(Finish::Interrupted | Finish::Truncated | Finish::Failed));
    let free = model.replies.is_empty() && model.asked_again.is_none() && model.link == Link::Ready;
    let it = last.author_kind == AuthorKind::Ai && last.reply_id.is_some();
    (ended_badly && free && it).then_some(last.seq)
}

/// Whether the transcript has a line of its own, beside the notice and the greeting.
pub fn has_rows(model: &Model) -> bool {
    let empty = model.messages.is_empty() && model.replies.is_empty();
    !(empty && model.outbox.is_empty() && model.notes.is_empty())
}

/// Whether the dealer is open, as far as the last welcome still tells.
pub fn open_now(model: &Model) -> Option<bool> {
    model.dealer.as_ref().filter(|_| model.knows_open)?.contact.open_now
}

/// The way down to the newest line, where it is out of sight.
pub fn way_down(model: &Model) -> Option<&'static str> {
    let words = model.options.strings;
    let there = !model.follows && has_rows(model);
    there.then_some(if model.missed { words.new_message } else { words.newest })
}

/// Whether the suggestions are offered: only before the first message.
pub fn suggests(model: &Model) -> bool {
    let said = model.outbox.iter().any(|pending| matches!(pending.body, Body::Say(_)));
    model.dealer.is_some() && model.messages.is_empty() && model.replies.is_empty() && !said
}

/// Whether what stands in the composer can be sent.
pub fn can_send(model: &Model) -> bool {
    let chars = model.draft.trim().chars().count();
    0 < chars && chars <= MAX_TEXT_CHARS
}

/// Whether there is a reply that can be stopped.
pub fn can_stop(model: &Model) -> bool {
    model.replies.first().is_some_and(|reply| !reply.whole) && model.link == Link::Ready
}

/// The counter of the composer, near the limit and beyond it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counter {
    /// Far from the limit.
    Hidden,
    /// So many characters are left.
    Left(usize),
    /// So many characters are too many.
    Over(usize),
}

/// How far the composer is from its limit.
pub fn counter(model: &Model) -> Counter {
    let chars = model.draft.trim().chars().count();
    match MAX_TEXT_CHARS.checked_sub(chars) {
        None => Counter::Over(chars - MAX_TEXT_CHARS),
        Some(left) if left <= COUNTER_FROM => Counter::Left(left),
        Some(_) => Counter::Hidden,
    }
}

/// The part of a growing reply that is shown: all of it, whole sentences where less motion is wanted (E-14),
/// nothing before its end where the visitor wants it so (E-45).
pub fn visible<'a>(model: &Model, reply: &'a Reply) -> &'a str {
    if model.whole {
        return "";
    }
    if !model.calm {
        return &reply.text;
    }
    let mut end = 0;
    let mut last = ' ';
    for (at, c) in reply.text.char_indices() {
        let ended = matches!(last, '.' | '!' | '?' | '؟' | '。');
        if c == '\n' || (c == ' ' && ended) {
            end = at + c.len_utf8();
        }
        last = c;
    }
    &reply.text[..end]
}
