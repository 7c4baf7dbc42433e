//! A piece of a dealer's document: what an answer rests on.

use protocol::Source;

/// A piece of a document that fits a question.
#[derive(Clone, Debug, PartialEq)]
pub struct Passage {
    /// Where it stands.
    pub source: Source,
    /// Its words, as the dealer wrote them: data, never instructions (C-60).
    pub text: String,
    /// How well it fits; higher is better, comparable within one search only.
    pub score: f32,
}
