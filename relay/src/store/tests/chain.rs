//! What the disk changes is refused, by itself and at once, and nothing else is.

use super::*;
use crate::store::upgrade::tests::made_old;

/// A conversation of four messages, and another beside it.
struct Two {
    stage: Stage,
    token: SessionToken,
    conversation: ConversationId,
    other: SessionToken,
}

async fn two() -> Two {
    let stage = Stage::new().await;
    let (token, other) = (stage.token(), stage.token());
    let (conversation, _) = stage.answered(&token).await;
    stage.answered(&token).await;
    stage.answered(&other).await;
    Two { stage, token, conversation, other }
}

impl Two {
    /// What a visitor who comes back would see.
    async fn seen(&self, token: &SessionToken) -> Result<usize, StoreError> {
        let found = self.stage.ours().resume(token).await?;
        let Some(found) = found else { return Ok(0) };
        Ok(self.stage.ours().history(&found.id, 0, 100).await?.len())
    }
}

#[tokio::test]
async fn every_column_of_a_message_and_of_a_conversation_is_guarded() {
    for change in [
        "UPDATE messages SET body = CAST(body || 'x' AS BLOB) WHERE seq = 2",
        "UPDATE messages SET author_kind = 'human' WHERE seq = 2",
        "UPDATE messages SET client_msg_id = reply_id, reply_id = NULL WHERE seq = 2",
        "UPDATE messages SET reply_id = 'rpl_' || hex(randomblob(16)) WHERE seq = 2",
        "UPDATE messages SET at = at + 1 WHERE seq = 3",
        "UPDATE messages SET finish = 'truncated' WHERE seq = 2",
        "UPDATE messages SET generator = 'other' WHERE seq = 2",
        "UPDATE messages SET sources = '[]' WHERE seq = 2",
        "UPDATE messages SET offer = 'lead' WHERE seq = 2",
        "UPDATE messages SET chain = NULL WHERE seq = 2",
        "UPDATE messages SET chain = randomblob(32) WHERE seq = 4",
        "DELETE FROM messages WHERE seq = 1",
        "DELETE FROM messages WHERE seq = 2",
        "DELETE FROM messages WHERE seq = 4",
        "DELETE FROM messages",
        "UPDATE messages SET seq = CASE seq WHEN 2 THEN 9 ELSE seq END",
        "UPDATE conversations SET next_seq = next_seq + 1",
        "UPDATE conversations SET next_seq = next_seq - 1",
        "UPDATE conversations SET chain = randomblob(32)",
        "UPDATE conversations SET seal = randomblob(32)",
        "UPDATE conversations SET expires_at = 1",
        "UPDATE conversations SET last_at = last_at + 1",
        "UPDATE conversations SET started_at = started_at + 1",
        "UPDATE conversations SET period = 'P1D'",
        "UPDATE conversations SET locale = 'de'",
        "UPDATE conversations SET notice_version = 'x'",
        "UPDATE conversations SET build = 'x'",
        "UPDATE conversations SET site_key = 'site_theirs'",
    ] {
        let two = two().await;
        assert_eq!(two.seen(&two.token).await.unwrap(), 4);
        let column = if change.contains("messages") { "conversation_id" } else { "id" };
        let joint = if change.contains("WHERE") { "AND" } else { "WHERE" };
        let change = format!("{change} {joint} {column} = '{}'", two.conversation);
        two.stage.pragma(change.clone().leak()).await;
        let refused = two.seen(&two.token).await;
        assert!(refused.is_err_and(|error| error.is_damage()), "{change}");
        assert_eq!(two.seen(&two.other).await.unwrap(), 2, "{change}");
        let found = two.stage.store.verify().await.unwrap();
        assert_eq!((found.conversations, found.damaged.len()), (2, 1), "{change}: {found:?}");
    }
}

#[tokio::test]
async fn a_damaged_conversation_takes_nothing_more() {
    let two = two().await;
    let ours = two.stage.ours();
    let running = kept(ours.append(two.stage.words(&two.token, "?")).await.unwrap());
    two.stage.pragma("UPDATE conversations SET next_seq = next_seq + 1").await;
    let append = ours.append(two.stage.words(&two.token, "more")).await;
    assert!(append.is_err_and(|error| error.is_damage()), "a new seal would hide the damage");
    let lead = ours.take_lead(two.stage.new_lead(&two.token, "a@b.example")).await;
    assert!(lead.is_err_and(|error| error.is_damage()));
    let end = finished(&running.conversation, &running.reply.unwrap(), "It is.");
    assert!(ours.finish_reply(end).await.is_err_and(|error| error.is_damage()));
    assert_eq!(two.stage.store.interrupt_open_replies().await.unwrap(), 0, "and it starts");
}

