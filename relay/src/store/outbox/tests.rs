//! What is claimed is nobody else's until its lease ends, and nothing is claimed that nobody may read.

use tokio_util::sync::CancellationToken;

use super::*;
use crate::{
    clock::Clock,
    domain::restriction::Ground,
    limits::HOLD_REVIEW_MAX,
    retention,
    store::{
        Restricted,
        tests::{DAY, START, Stage, year},
    },
};

/// A stage on which so many leads are owed to the target `crm`.
async fn owing(count: usize) -> Stage {
    let stage = Stage::new().await;
    for _ in 0..count {
        let lead = stage.new_lead(&stage.token(), "a@b.example");
        stage.ours().take_lead(lead).await.unwrap();
    }
    stage
}

fn lead_of(claimed: &Claimed) -> LeadId {
    match &claimed.what {
        What::Lead { lead, .. } => lead.clone(),
        What::Notice { .. } => panic!("a notice: {claimed:?}"),
    }
}

async fn claimed(stage: &Stage, limit: usize) -> Vec<Claimed> {
    stage.ours().claim("crm", limit).await.unwrap()
}

#[tokio::test]
async fn a_delivery_is_claimed_once_until_its_lease_ends_and_again_under_its_id() {
    let stage = owing(3).await;
    let wanted = Owed { dealer: stage.ours.clone(), target: "crm".to_owned(), due: START };
    assert_eq!(stage.store.owed().await.unwrap(), [wanted]);
    let first = claimed(&stage, 2).await;
    assert_eq!((first.len(), first[0].attempts), (2, 1));
    assert_eq!(claimed(&stage, 9).await.len(), 1, "the third");
    assert_eq!(claimed(&stage, 9).await, []);
    assert_eq!(stage.ours().claim("dms", 9).await.unwrap(), [], "another target owes nothing");
    // Whoever had them has crashed.
    stage.clock.advance(DELIVERY_LEASE);
    let again = claimed(&stage, 9).await;
    assert_eq!((again.len(), again[0].attempts), (3, 2));
    assert!(again.iter().any(|one| one.id == first[0].id));
}

#[tokio::test]
async fn what_was_noted_is_tried_when_it_is_due_and_what_is_done_no_more() {
    let stage = owing(3).await;
    let all = claimed(&stage, 9).await;
    let ours = stage.ours();
    let due = START.plus(DAY);
    let note = async |at: usize, tried| {
        ours.note_delivery(&all[at], tried, format!("answer {at}"), None).await.unwrap()
    };
    assert!(note(0, Tried::Again(due)).await);
    assert!(note(1, Tried::Delivered).await);
    assert!(note(2, Tried::GivenUp).await);
    assert!(!note(1, Tried::GivenUp).await, "what is done is done");
    assert_eq!(stage.store.owed().await.unwrap()[0].due, due);
    assert_eq!(claimed(&stage, 9).await, []);
    stage.clock.set(due);
    let next = claimed(&stage, 9).await;
    assert_eq!((next.len(), &next[0].id, next[0].attempts), (1, &all[0].id, 2));
    let ledger = stage.ours().ledger(Some(&lead_of(&all[2])), 9).await.unwrap();
    let told = (ledger[0].state.as_str(), ledger[0].answer.as_deref(), ledger[0].attempts);
    assert_eq!(told, ("failed", Some("answer 2"), 1));
    // Once more from the beginning, when somebody asks for it.
    assert!(stage.ours().replay(&all[2].id).await.unwrap());
    let again = claimed(&stage, 9).await;
    assert_eq!((again.len(), again[0].attempts), (1, 1));
}

#[tokio::test]
async fn nothing_is_claimed_of_a_chat_that_is_restricted_or_over() {
    let stage = owing(1).await;
    let conversation = stage.ours().leads(1).await.unwrap().remove(0).conversation;
    let now = stage.clock.now();
    let hold = Ground::Claim.hold("Ada".to_owned(), now.plus(HOLD_REVIEW_MAX), now).unwrap();
    let restricted = stage.ours().restrict(&conversation, &hold).await.unwrap();
    let Restricted::Now(hold) = restricted else { panic!("it was not") };
    assert_eq!(claimed(&stage, 9).await, []);
    assert!(stage.store.release_hold(&hold).await.unwrap());
    let end = year().expires_at(START);
    stage.clock.set(end);
    assert_eq!(claimed(&stage, 9).await, [], "over, though no sweep has come");
    stage.clock.set(START);
    assert_eq!(claimed(&stage, 9).await.len(), 1, "the control");
    // Noted after its chat was deleted: nothing comes back.
    let delivery = claimed(&stage, 9).await.pop();
    assert_eq!(delivery, None, "it is claimed above");
    stage.clock.advance(DELIVERY_LEASE);
    let delivery = claimed(&stage, 9).await.remove(0);
    stage.ours().erase(&conversation).await.unwrap().unwrap();
    let ours = stage.ours();
    let noted = ours.note_delivery(&delivery, Tried::Delivered, String::new(), None);
    assert!(!noted.await.unwrap());
    assert_eq!(stage.number("SELECT COUNT(*) FROM outbox").await, 0);
}

#[tokio::test]
async fn what_is_over_or_on_its_way_is_owed_to_nobody_and_is_not_replayed() {
    let stage = owing(1).await;
    let claim = claimed(&stage, 9).await;
    assert_eq!(stage.store.owed().await.unwrap(), [], "it is on its way");
    let ours = stage.ours();
    let done = ours.note_delivery(&claim[0], Tried::GivenUp, String::new(), None);
    assert!(done.await.unwrap());
    stage.clock.set(year().expires_at(START));
    assert!(!stage.ours().replay(&claim[0].id).await.unwrap(), "nobody may read it");
    stage.clock.set(START);
    assert!(stage.ours().replay(&claim[0].id).await.unwrap(), "the control");
    assert_eq!(stage.store.owed().await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_was_taken_before_is_told_again_and_not_as_new() {
    let stage = owing(1).await;
    let first = claimed(&stage, 9).await.remove(0);
    assert!(matches!(first.what, What::Lead { is_told: false, .. }));
    let ours = stage.ours();
    let noted = ours.note_delivery(&first, Tried::Delivered, String::new(), None);
    assert!(noted.await.unwrap());
    assert!(stage.ours().replay(&first.id).await.unwrap());
    assert!(matches!(claimed(&stage, 9).await[0].what, What::Lead { is_told: true, .. }));
}

#[tokio::test]
async fn what_a_clock_that_was_ahead_has_put_off_is_tried_once_it_is_right() {
    let stage = owing(1).await;
    stage.store.look_at_clock().await.unwrap();
    let right = stage.clock.now();
    stage.clock.step(right.plus(DAY * 100));
    stage.store.look_at_clock().await.unwrap();
    let claim = claimed(&stage, 9).await;
    let due = stage.ours().now().plus(DAY);
    let ours = stage.ours();
    let noted = ours.note_delivery(&claim[0], Tried::Again(due), String::new(), None);
    assert!(noted.await.unwrap());
    drop(ours);
    stage.clock.step(right);
    let stage = stage.reopened().await;
    assert_eq!(claimed(&stage, 9).await, [], "it is due in months");
    for _ in 0..2 {
        retention::sweep(&stage.store, &CancellationToken::new()).await.unwrap();
    }
    assert_eq!(claimed(&stage, 9).await.len(), 1);
}
