//! What is past its end is not there; the end is the promise that was made.

use super::*;

#[tokio::test]
async fn the_end_is_the_last_message_and_the_period() {
    let stage = Stage::new().await;
    let token = stage.token();
    let first = kept(stage.ours().append(stage.words(&token, "one")).await.unwrap());
    assert_eq!(first.expires_at, year().expires_at(START));
    stage.clock.advance(Duration::from_mins(1));
    let later = START.plus(Duration::from_mins(1));
    let reply = finished(&first.conversation, &first.reply.unwrap(), "yes");
    let done = stage.ours().finish_reply(reply).await.unwrap();
    assert_eq!(done.expires_at, year().expires_at(later));
    let resumed = stage.ours().resume(&token).await.unwrap().unwrap();
    assert_eq!((resumed.last_at, resumed.expires_at), (later, done.expires_at));
}

#[tokio::test]
async fn an_expired_conversation_is_not_read() {
    let stage = Stage::new().await;
    let token = stage.token();
    let (conversation, reply) = stage.answered(&token).await;
    let mut lead = stage.new_lead(&token, "a@b.example");
    lead.policy = year();
    stage.ours().take_lead(lead).await.unwrap();
    let end = year().expires_at(START);

    stage.clock.set(end.minus(Duration::from_millis(1)));
    assert!(stage.ours().resume(&token).await.unwrap().is_some());
    assert_eq!(stage.ours().history(&conversation, 0, 10).await.unwrap().len(), 2);
    assert_eq!(stage.ours().leads(10).await.unwrap().len(), 1);

    stage.clock.set(end);
    assert_eq!(stage.ours().resume(&token).await.unwrap(), None);
    assert!(stage.ours().history(&conversation, 0, 10).await.unwrap().is_empty());
    assert!(stage.ours().leads(10).await.unwrap().is_empty());
    let more = stage.words(&token, "still there?");
    assert_eq!(stage.ours().append(more).await.unwrap(), Append::Ended);
    let lead = stage.new_lead(&token, "a@b.example");
    assert_eq!(stage.ours().take_lead(lead).await.unwrap(), TakeLead::Ended);
    let again = stage.ours().finish_reply(finished(&conversation, &reply, "again")).await;
    assert!(matches!(again, Err(StoreError::Gone)));
    assert_eq!(stage.ours().retry(&conversation, &reply, &stage.reply_id()).await.unwrap(), None);
}

#[tokio::test]
async fn a_longer_policy_never_lengthens_what_is_stored() {
    let stage = Stage::new().await;
    let token = stage.token();
    let mut first = stage.words(&token, "one");
    first.policy = quarter();
    kept(stage.ours().append(first).await.unwrap());
    // The dealer goes from 90 days to twelve months: the promise stands (G-43).
    let second = kept(stage.ours().append(stage.words(&token, "two")).await.unwrap());
    assert_eq!(second.expires_at, quarter().expires_at(START));
    let reply = finished(&second.conversation, &second.reply.unwrap(), "yes");
    let done = stage.ours().finish_reply(reply).await.unwrap();
    assert_eq!(done.expires_at, quarter().expires_at(START));
}

#[tokio::test]
async fn a_shorter_policy_holds_from_the_next_message_and_for_good() {
    let stage = Stage::new().await;
    let token = stage.token();
    kept(stage.ours().append(stage.words(&token, "one")).await.unwrap());
    let mut second = stage.words(&token, "two");
    second.policy = quarter();
    let second = kept(stage.ours().append(second).await.unwrap());
    assert_eq!(second.expires_at, quarter().expires_at(START));
    let third = kept(stage.ours().append(stage.words(&token, "three")).await.unwrap());
    assert_eq!(third.expires_at, quarter().expires_at(START), "long again, but promised short");
}

#[tokio::test]
async fn a_lead_does_not_move_the_end() {
    let stage = Stage::new().await;
    let token = stage.token();
    stage.answered(&token).await;
    stage.clock.advance(Duration::from_hours(1));
    let fate = stage.ours().take_lead(stage.new_lead(&token, "a@b.example")).await.unwrap();
    let TakeLead::Taken { expires_at, .. } = fate else { panic!("not taken") };
    assert_eq!(expires_at, year().expires_at(START));
}
