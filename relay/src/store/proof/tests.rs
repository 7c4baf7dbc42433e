//! Each deletion has one receipt, each day one report, and whoever changes one of them is told.

use super::*;
use crate::{
    retention,
    store::tests::{DAY, START, Stage, year},
};

/// A stage on which one conversation was erased and another expired, each with a report.
async fn reported() -> Stage {
    let stage = Stage::new().await;
    retention::report(&stage.store).await.unwrap();
    let (erased, _) = stage.answered(&stage.token()).await;
    stage.answered(&stage.token()).await;
    stage.ours().erase(&erased).await.unwrap();
    stage.clock.advance(DAY);
    assert_eq!(retention::report(&stage.store).await.unwrap(), Some(2));
    let end = year().expires_at(START).plus(DAY);
    stage.clock.set(end);
    retention::sweep_once(&stage.store, end).await.unwrap();
    assert_eq!(retention::report(&stage.store).await.unwrap(), Some(3));
    stage
}

/// Changes something in the keys, as somebody with the file would.
async fn change(stage: &Stage, sql: &'static str) {
    let job = stage
        .store
        .inner
        .writer
        .write(move |conn| Box::pin(async move { conn.keys.execute(sql, args![]).await }));
    assert_eq!(job.await.unwrap(), 1, "{sql}");
}

#[tokio::test]
async fn what_is_erased_has_a_signed_receipt_without_a_word_of_it() {
    let stage = Stage::new().await;
    let (conversation, _) = stage.answered(&stage.token()).await;
    let erased = stage.ours().erase(&conversation).await.unwrap().unwrap();
    let id = erased.receipt.unwrap();
    let signed = stage.store.receipt(&id).await.unwrap().unwrap();
    let (key, signature) = (signed.signed_with.unwrap(), signed.signature.unwrap());
    assert!(has_signed(&key, RECEIPT, &signed.body, &signature));
    let receipt: Receipt = serde_json::from_str(&signed.body).unwrap();
    assert_eq!(
        (receipt.reason.as_str(), receipt.messages, receipt.leads),
        ("erasure", Some(2), Some(0))
    );
    assert!(!signed.body.contains(conversation.as_str()), "it joins to nothing");
    assert_eq!(stage.store.receipt("rcp_0").await.unwrap(), None);
}

#[tokio::test]
async fn each_day_has_one_report_and_each_deletion_one_receipt() {
    let stage = reported().await;
    assert_eq!(retention::report(&stage.store).await.unwrap(), None, "it is the same day");
    let proof = stage.store.prove().await.unwrap();
    assert_eq!(proof.faults, Vec::<String>::new());
    assert_eq!((proof.reports, proof.receipts, proof.open, proof.unsigned), (3, 2, 0, 0));
    let reports = stage.store.reports().await.unwrap();
    let last: Report = serde_json::from_str(&reports[2].body).unwrap();
    let deleted = &last.deleted[stage.ours.as_str()]["expired"];
    assert_eq!((deleted.conversations, deleted.messages), (1, 2));
    // Erased again by a replay, or swept again: nothing more is counted.
    stage.store.replay_tombstones().await.unwrap();
    retention::sweep_once(&stage.store, stage.ours().now()).await.unwrap();
    assert_eq!(stage.store.prove().await.unwrap().open, 0);
}

#[tokio::test]
async fn whoever_alters_removes_or_moves_a_row_is_told() {
    for sql in [
        "UPDATE reports SET body = replace(body, '\"receipts\":1', '\"receipts\":2') WHERE number = 2",
        "UPDATE reports SET signature = replace(signature, '0', '1') WHERE number = 3",
        "UPDATE reports SET body = (SELECT r.body FROM reports r WHERE r.number = 2) WHERE number = 3",
        "DELETE FROM reports WHERE number = 1",
        "DELETE FROM reports WHERE number = 2",
        "DELETE FROM reports WHERE number = 3",
        "UPDATE reports SET number = 9 WHERE number = 2",
        "DELETE FROM receipts WHERE report = 2",
        "UPDATE receipts SET report = 2 WHERE report = 3",
        "UPDATE receipts SET report = NULL WHERE report = 3",
        "UPDATE receipts SET report = 99 WHERE report = 3",
        "UPDATE receipts SET report = 0 WHERE report = 3",
        "UPDATE receipts SET body = replace(body, 'erasure', 'expired') WHERE report = 2",
        "UPDATE receipts SET signature = NULL WHERE report = 2",
        "INSERT INTO receipts (id, body, report) SELECT 'rcp_x', body, report FROM receipts WHERE report = 2",
    ] {
        let stage = reported().await;
        change(&stage, sql).await;
        let proof = stage.store.prove().await.unwrap();
        assert!(!proof.faults.is_empty(), "{sql}");
        // The next report does not make it good; but what has only lost its signature gets it again,
        // since its text is still the one that was counted.
        if sql.contains("signature = NULL") {
            continue;
        }
        stage.clock.advance(DAY);
        retention::report(&stage.store).await.unwrap();
        let proof = stage.store.prove().await.unwrap();
        assert!(!proof.faults.is_empty(), "{sql}, after the next report");
    }
}

