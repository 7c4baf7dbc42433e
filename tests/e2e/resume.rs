//! A broken socket, a reload, a restart: the same conversation, the same reply, nothing twice.

use std::time::Duration;

use forecourt_tests::{
    llm::Script,
    relay::{TestRelay, llm, model, release},
    visitor::fresh_id,
};
use protocol::{Epoch, Finish, SessionToken, limits::MAX_REPLY_BYTES, server::Resumed};

#[tokio::test]
async fn a_visitor_who_comes_back_in_the_middle_gets_the_rest_of_the_same_reply()
-> anyhow::Result<()> {
    let model = model(Script::gated_words(["One ", "two ", "three ", "four."])).await?;
    let relay = TestRelay::with_llm(llm(&model)).await?;
    let mut visitor = relay.visitor().await?;
    visitor.say("Count.").await?;
    release(&model, 2);
    visitor.hear_chars(8).await?;
    visitor.cut();
    release(&model, 1);
    relay.welcome_back(&mut visitor).await?;
    release(&model, 1_000);
    let answer = visitor.reply().await?;
    assert_eq!(answer.text, "One two three four.");
    assert_eq!(answer.finish, Some(Finish::Complete));
    assert_eq!(model.requests().len(), 1, "the model is asked once");
    Ok(())
}

#[tokio::test]
async fn a_reply_that_ended_while_the_visitor_was_away_is_in_the_history() -> anyhow::Result<()> {
    let relay = TestRelay::start().await?;
    let mut visitor = relay.visitor().await?;
    visitor.say("How long is the warranty?").await?;
    visitor.cut();
    let mut other = relay.visitor().await?;
    (other.token, other.epoch) = (visitor.token.clone(), visitor.epoch.clone());
    relay.welcome_back(&mut other).await?;
    while other.messages.len() < 2 {
        other.frame().await?;
    }
    relay.welcome_back(&mut visitor).await?;
    assert_eq!(visitor.transcript(), other.transcript());
    Ok(())
}

#[tokio::test]
async fn a_first_message_whose_acknowledgement_was_lost_is_not_kept_twice() -> anyhow::Result<()> {
    let relay = TestRelay::start().await?;
    let mut visitor = relay.visitor().await?;
    let id = fresh_id();
    visitor.send_say(&id, "Do you take part exchange?").await?;
    // The socket breaks before the acknowledgement is read; the words may or may not be kept.
    visitor.cut();
    relay.welcome_back(&mut visitor).await?;
    let seq = visitor.say_as(id, "Do you take part exchange?").await?;
    assert_eq!(seq, 1);
    visitor.cut();
    visitor.messages.clear();
    relay.welcome_back(&mut visitor).await?;
    let asked = visitor.transcript().iter().filter(|text| text.contains("take part")).count();
    assert_eq!(asked, 1);
    Ok(())
}

#[tokio::test]
async fn a_stop_in_mid_answer_leaves_an_honest_end_and_the_question() -> anyhow::Result<()> {
    let model = model(Script::gated_words(["Only half ", "an answer."])).await?;
    let mut relay = TestRelay::with(|config| {
        config.llm = llm(&model);
        config.stop_deadline = Duration::from_millis(50);
    })
    .await?;
    let mut visitor = relay.visitor().await?;
    visitor.say("Tell me all.").await?;
    release(&model, 1);
    visitor.hear_chars(10).await?;
    // The model never ends: the stop has to cut the reply, and ends well with it.
    relay.stop().await?;
    relay.restart().await?;
    relay.welcome_back(&mut visitor).await?;
    let last = visitor.messages.values().last().unwrap();
    assert_eq!(last.text, "Only half ");
    assert_eq!(last.finish, Some(Finish::Interrupted));
    Ok(())
}

#[tokio::test]
async fn a_place_from_another_incarnation_gets_the_whole_conversation_and_is_told_so()
-> anyhow::Result<()> {
    let relay = TestRelay::start().await?;
    let mut visitor = relay.visitor().await?;
    visitor.ask("How long is the warranty?").await?;
    visitor.epoch = Some(Epoch::from_bytes(&[9; 16]));
    visitor.cut();
    visitor.connect(relay.address(), relay.origin()).await?;
    assert_eq!(visitor.hello().await?, Resumed::Incomplete);
    assert_eq!(visitor.messages.len(), 2);
    Ok(())
}

#[tokio::test]
async fn a_token_that_was_never_minted_opens_nothing() -> anyhow::Result<()> {
    let relay = TestRelay::start().await?;
    let mut visitor = relay.visitor().await?;
    visitor.ask("How long is the warranty?").await?;
    visitor.cut();
    let guess = SessionToken::from_bytes(&[7; 32]);
    visitor.token = Some(guess.clone());
    visitor.connect(relay.address(), relay.origin()).await?;
    assert_eq!(visitor.hello().await?, Resumed::New);
    assert!(visitor.messages.is_empty());
    assert_ne!(visitor.token, Some(guess), "a token of the client's choice is never adopted");
    Ok(())
}

#[tokio::test]
async fn a_long_history_comes_whole_over_several_frames() -> anyhow::Result<()> {
    let long = "word ".repeat(MAX_REPLY_BYTES / 5);
    let model = model(Script::words([long.as_str()])).await?;
    let relay = TestRelay::with_llm(llm(&model)).await?;
    let mut visitor = relay.visitor().await?;
    for n in 0..5 {
        visitor.ask(&format!("question {n}")).await?;
    }
    visitor.messages.clear();
    visitor.cut();
    relay.welcome_back(&mut visitor).await?;
    assert_eq!(visitor.messages.keys().copied().collect::<Vec<_>>(), (1..=10).collect::<Vec<_>>());
    Ok(())
}
