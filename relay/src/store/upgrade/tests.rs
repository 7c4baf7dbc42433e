//! What an older relay kept is sealed once, whole, and nothing of it stays in clear.

use super::*;
use crate::store::tests::{Stage, occurrences};

const CANARY: &str = "kingfisher";

/// Lets all rows look as an older relay left them: in clear, without a key.
pub(in crate::store) async fn made_old(stage: &Stage) {
    for dealer in stage.store.dealers() {
        let ours = stage.store.dealer(&dealer.id);
        let args = args![ours.id().as_str(), "", 100];
        let rows: Vec<ConversationRow> = ours.readers().all(sql::TO_VERIFY, args).await.unwrap();
        for row in rows {
            let vault = ours.vault();
            let found = row.checked(&vault, None).unwrap();
            let job = ours.write(move |conn| Box::pin(in_clear(conn, vault, found)));
            job.await.unwrap();
        }
    }
    stage.pragma("UPDATE meta SET value = 'no' WHERE key = 'sealed'").await;
    stage.store.cut_log().await.unwrap();
}

/// The other way round from `reseal`.
async fn in_clear(conn: &mut Conn, vault: Vault, found: Intact) -> Result<(), StoreError> {
    let (older, safe) = (vault.in_clear(&found.id), vault.safe_in(conn, &found.id).await?);
    let (dealer, id) = (vault.dealer(), found.id.as_str());
    let rows: Vec<Chained> = conn.all(sql::HISTORY, args![dealer, id, 0, 0, 100]).await?;
    let mut chain = None;
    for mut row in rows {
        let seq = row.message.seq;
        let text = safe.open(Column::MessageBody, &seq.to_string(), &row.message.body)?;
        let body = older.seal(Column::MessageBody, &seq.to_string(), &text);
        body.as_bytes().clone_into(&mut row.message.body);
        let link = row.message.facts(dealer, id).after(chain.as_ref());
        conn.execute_one(sql::RESEAL_MESSAGE, args![dealer, id, seq, &body, &link]).await?;
        chain = Some(link);
    }
    let leads = kept(conn, &found, sql::ALL_LEADS).await?;
    for (lead, text) in opened(&safe, leads, Column::LeadFields)? {
        let fields = older.seal(Column::LeadFields, &lead, &text);
        conn.execute_one(sql::RESEAL_LEAD, args![dealer, id, &lead, &fields]).await?;
    }
    let snapshots = kept(conn, &found, sql::ALL_SNAPSHOTS).await?;
    for (reply, text) in opened(&safe, snapshots, Column::ReplySnapshot)? {
        let snapshot = older.seal(Column::ReplySnapshot, &reply, &text);
        conn.execute_one(sql::RESEAL_SNAPSHOT, args![dealer, id, &reply, &snapshot]).await?;
    }
    let mut row = found.row.clone();
    row.chain = chain.as_ref().map(|link| link.as_bytes().to_vec());
    let seal = row.sealed();
    let args = args![dealer, id, chain.as_ref(), &seal];
    conn.execute_one(sql::RESEAL_CONVERSATION, args).await?;
    let delete = "DELETE FROM conversation_keys WHERE conversation_id = $1";
    conn.keys.execute(delete, args![id]).await.map(drop)
}

#[tokio::test]
async fn what_an_older_relay_kept_is_sealed_before_anybody_is_served() {
    let stage = Stage::new().await;
    let token = stage.token();
    let said = stage.said(&token, &format!("I am {CANARY}")).await;
    let (conversation, reply) = (said.conversation, said.reply.unwrap());
    let snapshot = format!("Hello {CANARY}");
    stage.ours().snapshot(&conversation, &reply, &snapshot, "documents").await.unwrap();
    let lead = stage.new_lead(&token, &format!("{CANARY}@example.org"));
    stage.ours().take_lead(lead).await.unwrap();
    let before = stage.ours().leads(10).await.unwrap();
    made_old(&stage).await;
    // A message, a snapshot, a lead twice: its address as it was typed, and normalised.
    assert_eq!(occurrences(&stage.bytes(), CANARY), 4);

    let stage = stage.reopened().await;
    let found = stage.ours().resume(&token).await.unwrap().unwrap();
    let messages = stage.ours().history(&found.id, 0, 10).await.unwrap();
    assert_eq!(messages[0].text, format!("I am {CANARY}"));
    let after = stage.ours().leads(10).await.unwrap();
    assert_eq!(after[0].lead.fields, before[0].lead.fields);
    assert_eq!(after[0].consents, before[0].consents);
    let policy = crate::store::tests::year();
    let ended = stage.ours().end_reply(&conversation, &reply, &policy).await.unwrap();
    assert_eq!(ended.message.text, snapshot);
    let contact = Contact::Email(format!("{CANARY}@example.org"));
    assert_eq!(stage.ours().find(&contact).await.unwrap().len(), 1);
    assert!(stage.store.verify().await.unwrap().is_sound());
    stage.store.cut_log().await.unwrap();
    assert_eq!(occurrences(&stage.bytes(), CANARY), 0);
}

