//! The one writer: neighbours are independent, a full disk is survived, nothing is answered
//! before it is committed.

use futures_util::future::join_all;
use sqlx::{Connection, Executor};

use super::*;
use crate::limits::WRITER_GROUP;

/// A job that writes a row and then fails.
async fn failing(stage: &Stage) -> Result<(), StoreError> {
    stage
        .store
        .inner
        .writer
        .write(|conn| {
            Box::pin(async move {
                conn.execute(sql::PUT_META, args!["half", "written"]).await?;
                Err(StoreError::Gone)
            })
        })
        .await
}

async fn panicking(stage: &Stage) -> Result<(), StoreError> {
    stage
        .store
        .inner
        .writer
        .write(|conn| {
            Box::pin(async move {
                conn.execute(sql::PUT_META, args!["half", "written"]).await?;
                panic!("planted")
            })
        })
        .await
}

/// Keeps the writer busy until all that is asked at once waits for it: then it shares a transaction.
async fn together<T>(stage: &Stage, asked: impl Future<Output = T>) -> T {
    let (tell, taken) = oneshot::channel::<()>();
    let (release, released) = oneshot::channel::<()>();
    let busy = stage.store.inner.writer.alone(move |_| {
        Box::pin(async move {
            let _ = tell.send(());
            let _ = released.await;
            Ok(())
        })
    });
    let asked = async move {
        // Only once the writer has taken the first job by itself: else it might take some of the
        // others along with it and leave the rest for the next transaction.
        taken.await.unwrap();
        // Each is begun in this order before any of them ends.
        tokio::join!(asked, async move { release.send(()) }).0
    };
    let (busy, answer) = tokio::join!(busy, asked);
    busy.unwrap();
    answer
}

#[tokio::test]
async fn a_job_that_fails_fails_alone() {
    let stage = Stage::new().await;
    let appends = (0..10).map(|n| {
        let words = stage.words(&stage.token(), &format!("neighbour {n}"));
        let ours = stage.ours();
        async move { ours.append(words).await }
    });
    let (ours, last) = (stage.ours(), stage.words(&stage.token(), "after the failures"));
    let (kept_all, failed, panicked, more) = together(&stage, async {
        tokio::join!(join_all(appends), failing(&stage), panicking(&stage), ours.append(last))
    })
    .await;
    assert!(matches!(failed, Err(StoreError::Gone)));
    assert!(matches!(panicked, Err(StoreError::Panicked)));
    kept(more.unwrap());
    assert!(kept_all.into_iter().all(|append| append.is_ok()));
    assert_eq!(stage.number("SELECT COUNT(*) FROM messages").await, 11);
    assert_eq!(stage.number("SELECT COUNT(*) FROM meta WHERE key = 'half'").await, 0);
}

/// A job of one text.
async fn one(stage: &Stage, sql: &'static str) -> Result<u64, StoreError> {
    let writer = &stage.store.inner.writer;
    writer.write(move |conn| Box::pin(async move { conn.execute(sql, args![]).await })).await
}

#[tokio::test]
async fn a_job_that_asks_the_database_nothing_leaves_its_neighbours_alone() {
    let stage = Stage::new().await;
    let writer = &stage.store.inner.writer;
    let idle = || writer.write(|_| Box::pin(async { Ok(()) }));
    let refusing = || writer.write::<(), _>(|_| Box::pin(async { Err(StoreError::Gone) }));
    let note = async |name| {
        writer
            .write(move |conn| {
                Box::pin(async move { conn.execute_one(sql::PUT_META, args![name, "kept"]).await })
            })
            .await
    };
    let fates = together(&stage, async {
        tokio::join!(
            refusing(),
            note("one"),
            idle(),
            failing(&stage),
            refusing(),
            note("two"),
            idle(),
            failing(&stage)
        )
    });
    let (first, one, idle, failed, refused, two, idler, last) = fates.await;
    assert!(
        [first, failed, refused, last].iter().all(|fate| matches!(fate, Err(StoreError::Gone)))
    );
    for fate in [one, idle, two, idler] {
        fate.unwrap();
    }
    assert_eq!(stage.number("SELECT COUNT(*) FROM meta WHERE value = 'kept'").await, 2);
    assert_eq!(stage.number("SELECT COUNT(*) FROM meta WHERE key = 'half'").await, 0);
}

