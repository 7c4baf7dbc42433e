//! Malformed, oversized, too early, too many: a typed answer, nothing lost, nobody disturbed.

use forecourt_tests::{
    relay::TestRelay,
    visitor::{Visitor, socket::turned_away},
};
use protocol::{ClientMessage, FailureCode, ServerMessage, SiteKey, limits::MAX_FRAME_BYTES};
use relay::limits::MAX_BAD_FRAMES;
use tokio_tungstenite::tungstenite::Message;

#[tokio::test]
async fn a_frame_that_is_no_frame_is_refused_and_the_chat_goes_on() -> anyhow::Result<()> {
    let relay = TestRelay::start().await?;
    let mut visitor = relay.visitor().await?;
    // One fewer than a socket may send.
    for bad in ["", "{", "[]", "null"] {
        bad_frame(&mut visitor, bad).await?;
    }
    assert_eq!(visitor.say("How long is the warranty?").await?, 1);
    Ok(())
}

#[tokio::test]
async fn a_frame_of_a_type_that_is_not_known_yet_is_refused_and_never_held_against_the_client()
-> anyhow::Result<()> {
    let relay = TestRelay::start().await?;
    let mut visitor = relay.visitor().await?;
    for _ in 0..2 * MAX_BAD_FRAMES {
        bad_frame(&mut visitor, "{\"type\":\"sing\",\"loud\":true}").await?;
    }
    assert_eq!(visitor.say("How long is the warranty?").await?, 1);
    Ok(())
}

/// Sends what is no frame, and is told so.
async fn bad_frame(visitor: &mut Visitor, text: &str) -> anyhow::Result<()> {
    visitor.send_text(text.to_owned()).await?;
    let ServerMessage::Failed(failure) = visitor.frame().await? else { panic!("{text}") };
    assert_eq!(failure.code, FailureCode::BadFrame, "{text}");
    Ok(())
}

#[tokio::test]
async fn a_client_that_never_speaks_the_protocol_is_let_go_for_good() -> anyhow::Result<()> {
    let relay = TestRelay::start().await?;
    let mut visitor = relay.visitor().await?;
    for _ in 0..5 {
        visitor.send_raw(Message::Binary(vec![1, 2, 3].into())).await?;
    }
    assert_eq!(visitor.closed().await?, Some(4000));
    Ok(())
}

#[tokio::test]
async fn a_frame_beyond_the_limit_is_refused_unread() -> anyhow::Result<()> {
    let relay = TestRelay::start().await?;
    let mut visitor = relay.visitor().await?;
    visitor.send_text("x".repeat(MAX_FRAME_BYTES + 1)).await?;
    assert_eq!(visitor.closed().await?, Some(1009));
    Ok(())
}

#[tokio::test]
async fn who_does_not_begin_with_hello_is_told_so() -> anyhow::Result<()> {
    let relay = TestRelay::start().await?;
    let mut visitor = Visitor::new(SiteKey::parse("site_first")?);
    visitor.connect(relay.address(), relay.origin()).await?;
    visitor.send(&ClientMessage::Ping).await?;
    let ServerMessage::Failed(failure) = visitor.frame().await? else { panic!("not refused") };
    assert_eq!(failure.code, FailureCode::HelloRequired);
    assert_eq!(visitor.closed().await?, Some(4000));
    Ok(())
}

#[tokio::test]
async fn a_second_hello_and_an_unknown_version_are_refused_by_name() -> anyhow::Result<()> {
    let relay = TestRelay::start().await?;
    let mut visitor = relay.visitor().await?;
    let hello = visitor.greeting();
    visitor.send(&ClientMessage::Hello(hello.clone())).await?;
    let ServerMessage::Failed(failure) = visitor.frame().await? else { panic!("not refused") };
    assert_eq!(failure.code, FailureCode::AlreadyGreeted);

    let mut future = Visitor::new(SiteKey::parse("site_first")?);
    future.connect(relay.address(), relay.origin()).await?;
    future.send(&ClientMessage::Hello(protocol::client::Hello { protocol: 99, ..hello })).await?;
    assert_eq!(future.closed().await?, Some(4002));
    assert_eq!(future.failures[0].code, FailureCode::UnsupportedVersion);
    Ok(())
}

#[tokio::test]
async fn who_is_too_fast_is_told_how_long_to_wait_and_others_are_not() -> anyhow::Result<()> {
    let relay = TestRelay::start().await?;
    let mut hasty = relay.visitor().await?;
    let mut calm = relay.visitor().await?;
    // The answer is waited for, so that it is the pace that refuses and not the queue.
    while hasty.ask("How long is the warranty?").await.is_ok() {}
    let failure = hasty.failures.last().unwrap();
    assert_eq!(failure.code, FailureCode::SlowDown);
    assert!(failure.retry_after_ms.is_some_and(|wait| 0 < wait && wait <= 2_000));
    calm.ask("How long is the warranty?").await?;
    relay.advance(std::time::Duration::from_secs(3));
    hasty.ask("How long is the warranty?").await?;
    Ok(())
}

#[tokio::test]
async fn a_visitor_who_floods_is_let_go_and_others_are_not_disturbed() -> anyhow::Result<()> {
    let relay = TestRelay::start().await?;
    let mut flood = relay.visitor().await?;
    let mut calm = relay.visitor().await?;
    for _ in 0..200 {
        if flood.send(&ClientMessage::Ping).await.is_err() {
            break;
        }
    }
    assert_eq!(flood.closed().await?, Some(4003));
    calm.ask("How long is the warranty?").await?;
    Ok(())
}

#[tokio::test]
async fn one_address_can_not_take_all_sockets() -> anyhow::Result<()> {
    let relay = TestRelay::with(|config| config.limits.max_sockets_per_address = 3).await?;
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(relay.visitor().await?);
    }
    assert!(relay.visitor().await.is_err());
    held.pop();
    relay.visitor_once_there_is_room().await?;
    Ok(())
}

#[tokio::test]
async fn who_comes_when_too_many_are_being_greeted_is_told_when_to_come_back() -> anyhow::Result<()>
{
    let relay = TestRelay::with(|config| config.limits.max_greetings = 1).await?;
    let mut slow = Visitor::new(SiteKey::parse("site_first")?);
    slow.connect(relay.address(), relay.origin()).await?;
    let refused = relay.visitor().await.err().unwrap();
    assert!(matches!(turned_away(&refused), Some(Some(1..=5))), "{refused:#}");
    // Whoever was let in is greeted, and then there is room again.
    slow.hello().await?;
    relay.visitor_once_there_is_room().await?;
    // Whoever says nothing is waited for, but keeps nobody else out for long.
    let mut mute = Visitor::new(SiteKey::parse("site_first")?);
    mute.connect(relay.address(), relay.origin()).await?;
    relay.visitor_once_there_is_room().await?;
    mute.hello().await?;
    Ok(())
}
