//! Each broken promise is seen: the comparison on tables and ledgers that are wrong by a hair.

use protocol::ClientMsgId;
use sqlx::{Executor, sqlite::SqliteConnectOptions};

use super::*;
use crate::rig::{ledger::mark, swarm::plan::Said};

const TABLES: &str = "
    CREATE TABLE conversations (id TEXT, next_seq INTEGER);
    CREATE TABLE messages (conversation_id TEXT, seq INTEGER, client_msg_id TEXT, reply_id TEXT);
    CREATE TABLE replies (conversation_id TEXT, state TEXT);
    INSERT INTO conversations VALUES ('cnv_1', 3);
    INSERT INTO replies VALUES ('cnv_1', 'ended');";

fn id() -> ClientMsgId {
    ClientMsgId::from_bytes(&[1; 16])
}

fn ledger() -> Vec<Record> {
    vec![Record {
        conversation: Some("cnv_1".to_owned()),
        said: vec![Said { id: id(), sent_ns: 1, accepted: Some((1, 2)) }],
        received: vec![(1, id().to_string()), (2, "rpl_1".to_owned())],
        ..Record::default()
    }]
}

/// A database in which all is well, then changed.
async fn found(change: &str, records: &[Record], calls: &[String]) -> Reconciled {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("forecourt.db");
    let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let mut conn = SqliteConnection::connect_with(&options).await.unwrap();
    conn.execute(TABLES).await.unwrap();
    sqlx::query("INSERT INTO messages VALUES ('cnv_1', 1, $1, NULL), ('cnv_1', 2, NULL, 'rpl_1')")
        .bind(id().as_str())
        .execute(&mut conn)
        .await
        .unwrap();
    conn.execute(sqlx::AssertSqlSafe(change.to_owned())).await.unwrap();
    conn.close().await.unwrap();
    check(records, dir.path(), calls).await.unwrap()
}

#[tokio::test]
async fn kept_promises_are_clean() {
    let call = format!("How long? {} I ask for a friend.", mark(&id()));
    let found = found("SELECT 1", &ledger(), &[call]).await;
    assert!(found.is_clean(), "{found:?}");
    assert_eq!((found.kept.acknowledged, found.asked, found.never_asked), (1, 1, 0));
}

#[tokio::test]
async fn each_change_of_the_tables_is_seen() {
    let lost = found("DELETE FROM messages WHERE seq = 1", &ledger(), &[]).await;
    assert_eq!((lost.kept.lost, lost.kept.gaps, lost.strange), (1, 1, 1));
    let moved = found("UPDATE messages SET seq = 3 WHERE seq = 1", &ledger(), &[]).await;
    assert_eq!((moved.kept.lost, moved.kept.gaps), (1, 1));
    let again = "INSERT INTO messages SELECT 'cnv_2', seq, client_msg_id, NULL FROM messages";
    assert_eq!(found(again, &ledger(), &[]).await.kept.doubled, 1);
    let open = "UPDATE replies SET state = 'running'";
    assert_eq!(found(open, &ledger(), &[]).await.kept.unanswered, 1);
    let other = "UPDATE messages SET reply_id = 'rpl_2' WHERE seq = 2";
    assert_eq!(found(other, &ledger(), &[]).await.strange, 1);
}

#[tokio::test]
async fn a_model_that_was_asked_too_often_is_seen() {
    let once = mark(&id());
    let twice = found("SELECT 1", &ledger(), &[once.clone(), once]).await;
    assert_eq!((twice.asked_twice, twice.asked_for_nothing), (1, 0));
    let nobody = mark(&ClientMsgId::from_bytes(&[2; 16]));
    let nothing = found("SELECT 1", &ledger(), &[nobody, "Hello".to_owned()]).await;
    assert_eq!((nothing.asked_twice, nothing.asked_for_nothing), (0, 2));
    assert_eq!((nothing.asked, nothing.never_asked), (2, 1));
}