#[tokio::test]
async fn a_snapshot_and_a_lead_are_guarded_too() {
    let stage = Stage::new().await;
    let asked = kept(stage.ours().append(stage.words(&stage.token(), "?")).await.unwrap());
    let reply = asked.reply.clone().unwrap();
    stage.ours().snapshot(&asked.conversation, &reply, "It is r", "a").await.unwrap();
    stage.ours().take_lead(stage.new_lead(&stage.token(), "a@b.example")).await.unwrap();
    stage.pragma("UPDATE replies SET snapshot = CAST(snapshot || 'x' AS BLOB)").await;
    stage.pragma("UPDATE leads SET fields = CAST(fields || ' ' AS BLOB)").await;
    assert_eq!(stage.store.interrupt_open_replies().await.unwrap(), 1);
    let said = stage.ours().history(&asked.conversation, 1, 1).await.unwrap();
    assert_eq!(said[0].text, "", "it ends without the words that can't be believed");
    assert!(stage.ours().leads(10).await.is_err_and(|error| error.is_damage()));
}

#[tokio::test]
async fn every_column_of_a_consent_is_guarded_and_no_record_is_put_in() {
    for (change, is_damage) in [
        ("UPDATE consents SET given = 1 - given", true),
        ("UPDATE consents SET channel = 'post' WHERE channel = 'sms'", true),
        ("UPDATE consents SET text = text || '.' WHERE given = 1", true),
        ("UPDATE consents SET text = CAST(X'ff' AS TEXT)", true),
        ("UPDATE consents SET text_version = 'v2'", true),
        ("UPDATE consents SET lang = 'de'", true),
        ("UPDATE consents SET notice_version = 'n2'", true),
        ("UPDATE consents SET build = 'b2'", true),
        ("UPDATE consents SET method = 'ticked_box'", true),
        ("UPDATE consents SET purpose = 'other'", true),
        ("UPDATE consents SET schema_version = 2", true),
        ("UPDATE consents SET at = at + 1", true),
        ("UPDATE consents SET id = 'cns_' || channel", true),
        ("DELETE FROM consents WHERE given = 0", true),
        (
            "INSERT INTO consents SELECT 'cns_later', dealer_id, conversation_id, lead_id, 1,
               purpose, channel, 0, 'withdrawn', text, text_version, lang, notice_version, build, at
             FROM consents WHERE given = 1",
            true,
        ),
        (
            "INSERT INTO consents SELECT 'cns_later', dealer_id, conversation_id, lead_id, 1,
               purpose, channel, 1, method, text, text_version, lang, notice_version, build, at
             FROM consents WHERE given = 0",
            true,
        ),
        ("UPDATE consents SET at = at", false),
    ] {
        let stage = Stage::new().await;
        stage.ours().take_lead(stage.new_lead(&stage.token(), "a@b.example")).await.unwrap();
        stage.pragma("DROP TRIGGER consents_append_only").await;
        stage.pragma(change).await;
        let leads = stage.ours().leads_since(Timestamp::from_millis(0), 10).await.unwrap();
        let refused = leads[0].as_ref().is_err_and(StoreError::is_damage);
        assert_eq!(refused, is_damage, "{change}");
        let found = stage.store.verify().await.unwrap();
        assert_eq!((found.is_sound(), found.leads == 0), (!is_damage, is_damage), "{change}");
    }
}

