//! Each reply ends, once, as a message; another try is possible where it ended badly.

use protocol::Source;

use super::*;

#[tokio::test]
async fn a_finished_reply_is_a_message_with_all_that_it_rests_on() {
    let stage = Stage::new().await;
    let token = stage.token();
    let asked = kept(stage.ours().append(stage.words(&token, "Warranty?")).await.unwrap());
    let mut reply = finished(&asked.conversation, &asked.reply.unwrap(), "Twelve months.");
    let url = Some("https://harbour.example/warranty".into());
    reply.sources = vec![Source { title: "Warranty".into(), url }];
    reply.offer = Offer::Lead;
    reply.generator = "openai/gpt".into();
    let done = stage.ours().finish_reply(reply.clone()).await.unwrap();
    let found = stage.ours().history(&asked.conversation, 1, 10).await.unwrap();
    assert_eq!(found, std::slice::from_ref(&done.message));
    assert_eq!(found[0].seq, 2);
    assert_eq!((&found[0].sources, found[0].offer), (&reply.sources, Offer::Lead));
    assert_eq!(found[0].generator.as_deref(), Some("openai/gpt"));
    let again = stage.ours().finish_reply(reply).await.unwrap();
    assert_eq!(again, done, "a repeat answers what is kept");
    assert_eq!(stage.number("SELECT COUNT(*) FROM messages").await, 2);
    assert_eq!(stage.ours().tokens_spent("2026-11-22").await.unwrap(), 120, "counted once");
}

#[tokio::test]
async fn what_is_spent_is_counted_by_the_day() {
    let stage = Stage::new().await;
    stage.answered(&stage.token()).await;
    stage.answered(&stage.token()).await;
    stage.clock.advance(DAY);
    stage.answered(&stage.token()).await;
    assert_eq!(stage.ours().tokens_spent("2026-11-22").await.unwrap(), 240);
    assert_eq!(stage.ours().tokens_spent("2026-11-23").await.unwrap(), 120);
    assert_eq!(stage.ours().tokens_spent("2026-11-24").await.unwrap(), 0);
}

#[tokio::test]
async fn a_running_reply_is_found_by_whoever_comes_back() {
    let stage = Stage::new().await;
    let token = stage.token();
    let asked = kept(stage.ours().append(stage.words(&token, "?")).await.unwrap());
    let resumed = stage.ours().resume(&token).await.unwrap().unwrap();
    assert_eq!(resumed.running_reply, asked.reply);
    let reply = asked.reply.unwrap();
    stage.ours().finish_reply(finished(&asked.conversation, &reply, "!")).await.unwrap();
    let resumed = stage.ours().resume(&token).await.unwrap().unwrap();
    assert_eq!((resumed.running_reply, resumed.last_seq), (None, 2));
}

#[tokio::test]
async fn a_snapshot_after_the_end_is_not_kept() {
    let stage = Stage::new().await;
    let token = stage.token();
    let (conversation, reply) = stage.answered(&token).await;
    stage.ours().snapshot(&conversation, &reply, "late canary", "openai/gpt").await.unwrap();
    assert_eq!(stage.number("SELECT COUNT(*) FROM replies WHERE snapshot IS NOT NULL").await, 0);
}

#[tokio::test]
async fn only_the_last_reply_that_ended_badly_is_tried_again() {
    let stage = Stage::new().await;
    let token = stage.token();
    let (conversation, complete) = stage.answered(&token).await;
    let ours = stage.ours();
    let new = stage.reply_id();
    assert_eq!(ours.retry(&conversation, &complete, &new).await.unwrap(), None, "it was complete");
    let asked = kept(ours.append(stage.words(&token, "and?")).await.unwrap());
    let broken = asked.reply.unwrap();
    assert_eq!(ours.retry(&conversation, &broken, &new).await.unwrap(), None, "it still runs");
    let mut end = finished(&conversation, &broken, "half");
    end.finish = Finish::Interrupted;
    ours.finish_reply(end).await.unwrap();
    assert_eq!(ours.retry(&conversation, &broken, &new).await.unwrap(), Some(asked.seq));
    let third = stage.reply_id();
    let twice = ours.retry(&conversation, &broken, &third).await.unwrap();
    assert_eq!(twice, None, "one try at a time");
    ours.finish_reply(finished(&conversation, &new, "whole")).await.unwrap();
    assert_eq!(ours.retry(&conversation, &broken, &third).await.unwrap(), None, "not the last");
    assert_eq!(ours.history(&conversation, 0, 10).await.unwrap().len(), 5);
}

#[tokio::test]
async fn a_reply_that_was_never_begun_is_gone() {
    let stage = Stage::new().await;
    let (conversation, _) = stage.answered(&stage.token()).await;
    let unknown = finished(&conversation, &stage.reply_id(), "?");
    assert!(matches!(stage.ours().finish_reply(unknown).await, Err(StoreError::Gone)));
}