#[tokio::test]
async fn a_job_counts_the_rows_that_it_touched_itself() {
    let stage = Stage::new().await;
    let (some, none) =
        ("UPDATE dealers SET status = status", "UPDATE sites SET dealer_id = 'x' WHERE 0");
    let counts = together(&stage, async {
        tokio::join!(one(&stage, some), one(&stage, none), one(&stage, some), one(&stage, none))
    });
    let (two, nothing, again, nor) = counts.await;
    assert_eq!([two, nothing, again, nor].map(Result::unwrap), [2, 0, 2, 0]);
}

#[tokio::test]
async fn a_group_that_has_lost_its_place_is_lost_as_a_whole() {
    let stage = Stage::new().await;
    let words = stage.words(&stage.token(), "neighbour");
    let ours = stage.ours();
    let (kept, released, after) = together(&stage, async {
        tokio::join!(ours.append(words), one(&stage, "RELEASE odd"), one(&stage, "SELECT 1"))
    })
    .await;
    assert!(kept.is_err() && released.is_err() && after.is_err());
    assert_eq!(committed(&stage).await, 0, "nothing is acknowledged, and nothing is kept");
    stage.store.probe().await.unwrap();
}

#[tokio::test]
async fn a_lone_job_that_fails_leaves_nothing() {
    let stage = Stage::new().await;
    assert!(failing(&stage).await.is_err());
    assert!(panicking(&stage).await.is_err());
    assert_eq!(stage.number("SELECT COUNT(*) FROM meta WHERE key = 'half'").await, 0);
    stage.store.probe().await.unwrap();
}

#[tokio::test]
async fn a_full_disk_refuses_and_goes_on_when_there_is_space() {
    let stage = Stage::new().await;
    let token = stage.token();
    let first = kept(stage.ours().append(stage.words(&token, "before")).await.unwrap());
    // SQLite takes no less than what is there: from now on the database can't grow.
    stage.pragma("PRAGMA max_page_count = 1").await;
    let long = "x".repeat(20_000);
    let ours = stage.ours();
    let (one, two) = together(&stage, async {
        tokio::join!(
            ours.append(stage.words(&token, &long)),
            ours.append(stage.words(&token, &long)),
        )
    })
    .await;
    assert!(matches!(one, Err(StoreError::Full)), "{one:?}");
    assert!(matches!(two, Err(StoreError::Full)), "{two:?}");
    let found = stage.ours().history(&first.conversation, 0, 10).await.unwrap();
    assert_eq!(found.len(), 1, "reads go on, and nothing is half kept");
    stage.pragma("PRAGMA max_page_count = 1000000").await;
    let after = kept(stage.ours().append(stage.words(&token, &long)).await.unwrap());
    assert_eq!(after.seq, 2);
    stage.store.probe().await.unwrap();
}

/// A job whose row breaks a promise that is looked at in the commit only.
async fn breaks_the_commit(stage: &Stage) -> Result<(), StoreError> {
    let dealer = stage.ours.clone();
    stage
        .store
        .inner
        .writer
        .write(|conn| {
            Box::pin(async move {
                conn.execute("PRAGMA defer_foreign_keys = ON", args![]).await?;
                let (reply, nowhere) = ("rpl_1", "cnv_nowhere");
                let args = args![dealer.as_str(), nowhere, reply, 1_i64, 0_i64];
                conn.execute_one(sql::INSERT_REPLY, args).await
            })
        })
        .await
}

#[tokio::test]
async fn a_commit_that_fails_is_told_to_every_job_of_it() {
    let stage = Stage::new().await;
    let words = stage.words(&stage.token(), "neighbour");
    let ours = stage.ours();
    let (broken, neighbour) = together(&stage, async {
        tokio::join!(breaks_the_commit(&stage), ours.append(words.clone()))
    })
    .await;
    assert!(broken.is_err());
    assert!(neighbour.is_err(), "nothing was committed, so nothing is acknowledged");
    assert_eq!(committed(&stage).await, 0);
    let again = kept(ours.append(words).await.unwrap());
    assert!(again.fresh, "the client's next try is kept");
}

#[tokio::test]
async fn after_a_doubtful_commit_nothing_more_is_written() {
    let stage = Stage::new().await;
    let first = kept(stage.ours().append(stage.words(&stage.token(), "before")).await.unwrap());
    stage.store.inner.writer.doubt_the_disk();
    let more = stage.ours().append(stage.words(&stage.token(), "after")).await;
    assert!(matches!(more, Err(StoreError::Broken(_))), "{more:?}");
    let probe = stage.store.probe().await.unwrap_err();
    assert!(probe.to_string().contains("until the relay restarts"), "{probe}");
    assert_eq!(stage.ours().history(&first.conversation, 0, 10).await.unwrap().len(), 1);
    let stage = stage.reopened().await;
    stage.store.probe().await.unwrap();
}

