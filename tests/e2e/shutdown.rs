//! A stop tells every socket, finishes what is being said, and loses nothing.

use forecourt_tests::{
    llm::Script,
    relay::{TestRelay, llm, model, release},
};
use protocol::{CloseReason, FailureCode, Finish};

#[tokio::test]
async fn an_idle_visitor_is_told_that_the_relay_restarts_and_may_come_back() -> anyhow::Result<()> {
    let mut relay = TestRelay::start().await?;
    let mut visitor = relay.visitor().await?;
    visitor.ask("How long is the warranty?").await?;
    let (stopped, closed) = tokio::join!(relay.stop(), visitor.closed());
    stopped?;
    assert_eq!(closed?, Some(CloseReason::Restarting.code()));
    relay.restart().await?;
    relay.welcome_back(&mut visitor).await?;
    assert_eq!(visitor.messages.len(), 2);
    Ok(())
}

#[tokio::test]
async fn an_answer_that_is_being_said_is_finished_and_nothing_new_begins() -> anyhow::Result<()> {
    let model = model(Script::gated_words(["To the ", "very end."])).await?;
    let mut relay = TestRelay::with_llm(llm(&model)).await?;
    let mut visitor = relay.visitor().await?;
    visitor.say("Say it all.").await?;
    release(&model, 1);
    visitor.hear_chars(6).await?;
    let stopping = relay.relay().tasks().stopping();
    let talk = async {
        stopping.cancelled().await;
        let refused = visitor.say("One more?").await;
        assert!(refused.is_err(), "a relay that stops begins nothing new");
        release(&model, 1_000);
        let answer = visitor.reply().await?;
        anyhow::Ok((answer, visitor.closed().await?))
    };
    let (stopped, talked) = tokio::join!(relay.stop(), talk);
    stopped?;
    let (answer, code) = talked?;
    assert_eq!(answer.text, "To the very end.");
    assert_eq!(answer.finish, Some(Finish::Complete));
    assert_eq!(code, Some(CloseReason::Restarting.code()));
    assert_eq!(visitor.failures.last().unwrap().code, FailureCode::Restarting);
    Ok(())
}
