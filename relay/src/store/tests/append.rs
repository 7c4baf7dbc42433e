//! A message is kept once, in order.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use protocol::limits::MAX_MESSAGES;

use super::*;

#[tokio::test]
async fn a_message_is_read_back_as_it_was_said() {
    let stage = Stage::new().await;
    let token = stage.token();
    let words = stage.words(&token, "Is the Škoda \u{1F697} still there?\0");
    let id = words.client_msg_id.clone();
    let first = kept(stage.ours().append(words).await.unwrap());
    assert_eq!((first.seq, first.fresh), (1, true));
    let found = stage.ours().history(&first.conversation, 0, 10).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].text, "Is the Škoda \u{1F697} still there?");
    assert_eq!((found[0].seq, found[0].at), (1, START.millis()));
    assert_eq!(found[0].client_msg_id, Some(id));
}

#[tokio::test]
async fn the_same_message_again_has_the_same_place() {
    let stage = Stage::new().await;
    let words = stage.words(&stage.token(), "once");
    let first = kept(stage.ours().append(words.clone()).await.unwrap());
    let mut repeat = words.clone();
    repeat.reply_id = stage.reply_id();
    let again = kept(stage.ours().append(repeat.clone()).await.unwrap());
    assert_eq!((again.seq, again.fresh), (first.seq, false));
    assert_eq!(again.reply, first.reply, "the reply that is being written is the first one");
    let done = finished(&first.conversation, &first.reply.unwrap(), "yes");
    stage.ours().finish_reply(done).await.unwrap();
    let answered = kept(stage.ours().append(repeat).await.unwrap());
    assert_eq!((answered.seq, answered.reply), (first.seq, None), "it has been answered");
    assert_eq!(stage.number("SELECT COUNT(*) FROM messages").await, 2);
}

#[tokio::test]
async fn two_sockets_that_send_the_same_message_at_once_keep_it_once() {
    let stage = Stage::new().await;
    let words = stage.words(&stage.token(), "at once");
    let tries = (0..20).map(|_| {
        let mut words = words.clone();
        words.reply_id = stage.reply_id();
        let ours = stage.ours();
        async move { kept(ours.append(words).await.unwrap()) }
    });
    let fates = join_all(tries).await;
    assert_eq!(fates.iter().filter(|kept| kept.fresh).count(), 1);
    assert_eq!(fates.iter().map(|kept| kept.seq).collect::<BTreeSet<_>>().len(), 1);
    assert_eq!(stage.number("SELECT COUNT(*) FROM messages").await, 1);
    assert_eq!(stage.number("SELECT COUNT(*) FROM conversations").await, 1);
}

#[tokio::test]
async fn places_are_gapless_whoever_writes_at_the_same_time() {
    let stage = Stage::new().await;
    let tokens: Vec<_> = (0..5).map(|_| stage.token()).collect();
    let appends = (0..50).map(|n| {
        let words = stage.words(&tokens[n % tokens.len()], &format!("message {n}"));
        let ours = stage.ours();
        async move { kept(ours.append(words).await.unwrap()) }
    });
    let mut places: Vec<_> =
        join_all(appends).await.into_iter().map(|kept| (kept.conversation, kept.seq)).collect();
    places.sort();
    assert_eq!(places.len(), 50);
    for group in places.chunks(10) {
        assert!(group.iter().all(|(conversation, _)| *conversation == group[0].0));
        assert_eq!(
            group.iter().map(|(_, seq)| *seq).collect::<Vec<_>>(),
            (1..=10).collect::<Vec<_>>()
        );
    }
}

#[tokio::test]
async fn a_conversation_is_gone_on_with_within_a_day_and_not_later() {
    let stage = Stage::new().await;
    let token = stage.token();
    kept(stage.ours().append(stage.words(&token, "one")).await.unwrap());
    stage.clock.advance(crate::limits::REOPEN_WINDOW);
    let last = stage.words(&token, "two");
    kept(stage.ours().append(last.clone()).await.unwrap());
    stage.clock.advance(crate::limits::REOPEN_WINDOW + Duration::from_millis(1));
    let late = stage.words(&token, "three");
    assert_eq!(stage.ours().append(late).await.unwrap(), Append::Ended);
    assert!(!kept(stage.ours().append(last).await.unwrap()).fresh, "a repeat is still answered");
}

#[tokio::test]
async fn a_full_conversation_keeps_room_for_the_answers_it_owes() {
    let stage = Stage::new().await;
    let token = stage.token();
    let mut n_kept = 0;
    let mut owed = Vec::new();
    loop {
        match stage.ours().append(stage.words(&token, "more")).await.unwrap() {
            Append::Full => break,
            append => owed.push(kept(append)),
        }
        n_kept += 1;
    }
    assert_eq!(n_kept, MAX_MESSAGES / 2);
    for one in owed {
        let reply = finished(&one.conversation, &one.reply.unwrap(), "yes");
        stage.ours().finish_reply(reply).await.unwrap();
    }
    assert_eq!(stage.number("SELECT MAX(seq) FROM messages").await, 500);
    let more = stage.words(&token, "more");
    assert_eq!(stage.ours().append(more).await.unwrap(), Append::Full);
}

#[tokio::test]
async fn a_message_for_a_dealer_that_is_not_there_is_refused() {
    let stage = Stage::new().await;
    let nobody = stage.store.dealer(&DealerId::from_bytes(&[9; 16]));
    let error = nobody.append(stage.words(&stage.token(), "hello?")).await.unwrap_err();
    assert!(matches!(error, StoreError::Gone), "{error:?}");
}
