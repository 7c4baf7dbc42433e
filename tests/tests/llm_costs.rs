//! What an answer costs: what was asked in vain, what a provider makes up, what is not paid for.

use forecourt_tests::llm::{
    Script,
    asking::{answerer, ask, play, question},
    listen::listen,
    script::{Act, USUAL_TEXT},
};
use protocol::Finish;
use relay::llm::ProviderKind;

#[tokio::test]
async fn what_was_asked_in_vain_costs_what_it_cost() {
    let counts = r#"{"choices":[],"usage":{"prompt_tokens":150,"completion_tokens":180}}"#;
    let counts = Act::Event { name: String::new(), data: counts.into() };
    let model = play(Script::default()).await;
    let answerer = answerer(&model.config(ProviderKind::OpenaiCompatible));
    // Counts without a word: the model spent all on thinking.
    let stop = Act::Stop { reason: "length".into() };
    model.script(Script::acts([Act::Open, counts, stop, Act::EndBody]));
    let (_, end) = ask(&answerer).await;
    assert_eq!(end.generator, "documents");
    assert_eq!((end.prompt_tokens, end.completion_tokens), (100, 0), "the last counts");
    // A stream that breaks before its first word was read all the same.
    model.script(Script::acts([Act::Open, Act::Close]));
    let (_, end) = ask(&answerer).await;
    assert!(100 < end.prompt_tokens && end.completion_tokens == 0, "{end:?}", end = *end);
    // What was refused at the door was not.
    model.script(Script::status(400));
    let (_, end) = ask(&answerer).await;
    assert_eq!((end.prompt_tokens, end.completion_tokens), (0, 0));
}

#[tokio::test]
async fn a_provider_that_counts_beyond_all_measure_does_not_spend_a_dealers_day() {
    let max = u64::MAX;
    let model = play(Script::default()).await;
    let counts =
        format!(r#"{{"choices":[],"usage":{{"prompt_tokens":{max},"completion_tokens":{max}}}}}"#);
    let acts = [Act::Open, Act::SayText, Act::Event { name: String::new(), data: counts }];
    model.script(Script::acts(
        acts.into_iter().chain([Act::Done, Act::EndBody]).collect::<Vec<_>>(),
    ));
    let (text, end) = ask(&answerer(&model.config(ProviderKind::OpenaiCompatible))).await;
    assert_eq!(text, USUAL_TEXT);
    assert!(end.prompt_tokens < 20_000 && end.completion_tokens < 20_000, "{end:?}", end = *end);
}

#[tokio::test]
async fn a_spent_budget_means_documents_and_no_call() {
    let model = play(Script::default()).await;
    let answerer = answerer(&model.config(ProviderKind::OpenaiCompatible));
    let mut asked = question("Is it open this week?");
    asked.allowance = Some(100);
    let (text, end) = listen(&answerer, asked.clone()).await;
    assert_eq!((end.generator.as_str(), end.finish), ("documents", Finish::Complete));
    assert!(text.contains("Monday to Friday"));
    assert!(model.outcomes().is_empty());
    asked.allowance = Some(100_000);
    assert_eq!(listen(&answerer, asked).await.0, USUAL_TEXT);
}
