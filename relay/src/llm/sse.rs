//! Server-sent events: bytes in, events out, bounded and in linear time. Knows no provider. Pure.

use crate::{limits::SSE_EVENT_BYTES, llm::error::LlmError};

/// What some servers put before the first byte.
const BYTE_ORDER_MARK: &[u8] = &[0xEF, 0xBB, 0xBF];

/// One event of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its name; empty where the stream names none.
    pub name: String,
    /// Its data, lines joined by `\n`; bytes that are not UTF-8 are replaced.
    pub data: String,
}

/// Splits a stream into events, however its bytes are cut into chunks.
///
/// Invariant: `line` and `data` together never hold more than the limit.
#[derive(Debug)]
pub struct SseDecoder {
    /// The line so far, without its end.
    line: Vec<u8>,
    /// The data lines of the event so far, joined by `\n`.
    data: Vec<u8>,
    /// Whether the event has a data line: an empty one counts.
    has_data: bool,
    name: Vec<u8>,
    /// The last byte was `\r`: a `\n` that follows belongs to it.
    after_cr: bool,
    /// No line has ended yet: a byte order mark may stand here.
    at_start: bool,
    max_bytes: usize,
}

impl Default for SseDecoder {
    fn default() -> Self {
        Self::with_limit(SSE_EVENT_BYTES)
    }
}

impl SseDecoder {
    /// A decoder whose events hold at most so many bytes.
    pub fn with_limit(max_bytes: usize) -> Self {
        Self {
            line: Vec::new(),
            data: Vec::new(),
            has_data: false,
            name: Vec::new(),
            after_cr: false,
            at_start: true,
            max_bytes,
        }
    }

    /// Takes in one chunk and adds the events that it completes.
    pub fn push(&mut self, mut chunk: &[u8], events: &mut Vec<Event>) -> Result<(), LlmError> {
        while !chunk.is_empty() {
            if self.after_cr {
                self.after_cr = false;
                if let Some(rest) = chunk.strip_prefix(b"\n") {
                    chunk = rest;
                    continue;
                }
            }
            let end = chunk.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let length = end.unwrap_or(chunk.len());
            if self.max_bytes < self.line.len() + self.data.len() + length {
                return Err(LlmError::Oversize);
            }
            self.line.extend_from_slice(&chunk[..length]);
            let Some(end) = end else { return Ok(()) };
            self.after_cr = chunk[end] == b'\r';
            chunk = &chunk[end + 1..];
            events.extend(self.end_line());
        }
        Ok(())
    }

    /// Takes what the stream left unfinished: some servers forget the last empty line.
    /// A line without its end is not taken: nobody can say what it would have become.
    pub fn end(&mut self) -> Option<Event> {
        self.line.clear();
        self.dispatch()
    }

    /// Takes in a whole line; an empty one ends the event.
    fn end_line(&mut self) -> Option<Event> {
        if std::mem::take(&mut self.at_start) && self.line.starts_with(BYTE_ORDER_MARK) {
            self.line.drain(..BYTE_ORDER_MARK.len());
        }
        if self.line.is_empty() {
            return self.dispatch();
        }
        let mut line = std::mem::take(&mut self.line);
        let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
        let mut value = (colon + 1).min(line.len());
        if line.get(value) == Some(&b' ') {
            value += 1;
        }
        match &line[..colon] {
            b"data" if self.has_data => {
                self.data.push(b'\n');
                self.data.extend_from_slice(&line[value..]);
            }
            b"data" => {
                line.drain(..value);
                self.has_data = true;
                self.data = line;
                return None;
            }
            b"event" => self.name = line[value..].to_vec(),
            // A comment, an id, a retry time or something newer: not ours.
            _ => {}
        }
        line.clear();
        self.line = line;
        None
    }

    /// The event so far, if it has data.
    fn dispatch(&mut self) -> Option<Event> {
        let name = std::mem::take(&mut self.name);
        let data = std::mem::take(&mut self.data);
        std::mem::take(&mut self.has_data).then(|| Event { name: text(name), data: text(data) })
    }
}

