//! Hears an answer out: its author once and first, its words, its one end.

use ::relay::llm::{Answerer, Ending, Piece, Question};
use futures_util::StreamExt;

/// How an answer ended, and who gave it.
pub struct Ended {
    /// `documents` or `provider/model`.
    pub generator: String,
    ending: Ending,
}

impl std::ops::Deref for Ended {
    type Target = Ending;

    fn deref(&self) -> &Ending {
        &self.ending
    }
}

/// The words of an answer and its one end.
///
/// # Panics
/// Where an answer has no author or no end, or more than one.
pub async fn listen(answerer: &Answerer, question: Question) -> (String, Ended) {
    read(answerer.answer(question).collect().await)
}

/// The same of pieces that are there.
pub fn read(pieces: Vec<Piece>) -> (String, Ended) {
    let mut text = String::new();
    let mut generators = Vec::new();
    let mut ends = Vec::new();
    for piece in pieces {
        match piece {
            Piece::By(author) => generators.push(author.generator),
            Piece::Text(words) => {
                assert_eq!(generators.len(), 1, "who answers is said once, before the words");
                assert!(ends.is_empty(), "words after the end");
                assert!(!words.is_empty(), "an empty piece");
                text.push_str(&words);
            }
            Piece::End(end) => ends.push(end),
        }
    }
    assert_eq!((generators.len(), ends.len()), (1, 1), "an answer has one author and one end");
    (text, Ended { generator: generators.remove(0), ending: ends.remove(0) })
}