#[tokio::test]
async fn rows_of_an_older_relay_are_read_and_what_is_added_is_guarded() {
    let two = two().await;
    for old in [
        "UPDATE messages SET chain = NULL",
        "UPDATE conversations SET chain = NULL, seal = NULL",
        "UPDATE dealers SET seal = NULL",
        "UPDATE documents SET seal = NULL",
    ] {
        two.stage.pragma(old).await;
    }
    assert_eq!(two.seen(&two.token).await.unwrap(), 4);
    two.stage.answered(&two.token).await;
    assert_eq!(two.seen(&two.token).await.unwrap(), 6);
    assert_eq!(two.stage.ours().history(&two.conversation, 3, 2).await.unwrap().len(), 2);
    assert_eq!(two.stage.ours().history(&two.conversation, 4, 2).await.unwrap().len(), 2);
    assert!(two.stage.store.verify().await.unwrap().is_sound());
    two.stage.pragma("UPDATE messages SET at = at + 1 WHERE seq = 5").await;
    assert!(two.seen(&two.token).await.is_err_and(|error| error.is_damage()));
    assert_eq!(two.seen(&two.other).await.unwrap(), 2, "an old one is believed");
    assert_eq!(two.stage.number("SELECT COUNT(*) FROM messages WHERE chain IS NULL").await, 6);
}

#[tokio::test]
async fn a_database_from_before_the_chain_is_opened_and_goes_on() {
    let two = two().await;
    made_old(&two.stage).await;
    two.stage
        .pragma(
            "ALTER TABLE messages DROP COLUMN chain;
             ALTER TABLE conversations DROP COLUMN chain;
             ALTER TABLE conversations DROP COLUMN seal;
             ALTER TABLE dealers DROP COLUMN seal;
             ALTER TABLE documents DROP COLUMN seal;
             DROP INDEX conversations_by_token_again;
             DROP TABLE contacts;
             DROP TABLE audit;
             DROP TABLE counters;
             DROP INDEX outbox_due;
             ALTER TABLE outbox DROP COLUMN target;
             ALTER TABLE outbox DROP COLUMN tried_at;
             ALTER TABLE outbox DROP COLUMN answer;
             ALTER TABLE outbox DROP COLUMN told;
             CREATE INDEX outbox_due ON outbox (due) WHERE state = 'pending';
             ALTER TABLE conversations DROP COLUMN policy;
             DROP TABLE holds;
             DROP TABLE suppressions;
             DROP TABLE notices;
             DROP TABLE requests;
             DELETE FROM meta WHERE key = 'sealed';
             DELETE FROM _sqlx_migrations WHERE version >= 3;
             DELETE FROM meta WHERE key = 'commits';
             -- As sealed then: a zero, and the words.
             UPDATE messages SET body = unhex('00' || hex(substr(body, 18)))",
        )
        .await;
    let Two { stage, token, conversation, other } = two;
    std::fs::remove_file(stage.dir.path().join("forecourt.mark")).unwrap();
    let epoch = stage.store.epoch().clone();
    let two = Two { stage: stage.reopened().await, token, conversation, other };
    assert_eq!(*two.stage.store.epoch(), epoch, "a new relay is no loss");
    assert_eq!(two.seen(&two.token).await.unwrap(), 4);
    two.stage.answered(&two.token).await;
    assert_eq!(two.seen(&two.token).await.unwrap(), 6);
    let said = two.stage.ours().history(&two.conversation, 0, 1).await.unwrap();
    assert_eq!(said[0].text, "Is it red?");
    assert!(two.stage.store.verify().await.unwrap().is_sound());
}

#[tokio::test]
async fn a_dealer_on_its_way_out_is_over_and_no_damage() {
    let two = two().await;
    let id = two.stage.ours.as_str().to_owned();
    let hidden = two.stage.store.inner.writer.write(move |conn| {
        Box::pin(async move { conn.execute(sql::EXPIRE_DEALER, args![&id]).await })
    });
    assert_eq!(hidden.await.unwrap(), 2);
    assert_eq!(two.seen(&two.token).await.unwrap(), 0);
    let more = two.stage.ours().append(two.stage.words(&two.token, "more")).await;
    assert!(matches!(more, Ok(Append::Ended)), "{more:?}");
}

#[tokio::test]
async fn a_damaged_dealer_closes_its_own_sites_and_is_told() {
    let two = two().await;
    two.stage
        .pragma("UPDATE dealers SET config = replace(config, 'Quay', 'Quai') WHERE id LIKE '%01'")
        .await;
    let stage = two.stage.reopened().await;
    assert!(stage.store.dealer_by_id(&stage.ours).is_none());
    assert!(stage.store.dealer_by_id(&stage.theirs).is_some());
    let found = stage.store.verify().await.unwrap();
    assert!(found.damaged[0].contains(stage.ours.as_str()), "{found:?}");
}