/// Bytes as text; what is not UTF-8 becomes U+FFFD.
fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decode(chunks: &[&[u8]]) -> Result<Vec<Event>, LlmError> {
        let mut decoder = SseDecoder::default();
        let mut events = Vec::new();
        for chunk in chunks {
            decoder.push(chunk, &mut events)?;
        }
        events.extend(decoder.end());
        Ok(events)
    }

    fn data(chunks: &[&[u8]]) -> Vec<String> {
        decode(chunks).unwrap().into_iter().map(|event| event.data).collect()
    }

    #[test]
    fn each_kind_of_line_end_ends_a_line() {
        for text in [
            "data: a\n\ndata: b\n\n",
            "data: a\r\n\r\ndata: b\r\n\r\n",
            "data: a\r\rdata: b\r\r",
            "data: a\r\n\ndata: b\n\r\n",
        ] {
            assert_eq!(data(&[text.as_bytes()]), ["a", "b"], "{text:?}");
        }
    }

    #[test]
    fn a_carriage_return_at_the_end_of_a_chunk_is_one_line_end_with_the_line_feed_that_follows() {
        assert_eq!(data(&[b"data: a\r", b"\ndata: b\r", b"\n\r", b"\n"]), ["a\nb"]);
    }

    #[test]
    fn a_byte_order_mark_is_skipped_even_when_it_is_cut() {
        assert_eq!(data(&[b"\xEF", b"\xBB", b"\xBFdata: a\n\n"]), ["a"]);
    }

    #[test]
    fn comments_ids_and_unknown_fields_are_skipped() {
        let events =
            decode(&[b": hi\nid: 7\nretry: 1\nnew: x\nevent: ping\ndata:a\ndata: b\n\n"]).unwrap();
        assert_eq!(events, [Event { name: "ping".into(), data: "a\nb".into() }]);
    }

    #[test]
    fn an_event_without_data_is_none() {
        assert!(data(&[b"event: ping\n\n: x\n\n\n"]).is_empty());
    }

    #[test]
    fn bytes_that_are_not_utf8_are_replaced() {
        assert_eq!(data(&[b"data: a\xFFb\n\ndata: c\n\n"]), ["a\u{FFFD}b", "c"]);
    }

    #[test]
    fn a_forgotten_last_empty_line_is_forgiven_but_not_half_a_line() {
        assert_eq!(data(&[b"data: [DONE]\n"]), ["[DONE]"]);
        assert!(data(&[b"data: {\"cut"]).is_empty());
    }

    #[test]
    fn an_event_over_the_limit_is_refused_in_one_line_and_in_many() {
        let mut decoder = SseDecoder::with_limit(64);
        assert_eq!(decoder.push(&[b'x'; 65], &mut Vec::new()), Err(LlmError::Oversize));
        let many = b"data: 0123456789\n".repeat(10);
        assert_eq!(
            SseDecoder::with_limit(64).push(&many, &mut Vec::new()),
            Err(LlmError::Oversize)
        );
        assert_eq!(decode(&[&vec![b'x'; SSE_EVENT_BYTES + 1]]), Err(LlmError::Oversize));
    }

    #[test]
    fn a_limit_is_for_one_event_and_not_for_the_stream() {
        let mut decoder = SseDecoder::with_limit(64);
        let mut events = Vec::new();
        decoder.push(&b"data: 0123456789\n\n".repeat(1_000), &mut events).unwrap();
        assert_eq!(events.len(), 1_000);
    }

    #[test]
    fn work_grows_with_the_bytes_and_not_with_their_square() {
        // A megabyte in chunks of one byte: quadratic work would be 10^12 steps.
        let mut decoder = SseDecoder::default();
        let mut events = Vec::new();
        for _ in 0..SSE_EVENT_BYTES {
            decoder.push(b"x", &mut events).unwrap();
        }
        assert!(events.is_empty());
    }

    proptest! {
        #[test]
        fn the_cuts_between_chunks_change_nothing(
            pieces in prop::collection::vec(prop::sample::select(vec![
                "data: ", "data:", "event: e", "\n", "\r", "\r\n", "\n\n", ": c", "äöü", "مرحبا", "🚗", "x", "\u{FEFF}", "id: 1",
            ]), 0..60),
            cuts in prop::collection::vec(0usize..400, 0..20),
        ) {
            let bytes = pieces.concat().into_bytes();
            let mut cuts: Vec<usize> = cuts.into_iter().filter(|cut| *cut < bytes.len()).collect();
            cuts.sort_unstable();
            let mut chunks = Vec::new();
            let mut from = 0;
            for cut in cuts {
                chunks.push(&bytes[from..cut]);
                from = cut;
            }
            chunks.push(&bytes[from..]);
            prop_assert_eq!(decode(&chunks), decode(&[&bytes]));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
            let singles: Vec<&[u8]> = bytes.chunks(1).collect();
            prop_assert_eq!(decode(&singles), decode(&[&bytes]));
        }
    }
}