#[tokio::test]
async fn another_process_that_writes_is_waited_for() {
    let stage = Stage::new().await;
    let tool = Store::open(stage.options(Role::Tool), &stage.tasks).await.unwrap();
    let appends = (0..20).map(|n| {
        let words = stage.words(&stage.token(), "both");
        let store = if n % 2 == 0 { stage.ours() } else { tool.dealer(&stage.ours) };
        async move { kept(store.append(words).await.unwrap()) }
    });
    assert_eq!(join_all(appends).await.len(), 20);
}

/// Another connection reads the database directly, as a crash would leave it.
async fn committed(stage: &Stage) -> i64 {
    stage.number("SELECT COUNT(*) FROM messages").await
}

#[tokio::test]
async fn what_is_answered_is_committed() {
    let stage = Stage::new().await;
    kept(stage.ours().append(stage.words(&stage.token(), "x")).await.unwrap());
    assert_eq!(committed(&stage).await, 1);
}

#[cfg(feature = "planted")]
#[tokio::test]
async fn the_planted_writer_answers_before_it_commits() {
    let stage = Stage::planted(Some("ack-before-commit")).await;
    kept(stage.ours().append(stage.words(&stage.token(), "x")).await.unwrap());
    assert_eq!(committed(&stage).await, 0, "the control must be wrong, or it controls nothing");
}

#[tokio::test]
async fn who_came_while_others_waited_in_vain_for_another_process_is_refused_with_them() {
    let stage = Stage::new().await;
    let writer = &stage.store.inner.writer;
    let soon = writer.alone(|conn| {
        Box::pin(async move { conn.execute("PRAGMA busy_timeout = 300", &[]).await.map(drop) })
    });
    soon.await.unwrap();
    let options =
        sqlx::sqlite::SqliteConnectOptions::new().filename(stage.dir.path().join("forecourt.db"));
    let mut other = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
    other.execute("BEGIN IMMEDIATE").await.unwrap();
    let note = || {
        writer.write(|conn| {
            Box::pin(async move { conn.execute(sql::PUT_META, args!["word", "written"]).await })
        })
    };
    // As many as one transaction takes, and one that must wait for the next.
    let group = async {
        let fates = join_all((0..WRITER_GROUP).map(|_| note())).await;
        other.execute("ROLLBACK").await.unwrap();
        fates
    };
    let (group, behind) = together(&stage, async { tokio::join!(group, note()) }).await;
    let fates = group.iter().chain([&behind]);
    assert!(fates.into_iter().all(|fate| matches!(fate, Err(StoreError::Busy))), "{behind:?}");
    note().await.unwrap();
}

#[cfg(not(feature = "planted"))]
#[tokio::test]
async fn nothing_is_planted_in_a_release() {
    let stage = Stage::planted(Some("ack-before-commit")).await;
    kept(stage.ours().append(stage.words(&stage.token(), "x")).await.unwrap());
    assert_eq!(committed(&stage).await, 1);
}

#[tokio::test]
async fn opening_a_database_that_is_there_writes_nothing() {
    let stage = Stage::new().await;
    stage.store.cut_log().await.unwrap();
    let tool = Store::open(stage.options(Role::Tool), &stage.tasks).await.unwrap();
    assert_eq!(tool.dealers().len(), 2);
    let log = std::fs::metadata(stage.dir.path().join("forecourt.db-wal")).unwrap();
    assert_eq!(log.len(), 0, "a command on a full disk could not even read");
}

#[tokio::test]
async fn a_job_that_meets_a_damaged_page_costs_its_neighbours_another_try_at_most() {
    let stage = Stage::new().await;
    for _ in 0..40 {
        stage.ours().take_lead(stage.new_lead(&stage.token(), "a@b.example")).await.unwrap();
    }
    let index = "SELECT rootpage FROM sqlite_schema WHERE name = 'leads_of_dealer'";
    let root = usize::try_from(stage.number(index).await).unwrap();
    let stage = stage.without_pages(|number, _| number == root).await;
    for _ in 0..20 {
        let harmed = stage.store.inner.writer.write(|conn| {
            Box::pin(async move { conn.execute("DELETE FROM leads", args![]).await })
        });
        let (ours, words) = (stage.ours(), stage.words(&stage.token(), "Is it red?"));
        let (harmed, said) = tokio::join!(harmed, ours.append(words));
        assert!(harmed.is_err());
        assert!(said.is_ok() || said.is_err_and(|error| error.retry()));
    }
    stage.answered(&stage.token()).await;
}