#[tokio::test]
async fn nothing_is_asked_of_a_conversation_and_nothing_is_missing() {
    let two = two().await;
    let lead = two.stage.new_lead(&two.stage.token(), "a@b.example");
    let TakeLead::Taken { conversation, .. } = two.stage.ours().take_lead(lead).await.unwrap()
    else {
        panic!("not taken");
    };
    for (conversation, after, limit) in [
        (&two.conversation, 0, 0),
        (&two.conversation, 2, 0),
        (&two.conversation, 9, 9),
        (&conversation, 0, 9),
    ] {
        let said = two.stage.ours().history(conversation, after, limit).await.unwrap();
        assert!(said.is_empty(), "{conversation} {after} {limit}");
    }
}

#[tokio::test]
async fn a_part_of_a_conversation_is_checked_as_far_as_it_is_read() {
    let two = two().await;
    let ours = two.stage.ours();
    let read = |after, limit| ours.history(&two.conversation, after, limit);
    for (after, limit, wanted) in [(0, 2, 2), (1, 2, 2), (2, 100, 2), (4, 100, 0), (0, 4, 4)] {
        assert_eq!(read(after, limit).await.unwrap().len(), wanted, "{after} {limit}");
    }
    two.stage.pragma("UPDATE messages SET at = at + 1 WHERE seq = 2").await;
    assert_eq!(read(2, 100).await.unwrap().len(), 2, "what is not shown is not judged");
    assert!(read(1, 1).await.is_err());
    two.stage.pragma("DELETE FROM messages WHERE seq = 2").await;
    assert!(read(2, 100).await.is_err(), "what the next one rests on is missing");
    two.stage.pragma("DELETE FROM messages WHERE seq > 2").await;
    assert!(read(2, 100).await.is_err(), "all are missing");
    assert!(read(4, 100).await.is_err());
}

#[tokio::test]
async fn an_older_database_under_a_newer_mark_goes_on_under_a_new_epoch() {
    let stage = Stage::new().await;
    stage.answered(&stage.token()).await;
    let epoch = stage.store.epoch().clone();
    let stage = stage.reopened().await;
    assert_eq!(*stage.store.epoch(), epoch, "a crash loses nothing");
    // Of the next commits the disk keeps nothing.
    assert!(stage.store.cut_log().await.unwrap());
    let path = stage.dir.path().join("forecourt.db");
    let before = std::fs::read(&path).unwrap();
    stage.answered(&stage.token()).await;
    let Stage { store, clock, tasks, dir, random, ours, theirs } = stage;
    store.close().await;
    std::fs::write(&path, before).unwrap();
    let options = StoreOptions::new(
        dir.path().to_owned(),
        Role::Server,
        Arc::clone(&clock) as _,
        Arc::clone(&random) as _,
    );
    let store = Store::open(options, &tasks).await.unwrap();
    let stage = Stage { store, clock, tasks, dir, random, ours, theirs };
    let second = stage.store.epoch().clone();
    assert_ne!(second, epoch);
    assert_eq!(*stage.reopened().await.store.epoch(), second, "it is told once");
}

/// An index that is made anew over other rows, under the old name: it finds nothing.
macro_rules! hollow {
    ($index:literal) => {
        concat!(
            "PRAGMA writable_schema = ON;
             CREATE TABLE hollow_rows (dealer_id TEXT, token_hash BLOB, id TEXT);
             CREATE INDEX hollow ON hollow_rows (dealer_id, token_hash);
             UPDATE sqlite_schema SET rootpage =
               (SELECT rootpage FROM sqlite_schema WHERE name = 'hollow') WHERE name = '",
            $index,
            "';
             DELETE FROM sqlite_schema WHERE name IN ('hollow', 'hollow_rows');
             PRAGMA writable_schema = RESET"
        )
    };
}

#[tokio::test]
async fn an_index_that_has_lost_a_conversation_does_not_hide_it() {
    for lost in [hollow!("conversations_by_token"), hollow!("conversations_of_dealer")] {
        let two = two().await;
        two.stage.pragma(lost).await;
        let Two { stage, token, conversation, other } = two;
        let stage = stage.reopened().await;
        let two = Two { stage, token, conversation, other };
        assert!(two.seen(&two.token).await.is_err_and(|error| error.is_damage()), "{lost}");
    }
}
