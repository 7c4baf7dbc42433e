//! What an operator bounds: sockets, paces, patience, and what a change of a dealer does to who is
//! chatting already.

use std::time::Duration;

use forecourt_tests::{
    llm::{Outcome, Recorded, Script},
    measure::Stopwatch,
    relay::{BEGIN, TestRelay, llm, model, release},
    visitor::{Visitor, fresh_id, socket::turned_away},
};
use futures_util::SinkExt;
use protocol::{
    ClientMessage, CloseReason, Failure, FailureCode, Finish, ServerMessage, SiteKey,
    limits::{MAX_REPLY_BYTES, MAX_TEXT_CHARS},
};
use relay::{
    domain::{
        dealer::{Dealer, DealerProvider, DealerStatus},
        retention::RetentionPolicy,
    },
    limits::{SEND_TIMEOUT, VISITOR_BURST},
};
use tokio::net::TcpSocket;
use tokio_tungstenite::{client_async, tungstenite::client::IntoClientRequest};

const DAY: Duration = Duration::from_hours(24);

/// Changes the first dealer as `forecourt dealer set` does.
async fn change(relay: &TestRelay, change: impl FnOnce(&mut Dealer)) -> anyhow::Result<()> {
    let mut dealer = (*relay.store().dealers()[0]).clone();
    change(&mut dealer);
    Ok(relay.store().update_dealer(&dealer).await?)
}

/// The last refusal, which must be for speed with a time to wait.
fn waits(visitor: &Visitor) {
    let last = visitor.failures.last();
    let waits = |failure: &&Failure| failure.retry_after_ms.is_some_and(|wait| 0 < wait);
    let slowed = last.filter(|failure| failure.code == FailureCode::SlowDown).filter(waits);
    assert!(slowed.is_some(), "{last:?}");
}

#[tokio::test]
async fn a_reply_that_nobody_listens_to_is_cut_after_the_operators_patience() -> anyhow::Result<()>
{
    let model = model(Script::gated_words(["Only half ", "an answer."])).await?;
    let relay = TestRelay::with(|config| {
        config.llm = llm(&model);
        config.limits.abandon_after_ms = 100;
    })
    .await?;
    let mut visitor = relay.visitor().await?;
    visitor.say("Tell me all.").await?;
    release(&model, 1);
    visitor.hear_chars(10).await?;
    visitor.cut();
    let left = |requests: &[Recorded]| requests[0].outcome == Outcome::Cancelled;
    model.wait("the model is told to stop", left).await;
    relay.welcome_back(&mut visitor).await?;
    visitor.settled().await?;
    let last = visitor.messages.values().last().unwrap();
    assert_eq!((last.text.as_str(), last.finish), ("Only half ", Some(Finish::Interrupted)));
    Ok(())
}

#[tokio::test]
async fn a_dealers_visitors_share_its_pace_and_another_dealers_do_not() -> anyhow::Result<()> {
    let relay = TestRelay::with(|config| config.limits.dealer_messages_per_minute = 3).await?;
    relay.add_dealer("Second Cars", "site_second", "The warranty lasts two years.").await?;
    let (mut one, mut two) = (relay.visitor().await?, relay.visitor().await?);
    let mut elsewhere = relay.visitor_on("site_second").await?;
    one.ask("How long is the warranty?").await?;
    two.ask("How long is the warranty?").await?;
    one.ask("How long is the warranty?").await?;
    assert!(two.say("How long is the warranty?").await.is_err());
    waits(&two);
    elsewhere.ask("How long is the warranty?").await?;
    Ok(())
}

#[tokio::test]
async fn who_opens_another_socket_begins_with_no_fresh_pace() -> anyhow::Result<()> {
    // Ten visitors' paces of one message a minute: as much at once as one visitor has.
    let relay = TestRelay::with(|config| config.limits.visitor_messages_per_minute = 1).await?;
    for _ in 0..VISITOR_BURST {
        relay.visitor().await?.ask("How long is the warranty?").await?;
    }
    let mut next = relay.visitor().await?;
    assert!(next.say("How long is the warranty?").await.is_err());
    waits(&next);
    Ok(())
}

#[tokio::test]
async fn beyond_the_sockets_that_a_relay_may_hold_it_says_when_to_come_back() -> anyhow::Result<()>
{
    let relay = TestRelay::with(|config| config.limits.max_sockets = 2).await?;
    let (one, _two) = (relay.visitor().await?, relay.visitor().await?);
    let refused = relay.visitor().await.err().unwrap();
    assert!(matches!(turned_away(&refused), Some(Some(1..=5))), "{refused:#}");
    drop(one);
    relay.visitor_once_there_is_room().await?;
    Ok(())
}

