//! The register of requests: kept, changed by its rules, hidden and swept three years after the end.

use jiff::civil::date;

use super::*;
use crate::{
    domain::{
        request::{
            Action, Change, Channel as Way, Ground, Jurisdiction, Kind, Outcome, Proof, Reason,
            Refusal, Request, Tally,
        },
        retention::Period,
    },
    retention::sweep_once,
};

async fn opened(stage: &Stage, kind: Kind) -> Request {
    let new = NewRequest {
        dealer: stage.ours.clone(),
        controller: "Harbour Cars Limited".to_owned(),
        kind,
        law: Jurisdiction::Uk,
        received: date(2026, 11, 1),
        channel: Way::Letter,
        proof: Proof::KnownContact,
    };
    stage.store.open_request(new).await.unwrap()
}

async fn changed(stage: &Stage, id: &str, change: Change) -> Result<Request, Refusal> {
    stage.store.change_request(id, change).await.unwrap().unwrap()
}

async fn all(stage: &Stage) -> Vec<Request> {
    stage.store.requests().await.unwrap().into_iter().map(Result::unwrap).collect()
}

#[tokio::test]
async fn a_request_is_read_as_it_was_opened_and_changed_also_by_the_next_relay() {
    let stage = Stage::new().await;
    let request = opened(&stage, Kind::Access).await;
    let pause = Change::Note(Action::Paused, Some(Reason::Identity));
    let paused = changed(&stage, &request.id, pause).await.unwrap();
    assert_eq!(paused.entries.len(), 1);
    stage.clock.advance(DAY);
    let close = Change::Close(Outcome::Partly, Some(Ground::RightsOfOthers));
    let closed = changed(&stage, &request.id, close).await.unwrap();
    assert_eq!(changed(&stage, &request.id, pause).await, Err(Refusal::Closed));
    let other = opened(&stage, Kind::Complaint).await;
    let stage = stage.reopened().await;
    let mut found = all(&stage).await;
    found.sort_by_key(|found| found.id != closed.id);
    assert_eq!(found, [closed, other]);
    assert_eq!(stage.store.change_request("req_none", close).await.unwrap(), None);
}

#[tokio::test]
async fn a_refused_change_leaves_the_request_as_it_was() {
    let stage = Stage::new().await;
    let request = opened(&stage, Kind::Erasure).await;
    let resume = Change::Note(Action::Resumed, None);
    assert_eq!(changed(&stage, &request.id, resume).await, Err(Refusal::Running));
    assert_eq!(stage.store.request(&request.id).await.unwrap(), Some(request));
}

#[tokio::test]
async fn three_years_after_it_was_closed_a_request_is_hidden_and_the_sweep_takes_it() {
    let stage = Stage::new().await;
    let closed = opened(&stage, Kind::Access).await;
    let open = opened(&stage, Kind::Erasure).await;
    let close = Change::Close(Outcome::Granted, None);
    changed(&stage, &closed.id, close).await.unwrap();
    let end = Period::of_months(36).after(START);
    stage.clock.set(end.minus(Duration::from_millis(1)));
    assert_eq!(all(&stage).await.len(), 2);
    assert_eq!(sweep_once(&stage.store, end.minus(DAY)).await.unwrap().requests, 0);
    stage.clock.set(end);
    // Hidden before anything has swept.
    assert_eq!(all(&stage).await.as_slice(), std::slice::from_ref(&open));
    assert_eq!(stage.store.request(&closed.id).await.unwrap(), None);
    let due = stage.store.due_rows(end).await.unwrap();
    assert_eq!(
        due,
        [DueRow { of: "the register of requests", id: closed.id.clone(), expires_at: end }]
    );
    let swept = sweep_once(&stage.store, end).await.unwrap();
    assert_eq!(swept.requests, 1);
    assert!(stage.store.due_rows(end).await.unwrap().is_empty());
    assert_eq!(all(&stage).await, [open], "an open one is never forgotten");
    let file = std::fs::read(stage.dir.path().join("forecourt.db")).unwrap();
    assert_eq!(occurrences(&file, &closed.id), 0, "no byte of it is left");
}

#[tokio::test]
async fn what_the_disk_has_changed_is_refused_and_hides_no_other() {
    let stage = Stage::new().await;
    let (bad, good) = (opened(&stage, Kind::Access).await, opened(&stage, Kind::Erasure).await);
    stage.pragma("UPDATE requests SET received = '2026-11-09' WHERE kind = 'access'").await;
    let found = stage.store.requests().await.unwrap();
    let (sound, damaged): (Vec<_>, Vec<_>) = found.into_iter().partition(Result::is_ok);
    assert_eq!((sound.len(), damaged.len()), (1, 1));
    assert_eq!(sound[0].as_ref().unwrap(), &good);
    assert!(stage.store.request(&bad.id).await.unwrap_err().is_damage());
}

#[tokio::test]
async fn a_request_outlives_its_dealer_and_every_conversation() {
    let stage = Stage::new().await;
    let request = opened(&stage, Kind::Erasure).await;
    stage.store.remove_dealer(&stage.ours).await.unwrap();
    assert_eq!(all(&stage).await, [request]);
}

#[tokio::test]
async fn what_is_due_is_counted_by_the_time_of_the_store() {
    let stage = Stage::new().await;
    opened(&stage, Kind::Access).await;
    assert_eq!(stage.store.request_tally().await.unwrap(), Tally { open: 1, soon: 0, overdue: 0 });
    stage.clock.advance(DAY * 2);
    assert_eq!(stage.store.request_tally().await.unwrap(), Tally { open: 1, soon: 1, overdue: 0 });
    stage.clock.advance(DAY * 8);
    assert_eq!(stage.store.request_tally().await.unwrap(), Tally { open: 1, soon: 0, overdue: 1 });
}
