//! What is held outlives its end, hidden, until it is released (G-29).

use protocol::ConversationId;

use super::*;
use crate::{domain::hold::NewHold, limits::HOLD_REVIEW_MAX, store::StoreError};

/// What a court asks for.
fn asked(stage: &Stage, conversation: Option<ConversationId>) -> NewHold {
    let hold = NewHold {
        conversation,
        reason: "Claim 7".to_owned(),
        basis: "Art. 17(3)(e) GDPR".to_owned(),
        requested_by: "Ada".to_owned(),
        approved_by: "Ben".to_owned(),
        review_at: stage.clock.now().plus(HOLD_REVIEW_MAX),
    };
    hold.checked(stage.clock.now()).unwrap()
}

/// Holds a conversation of ours, or all; answers the hold.
pub(super) async fn set(stage: &Stage, conversation: Option<ConversationId>) -> String {
    let hold = asked(stage, conversation);
    stage.store.set_hold(&stage.ours, &hold).await.unwrap().unwrap()
}

#[tokio::test]
async fn what_is_held_outlives_its_end_hidden_and_goes_once_it_is_released() {
    let stage = Stage::new().await;
    let (token, other) = (stage.token(), stage.token());
    let (conversation, _) = stage.answered(&token).await;
    stage.answered(&other).await;
    let hold = set(&stage, Some(conversation.clone())).await;
    let days_after = year().expires_at(START).plus(DAY * 4);
    stage.clock.set(days_after);
    let never = CancellationToken::new();
    assert_eq!(due(&stage.store, days_after).await.unwrap().len(), 1, "the other one");
    let Outcome::Swept(swept) = sweep(&stage.store, &never).await.unwrap() else {
        panic!("it halted")
    };
    assert_eq!((swept.conversations, swept.held), (1, 1));
    assert_eq!(stage.number("SELECT COUNT(*) FROM messages").await, 2, "it is there");
    assert_eq!(stage.wrapped_keys().await.len(), 1, "with its key");
    assert_eq!(stage.ours().resume(&token).await.unwrap(), None, "and nobody reads it");
    assert!(stage.ours().history(&conversation, 0, 10).await.unwrap().is_empty());
    assert_eq!(stage.store.overdue().await.unwrap(), None, "it is not late");
    let holds = stage.store.holds().await.unwrap();
    assert_eq!((holds[0].conversations, holds[0].past_end), (1, 1));

    assert!(stage.store.release_hold(&hold).await.unwrap());
    assert!(!stage.store.release_hold(&hold).await.unwrap(), "it is released already");
    assert_eq!(stage.store.overdue().await.unwrap(), Some(DAY * 4));
    let Outcome::Swept(swept) = sweep(&stage.store, &never).await.unwrap() else {
        panic!("it halted")
    };
    assert_eq!((swept.conversations, swept.held), (1, 0));
    assert_eq!(stage.number("SELECT COUNT(*) FROM messages").await, 0);
}

#[tokio::test]
async fn what_is_held_can_be_neither_erased_nor_removed_with_its_dealer() {
    let stage = Stage::new().await;
    let token = stage.token();
    let (conversation, _) = stage.answered(&token).await;
    let hold = set(&stage, Some(conversation.clone())).await;
    let refused = stage.ours().erase(&conversation).await.unwrap_err();
    assert!(refused.to_string().contains(&hold), "{refused}");
    let refused = stage.store.remove_dealer(&stage.ours).await.unwrap_err();
    assert!(matches!(refused, StoreError::Held { .. }), "{refused}");
    assert!(stage.store.dealer_by_id(&stage.ours).is_some());
    assert!(stage.ours().resume(&token).await.unwrap().is_some(), "it goes on as before");
    stage.store.remove_dealer(&stage.theirs).await.unwrap();

    stage.store.release_hold(&hold).await.unwrap();
    assert!(stage.ours().erase(&conversation).await.unwrap().is_some());
    assert_eq!(stage.store.remove_dealer(&stage.ours).await.unwrap().dealers, 1);
}

#[tokio::test]
async fn a_whole_dealer_is_held_with_what_begins_later_and_nobody_else_is() {
    let stage = Stage::new().await;
    stage.answered(&stage.token()).await;
    let hold = set(&stage, None).await;
    stage.answered(&stage.token()).await;
    let words = stage.words(&stage.token(), "Is it red?");
    kept(stage.theirs().append(words).await.unwrap());
    let end = year().expires_at(START);
    stage.clock.set(end);
    let swept = sweep_once(&stage.store, end).await.unwrap();
    assert_eq!((swept.conversations, swept.held), (1, 2), "the other dealer's goes");
    assert_eq!(stage.store.holds().await.unwrap()[0].past_end, 2);
    stage.store.release_hold(&hold).await.unwrap();
    assert_eq!(sweep_once(&stage.store, end).await.unwrap().conversations, 2);
}

#[tokio::test]
async fn a_hold_is_of_a_conversation_that_its_dealer_has() {
    let stage = Stage::new().await;
    let (conversation, _) = stage.answered(&stage.token()).await;
    let hold = asked(&stage, Some(conversation));
    assert_eq!(stage.store.set_hold(&stage.theirs, &hold).await.unwrap(), None);
    assert_eq!(stage.store.holds().await.unwrap(), []);
    assert!(stage.store.set_hold(&stage.ours, &hold).await.unwrap().is_some());
}

#[tokio::test]
async fn a_hold_past_its_review_is_told_and_keeps_nobody_from_being_served() {
    let stage = Stage::new().await;
    let hold = set(&stage, None).await;
    stage.clock.advance(HOLD_REVIEW_MAX);
    stage.store.look_at_clock().await.unwrap();
    let told = standing(&stage.store).await;
    assert!(told.words.starts_with("ok; legal holds are past their review"), "{told:?}");
    assert!(!told.is_unfit);
    stage.store.release_hold(&hold).await.unwrap();
    assert_eq!(standing(&stage.store).await.words, "ok");
}

#[tokio::test]
async fn a_report_counts_what_is_held() {
    let stage = Stage::new().await;
    let (conversation, _) = stage.answered(&stage.token()).await;
    set(&stage, Some(conversation)).await;
    stage.clock.set(year().expires_at(START));
    stage.store.look_at_clock().await.unwrap();
    assert_eq!(report(&stage.store).await.unwrap(), Some(1));
    let reports = stage.store.reports().await.unwrap();
    let report: crate::domain::proof::Report = serde_json::from_str(&reports[0].body).unwrap();
    assert_eq!((report.holds, report.held, report.overdue_seconds), (1, 1, 0));
    assert_eq!(stage.store.prove().await.unwrap().faults, Vec::<String>::new());
}
