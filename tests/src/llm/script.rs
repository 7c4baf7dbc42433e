//! What the server does with one request, as data: in Rust or as JSON.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What is said where nothing else is scripted.
pub const USUAL_TEXT: &str =
    "We are open Monday to Friday from 9 am to 6 pm. Grüße, مرحبا, 🚗 and a good day.";

/// One step of an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum Act {
    /// The events before the first word.
    Open,
    /// One event with these words.
    Say {
        /// The words.
        text: String,
    },
    /// The script's text, one event a word, at the script's pace.
    SayText,
    /// So many words at the script's pace, each with the moment it left: see [`stamped`].
    Stamped {
        /// How many.
        count: usize,
        /// How long after its stamp each word leaves: as if somebody on the way had held it back.
        #[serde(default)]
        late_ms: u64,
        /// Whether the last word leaves with another digit in its stamp than is noted: as if
        /// somebody on the way had changed it.
        #[serde(default)]
        changed: bool,
    },
    /// An event of any name with any data.
    Event {
        /// Its name; empty for none.
        name: String,
        /// Its data.
        data: String,
    },
    /// Bytes as they are.
    Raw {
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// One event whose text is so many letters.
    Giant {
        /// How many bytes of text.
        bytes: usize,
    },
    /// The end of the words, with the provider's reason, and the counts.
    Stop {
        /// The reason, as OpenAI writes it; the usual one where empty.
        #[serde(default)]
        reason: String,
    },
    /// The provider's last event.
    Done,
    /// Waits so many milliseconds.
    Sleep {
        /// How long.
        ms: u64,
    },
    /// Waits for a release.
    Gate,
    /// Waits until the client leaves.
    Hang,
    /// Sends a byte of a comment every so many milliseconds until the client leaves.
    Trickle {
        /// How long between bytes.
        ms: u64,
    },
    /// Says words until the client leaves.
    Flood,
    /// Says nothing, event after event, until the client leaves.
    FloodOfNothing,
    /// Breaks the connection with a reset.
    Reset,
    /// Closes the connection without the end of the body.
    Close,
    /// Ends the body properly, whatever was said.
    EndBody,
}

/// How lines end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Newline {
    /// `\n`.
    #[default]
    Lf,
    /// `\r\n`.
    Crlf,
    /// `\r`.
    Cr,
    /// All of them in turn.
    Mixed,
}

/// What to do with one request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Script {
    /// The status of the answer.
    pub status: u16,
    /// Further headers.
    pub headers: BTreeMap<String, String>,
    /// The type of the body; an event stream where empty.
    pub content_type: String,
    /// A body in place of a stream.
    pub body: Option<String>,
    /// What is said.
    pub text: String,
    /// Says what follows the last `SAY: ` of the prompt: a model that obeys whoever speaks to it.
    pub obey: bool,
    /// How many words a second; as fast as possible where 0.
    pub words_per_second: u32,
    /// How lines end.
    pub newline: Newline,
    /// Whether a byte order mark comes first.
    pub bom: bool,
    /// Cuts the stream into chunks of so many bytes; where 0, one chunk an event.
    pub chunk_bytes: usize,
    /// The steps.
    pub acts: Vec<Act>,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            status: 200,
            headers: BTreeMap::new(),
            content_type: String::new(),
            body: None,
            text: USUAL_TEXT.into(),
            obey: false,
            words_per_second: 0,
            newline: Newline::Lf,
            bom: false,
            chunk_bytes: 0,
            acts: vec![
                Act::Open,
                Act::SayText,
                Act::Stop { reason: String::new() },
                Act::Done,
                Act::EndBody,
            ],
        }
    }
}

impl Script {
    /// Says this.
    pub fn says(text: &str) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// Does these steps.
    pub fn acts(acts: impl Into<Vec<Act>>) -> Self {
        Self { acts: acts.into(), ..Self::default() }
    }

    /// Answers with an error status.
    pub fn status(status: u16) -> Self {
        let body = r#"{"error":{"type":"api_error","message":"no words of the visitor here"}}"#;
        Self {
            status,
            content_type: "application/json".into(),
            body: Some(body.into()),
            ..Self::default()
        }
    }

    /// Answers with an error status and the wish to be left alone for so many seconds.
    pub fn busy(status: u16, retry_after: &str) -> Self {
        let mut script = Self::status(status);
        script.headers.insert("retry-after".into(), retry_after.into());
        script
    }

    /// Says these words, one event each.
    pub fn words<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        Self::between(words, &[])
    }

    /// Says these words and waits for a release before each.
    pub fn gated_words<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        Self::between(words, &[Act::Gate])
    }

    fn between<'a>(words: impl IntoIterator<Item = &'a str>, before: &[Act]) -> Self {
        let mut acts = vec![Act::Open];
        for word in words {
            acts.extend_from_slice(before);
            acts.push(Act::Say { text: word.to_owned() });
        }
        acts.extend([Act::Stop { reason: String::new() }, Act::Done, Act::EndBody]);
        Self::acts(acts)
    }

    /// Says these words and then no end.
    pub fn broken_off(text: &str) -> Self {
        Self::acts([Act::Open, Act::Say { text: text.to_owned() }, Act::EndBody])
    }

    /// Waits for a release, then says what the visitor's last message asks for after `SAY: `.
    pub fn gated_obedience() -> Self {
        let mut script = Self { obey: true, ..Self::default() };
        script.acts.insert(1, Act::Gate);
        script
    }

    /// Waits for a release before the first word.
    pub fn gated(text: &str) -> Self {
        let mut script = Self::says(text);
        script.acts.insert(1, Act::Gate);
        script
    }
}
/// A word of [`Act::Stamped`]: the moment at which it left, its number, and letters of one to four
/// bytes that both ends know by the number: `@1795600800000000000#7größer `.
pub fn stamped(moment: &str, number: usize) -> String {
    const LETTERS: [&str; 7] = ["car", "größer", "€", "مرحبا", "電気自動車", "🚗", "e\u{301}"];
    let letters = LETTERS.get(number * 5 % LETTERS.len()).copied().unwrap_or_default();
    format!("@{moment}#{number}{letters} ")
}
