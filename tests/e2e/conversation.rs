//! A question is kept, answered from the dealer's own documents, streamed, stopped, asked again.

use forecourt_tests::{
    llm::{Outcome, Recorded, Script},
    relay::{TestRelay, llm, model, release},
    visitor::fresh_id,
};
use protocol::{
    AuthorKind, ClientMessage, FailureCode, Finish, Offer, ServerMessage,
    limits::{MAX_TEXT_CHARS, MAX_UNANSWERED},
    server::Resumed,
};

#[tokio::test]
async fn a_question_is_answered_from_the_dealers_own_documents_and_names_them() -> anyhow::Result<()>
{
    let relay = TestRelay::start().await?;
    let mut visitor = relay.visitor().await?;
    let answer = visitor.ask("How long is the warranty on a used car?").await?;
    assert!(answer.text.contains("twelve months"), "{}", answer.text);
    assert_eq!(answer.author_kind, AuthorKind::Ai);
    assert_eq!(answer.finish, Some(Finish::Complete));
    assert_eq!(answer.generator.as_deref(), Some("documents"));
    assert!(answer.sources.iter().any(|source| source.title.contains("First Cars")));
    assert_eq!(visitor.messages.keys().copied().collect::<Vec<_>>(), [1, 2]);
    Ok(())
}

#[tokio::test]
async fn where_no_document_fits_it_says_so_and_offers_the_form() -> anyhow::Result<()> {
    let relay = TestRelay::start().await?;
    let mut visitor = relay.visitor().await?;
    let answer = visitor.ask("What is the capital of Mongolia?").await?;
    assert_eq!(answer.offer, Offer::Lead);
    assert!(answer.sources.is_empty());
    assert!(!answer.text.contains("Ulaanbaatar"));
    Ok(())
}

#[tokio::test]
async fn the_visitor_sees_who_answers_before_anything_is_said() -> anyhow::Result<()> {
    let relay = TestRelay::start().await?;
    let visitor = relay.visitor().await?;
    let dealer = visitor.dealer.unwrap();
    assert!(dealer.assistant.contains("AI"), "{}", dealer.assistant);
    assert!(dealer.notice.text.contains("First Cars"), "{}", dealer.notice.text);
    assert!(dealer.notice.text.contains("12 months"), "{}", dealer.notice.text);
    assert_eq!(dealer.privacy_url, "https://cars.example/privacy");
    Ok(())
}

#[tokio::test]
async fn a_greeting_alone_leaves_nothing_behind() -> anyhow::Result<()> {
    let relay = TestRelay::start().await?;
    let mut visitor = relay.visitor().await?;
    visitor.cut();
    relay.welcome_back(&mut visitor).await?;
    assert!(visitor.conversation.is_none(), "nothing was kept under a token that said nothing");
    Ok(())
}

#[tokio::test]
async fn the_same_message_sent_again_has_the_same_place_and_one_answer() -> anyhow::Result<()> {
    let model = model(Script::words(["Twelve ", "months."])).await?;
    let relay = TestRelay::with_llm(llm(&model)).await?;
    let mut visitor = relay.visitor().await?;
    let id = fresh_id();
    let first = visitor.say_as(id.clone(), "How long is the warranty?").await?;
    visitor.reply().await?;
    let again = visitor.say_as(id, "How long is the warranty?").await?;
    assert_eq!(first, again);
    assert_eq!(model.requests().len(), 1, "the model is asked once");
    Ok(())
}

#[tokio::test]
async fn a_models_words_arrive_as_they_come_and_are_kept_as_they_were() -> anyhow::Result<()> {
    let model = model(Script::gated_words(["Grüße ", "aus ", "Leith 😀", "."])).await?;
    let relay = TestRelay::with_llm(llm(&model)).await?;
    let mut visitor = relay.visitor().await?;
    visitor.say("Hello?").await?;
    release(&model, 1);
    visitor.hear_chars("Grüße ".chars().count()).await?;
    assert_eq!(visitor.live.as_ref().map(|(_, text)| text.as_str()), Some("Grüße "));
    release(&model, 1_000);
    let answer = visitor.reply().await?;
    assert_eq!(answer.text, "Grüße aus Leith 😀.");
    assert!(answer.generator.unwrap().contains("openai-compatible"));
    Ok(())
}