#[tokio::test]
async fn who_signs_everything_anew_with_another_key_is_told() {
    let stage = reported().await;
    let other = crate::crypt::Ring::draw(&crate::random::SeededRandom::new(9)).signer().unwrap();
    let reports = stage.store.reports().await.unwrap();
    let (public, signature) = (other.public(), other.sign(REPORT, &reports[2].body));
    let job = stage.store.inner.writer.write(move |conn| {
        Box::pin(async move {
            let sql = "UPDATE reports SET signed_with = $1, signature = $2 WHERE number = 3";
            conn.keys.execute(sql, args![&public, &signature]).await
        })
    });
    job.await.unwrap();
    let proof = stage.store.prove().await.unwrap();
    assert_eq!(proof.faults.len(), 1);
    assert!(proof.faults[0].starts_with("the last report is signed with none of the keys"));
    // A server signs nothing over it.
    stage.clock.advance(DAY);
    assert_eq!(retention::report(&stage.store).await.unwrap(), Some(4));
    let reports = stage.store.reports().await.unwrap();
    assert!(reports[3].body.contains("the reports before were changed"), "{}", reports[3].body);
}

#[tokio::test]
async fn who_puts_in_a_receipt_signed_with_another_key_is_told_before_a_report_counts_it() {
    let stage = reported().await;
    let (conversation, _) = stage.answered(&stage.token()).await;
    let erased = stage.ours().erase(&conversation).await.unwrap().unwrap();
    let id = erased.receipt.unwrap();
    assert_eq!(stage.store.prove().await.unwrap().faults, Vec::<String>::new());
    let known = vec![stage.store.prove().await.unwrap().key.unwrap()];
    assert_eq!(stage.store.prove_by(known.clone()).await.unwrap().faults, Vec::<String>::new());
    let other = crate::crypt::Ring::draw(&crate::random::SeededRandom::new(9)).signer().unwrap();
    let body = stage.store.receipt(&id).await.unwrap().unwrap().body.replace("erasure", "expired");
    let (public, signature) = (other.public(), other.sign(RECEIPT, &body));
    let job = stage.store.inner.writer.write(move |conn| {
        Box::pin(async move {
            let sql =
                "UPDATE receipts SET body = $2, signed_with = $3, signature = $4 WHERE id = $1";
            conn.keys.execute(sql, args![&id, &body, &public, &signature]).await
        })
    });
    assert_eq!(job.await.unwrap(), 1);
    for proof in [stage.store.prove().await.unwrap(), stage.store.prove_by(known).await.unwrap()] {
        assert_eq!(proof.faults.len(), 1, "{:?}", proof.faults);
        assert!(proof.faults[0].starts_with("a receipt since the last report is signed with none"));
    }
}

#[tokio::test]
async fn a_report_tells_what_could_not_be_deleted_and_nothing_of_a_sweep_that_did_not_end() {
    let stage = Stage::new().await;
    stage.answered(&stage.token()).await;
    let before = stage.store.state().await.unwrap();
    assert_eq!((before.failed, before.traces_removed_at.as_deref()), (None, None));
    let never = tokio_util::sync::CancellationToken::new();
    retention::sweep(&stage.store, &never).await.unwrap();
    let swept = stage.store.state().await.unwrap();
    assert_eq!((swept.failed, swept.due), (Some(0), Some(0)));
    assert_eq!(swept.traces_removed_at, Some(START.to_string()));
    let oldest = swept.oldest["conversations"].clone().unwrap();
    let end = year().expires_at(START);
    assert_eq!((oldest.since, oldest.end), (START.to_string(), end.to_string()));
    // The clock is doubted: what the last sweep said holds no more.
    stage.clock.step(end.plus(DAY));
    retention::sweep(&stage.store, &never).await.unwrap();
    let halted = stage.store.state().await.unwrap();
    assert_eq!((halted.failed, halted.due), (None, Some(0)), "it goes by what is believed");
    assert_ne!(halted.clock, "ok");
    let stage = Stage::new().await;
    stage.answered(&stage.token()).await;
    stage.clock.set(end);
    stage.store.look_at_clock().await.unwrap();
    let late = stage.store.state().await.unwrap();
    assert_eq!((late.due, late.dealers[stage.ours.as_str()].due), (Some(1), 1));
}

