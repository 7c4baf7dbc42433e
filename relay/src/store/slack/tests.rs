//! Nothing of a row that is gone stays on any page, and no row that is there is touched.

use super::*;
use crate::{
    random::{self, Random, SeededRandom},
    store::tests::Stage,
};

/// A table of rows that come and go at random until pages were split and joined many times.
async fn churned(stage: &Stage, seed: u64) -> Vec<Vec<u8>> {
    stage
        .pragma("CREATE TABLE churn (id TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID")
        .await;
    stage.pragma("CREATE INDEX churn_by_body ON churn (body)").await;
    let random = SeededRandom::new(seed);
    let mut gone = Vec::new();
    let mut there: Vec<(String, Vec<u8>)> = Vec::new();
    for _ in 0..600 {
        if there.len() < 40 || random::below(&random, 3) < 2 {
            let size = 30 + usize::try_from(random::below(&random, 1_500)).unwrap();
            let mut body = vec![0; size];
            random.fill(&mut body);
            let id = format!("{:016x}", u64::from_be_bytes(random::bytes(&random)));
            put(stage, &id, &body).await;
            there.push((id, body));
        } else {
            let place = usize::try_from(random::below(&random, there.len() as u64)).unwrap();
            let (id, body) = there.swap_remove(place);
            take(stage, &id).await;
            gone.push(body);
        }
    }
    gone
}

async fn put(stage: &Stage, id: &str, body: &[u8]) {
    let (id, body) = (id.to_owned(), Page(body.to_vec()));
    let job = stage.store.inner.writer.write(move |conn| {
        Box::pin(async move {
            conn.execute("INSERT INTO churn (id, body) VALUES ($1, $2)", args![&id, &body]).await
        })
    });
    assert_eq!(job.await.unwrap(), 1);
}

async fn take(stage: &Stage, id: &str) {
    let id = id.to_owned();
    let job = stage.store.inner.writer.write(move |conn| {
        Box::pin(async move { conn.execute("DELETE FROM churn WHERE id = $1", args![&id]).await })
    });
    assert_eq!(job.await.unwrap(), 1);
}

/// How many of these stand in the files, by any twelve bytes in the middle of them.
fn found(stage: &Stage, gone: &[Vec<u8>]) -> usize {
    let bytes = stage.bytes();
    let stands = |body: &&Vec<u8>| {
        let part = &body[9..21];
        bytes.windows(part.len()).any(|window| window == part)
    };
    gone.iter().filter(stands).count()
}

#[tokio::test]
async fn what_b_trees_leave_behind_is_overwritten_and_nothing_else_is() {
    let mut left = 0;
    for seed in 0..3 {
        let stage = Stage::new().await;
        let gone = churned(&stage, seed).await;
        assert!(stage.store.cut_log().await.unwrap());
        left += found(&stage, &gone);
        let rows = "SELECT COUNT(*) + SUM(length(body)) FROM churn";
        let before = stage.number(rows).await;
        let never = CancellationToken::new();
        assert!(0 < stage.store.clear_slack(&never).await.unwrap());
        assert!(stage.store.cut_log().await.unwrap());
        assert_eq!(found(&stage, &gone), 0, "seed {seed}");
        assert_eq!(stage.number(rows).await, before);
        assert!(stage.store.verify().await.unwrap().is_sound());
        // There is nothing left to do.
        assert_eq!(stage.store.clear_slack(&never).await.unwrap(), 0);
        let stage = stage.reopened().await;
        assert_eq!(stage.number(rows).await, before);
        assert!(stage.store.verify().await.unwrap().is_sound());
    }
    assert!(0 < left, "the control: secure_delete alone leaves rows behind");
}

#[test]
fn a_page_that_is_no_b_trees_or_is_damaged_is_left_alone() {
    let mut page = vec![0x0a; PAGE];
    for (number, first) in
        [(2, 0x0a), (2 + MAP_EVERY, 0x05), (LOCK_PAGE, 0x0d), (7, 0x00), (7, 0x01)]
    {
        page[0] = first;
        assert_eq!(slack(&page, number), None, "{number} {first}");
    }
    // The cells begin before their pointers end; a freed block is out of place, too long, or in a circle.
    let leaf = |free: u16, cells: u16, content: u16, at: usize, block: [u8; 4]| {
        let mut page = vec![0; PAGE];
        page[0] = 0x0d;
        page[1..3].copy_from_slice(&free.to_be_bytes());
        page[3..5].copy_from_slice(&cells.to_be_bytes());
        page[5..7].copy_from_slice(&content.to_be_bytes());
        page[at..at + 4].copy_from_slice(&block);
        slack(&page, 7)
    };
    assert_eq!(leaf(0, 10, 20, 100, [0; 4]), None);
    assert_eq!(leaf(0, 10, 5_000, 100, [0; 4]), None);
    assert_eq!(leaf(90, 2, 100, 90, [0, 0, 0, 8]), None);
    assert_eq!(leaf(4_000, 2, 100, 4_000, [0, 0, 1, 0]), None);
    assert_eq!(leaf(200, 2, 100, 200, [0, 200, 0, 8]), None);
    assert_eq!(leaf(200, 2, 100, 200, [0, 0, 0, 8]), Some(vec![12..100, 204..208]));
}
