//! An open breaker lets nothing through, and then one call that tries: by a clock that is moved.

use anyhow::Context;
use futures_util::{StreamExt, TryStreamExt, stream::FuturesUnordered};
use relay::limits::{LLM_BREAKER_FAILURES, LLM_BREAKER_OPEN};

use crate::{
    llm::{MockLlm, Outcome, PATIENCE, Script},
    relay::{TestRelay, llm},
    visitor::Visitor,
};

/// How many ask at the moment when a breaker may be tried.
const VISITORS: usize = 8;

/// Calls while the breaker is open, and calls that try once its time is up, with visitors who all
/// ask at the same moment: by a clock that is moved.
pub(super) async fn half_open() -> anyhow::Result<(u64, u64)> {
    let model = MockLlm::start().await?;
    model.usually(Script::status(500));
    let relay = TestRelay::with_llm(llm(&model)).await?;
    while model.outcomes().len() < LLM_BREAKER_FAILURES {
        relay.visitor().await?.ask("How long is the warranty?").await?;
    }
    let before = model.outcomes().len();
    for _ in 0..4 {
        relay.visitor().await?.ask("How long is the warranty?").await?;
    }
    let open = model.outcomes().len() - before;
    relay.advance(LLM_BREAKER_OPEN);
    model.usually(Script::gated("Twelve months."));
    let mut visitors = Vec::new();
    for _ in 0..VISITORS {
        let mut visitor = relay.visitor().await?;
        visitor.say("How long is the warranty?").await?;
        visitors.push(visitor);
    }
    // All but the one who waits for the try get an answer from the documents.
    let replies: FuturesUnordered<_> = visitors.iter_mut().map(Visitor::reply).collect();
    let answered = replies.take(VISITORS - 1).try_collect::<Vec<_>>();
    tokio::time::timeout(PATIENCE, answered).await.context("more than one waits for the try")??;
    let tries = model.outcomes().iter().filter(|outcome| **outcome == Outcome::Open).count();
    model.release();
    Ok((open as u64, tries as u64))
}
