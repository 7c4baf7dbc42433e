//! An account that has ended is frozen for 90 days and then deleted with its rows and keys (A-C7a).

use super::*;
use crate::{domain::dealer::Dealer, limits::ACCOUNT_LIFE, store::Role};

/// Ends our account, or goes on with it.
async fn set_end(stage: &Stage, ended_at: Option<Timestamp>) {
    let known = stage.store.dealer_by_id(&stage.ours).unwrap();
    stage.store.update_dealer(&Dealer { ended_at, ..(*known).clone() }).await.unwrap();
}

async fn swept(stage: &Stage) -> Swept {
    let Outcome::Swept(swept) = sweep(&stage.store, &CancellationToken::new()).await.unwrap()
    else {
        panic!("it halted")
    };
    swept
}

/// A stage whose own account has ended, with a conversation, and one of somebody else's.
async fn ended() -> Stage {
    let stage = Stage::new().await;
    stage.answered(&stage.token()).await;
    set_end(&stage, Some(stage.clock.now())).await;
    stage
}

#[tokio::test]
async fn it_is_closed_at_once_there_for_ninety_days_and_gone_after_that() {
    let stage = ended().await;
    let site = protocol::SiteKey::parse("site_ours").unwrap();
    assert!(stage.store.dealer_by_site(&site).is_none(), "no chat");
    assert!(stage.store.dealer_by_any_site(&site).is_some(), "its visitors have their rights");
    let last = START.plus(ACCOUNT_LIFE).minus(Duration::from_millis(1));
    stage.clock.set(last);
    assert_eq!(swept(&stage).await.dealers, 0);
    assert_eq!(stage.number("SELECT COUNT(*) FROM messages").await, 2);
    stage.clock.set(START.plus(ACCOUNT_LIFE));
    let gone = swept(&stage).await;
    assert_eq!((gone.dealers, gone.conversations), (1, 1));
    assert!(stage.store.dealer_by_id(&stage.ours).is_none());
    assert!(stage.store.dealer_by_id(&stage.theirs).is_some(), "nobody else's");
    for rows in ["SELECT COUNT(*) FROM messages", "SELECT COUNT(*) FROM conversations"] {
        assert_eq!(stage.number(rows).await, 0, "{rows}");
    }
    assert!(stage.wrapped_keys().await.is_empty());
}

#[tokio::test]
async fn whoever_goes_on_in_time_keeps_it_also_where_the_sweep_has_not_heard_of_it() {
    let stage = ended().await;
    let after = START.plus(ACCOUNT_LIFE);
    stage.clock.set(after);
    // Another process goes on with it; this one learns of that when it looks.
    let other = Store::open(stage.options(Role::Tool), &stage.tasks);
    let other = other.await.unwrap();
    let known = other.dealer_by_id(&stage.ours).unwrap();
    other.update_dealer(&Dealer { ended_at: None, ..(*known).clone() }).await.unwrap();
    other.close().await;
    assert_eq!(stage.store.ended_accounts(after).len(), 1, "as far as is known here");
    assert_eq!(swept(&stage).await.dealers, 0);
    assert!(stage.store.dealer_by_id(&stage.ours).is_some());
}

#[tokio::test]
async fn what_is_held_of_it_stays() {
    let stage = ended().await;
    let hold = hold::set(&stage, None).await;
    stage.clock.set(START.plus(ACCOUNT_LIFE));
    assert_eq!(swept(&stage).await.dealers, 0);
    assert_eq!(stage.number("SELECT COUNT(*) FROM messages").await, 2);
    assert!(stage.store.release_hold(&hold).await.unwrap());
    assert_eq!(swept(&stage).await.dealers, 1);
}