#[tokio::test]
async fn what_was_damaged_stays_closed_and_keeps_nothing_else_in_clear() {
    let stage = Stage::new().await;
    let (token, other) = (stage.token(), stage.token());
    stage.said(&token, "damaged").await;
    stage.said(&other, CANARY).await;
    made_old(&stage).await;
    stage
        .pragma(
            "UPDATE messages SET body = CAST(body || 'x' AS BLOB)
             WHERE 0 < instr(body, CAST('damaged' AS BLOB))",
        )
        .await;
    let stage = stage.reopened().await;
    let lost = stage.ours().resume(&token).await.unwrap().unwrap();
    let error = stage.ours().history(&lost.id, 0, 10).await.unwrap_err();
    assert!(error.is_damage(), "{error}");
    let found = stage.ours().resume(&other).await.unwrap().unwrap();
    assert_eq!(stage.ours().history(&found.id, 0, 10).await.unwrap()[0].text, CANARY);
}

#[tokio::test]
async fn a_lead_that_knows_neither_its_time_nor_its_consents_is_sealed_and_believed() {
    let stage = Stage::new().await;
    stage.ours().take_lead(stage.new_lead(&stage.token(), "a@b.example")).await.unwrap();
    made_old(&stage).await;
    stage
        .pragma(
            r#"UPDATE leads SET fields = unhex('00' || hex('{"fields":{"email":"a@b.example"}}'))"#,
        )
        .await;
    let stage = stage.reopened().await;
    let leads = stage.ours().leads(10).await.unwrap();
    assert_eq!(leads[0].lead.fields.email.as_deref(), Some("a@b.example"));
}

#[tokio::test]
async fn nothing_is_sealed_twice() {
    let stage = Stage::new().await;
    stage.answered(&stage.token()).await;
    stage.pragma("UPDATE meta SET value = 'no' WHERE key = 'sealed'").await;
    let bodies = "SELECT body FROM messages";
    let before = stage.blobs(bodies).await;
    stage.store.seal_all(Role::Server, stage.dir.path()).await.unwrap();
    assert_eq!(stage.blobs(bodies).await, before);
}

#[tokio::test]
async fn one_that_was_killed_in_the_middle_is_gone_on_with_and_what_was_erased_stays_so() {
    let stage = Stage::new().await;
    let (cut_off, erased) = (stage.token(), stage.token());
    let (conversation, _) = stage.answered(&cut_off).await;
    let (gone, _) = stage.answered(&erased).await;
    let keys = stage.wrapped_rows().await;
    made_old(&stage).await;
    // The key of one was committed, its rows were not. The other was erased since, and comes out of an
    // older backup.
    let (kept, dead) = (conversation.as_str().to_owned(), gone.as_str().to_owned());
    let half = stage.store.inner.writer.write(move |conn| {
        Box::pin(async move {
            for (id, dealer, dealer_key, wrapped) in keys {
                if id == kept {
                    let sql = "INSERT INTO conversation_keys VALUES ($1, $2, $3, unhex($4))";
                    let args = args![&id, &dealer, &dealer_key, &wrapped];
                    conn.keys.execute(sql, args).await?;
                } else if id == dead {
                    let sql = "INSERT INTO tombstones VALUES ($1, $2, 'erasure', 0)";
                    conn.keys.execute(sql, args![&id, &dealer]).await?;
                }
            }
            Ok::<_, StoreError>(())
        })
    });
    half.await.unwrap();
    let stage = stage.reopened().await;
    assert_eq!(stage.ours().history(&conversation, 0, 10).await.unwrap().len(), 2);
    assert_eq!(stage.ours().resume(&erased).await.unwrap(), None);
    assert!(stage.store.verify().await.unwrap().is_sound());
}
