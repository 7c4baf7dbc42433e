//! The trail stands before the act, survives what takes its end away, and tells who has touched it.

use super::*;
use crate::store::tests::{DAY, START, Stage};

async fn act(stage: &Stage, what: &'static str) -> u64 {
    let about = vec!["cnv_1".to_owned()];
    let act = Act { who: "pat".to_owned(), what, dealer: Some(stage.ours.clone()), about };
    stage.store.audit(act).await.unwrap()
}

async fn faults(stage: &Stage) -> Vec<String> {
    stage.store.check_audit().await.unwrap().faults
}

/// A stage with five entries.
async fn trail() -> Stage {
    let stage = Stage::new().await;
    for what in ["subject.find", "subject.export", "lead.read", "dealer.set", "subject.erase"] {
        act(&stage, what).await;
    }
    assert_eq!(faults(&stage).await, Vec::<String>::new());
    stage
}

#[tokio::test]
async fn each_act_is_told_with_who_when_what_and_of_whom() {
    let stage = trail().await;
    let from = Timestamp::from_millis(0);
    let entries = stage.store.audit_trail(Some(&stage.ours), from).await.unwrap();
    assert_eq!(entries.len(), 5);
    let first = &entries[0];
    assert_eq!((first.who.as_str(), first.what.as_str(), first.entry), ("pat", "subject.find", 1));
    assert_eq!((first.at.clone(), first.about.clone()), (START.to_string(), vec!["cnv_1".into()]));
    assert!(stage.store.audit_trail(Some(&stage.theirs), from).await.unwrap().is_empty());
    assert!(stage.store.audit_trail(None, START.plus(DAY)).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_entry_that_is_altered_removed_or_moved_is_told() {
    for change in [
        "UPDATE audit SET body = replace(body, 'pat', 'kim') WHERE number = 3",
        "UPDATE audit SET body = replace(body, 'pat', 'kim') WHERE number = 5",
        "UPDATE audit SET at = at + 60000 WHERE number = 2",
        "UPDATE audit SET dealer_id = NULL WHERE number = 2",
        "UPDATE audit SET number = 9 WHERE number = 5",
        "DELETE FROM audit WHERE number = 1",
        "DELETE FROM audit WHERE number = 3",
        "DELETE FROM audit WHERE number = 5",
        "DELETE FROM audit WHERE number > 2",
        "DELETE FROM audit",
    ] {
        let stage = trail().await;
        stage.pragma(change).await;
        assert!(!faults(&stage).await.is_empty(), "{change}");
    }
}

#[tokio::test]
async fn the_last_entry_comes_back_with_the_next_one() {
    let stage = trail().await;
    stage.pragma("DELETE FROM audit WHERE number = 5").await;
    assert_eq!(faults(&stage).await, ["5 were written, the last is 4"]);
    assert_eq!(act(&stage, "keys.rotate").await, 6);
    assert_eq!(faults(&stage).await, Vec::<String>::new());
    // What more than that is gone stays told.
    stage.pragma("DELETE FROM audit WHERE number > 4").await;
    assert_eq!(act(&stage, "keys.rotate").await, 7);
    assert!(!faults(&stage).await.is_empty());
}

#[tokio::test]
async fn an_entry_is_dropped_when_its_time_is_up_and_the_trail_holds() {
    let stage = trail().await;
    stage.clock.set(START.plus(DAY));
    act(&stage, "lead.read").await;
    let end = START.plus(AUDIT_LIFE);
    assert_eq!(stage.store.drop_audit(end).await.unwrap(), 0);
    assert_eq!(stage.store.drop_audit(end.plus(DAY)).await.unwrap(), 5);
    assert_eq!(faults(&stage).await, Vec::<String>::new());
    assert_eq!(stage.store.drop_audit(end.plus(2 * DAY)).await.unwrap(), 1);
    assert_eq!(act(&stage, "lead.read").await, 7);
    assert_eq!(faults(&stage).await, Vec::<String>::new());
    stage.pragma("DELETE FROM audit").await;
    assert!(!faults(&stage).await.is_empty());
}

#[tokio::test]
async fn a_trail_that_is_written_anew_with_the_right_hashes_is_never_gone_on_with() {
    let stage = trail().await;
    // The last one, and what was put in after it: each follows from the one before.
    let rows = stage.store.audit_page(0).await.unwrap();
    let mut previous = crate::domain::proof::hash(&rows[3].body);
    let mut forged = Vec::new();
    for number in [5, 6] {
        let mut entry: Entry = serde_json::from_str(&rows[4].body).unwrap();
        (entry.entry, entry.who, entry.previous) = (number, "kim".to_owned(), previous);
        let body = json(&entry).unwrap();
        previous = crate::domain::proof::hash(&body);
        forged.push((entry, body));
    }
    stage.pragma("DELETE FROM audit WHERE number = 5").await;
    let job = stage.store.inner.writer.write(move |conn| {
        Box::pin(async move {
            for (entry, body) in &forged {
                insert(conn, entry, START, body).await?;
            }
            Ok(())
        })
    });
    job.await.unwrap();
    assert!(!faults(&stage).await.is_empty());
    act(&stage, "subject.find").await;
    assert!(!faults(&stage).await.is_empty(), "the next entry covers nothing up");
}

#[tokio::test]
async fn an_entry_that_was_made_old_is_not_dropped_and_stays_told() {
    let stage = trail().await;
    stage.pragma("UPDATE audit SET at = 0 WHERE number = 4").await;
    assert_eq!(stage.store.drop_audit(START.plus(DAY)).await.unwrap(), 0);
    assert_eq!(stage.number("SELECT COUNT(*) FROM audit").await, 5);
    stage.pragma("UPDATE audit SET body = replace(body, 'pat', 'kim') WHERE number = 2").await;
    assert_eq!(stage.store.drop_audit(START.plus(AUDIT_LIFE).plus(DAY)).await.unwrap(), 0);
    assert!(!faults(&stage).await.is_empty());
}