#[tokio::test]
async fn nothing_is_signed_that_is_no_receipt() {
    let stage = reported().await;
    change(
        &stage,
        "INSERT INTO receipts (id, body) SELECT 'rcp_x', body FROM reports WHERE number = 3",
    )
    .await;
    stage.store.sign_receipts().await.unwrap();
    assert_eq!(stage.store.receipt("rcp_x").await.unwrap().unwrap().signature, None);
    assert!(!stage.store.prove().await.unwrap().faults.is_empty());
}

#[tokio::test]
async fn a_dealer_that_is_removed_leaves_receipts_and_tombstones_of_that_day() {
    let stage = Stage::new().await;
    stage.answered(&stage.token()).await;
    stage.store.remove_dealer(&stage.ours).await.unwrap();
    let readers = stage.store.inner.keys.readers();
    let args = args!["", RECEIPT_BATCH];
    let open: Vec<ReceiptRow> = readers.all(sql::OPEN_RECEIPTS, args).await.unwrap();
    let receipt: Receipt = serde_json::from_str(&open[0].body).unwrap();
    let now = stage.store.inner.time.now();
    assert_eq!((receipt.reason, receipt.deleted_at), ("account".to_owned(), now.to_string()));
    stage.store.drop_tombstones(now).await.unwrap();
    assert_eq!(stage.store.inner.keys.tombstones("", 9).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_key_that_was_replaced_and_forgotten_makes_no_fault() {
    let stage = reported().await;
    stage.store.rotate_operator_key().await.unwrap();
    stage.store.forget_older_operator_keys().await.unwrap();
    assert_eq!(stage.store.prove().await.unwrap().faults, Vec::<String>::new());
}

#[tokio::test]
async fn what_was_deleted_without_a_key_at_hand_is_signed_later_and_a_rotation_breaks_nothing() {
    let stage = Stage::new().await;
    let (conversation, _) = stage.answered(&stage.token()).await;
    // As a command does that has read no words.
    stage.store.inner.keys.forget_ring();
    let erased = stage.ours().erase(&conversation).await.unwrap().unwrap();
    let id = erased.receipt.unwrap();
    assert_eq!(stage.store.receipt(&id).await.unwrap().unwrap().signature, None);
    assert_eq!(stage.store.prove().await.unwrap().unsigned, 1);
    assert_eq!(retention::report(&stage.store).await.unwrap(), Some(1));
    assert!(stage.store.receipt(&id).await.unwrap().unwrap().signature.is_some());
    stage.store.rotate_operator_key().await.unwrap();
    stage.store.forget_older_operator_keys().await.unwrap();
    stage.clock.advance(DAY);
    assert_eq!(retention::report(&stage.store).await.unwrap(), Some(2));
    let proof = stage.store.prove().await.unwrap();
    assert_eq!((proof.unsigned, proof.faults), (0, Vec::new()));
}

#[tokio::test]
async fn a_report_that_a_crash_cut_off_is_gone_on_with() {
    let stage = Stage::new().await;
    for _ in 0..3 {
        let (conversation, _) = stage.answered(&stage.token()).await;
        stage.ours().erase(&conversation).await.unwrap();
    }
    // The receipts know their report, and it was never written.
    assert_eq!(stage.store.claim(1).await.unwrap(), 3);
    let stage = stage.reopened().await;
    assert_eq!(retention::report(&stage.store).await.unwrap(), Some(1));
    let proof = stage.store.prove().await.unwrap();
    assert_eq!((proof.reports, proof.receipts, proof.faults), (1, 3, Vec::new()));
}
