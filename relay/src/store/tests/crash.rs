//! After a crash: what was acknowledged is there, what was being written has an end.

use super::*;

#[tokio::test]
async fn what_was_acknowledged_survives_a_store_that_was_never_closed() {
    let stage = Stage::new().await;
    let token = stage.token();
    let words = stage.words(&token, "acknowledged");
    let first = kept(stage.ours().append(words.clone()).await.unwrap());
    let stage = stage.reopened().await;
    let found = stage.ours().history(&first.conversation, 0, 10).await.unwrap();
    assert_eq!(found[0].text, "acknowledged");
    let again = kept(stage.ours().append(words).await.unwrap());
    assert_eq!((again.seq, again.fresh), (first.seq, false));
}

#[tokio::test]
async fn a_reply_that_was_being_written_becomes_interrupted_with_its_snapshot() {
    let stage = Stage::new().await;
    let token = stage.token();
    let asked = kept(stage.ours().append(stage.words(&token, "?")).await.unwrap());
    let reply = asked.reply.clone().unwrap();
    stage.clock.advance(Duration::from_secs(5));
    stage.ours().snapshot(&asked.conversation, &reply, "It is r", "openai/gpt").await.unwrap();
    let other = kept(stage.theirs().append(stage.words(&stage.token(), "?")).await.unwrap());

    let stage = stage.reopened().await;
    stage.clock.advance(DAY * 5);
    assert_eq!(stage.store.interrupt_open_replies().await.unwrap(), 2);
    assert_eq!(stage.store.interrupt_open_replies().await.unwrap(), 0);
    let found = stage.ours().history(&asked.conversation, 1, 10).await.unwrap();
    assert_eq!((found[0].text.as_str(), found[0].finish), ("It is r", Some(Finish::Interrupted)));
    assert_eq!(found[0].reply_id, Some(reply));
    assert_eq!(found[0].generator.as_deref(), Some("openai/gpt"));
    let ended = START.plus(Duration::from_secs(5));
    assert_eq!(found[0].at, ended.millis(), "it ended when its last words were kept");
    let resumed = stage.ours().resume(&token).await.unwrap().unwrap();
    assert_eq!(resumed.expires_at, year().expires_at(ended), "five days late lengthen nothing");
    let theirs = stage.theirs().history(&other.conversation, 1, 10).await.unwrap();
    assert_eq!(theirs[0].text, "");
    assert_eq!(theirs[0].generator.as_deref(), Some(NO_GENERATOR), "nobody had begun");
    assert_eq!(stage.number("SELECT COUNT(*) FROM replies WHERE state = 'running'").await, 0);
    assert_eq!(stage.number("SELECT COUNT(*) FROM replies WHERE snapshot IS NOT NULL").await, 0);
}

#[tokio::test]
async fn a_reply_that_nobody_writes_is_ended_with_its_snapshot_once() {
    let stage = Stage::new().await;
    let asked = kept(stage.ours().append(stage.words(&stage.token(), "?")).await.unwrap());
    let (conversation, reply) = (&asked.conversation, asked.reply.unwrap());
    stage.ours().snapshot(conversation, &reply, "It is r", "openai/gpt").await.unwrap();
    let ended = stage.ours().end_reply(conversation, &reply, &year()).await.unwrap();
    assert_eq!((ended.message.text.as_str(), ended.message.seq), ("It is r", 2));
    assert_eq!(ended.message.finish, Some(Finish::Interrupted));
    assert_eq!(ended.message.generator.as_deref(), Some("openai/gpt"));
    let again = stage.ours().end_reply(conversation, &reply, &year()).await.unwrap();
    assert_eq!(again, ended);
}

#[tokio::test]
async fn a_reply_that_expired_meanwhile_is_left_to_the_sweep() {
    let stage = Stage::new().await;
    kept(stage.ours().append(stage.words(&stage.token(), "?")).await.unwrap());
    let stage = stage.reopened().await;
    stage.clock.advance(DAY * 400);
    assert_eq!(stage.store.interrupt_open_replies().await.unwrap(), 0);
    assert_eq!(stage.number("SELECT COUNT(*) FROM messages").await, 1);
}

#[tokio::test]
async fn a_removal_that_a_crash_cut_short_is_finished() {
    let stage = Stage::new().await;
    stage.answered(&stage.token()).await;
    let dealer = stage.ours.clone();
    // The first step only.
    let first = stage.store.change_dealers(move |conn| {
        Box::pin(async move {
            conn.execute(sql::MARK_REMOVING, args![dealer.as_str(), 0_i64]).await?;
            conn.execute(sql::DELETE_SITES, args![dealer.as_str()]).await.map(drop)
        })
    });
    first.await.unwrap();
    let stage = stage.reopened().await;
    assert!(stage.store.dealer_by_id(&stage.ours).is_none());
    let swept = stage.store.finish_removals().await.unwrap();
    assert_eq!((swept.dealers, swept.conversations), (1, 1));
    assert_eq!(stage.number("SELECT COUNT(*) FROM dealers").await, 1);
}

#[tokio::test]
async fn what_a_model_had_said_before_a_crash_is_counted() {
    for (generator, spent) in [("openai/gpt", 4), ("documents", 0)] {
        let stage = Stage::new().await;
        let asked = kept(stage.ours().append(stage.words(&stage.token(), "?")).await.unwrap());
        let reply = asked.reply.unwrap();
        stage.ours().snapshot(&asked.conversation, &reply, "ten letters", generator).await.unwrap();
        let stage = stage.reopened().await;
        assert_eq!(stage.store.interrupt_open_replies().await.unwrap(), 1);
        assert_eq!(stage.ours().tokens_spent("2026-11-22").await.unwrap(), spent, "{generator}");
    }
}
