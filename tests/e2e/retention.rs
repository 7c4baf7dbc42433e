//! What is expired is invisible at once and gone after the sweep; what is not stays.

use std::time::Duration;

use forecourt_tests::{
    relay::TestRelay,
    visitor::{Visitor, fresh_id},
};
use protocol::{FailureCode, SessionToken, lead::LeadFields, server::Resumed};
use relay::{
    clock::{Clock, Timestamp},
    limits::SWEEP_INTERVAL,
    retention,
};
use sha2::{Digest, Sha256};

const DAY: Duration = Duration::from_hours(24);

/// How long a sweep may take that was begun.
const PATIENCE: Duration = Duration::from_secs(30);

/// 26 November 2027, 10:00 UTC: a year and a day after a chat of the test's first day.
const AFTER_A_YEAR: Timestamp = Timestamp::from_millis(1_827_223_200_000);

#[tokio::test]
async fn a_millisecond_before_its_end_a_chat_is_readable_and_at_its_end_it_is_not()
-> anyhow::Result<()> {
    let relay = TestRelay::start().await?;
    let mut visitor = relay.visitor().await?;
    visitor.ask("How long is the warranty?").await?;

    let end = AFTER_A_YEAR.minus(DAY);
    relay.clock.set(end.minus(Duration::from_millis(1)));
    visitor.cut();
    relay.welcome_back(&mut visitor).await?;
    assert_eq!(visitor.messages.len(), 2);

    relay.clock.set(end);
    visitor.cut();
    visitor.connect(relay.address(), relay.origin()).await?;
    assert_eq!(visitor.hello().await?, Resumed::New, "hidden before any sweep ran (G-15)");
    Ok(())
}

#[tokio::test]
async fn the_sweep_takes_what_is_expired_and_nothing_else() -> anyhow::Result<()> {
    let relay = TestRelay::start().await?;
    let mut old = relay.visitor().await?;
    old.ask("CANARY-OLD warranty?").await?;
    old.lead(
        LeadFields {
            name: Some("CANARY-LEAD".to_owned()),
            email: Some("canary@example.org".to_owned()),
            ..LeadFields::default()
        },
        Vec::new(),
    )
    .await?
    .unwrap();
    relay.clock.set(AFTER_A_YEAR.minus(2 * DAY));
    let mut young = relay.visitor().await?;
    young.ask("CANARY-YOUNG warranty?").await?;

    relay.clock.set(AFTER_A_YEAR);
    let swept = retention::sweep_once(relay.store(), relay.clock.now()).await?;
    assert_eq!((swept.conversations, swept.leads), (1, 1));
    let bytes = bytes_below(relay.dir())?;
    for words in [b"CANARY-OLD".as_slice(), b"CANARY-LEAD", b"CANARY-YOUNG"] {
        assert!(!holds(&bytes, words), "nothing stands in clear");
    }
    assert!(!holds(&bytes, &trace(&old)));
    assert!(holds(&bytes, &trace(&young)), "the control: what is not expired is found");
    young.cut();
    relay.welcome_back(&mut young).await?;
    assert_eq!(young.messages.len(), 2);
    Ok(())
}

#[tokio::test]
async fn what_expired_while_the_relay_was_down_is_gone_before_it_serves() -> anyhow::Result<()> {
    let mut relay = TestRelay::start().await?;
    let mut visitor = relay.visitor().await?;
    visitor.ask("CANARY-DOWN warranty?").await?;
    visitor.cut();
    relay.stop().await?;
    relay.clock.set(AFTER_A_YEAR);
    relay.restart().await?;
    assert!(!holds(&bytes_below(relay.dir())?, &trace(&visitor)));
    Ok(())
}

#[tokio::test]
async fn a_relay_that_serves_sweeps_by_itself_every_hour() -> anyhow::Result<()> {
    let relay = TestRelay::start().await?;
    let mut visitor = relay.visitor().await?;
    visitor.ask("CANARY-HOUR warranty?").await?;
    relay.clock.set(AFTER_A_YEAR);
    let bytes = bytes_below(relay.dir())?;
    assert!(holds(&bytes, &trace(&visitor)), "the control: not before");
    assert!(!holds(&bytes, b"CANARY-HOUR"), "nothing stands in clear");
    tokio::time::pause();
    tokio::time::advance(SWEEP_INTERVAL).await;
    tokio::time::resume();
    let swept = async {
        while !relay.store().due(AFTER_A_YEAR).await?.is_empty() {
            tokio::task::yield_now().await;
        }
        anyhow::Ok(())
    };
    tokio::time::timeout(PATIENCE, swept).await??;
    Ok(())
}

#[tokio::test]
async fn a_conversation_that_ended_yesterday_is_not_gone_on_with() -> anyhow::Result<()> {
    let relay = TestRelay::start().await?;
    let mut visitor = relay.visitor().await?;
    visitor.ask("How long is the warranty?").await?;
    relay.advance(2 * DAY);
    let id = fresh_id();
    visitor.cut();
    relay.welcome_back(&mut visitor).await?;
    assert!(visitor.say_as(id.clone(), "And now?").await.is_err());
    assert_eq!(visitor.failures.last().unwrap().code, FailureCode::ConversationEnded);
    // A new one begins, and what was typed is said in it.
    let mut anew = relay.visitor().await?;
    assert_eq!(anew.say_as(id, "And now?").await?, 1);
    Ok(())
}

/// What of a visitor stands in the rows as it is: the hash of the token.
fn trace(visitor: &Visitor) -> Vec<u8> {
    let token = visitor.token.as_ref().map(SessionToken::as_str).unwrap_or_default();
    Sha256::digest(token.as_bytes()).to_vec()
}

/// All bytes of all files below a directory.
fn bytes_below(dir: &std::path::Path) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            bytes.extend(bytes_below(&path)?);
        } else {
            bytes.extend(std::fs::read(path)?);
        }
    }
    Ok(bytes)
}

fn holds(bytes: &[u8], canary: &[u8]) -> bool {
    bytes.windows(canary.len()).any(|window| window == canary)
}