#[tokio::test]
async fn a_visitor_can_stop_an_answer_and_what_stands_is_kept() -> anyhow::Result<()> {
    let model = model(Script::gated_words(["One. ", "Two. ", "Three."])).await?;
    let relay = TestRelay::with_llm(llm(&model)).await?;
    let mut visitor = relay.visitor().await?;
    visitor.say("Count, please.").await?;
    release(&model, 1);
    visitor.hear_chars(5).await?;
    visitor.send(&ClientMessage::Stop { reply_id: None }).await?;
    let answer = visitor.reply().await?;
    assert_eq!(answer.finish, Some(Finish::Interrupted));
    assert_eq!(answer.text, "One. ");
    let left = |requests: &[Recorded]| requests[0].outcome == Outcome::Cancelled;
    model.wait("the model is told to stop", left).await;
    Ok(())
}

#[tokio::test]
async fn an_answer_that_broke_off_can_be_asked_for_again_and_a_complete_one_not()
-> anyhow::Result<()> {
    let model = model(Script::broken_off("Half an")).await?;
    let relay = TestRelay::with_llm(llm(&model)).await?;
    let mut visitor = relay.visitor().await?;
    let broken = visitor.ask("Is the blue one still there?").await?;
    assert_eq!(broken.finish, Some(Finish::Interrupted));
    model.usually(Script::words(["The whole answer."]));
    let retry = ClientMessage::Retry { reply_id: broken.reply_id.unwrap() };
    visitor.send(&retry).await?;
    let whole = visitor.reply().await?;
    assert_eq!((whole.text.as_str(), whole.seq), ("The whole answer.", 3));
    visitor.send(&ClientMessage::Retry { reply_id: whole.reply_id.unwrap() }).await?;
    let ServerMessage::Failed(failure) = visitor.frame().await? else { panic!("not refused") };
    assert_eq!(failure.code, FailureCode::NoSuchReply);
    Ok(())
}

#[tokio::test]
async fn questions_asked_meanwhile_are_answered_in_their_order() -> anyhow::Result<()> {
    let model = model(Script::gated_obedience()).await?;
    let relay = TestRelay::with_llm(llm(&model)).await?;
    let mut visitor = relay.visitor().await?;
    visitor.say("SAY: first question").await?;
    visitor.say("SAY: second question").await?;
    release(&model, 1_000);
    let answers = [visitor.reply().await?, visitor.reply().await?];
    assert!(answers[0].text.contains("first question"), "{:?}", answers[0].text);
    assert!(answers[1].text.contains("second question"), "{:?}", answers[1].text);
    Ok(())
}

#[tokio::test]
async fn more_unanswered_questions_than_that_are_told_to_slow_down() -> anyhow::Result<()> {
    let model = model(Script::gated_words(["x"])).await?;
    let relay = TestRelay::with_llm(llm(&model)).await?;
    let mut visitor = relay.visitor().await?;
    for n in 0..MAX_UNANSWERED {
        visitor.say(&format!("question {n}")).await?;
    }
    assert!(visitor.say("one too many").await.is_err());
    let failure = visitor.failures.last().unwrap();
    assert_eq!(failure.code, FailureCode::SlowDown);
    assert!(failure.retry_after_ms.is_some());
    release(&model, 1_000);
    Ok(())
}

#[tokio::test]
async fn what_is_too_long_or_empty_is_refused_by_name_and_nothing_is_lost() -> anyhow::Result<()> {
    let relay = TestRelay::start().await?;
    let mut visitor = relay.visitor().await?;
    assert!(visitor.say(&"a".repeat(MAX_TEXT_CHARS + 1)).await.is_err());
    assert!(visitor.say(" \u{200b}\n").await.is_err());
    let codes: Vec<_> = visitor.failures.iter().map(|failure| failure.code).collect();
    assert_eq!(codes, [FailureCode::TextTooLong, FailureCode::TextEmpty]);
    assert_eq!(visitor.say(&"ä".repeat(MAX_TEXT_CHARS)).await?, 1);
    Ok(())
}

#[tokio::test]
async fn words_of_another_tab_of_the_same_conversation_arrive_here_too() -> anyhow::Result<()> {
    let relay = TestRelay::start().await?;
    let mut one = relay.visitor().await?;
    one.ask("When are you open on Saturday?").await?;
    let mut two = relay.visitor().await?;
    (two.token, two.epoch) = (one.token.clone(), one.epoch.clone());
    two.cut();
    two.connect(relay.address(), relay.origin()).await?;
    assert_eq!(two.hello().await?, Resumed::Complete);
    two.ask("And do you take part exchange?").await?;
    while one.messages.len() < two.messages.len() {
        one.frame().await?;
    }
    assert_eq!(one.transcript(), two.transcript());
    Ok(())
}
