//! A question without a relay: what is asked, who is asked, what comes.

use std::sync::Arc;

use ::relay::{
    clock::SystemClock,
    domain::passage::Passage,
    llm::{Answerer, Facts, LlmConfig, Question, Turn},
    random::SeededRandom,
    redact::Redaction,
};
use protocol::{AuthorKind, Source};

use super::{
    MockLlm, Script,
    listen::{Ended, listen},
};

/// A model's server that usually plays this script.
///
/// # Panics
/// Where no port is free.
#[expect(clippy::expect_used, reason = "a test that can't go on fails")]
pub async fn play(script: Script) -> MockLlm {
    let model = MockLlm::start().await.expect("a port is free");
    model.usually(script);
    model
}

/// A visitor's question, with one passage that was found.
pub fn question(text: &str) -> Question {
    let passage = Passage {
        source: Source { title: "Opening hours".into(), url: None },
        text: "We are open Monday to Friday.".into(),
        score: 3.0,
    };
    Question {
        facts: Facts {
            dealer_name: "Harbour Cars".into(),
            language: "en".into(),
            ..Facts::default()
        },
        turns: vec![Turn { author: AuthorKind::Visitor, text: text.into() }],
        passages: vec![passage],
        model_allowed: true,
        redaction: Redaction::default(),
        allowance: None,
    }
}

/// Who answers under this configuration.
///
/// # Panics
/// Where the configuration is wrong.
#[expect(clippy::expect_used, reason = "a test that can't go on fails")]
pub fn answerer(config: &LlmConfig) -> Answerer {
    let (clock, random) = (Arc::new(SystemClock::default()), Arc::new(SeededRandom::new(1)));
    Answerer::new(config, clock, random).expect("the configuration is right")
}

/// Asks the usual question.
pub async fn ask(answerer: &Answerer) -> (String, Ended) {
    listen(answerer, question("Is it open this week?")).await
}
