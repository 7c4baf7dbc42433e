//! A key is replaced under load: no read fails, nothing is sealed anew, the older key opens nothing.

use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::store::{Role, tests::Stage};

/// Reads a conversation without a key at hand.
async fn read(stage: &Stage, conversation: &ConversationId) -> usize {
    stage.store.inner.keys.cache().clear();
    stage.ours().history(conversation, 0, 100).await.unwrap().len()
}

/// How many of a dealer's keys there are, and how many wrap conversations.
async fn counts(stage: &Stage) -> (i64, i64) {
    let sql = "SELECT (SELECT COUNT(*) FROM dealer_keys), (SELECT COUNT(DISTINCT dealer_key) FROM conversation_keys)";
    let found: Option<(i64, i64)> =
        stage.store.inner.keys.inner.readers.optional(sql, args![]).await.unwrap();
    found.unwrap()
}

#[tokio::test]
async fn the_operators_and_a_dealers_key_are_replaced_under_load_and_no_read_fails() {
    let stage = Stage::new().await;
    let mut talks = Vec::new();
    for _ in 0..5 {
        let token = stage.token();
        let (conversation, _) = stage.answered(&token).await;
        talks.push((token, conversation));
    }
    // As the operator's command does it: by another process.
    let tool = Store::open(stage.options(Role::Tool), &stage.tasks).await.unwrap();
    let is_over = AtomicBool::new(false);
    let rotations = async {
        for _ in 0..5 {
            assert_eq!(tool.rotate_operator_key().await.unwrap(), 1);
            assert!(tool.rotate_dealer_key(&stage.ours).await.unwrap() >= 5);
            assert_eq!(tool.forget_older_operator_keys().await.unwrap().len(), 1);
        }
        is_over.store(true, Ordering::Relaxed);
    };
    let load = async {
        let mut n_said = 0;
        while !is_over.load(Ordering::Relaxed) || n_said < 20 {
            for (token, conversation) in &talks {
                assert!(2 <= read(&stage, conversation).await);
                stage.answered(token).await;
            }
            stage.answered(&stage.token()).await;
            n_said += 1;
        }
    };
    tokio::join!(rotations, load);
    tool.rotate_dealer_key(&stage.ours).await.unwrap();
    assert_eq!(counts(&stage).await, (1, 1));
    assert!(stage.store.verify().await.unwrap().is_sound());
    let stage = stage.reopened().await;
    for (_, conversation) in &talks {
        assert!(42 <= read(&stage, conversation).await);
    }
}

#[tokio::test]
async fn a_rotation_between_two_conversations_of_one_transaction_reaches_both() {
    let stage = Stage::new().await;
    stage.answered(&stage.token()).await;
    let (keys, dealer) = (stage.store.inner.keys.clone(), stage.ours.clone());
    let now = stage.store.inner.time.now();
    let fresh = || ConversationId::from_bytes(&crate::random::bytes(keys.random()));
    let (first, second) = (fresh(), fresh());
    let job = stage.store.inner.writer.write(move |conn| {
        Box::pin(async move {
            keys.make(conn, &dealer, &first, now).await?;
            keys.replace_dealer_key(conn, &dealer, now).await?;
            keys.make(conn, &dealer, &second, now).await?;
            // Neither is known from memory only.
            keys.cache().clear();
            for conversation in [&first, &second] {
                assert!(keys.of_in(conn, &dealer, conversation).await?.is_some());
            }
            keys.rewrap_conversations(conn, &dealer, "").await
        })
    });
    // The one of before, and the first.
    assert_eq!(job.await.unwrap().0, 2);
    stage.store.rotate_dealer_key(&stage.ours).await.unwrap();
    assert_eq!(counts(&stage).await, (1, 1));
}

#[tokio::test]
async fn after_a_rotation_the_older_key_opens_nothing_and_is_kept_until_it_is_forgotten() {
    let stage = Stage::new().await;
    let (conversation, _) = stage.answered(&stage.token()).await;
    let before = stage.store.operator_keys().await.unwrap();
    assert_eq!(before.held, before.needed);
    assert_eq!(stage.store.rotate_operator_key().await.unwrap(), 1);
    let after = stage.store.operator_keys().await.unwrap();
    assert_eq!((after.held.len(), &after.held[..1]), (2, after.needed.as_slice()));
    assert_eq!(after.held[1..], before.held);
    assert_eq!(stage.store.forget_older_operator_keys().await.unwrap(), before.held);
    assert_eq!(stage.store.operator_keys().await.unwrap().held, after.needed);
    assert_eq!(read(&stage.reopened().await, &conversation).await, 2);
}

