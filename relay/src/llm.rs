//! Answers: a question with its facts and passages goes in, pieces of text and one end come out.
//!
//! No store, no socket and no session here. The way of an answer:
//!
//! ```text
//! chain      which answerer, how often, when to give up    (config, breaker, retry)
//!   intent     what a model must not answer                → documents
//!   prompt     question → neutral messages, redacted        pure
//!   client     one call over HTTP, with its timeouts
//!     openai, anthropic    body out, events in              pure
//!       sse                  bytes → events                 pure
//!   documents  quotes the dealer's own words, no network    pure
//! ```

pub mod anthropic;
pub mod breaker;
pub mod chain;
pub mod client;
pub mod config;
pub mod documents;
pub mod error;
pub mod intent;
pub mod meter;
pub mod openai;
pub mod prompt;
pub mod quote;
pub mod retry;
pub mod sse;
pub mod strings;
pub mod wire;

use std::fmt;

use protocol::{AuthorKind, Finish, Offer, Source, lead::LeadKind};

use crate::{domain::passage::Passage, redact::Redaction};

pub use chain::Answerer;
pub use config::{FallbackConfig, LlmConfig, LlmConfigError, ProviderKind};
pub use intent::Intent;

/// The generator of answers that no model wrote.
pub const DOCUMENTS: &str = "documents";

/// What an answer may say about the dealer without a document: plain strings, no ids (T64).
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The trading name.
    pub dealer_name: String,
    /// The name of the assistant; it holds "AI" or its local word (C-02).
    pub assistant: String,
    /// The legal name.
    pub legal_name: String,
    /// The address, on one line; empty where the dealer gave none.
    pub address: String,
    /// How a person is reached, one way a line, for example `Phone: 01632 960100`.
    pub contact_lines: Vec<String>,
    /// The opening hours, one group of days a line.
    pub hours_lines: Vec<String>,
    /// Whether the dealer is open now, where hours are known (C-20).
    pub open_now: Option<bool>,
    /// The language of the visitor, a BCP 47 tag.
    pub language: String,
    /// The forms besides the one for enquiries.
    pub forms: Vec<LeadKind>,
}

/// One message of the conversation, oldest first.
#[derive(Clone)]
pub struct Turn {
    /// Who wrote it.
    pub author: AuthorKind,
    /// The words.
    pub text: String,
}

/// Prints who and how much, never the words.
impl fmt::Debug for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Turn")
            .field("author", &self.author)
            .field("text_chars", &self.text.chars().count())
            .finish()
    }
}

/// What is to be answered. The relay builds it from its own store: a client sends no history (T40).
#[derive(Clone, Debug)]
pub struct Question {
    /// The dealer's facts.
    pub facts: Facts,
    /// The conversation so far; the last turn is the visitor's.
    pub turns: Vec<Turn>,
    /// What was found in the dealer's documents, best first.
    pub passages: Vec<Passage>,
    /// Whether a model may be asked; a dealer can decide that none gets its visitors' words.
    pub model_allowed: bool,
    /// How much is taken out of what a model is sent (B-51).
    pub redaction: Redaction,
    /// The tokens that the dealer has left today; `None` without a budget.
    pub allowance: Option<u64>,
}

impl Question {
    /// The visitor's last words; empty if there are none.
    pub fn asked(&self) -> &str {
        let last = self.turns.iter().rev().find(|turn| turn.author == AuthorKind::Visitor);
        last.map_or("", |turn| turn.text.as_str())
    }

    /// What they are about.
    pub fn intent(&self) -> Intent {
        intent::of_last(&self.turns)
    }

    /// What is offered beside the answer: the form that was asked for, where the dealer has it.
    pub fn offer(&self, otherwise: Offer) -> Offer {
        let wish = intent::wish(self.asked()).filter(|kind| self.facts.forms.contains(kind));
        wish.map_or(otherwise, Offer::Form)
    }
}

/// Who answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author {
    /// `documents` or `provider/model` (C-10).
    pub generator: String,
}

/// A piece of an answer.
#[derive(Clone, PartialEq, Eq)]
pub enum Piece {
    /// Who answers: once, before the first words.
    By(Author),
    /// More words, never empty.
    Text(String),
    /// The end; nothing follows.
    End(Ending),
}

/// Prints how much, never the words.
impl fmt::Debug for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::By(author) => write!(f, "By({})", author.generator),
            Self::Text(text) => write!(f, "Text({} bytes)", text.len()),
            Self::End(ending) => f.debug_tuple("End").field(ending).finish(),
        }
    }
}

/// How an answer ended.
#[derive(Clone, PartialEq, Eq)]
pub struct Ending {
    /// Whether it is whole.
    pub finish: Finish,
    /// Tokens that were sent to models, in vain too; an estimate where a provider gave no count.
    pub prompt_tokens: u64,
    /// Tokens that models wrote; an estimate where the provider gave no count.
    pub completion_tokens: u64,
    /// On what it rests.
    pub sources: Vec<Source>,
    /// What it offers beside its words.
    pub offer: Offer,
    /// What to show instead of nothing, where no answer could be had.
    pub text: Option<String>,
}

/// Prints counts, never the words.
impl fmt::Debug for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ending")
            .field("finish", &self.finish)
            .field("prompt_tokens", &self.prompt_tokens)
            .field("completion_tokens", &self.completion_tokens)
            .field("sources", &self.sources.len())
            .field("offer", &self.offer)
            .finish_non_exhaustive()
    }
}
