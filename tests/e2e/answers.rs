//! Who answers and from what: a dealer's choice, a follow-up, small talk, what is true now.

use forecourt_tests::{
    llm::Script,
    relay::{TestRelay, llm, model},
};

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
