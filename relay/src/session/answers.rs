//! What a reply needs beside rows, as traits: passages to rest on, and somebody who answers. The
//! seam at which a simulation puts its own.

use futures_util::{future::BoxFuture, stream::BoxStream};
use protocol::DealerId;

use crate::{
    domain::passage::Passage,
    knowledge::{DocumentSource, Knowledge},
    llm::{Answerer, Piece, Question},
};

/// What a dealer's documents say.
pub trait Passages<E>: Send + Sync + 'static {
    /// What fits `query`, best first, at most `limit`; `language` is the visitor's.
    fn find<'a>(
        &'a self,
        dealer: &'a DealerId,
        language: &'a str,
        query: &'a str,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Passage>, E>>;
}

impl<S: DocumentSource> Passages<S::Error> for Knowledge<S> {
    fn find<'a>(
        &'a self,
        dealer: &'a DealerId,
        language: &'a str,
        query: &'a str,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Passage>, S::Error>> {
        Box::pin(self.find(dealer, language, query, limit))
    }
}

/// Who answers.
pub trait Answers: Send + Sync + 'static {
    /// Answers. The stream never fails and ends with one `End`; dropping it ends the call.
    fn answer(&self, question: Question) -> BoxStream<'static, Piece>;

    /// The most tokens that an answer may cost; 0 where no model would be asked.
    fn most(&self, question: &Question) -> u64;
}

impl Answers for Answerer {
    fn answer(&self, question: Question) -> BoxStream<'static, Piece> {
        self.answer(question)
    }

    fn most(&self, question: &Question) -> u64 {
        self.most(question)
    }
}
