//! Words are readable with their keys only, and a key that is not there is told, never made up.

use std::path::Path;

use super::*;
use crate::{
    crypt::OPERATOR_KEY,
    store::{Role, Store, tests::Stage},
};

const CANARY: &str = "kingfisher";

/// How often a text stands in any file of a directory.
fn found(dir: &Path, text: &str) -> usize {
    let files = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let bytes = files.map(|file| std::fs::read(file).unwrap());
    bytes.map(|all| all.windows(text.len()).filter(|part| *part == text.as_bytes()).count()).sum()
}

/// Why the store of a stage does not open once its files were changed.
async fn refusal(stage: Stage, change: impl FnOnce(&Path)) -> (Stage, StoreError) {
    let options = stage.options(Role::Server);
    stage.store.clone().close().await;
    change(stage.dir.path());
    let error = Store::open(options, &stage.tasks).await.unwrap_err();
    (stage, error)
}

#[tokio::test]
async fn nothing_that_a_visitor_said_stands_in_any_file_in_clear() {
    let stage = Stage::new().await;
    let token = stage.token();
    stage.said(&token, &format!("My name is {CANARY}")).await;
    let lead = stage.new_lead(&token, &format!("{CANARY}@example.org"));
    stage.ours().take_lead(lead).await.unwrap();
    assert_eq!(found(stage.dir.path(), CANARY), 0);
    // The search finds what does stand there.
    assert!(0 < found(stage.dir.path(), "site_ours"));
    let dir = stage.dir.path().to_owned();
    stage.store.clone().close().await;
    assert_eq!(found(&dir, CANARY), 0);
}

#[tokio::test]
async fn another_process_reads_what_was_sealed() {
    let stage = Stage::new().await;
    let token = stage.token();
    stage.said(&token, CANARY).await;
    let stage = stage.reopened().await;
    let conversation = stage.ours().resume(&token).await.unwrap().unwrap();
    let messages = stage.ours().history(&conversation.id, 0, 10).await.unwrap();
    assert_eq!(messages[0].text, CANARY);
}

#[tokio::test]
async fn conversations_that_begin_together_are_all_readable_afterwards_whatever_is_rotated_meanwhile()
 {
    let stage = Stage::new().await;
    let tokens: Vec<_> = (0..100).map(|_| stage.token()).collect();
    // Two dealers in one group, each key there before the next statement needs it.
    let said = tokens.iter().enumerate().map(|(n, token)| {
        let (stage, whose) = (&stage, if n % 2 == 0 { stage.ours() } else { stage.theirs() });
        async move { whose.append(stage.words(token, &format!("{CANARY} {n}"))).await.unwrap() }
    });
    let rotated = async {
        stage.store.rotate_dealer_key(&stage.ours).await.unwrap();
        stage.store.rotate_dealer_key(&stage.theirs).await.unwrap();
    };
    tokio::join!(futures_util::future::join_all(said), rotated);
    assert_eq!(stage.wrapped_keys().await.len(), tokens.len());
    let older = "SELECT COUNT(*) FROM conversation_keys k JOIN dealer_keys d ON d.id = k.dealer_key WHERE d.is_current = 0";
    assert_eq!(all::<(i64,)>(&stage.store, older).await, [(0,)]);
    let stage = stage.reopened().await;
    for (n, token) in tokens.iter().enumerate() {
        let whose = if n % 2 == 0 { stage.ours() } else { stage.theirs() };
        let conversation = whose.resume(token).await.unwrap().unwrap().id;
        let messages = whose.history(&conversation, 0, 10).await.unwrap();
        assert_eq!(messages[0].text, format!("{CANARY} {n}"));
    }
}

#[tokio::test]
async fn a_key_that_is_missing_is_damage_of_its_conversation_alone() {
    let stage = Stage::new().await;
    let (token, other) = (stage.token(), stage.token());
    stage.said(&token, CANARY).await;
    stage.said(&other, "still here").await;
    let lost = stage.ours().resume(&token).await.unwrap().unwrap().id;
    let id = lost.as_str().to_owned();
    let forgotten = stage.store.inner.writer.write(move |conn| {
        Box::pin(async move {
            let sql = "DELETE FROM conversation_keys WHERE conversation_id = $1";
            conn.keys.execute(sql, args![&id]).await
        })
    });
    assert_eq!(forgotten.await.unwrap(), 1);
    let stage = stage.reopened().await;
    let error = stage.ours().history(&lost, 0, 10).await.unwrap_err();
    assert!(matches!(error, StoreError::Damaged { what: "its key is missing", .. }), "{error}");
    let theirs = stage.ours().resume(&other).await.unwrap().unwrap().id;
    assert_eq!(stage.ours().history(&theirs, 0, 10).await.unwrap()[0].text, "still here");
}

