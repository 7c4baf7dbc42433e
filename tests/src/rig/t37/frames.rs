//! Frames that a stranger may send, drawn from a seed: golden ones bent in places, and JSON that no
//! client of ours writes.

use anyhow::Context;
use relay::random::{Random, SeededRandom, below};

/// The golden frames of a client: a sample of everything that is right.
pub(super) const GOLDEN: [&str; 9] = [
    include_str!("../../../../protocol/golden/client/hello-new.json"),
    include_str!("../../../../protocol/golden/client/hello-resume.json"),
    include_str!("../../../../protocol/golden/client/hello-resume-idle.json"),
    include_str!("../../../../protocol/golden/client/lead.json"),
    include_str!("../../../../protocol/golden/client/lead-short.json"),
    include_str!("../../../../protocol/golden/client/ping.json"),
    include_str!("../../../../protocol/golden/client/retry.json"),
    include_str!("../../../../protocol/golden/client/say.json"),
    include_str!("../../../../protocol/golden/client/stop.json"),
];

/// Values that something may trip over, as they stand in JSON.
const NASTY: [&str; 34] = [
    "null",
    "true",
    "-0",
    "0.1",
    "1e400",
    "-1e-400",
    "9007199254740993",
    "18446744073709551616",
    "-9223372036854775809",
    "NaN",
    "Infinity",
    "01",
    "+1",
    "0x10",
    "'x'",
    "[]",
    "{}",
    "[[[]]]",
    "{\"type\":\"ping\"}",
    "\"\"",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "\"\\udc00\\ud800\"",
    "\"\\ud83d\\ude00\"",
    "\"\u{202e}\u{2066}\"",
    "\"\u{200b}\u{200d}\u{feff}\"",
    "\"\u{0}\"",
    "\"\\x41\"",
    "\"\\",
    "\"\n\"",
    "// x",
    "/* x */ 1",
    "\"\u{fdd0}\u{10ffff}\"",
    "\u{feff}{}",
];

/// Names that a frame has or may seem to have.
const NAMES: [&str; 18] = [
    "type",
    "protocol",
    "site_key",
    "resume",
    "token",
    "epoch",
    "after_seq",
    "reply",
    "id",
    "offset",
    "locale",
    "build",
    "client_msg_id",
    "text",
    "reply_id",
    "fields",
    "consents",
    "__proto__",
];

/// The types of a client's frames, and some that are none.
const TYPES: [&str; 9] =
    ["hello", "say", "stop", "retry", "lead", "ping", "welcome", "Say", "say\u{200b}"];

/// How deep a frame may be nested here: far beyond what any parser should follow.
const DEPTH: usize = 10_000;

/// What must come of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is right: it must be taken.
    Taken,
    /// It can mean two things, or nothing: it must be refused.
    Refused,
    /// It depends on what the bending did; a decoder must be consistent about it.
    Either,
}

/// The frames of one seed.
pub(super) struct Frames {
    random: SeededRandom,
}

impl Frames {
    /// The frames of this seed.
    pub(super) fn of(seed: u64) -> Self {
        Self { random: SeededRandom::new(seed) }
    }

    /// The next one.
    pub(super) fn next(&self) -> anyhow::Result<(Fate, String)> {
        Ok(match self.below(100) {
            0..=3 => (Fate::Taken, self.one_of(&GOLDEN)?.to_owned()),
            4..=44 => (Fate::Either, self.bent()?),
            45..=59 => (Fate::Refused, self.doubled()?),
            60..=79 => (Fate::Either, self.object()?),
            80..=94 => (Fate::Either, self.value(6)?),
            95..=97 => (Fate::Refused, self.noise()),
            98 => (Fate::Refused, self.deep()?),
            _ => (Fate::Either, self.long()),
        })
    }

    fn below(&self, bound: usize) -> usize {
        usize::try_from(below(&self.random, bound as u64)).unwrap_or(0)
    }

