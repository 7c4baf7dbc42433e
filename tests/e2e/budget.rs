//! A dealer's tokens of a day: what is cut counts too, and where they end the documents answer.

use forecourt_tests::{
    llm::Script,
    relay::{TestRelay, llm, model, release},
};
use protocol::{ClientMessage, Finish};

/// The day of the test's clock.
const TODAY: &str = "2026-11-25";

async fn spent(relay: &TestRelay) -> anyhow::Result<u64> {
    let dealer = relay.first_dealer()?;
    Ok(relay.store().dealer(&dealer.id).tokens_spent(TODAY).await?)
}

#[tokio::test]
async fn a_reply_that_the_visitor_stops_costs_what_was_read_and_written() -> anyhow::Result<()> {
    let model = model(Script::gated_words(["One long beginning ", "and no end."])).await?;
    let relay = TestRelay::with_llm(llm(&model)).await?;
    let mut visitor = relay.visitor().await?;
    visitor.say("Tell me all.").await?;
    release(&model, 1);
    visitor.hear_chars(5).await?;
    visitor.send(&ClientMessage::Stop).await?;
    assert_eq!(visitor.reply().await?.finish, Some(Finish::Interrupted));
    let cut = spent(&relay).await?;
    assert!(100 < cut, "the prompt alone is longer: {cut}");
    Ok(())
}

#[tokio::test]
async fn a_day_whose_tokens_are_spent_goes_on_with_the_documents() -> anyhow::Result<()> {
    let model = model(Script::default()).await?;
    let mut config = llm(&model);
    config.tokens_per_day = Some(3_000);
    let relay = TestRelay::with_llm(config).await?;
    let mut visitor = relay.visitor().await?;
    let mut last = visitor.ask("How long is the warranty?").await?;
    assert_eq!(last.generator.as_deref(), Some("openai-compatible/mock"));
    while last.generator.as_deref() != Some("documents") {
        relay.advance(std::time::Duration::from_secs(10));
        last = visitor.ask("How long is the warranty?").await?;
    }
    assert!(last.text.contains("twelve months"), "{}", last.text);
    assert!(spent(&relay).await? <= 3_000);
    Ok(())
}

#[tokio::test]
async fn questions_that_are_asked_together_do_not_spend_the_same_rest() -> anyhow::Result<()> {
    let model = model(Script::gated("A model's words.")).await?;
    let mut config = llm(&model);
    // Enough for one answer at the most, not for two.
    config.tokens_per_day = Some(1_200);
    let relay = TestRelay::with_llm(config).await?;
    let (mut one, mut two) = (relay.visitor().await?, relay.visitor().await?);
    one.say("How long is the warranty?").await?;
    model.wait("the first question", |requests| requests.len() == 1).await;
    let answer = two.ask("How long is the warranty?").await?;
    assert_eq!(answer.generator.as_deref(), Some("documents"));
    release(&model, 10);
    assert_eq!(one.reply().await?.generator.as_deref(), Some("openai-compatible/mock"));
    Ok(())
}

#[tokio::test]
async fn a_question_that_waited_is_asked_with_the_answer_before_it() -> anyhow::Result<()> {
    let model = model(Script::gated("FIRST-ANSWER")).await?;
    let relay = TestRelay::with_llm(llm(&model)).await?;
    let mut visitor = relay.visitor().await?;
    visitor.say("The first question").await?;
    visitor.say("The second question").await?;
    release(&model, 10);
    visitor.reply().await?;
    visitor.reply().await?;
    let requests = model.requests();
    let prompt = requests[1].body["messages"].to_string();
    let place = |words: &str| prompt.rfind(words);
    assert!(place("The first question") < place("FIRST-ANSWER"), "{prompt}");
    assert!(place("FIRST-ANSWER") < place("The second question"), "{prompt}");
    assert!(!requests[0].body.to_string().contains("second question"));
    Ok(())
}