#[tokio::test]
async fn keys_that_are_gone_or_belong_elsewhere_are_told_and_never_made_anew() {
    let stage = Stage::new().await;
    stage.said(&stage.token(), CANARY).await;
    let (stage, error) = refusal(stage, |dir| {
        std::fs::rename(dir.join(KEYS_DATABASE), dir.join("aside")).unwrap();
    })
    .await;
    assert!(matches!(error, StoreError::KeysMissing { .. }), "{error}");
    assert!(!stage.dir.path().join(KEYS_DATABASE).exists());

    let elsewhere = Stage::new().await;
    let renamed = elsewhere.store.inner.writer.write(|conn| {
        Box::pin(async move {
            // Stages draw the same ids.
            conn.keys.execute("UPDATE keys_meta SET value = 'keys_other'", args![]).await
        })
    });
    assert_eq!(renamed.await.unwrap(), 1);
    elsewhere.store.clone().close().await;
    let (stage, error) = refusal(stage, |dir| {
        let foreign = elsewhere.dir.path().join(KEYS_DATABASE);
        std::fs::copy(foreign, dir.join(KEYS_DATABASE)).unwrap();
    })
    .await;
    assert!(matches!(error, StoreError::KeysElsewhere { .. }), "{error}");

    std::fs::rename(stage.dir.path().join("aside"), stage.dir.path().join(KEYS_DATABASE)).unwrap();
    assert!(Store::open(stage.options(Role::Server), &stage.tasks).await.is_ok());
}

#[tokio::test]
async fn an_operators_key_that_is_gone_or_another_is_told_and_never_made_anew() {
    let stage = Stage::new().await;
    stage.said(&stage.token(), CANARY).await;
    let (stage, error) = refusal(stage, |dir| {
        std::fs::rename(dir.join(OPERATOR_KEY), dir.join("aside")).unwrap();
    })
    .await;
    assert!(error.to_string().contains("Put the operator's key back"), "{error}");
    assert!(!stage.dir.path().join(OPERATOR_KEY).exists());

    let (stage, error) = refusal(stage, |dir| {
        let other = Source::File(dir.join(OPERATOR_KEY));
        other.make(&crate::random::SeededRandom::new(99)).unwrap();
    })
    .await;
    assert!(matches!(error, StoreError::OperatorKeyMissing { .. }), "{error}");

    let dir = stage.dir.path();
    std::fs::rename(dir.join("aside"), dir.join(OPERATOR_KEY)).unwrap();
    assert!(Store::open(stage.options(Role::Server), &stage.tasks).await.is_ok());
}

#[tokio::test]
async fn a_tool_that_reads_no_words_needs_no_operators_key() {
    let stage = Stage::new().await;
    let token = stage.token();
    stage.said(&token, CANARY).await;
    std::fs::remove_file(stage.dir.path().join(OPERATOR_KEY)).unwrap();
    let tool = Store::open(stage.options(Role::Tool), &stage.tasks).await.unwrap();
    let far = stage.clock.now().plus(1_000 * crate::store::tests::DAY);
    assert_eq!(tool.due(far).await.unwrap().len(), 1);
    let ours = tool.dealer(&stage.ours);
    let id = ours.resume(&token).await.unwrap().unwrap().id;
    let error = ours.history(&id, 0, 10).await.unwrap_err();
    assert!(matches!(error, StoreError::OperatorKey(_)), "{error}");
}

#[tokio::test]
async fn what_is_swept_loses_its_key_and_an_older_copy_of_the_data_can_not_be_read() {
    let stage = Stage::new().await;
    let (token, kept) = (stage.token(), stage.token());
    stage.said(&token, CANARY).await;
    let conversation = stage.ours().resume(&token).await.unwrap().unwrap().id;
    let copy = tempfile::tempdir().unwrap();
    let path = copy.path().join("forecourt.db");
    stage.store.inner.readers.copy_to(&path).await.unwrap();

    let end = stage.ours().resume(&token).await.unwrap().unwrap().expires_at;
    stage.clock.set(end.minus(crate::store::tests::DAY));
    stage.said(&kept, "later").await;
    stage.clock.set(end);
    crate::retention::sweep_once(&stage.store, end).await.unwrap();
    let n: Vec<(i64,)> = all(&stage.store, "SELECT COUNT(*) FROM conversation_keys").await;
    assert_eq!(n, [(1,)]);
    let reasons: Vec<(String, String)> =
        all(&stage.store, "SELECT conversation_id, reason FROM tombstones").await;
    assert_eq!(reasons, [(conversation.as_str().to_owned(), "expired".to_owned())]);

    // The copy of before, with the keys of today, at a time when nothing had expired.
    stage.store.clone().close().await;
    stage.clock.set(crate::store::tests::START);
    let mut options = stage.options(Role::Tool);
    options.dir = copy.path().to_owned();
    let older = Store::open(options, &stage.tasks).await.unwrap();
    let ours = older.dealer(&stage.ours);
    let error = ours.history(&conversation, 0, 10).await.unwrap_err();
    assert!(matches!(error, StoreError::Gone), "{error}");
}

#[tokio::test]
async fn a_dealer_that_is_removed_leaves_no_key() {
    let stage = Stage::new().await;
    stage.said(&stage.token(), CANARY).await;
    stage.store.remove_dealer(&stage.ours).await.unwrap();
    for table in ["conversation_keys", "dealer_keys"] {
        let count: &'static str = if table == "dealer_keys" {
            "SELECT COUNT(*) FROM dealer_keys"
        } else {
            "SELECT COUNT(*) FROM conversation_keys"
        };
        assert_eq!(all::<(i64,)>(&stage.store, count).await, [(0,)], "{table}");
    }
    let reasons: Vec<(String,)> = all(&stage.store, "SELECT reason FROM tombstones").await;
    assert_eq!(reasons, [("account".to_owned(),)]);
}

async fn all<T: crate::store::db::Row + 'static>(store: &Store, sql: &'static str) -> Vec<T> {
    store.inner.keys.inner.readers.all(sql, args![]).await.unwrap()
}