#[tokio::test]
async fn a_rotation_that_was_cut_off_loses_nothing_and_is_gone_on_with() {
    let stage = Stage::new().await;
    let (conversation, _) = stage.answered(&stage.token()).await;
    // The fresh key is on the disk, and nothing is wrapped with it yet.
    let keys = stage.store.inner.keys.clone();
    let ring = keys.read_ring().await.unwrap();
    keys.replace_ring(ring.renewed(keys.random())).await.unwrap();
    let stage = stage.reopened().await;
    assert_eq!(read(&stage, &conversation).await, 2);
    // The older one is needed, until all is wrapped anew.
    let early = stage.store.forget_older_operator_keys().await;
    assert!(matches!(early, Err(StoreError::OperatorKeyNeeded { .. })));
    assert_eq!(stage.store.rotate_operator_key().await.unwrap(), 1);
    assert_eq!(stage.store.forget_older_operator_keys().await.unwrap().len(), 2);
    let stage = stage.reopened().await;
    assert_eq!(read(&stage, &conversation).await, 2);

    // A dealer's fresh key is there, and wraps nothing yet.
    let (keys, ours, now) =
        (stage.store.inner.keys.clone(), stage.ours.clone(), stage.ours().now());
    let half = stage.store.inner.writer.write(move |conn| {
        Box::pin(async move { keys.replace_dealer_key(conn, &ours, now).await })
    });
    half.await.unwrap();
    assert_eq!(counts(&stage).await, (2, 1));
    assert_eq!(read(&stage, &conversation).await, 2);
    assert_eq!(stage.store.rotate_dealer_key(&stage.ours).await.unwrap(), 1);
    assert_eq!(counts(&stage).await, (1, 1));
    assert_eq!(read(&stage, &conversation).await, 2);
}

#[tokio::test]
async fn two_who_rotate_at_once_leave_nothing_wrapped_with_a_key_that_is_nowhere() {
    let stage = Stage::new().await;
    let (conversation, _) = stage.answered(&stage.token()).await;
    let tool = async || Store::open(stage.options(Role::Tool), &stage.tasks).await.unwrap();
    let (one, other) = (tool().await, tool().await);
    for _ in 0..5 {
        let both = tokio::join!(one.rotate_operator_key(), other.rotate_operator_key());
        both.0.unwrap();
        both.1.unwrap();
        let keys = tool().await.operator_keys().await.unwrap();
        assert_eq!(keys.needed, keys.held[..1]);
    }
    assert_eq!(one.forget_older_operator_keys().await.unwrap().len(), 10);
    assert_eq!(read(&stage, &conversation).await, 2);
}

#[tokio::test]
async fn a_damaged_key_keeps_no_other_from_being_replaced() {
    let stage = Stage::new().await;
    let (harmed, _) = stage.answered(&stage.token()).await;
    let (sound, _) = stage.answered(&stage.token()).await;
    let id = harmed.as_str().to_owned();
    let harm = stage.store.inner.writer.write(move |conn| {
        Box::pin(async move {
            let sql = "UPDATE conversation_keys SET wrapped = x'02' WHERE conversation_id = $1";
            conn.keys.execute(sql, args![&id]).await
        })
    });
    harm.await.unwrap();
    assert_eq!(stage.store.rotate_dealer_key(&stage.ours).await.unwrap(), 1);
    assert_eq!(read(&stage, &sound).await, 2);
    assert_eq!(counts(&stage).await, (2, 2), "the older key stays for what can't be wrapped anew");
}

#[tokio::test]
async fn nothing_is_rotated_for_a_dealer_who_has_no_conversation() {
    let stage = Stage::new().await;
    assert_eq!(stage.store.rotate_dealer_key(&stage.ours).await.unwrap(), 0);
    assert_eq!(counts(&stage).await, (0, 0));
    assert_eq!(stage.store.rotate_operator_key().await.unwrap(), 0);
}
