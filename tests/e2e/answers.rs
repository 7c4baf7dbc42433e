//! Who answers and from what: a dealer's choice, a follow-up, small talk, what is true now.

use std::time::Duration;

use forecourt_tests::{
    llm::Script,
    relay::{TestRelay, llm, model},
};
use protocol::Offer;

#[tokio::test]
async fn a_dealer_that_wants_documents_is_answered_by_them_and_says_so() -> anyhow::Result<()> {
    let model = model(Script::default()).await?;
    let relay = TestRelay::with_llm(llm(&model)).await?;
    let own = "[llm]\nprovider = \"documents\"";
    relay.add_dealer_with("Quiet Cars", "site_quiet", "The warranty is long.", own).await?;

    let mut visitor = relay.visitor_on("site_quiet").await?;
    let notice = visitor.dealer.as_ref().unwrap().notice.clone();
    assert!(!notice.text.contains("model"), "{}", notice.text);
    assert!(notice.details.iter().any(|line| line.contains("No language model is asked")));
    let answer = visitor.ask("How long is the warranty?").await?;
    assert_eq!(answer.generator.as_deref(), Some("documents"));
    assert!(answer.text.contains("The warranty is long."), "{}", answer.text);
    assert!(model.requests().is_empty(), "a model got a visitor's words");

    // The other dealer of the same relay is answered by the model, on the operator's own machine.
    let mut other = relay.visitor().await?;
    let text = other.dealer.as_ref().unwrap().notice.text.clone();
    assert!(text.contains("Forecourt demonstration's own model"), "{text}");
    let answer = other.ask("How long is the warranty?").await?;
    assert_eq!(answer.generator.as_deref(), Some("openai-compatible/mock"));
    Ok(())
}

#[tokio::test]
async fn a_question_that_no_document_knows_is_not_answered_by_the_one_before() -> anyhow::Result<()>
{
    let relay = TestRelay::start().await?;
    let mut visitor = relay.visitor().await?;
    visitor.ask("How long is the warranty on a used car?").await?;
    let answer = visitor.ask("What is a towbar?").await?;
    assert!(!answer.text.contains("twelve months"), "{}", answer.text);
    assert_eq!((answer.offer, answer.sources.len()), (Offer::Lead, 0));
    Ok(())
}

#[tokio::test]
async fn small_talk_with_a_model_has_no_sources_and_no_form() -> anyhow::Result<()> {
    let model = model(Script::says("A model's words.")).await?;
    let relay = TestRelay::with_llm(llm(&model)).await?;
    let mut visitor = relay.visitor().await?;
    let hello = visitor.ask("Hello").await?;
    assert_eq!((hello.offer, hello.sources.len()), (Offer::None, 0));
    let answer = visitor.ask("How long is the warranty?").await?;
    assert_eq!((answer.offer, answer.sources.len()), (Offer::None, 1));
    let thanks = visitor.ask("Thanks").await?;
    assert_eq!((thanks.offer, thanks.sources.len()), (Offer::None, 0));
    assert_eq!(thanks.generator.as_deref(), Some("openai-compatible/mock"));
    Ok(())
}

#[tokio::test]
async fn finance_is_answered_by_the_dealers_own_text_whatever_it_is_called() -> anyhow::Result<()> {
    let relay = TestRelay::start().await?;
    let own = "# Finance\n\nWe are a credit broker, not a lender.";
    relay.add_dealer("Broker Cars", "site_broker", own).await?;
    let mut visitor = relay.visitor_on("site_broker").await?;
    // The form is not offered again right after it was.
    for (question, offer) in
        [("What's the APR?", Offer::Lead), ("Wie hoch ist die Monatsrate?", Offer::None)]
    {
        let answer = visitor.ask(question).await?;
        assert!(answer.text.contains("a credit broker"), "{question}: {}", answer.text);
        assert_eq!(answer.offer, offer);
    }
    Ok(())
}

#[tokio::test]
async fn whether_the_dealer_is_open_is_as_of_the_question() -> anyhow::Result<()> {
    let relay = TestRelay::start().await?;
    let hours = "[hours]\nwed = \"09:00-18:00\"";
    relay.add_dealer_with("Early Cars", "site_early", "Words.", hours).await?;
    let mut visitor = relay.visitor_on("site_early").await?;
    let open = visitor.ask("Can I talk to a person?").await?;
    assert!(!open.text.contains("is closed at the moment"), "{}", open.text);
    relay.advance(Duration::from_hours(10));
    let closed = visitor.ask("Can I talk to a person?").await?;
    assert!(closed.text.contains("is closed at the moment"), "{}", closed.text);
    Ok(())
}
