//! A history cut into frames that fit the wire. Pure.

use std::vec;

use protocol::{Message, ServerMessage};

use crate::session::effect::Effect;

/// What a frame of messages may hold, unless one alone is longer. A socket keeps the room of the
/// largest frame that it ever wrote, so a long history goes in more frames and not in larger ones.
const PAGE_BYTES: usize = 12 * 1024;

/// More than the JSON around one message's words takes, ids and names of fields included.
const MESSAGE_OVERHEAD_BYTES: usize = 512;

/// Cuts messages into pages, in order; each fits one frame. At least one page, perhaps empty.
pub fn pages(messages: Vec<Message>) -> Vec<Vec<Message>> {
    let mut pages = vec![Vec::new()];
    let mut room = PAGE_BYTES;
    for message in messages {
        let cost = cost(&message);
        if room < cost && pages.last().is_some_and(|page| !page.is_empty()) {
            pages.push(Vec::new());
            room = PAGE_BYTES;
        }
        room = room.saturating_sub(cost);
        if let Some(page) = pages.last_mut() {
            page.push(message);
        }
    }
    pages
}

/// Sends pages one after the other; the last says that there are no more.
pub fn history(pages: vec::IntoIter<Vec<Message>>) -> impl Iterator<Item = Effect> {
    let n_pages = pages.len();
    pages.enumerate().map(move |(index, messages)| {
        let more = index + 1 < n_pages;
        Effect::Send(ServerMessage::History { messages, more })
    })
}

/// The most bytes that a message takes as JSON.
fn cost(message: &Message) -> usize {
    let sources = message.sources.iter();
    let sources: usize = sources
        .map(|source| escaped(&source.title) + source.url.as_deref().map_or(0, escaped) + 24)
        .sum();
    MESSAGE_OVERHEAD_BYTES + escaped(&message.text) + sources
}

/// The bytes of a text as a JSON string.
fn escaped(text: &str) -> usize {
    text.bytes()
        .map(|byte| match byte {
            b'"' | b'\\' | b'\n' | b'\r' | b'\t' => 2,
            0..=0x1f => 6,
            _ => 1,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use protocol::{
        AuthorKind, Offer,
        limits::{MAX_FRAME_BYTES, MAX_REPLY_BYTES, MAX_TEXT_CHARS},
    };

    use super::*;

    /// What a welcome holds beside its messages, and more.
    const WELCOME_BYTES: usize = 12 * 1024;

    fn message(seq: u64, text: String) -> Message {
        Message {
            seq,
            author_kind: AuthorKind::Ai,
            text,
            at: i64::MAX,
            client_msg_id: None,
            reply_id: None,
            finish: None,
            generator: Some("x".repeat(64)),
            sources: Vec::new(),
            offer: Offer::Lead,
        }
    }

    #[test]
    fn every_page_fits_a_frame_and_no_message_is_lost() {
        let texts = ["short".to_owned(), "\n".repeat(MAX_REPLY_BYTES), "ä".repeat(MAX_TEXT_CHARS)];
        let messages: Vec<Message> = (1..=90)
            .zip(texts.iter().cycle())
            .map(|(seq, text)| message(seq, text.clone()))
            .collect();
        let pages = pages(messages.clone());
        assert!(1 < pages.len());
        for page in &pages {
            let limit = if page.len() == 1 { MAX_FRAME_BYTES - WELCOME_BYTES } else { PAGE_BYTES };
            assert!(serde_json::to_vec(page).unwrap().len() <= limit);
        }
        assert_eq!(pages.concat(), messages);
    }

    #[test]
    fn no_messages_make_one_empty_page() {
        assert_eq!(pages(Vec::new()), vec![Vec::new()]);
    }
}
