//! A conversation that the disk has changed is refused whole: its visitor begins anew, everyone
//! else goes on.

use anyhow::Context;
use forecourt_tests::{relay::TestRelay, rig::integrity, visitor::Visitor};
use protocol::{FailureCode, server::Resumed};
use sqlx::{AssertSqlSafe, Connection, Executor};

/// Changes one word of one conversation behind the relay's back.
async fn harm(relay: &TestRelay, visitor: &Visitor) -> anyhow::Result<()> {
    let id = visitor.conversation.as_ref().context("it has said something")?;
    let mut conn = integrity::open(relay.dir()).await?;
    let sql = format!(
        "UPDATE messages SET body = CAST(body || 'x' AS BLOB) WHERE conversation_id = '{id}' AND seq = 2;
         UPDATE conversations SET locale = 'xx' WHERE id = '{id}'"
    );
    conn.execute(AssertSqlSafe(sql)).await?;
    Ok(conn.close().await?)
}

#[tokio::test]
async fn a_damaged_conversation_is_refused_and_a_new_one_begins() -> anyhow::Result<()> {
    let relay = TestRelay::start().await?;
    let (mut harmed, mut other) = (relay.visitor().await?, relay.visitor().await?);
    harmed.ask("How long is the warranty?").await?;
    other.ask("How long is the warranty?").await?;
    harm(&relay, &harmed).await?;

    assert!(harmed.say("And on Saturday?").await.is_err());
    assert_eq!(harmed.failures.last().unwrap().code, FailureCode::ConversationEnded);
    other.ask("And on Saturday?").await?;

    for visitor in [&mut harmed, &mut other] {
        visitor.cut();
        visitor.connect(relay.address(), relay.origin()).await?;
    }
    let old = harmed.token.clone();
    assert_eq!(harmed.hello().await?, Resumed::New);
    assert!(harmed.messages.is_empty() && harmed.token != old);
    harmed.ask("How long is the warranty?").await?;
    assert_eq!(other.hello().await?, Resumed::Complete);
    assert_eq!(other.messages.len(), 4);

    let found = relay.store().verify().await?;
    assert_eq!((found.conversations, found.damaged.len()), (3, 1));
    Ok(())
}