    fn one_of<'a>(&self, all: &[&'a str]) -> anyhow::Result<&'a str> {
        all.get(self.below(all.len())).copied().context("there is one")
    }

    /// A golden frame, cut, repeated or overwritten in one to four places.
    fn bent(&self) -> anyhow::Result<String> {
        let mut text: Vec<char> = self.one_of(&GOLDEN)?.chars().collect();
        for _ in 0..=self.below(4) {
            let from = self.below(text.len() + 1);
            let to = (from + self.below(12)).min(text.len());
            let piece: Vec<char> = text.get(from..to).unwrap_or_default().to_vec();
            match self.below(4) {
                0 => drop(text.drain(from..to)),
                1 => drop(text.splice(from..from, piece)),
                2 => drop(text.splice(from..to, self.one_of(&NASTY)?.chars())),
                _ => {
                    let byte = u8::try_from(self.below(128)).unwrap_or(0);
                    drop(text.splice(from..to, [char::from(byte)]));
                }
            }
        }
        Ok(text.into_iter().collect())
    }

    /// A golden frame with one of its own names twice: what it means would depend on the reader.
    fn doubled(&self) -> anyhow::Result<String> {
        let golden = self.one_of(&GOLDEN)?;
        let name = self.one_of(&["type", "client_msg_id", "text", "site_key", "protocol"])?;
        let quoted = format!("\"{name}\"");
        let name = if golden.contains(&quoted) { name } else { "type" };
        let again = format!("{{\"{name}\":{},", self.one_of(&["\"ping\"", "1", "\"x\"", "null"])?);
        Ok(golden.replacen('{', &again, 1))
    }

    /// An object with a type and members of any kind.
    fn object(&self) -> anyhow::Result<String> {
        let mut members = vec![format!("\"type\":\"{}\"", self.one_of(&TYPES)?)];
        for _ in 0..self.below(6) {
            members.push(format!("\"{}\":{}", self.one_of(&NAMES)?, self.value(3)?));
        }
        Ok(format!("{{{}}}", members.join(",")))
    }

    /// Any value, nested at most so deep.
    fn value(&self, depth: usize) -> anyhow::Result<String> {
        let mut items = Vec::new();
        match self.below(if depth == 0 { 4 } else { 6 }) {
            0 => Ok(format!("\"{}\"", self.one_of(&TYPES)?)),
            1..=3 => Ok(self.one_of(&NASTY)?.to_owned()),
            4 => {
                for _ in 0..self.below(4) {
                    items.push(self.value(depth - 1)?);
                }
                Ok(format!("[{}]", items.join(",")))
            }
            _ => {
                for _ in 0..self.below(4) {
                    items.push(format!("\"{}\":{}", self.one_of(&NAMES)?, self.value(depth - 1)?));
                }
                Ok(format!("{{{}}}", items.join(",")))
            }
        }
    }

    /// What is no JSON at all.
    fn noise(&self) -> String {
        let mut bytes = vec![0; self.below(64)];
        self.random.fill(&mut bytes);
        // A frame is UTF-8, or the socket was closed before; no JSON begins so.
        format!("~{}", String::from_utf8_lossy(&bytes))
    }

    /// Brackets in brackets.
    fn deep(&self) -> anyhow::Result<String> {
        let open = self.one_of(&["[", "{\"a\":", "[{\"type\":"])?;
        let deep = open.repeat(DEPTH);
        Ok(match self.below(3) {
            0 => deep,
            1 => format!("{{\"type\":\"ping\",\"x\":{deep}"),
            _ => format!("{{\"x\":{}1{},\"type\":\"ping\"}}", "[".repeat(DEPTH), "]".repeat(DEPTH)),
        })
    }

    /// About the longest frame that there may be.
    fn long(&self) -> String {
        let piece = ["9", "\\u0000", "\u{1f697}", "\\\\", " "][self.below(5)];
        let room = protocol::limits::MAX_FRAME_BYTES - 200;
        let text = piece.repeat(room / piece.len());
        match self.below(3) {
            0 => format!("{{\"type\":\"ping\",\"x\":{text}}}"),
            1 => format!("{{\"type\":\"{text}\"}}"),
            _ => format!(
                "{{\"type\":\"say\",\"client_msg_id\":\"msg_{text}\",\"text\":\"{text:.9}\"}}"
            ),
        }
    }
}