#[tokio::test]
async fn a_client_that_reads_nothing_is_let_go_after_the_send_timeout() -> anyhow::Result<()> {
    // 40 kB a round: more than the system's buffers of loopback take in all.
    let question = format!("Is this a car? {}", "🚗".repeat(MAX_TEXT_CHARS - 20));
    let answer = "word ".repeat(MAX_REPLY_BYTES / 5);
    let model = model(Script::words([answer.as_str()])).await?;
    let relay = TestRelay::with(|config| {
        config.llm = llm(&model);
        config.limits.max_sockets = 1;
        config.limits.visitor_messages_per_minute = 1_000;
    })
    .await?;
    let mut visitor = relay.visitor().await?;
    for _ in 0..120 {
        visitor.ask(&question).await?;
    }
    visitor.messages.clear();
    let greeting = serde_json::to_string(&ClientMessage::Hello(visitor.greeting()))?;
    visitor.cut();

    // The next socket asks for nearly five megabytes of history and has no room for them.
    drop(relay.visitor_once_there_is_room().await?);
    let mut request = format!("ws://{}/v1/chat", relay.address()).into_client_request()?;
    request.headers_mut().insert("origin", relay.origin().parse()?);
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(4 * 1024)?;
    let stream = socket.connect(relay.address()).await?;
    let (mut deaf, _) = client_async(request, stream).await?;
    deaf.send(greeting.into()).await?;

    let watch = Stopwatch::start();
    relay.visitor_once_there_is_room().await?;
    assert!(SEND_TIMEOUT <= watch.elapsed(), "let go after {:?}", watch.elapsed());
    Ok(())
}

#[tokio::test]
async fn a_model_gets_the_words_of_those_only_whose_notice_says_so() -> anyhow::Result<()> {
    let model = model(Script::says("A model's words.")).await?;
    let relay = TestRelay::with_llm(llm(&model)).await?;
    change(&relay, |dealer| dealer.provider = DealerProvider::Documents).await?;
    let mut visitor = relay.visitor().await?;
    change(&relay, |dealer| dealer.provider = DealerProvider::Relay).await?;
    let answer = visitor.ask("How long is the warranty?").await?;
    assert_eq!(answer.generator.as_deref(), Some("documents"), "as the notice on screen says");
    assert!(model.requests().is_empty());
    visitor.cut();
    relay.welcome_back(&mut visitor).await?;
    let answer = visitor.ask("How long is the warranty?").await?;
    assert_eq!(answer.generator.as_deref(), Some("openai-compatible/mock"), "told of a model");
    Ok(())
}

#[tokio::test]
async fn who_is_chatting_when_the_dealer_is_paused_is_told_and_nothing_more_is_kept()
-> anyhow::Result<()> {
    let relay = TestRelay::start().await?;
    let mut visitor = relay.visitor().await?;
    visitor.ask("How long is the warranty?").await?;
    change(&relay, |dealer| dealer.status = DealerStatus::Paused).await?;
    assert!(visitor.say("And now?").await.is_err());
    assert_eq!(visitor.failures.last().unwrap().code, FailureCode::UnknownSite);
    assert_eq!(visitor.closed().await?, Some(CloseReason::UnknownSite.code()));
    let mut late = Visitor::new(SiteKey::parse("site_first")?);
    late.connect(relay.address(), relay.origin()).await?;
    assert!(late.hello().await.is_err());

    change(&relay, |dealer| dealer.status = DealerStatus::Active).await?;
    relay.welcome_back(&mut visitor).await?;
    assert_eq!(visitor.messages.len(), 2, "what was said before is there, and nothing else");
    Ok(())
}

#[tokio::test]
async fn a_shorter_retention_holds_from_the_next_message_on_of_a_socket_that_is_open()
-> anyhow::Result<()> {
    let relay = TestRelay::start().await?;
    let mut visitor = relay.visitor().await?;
    let year = end_of(&mut visitor, "How long is the warranty?").await?;
    assert_eq!(year, BEGIN.plus(365 * DAY).millis());
    change(&relay, |dealer| dealer.retention = RetentionPolicy::preset("eu-90d").unwrap()).await?;
    let quarter = end_of(&mut visitor, "Are you open on Saturday?").await?;
    assert_eq!(quarter, BEGIN.plus(90 * DAY).millis());
    Ok(())
}

/// Says something; the end of its conversation as it is acknowledged.
async fn end_of(visitor: &mut Visitor, text: &str) -> anyhow::Result<i64> {
    visitor.send_say(&fresh_id(), text).await?;
    let end = loop {
        if let ServerMessage::Accepted { expires_at, .. } = visitor.frame().await? {
            break expires_at;
        }
    };
    visitor.reply().await?;
    Ok(end)
}
