//! What is left over beside the data: keys of conversations that were never committed, or that a
//! restore has taken away, and tombstones of which no backup can hold the conversation any more.

use super::{
    Store, StoreError,
    db::{Conn, args},
    keys::{Keys, Reason},
    sql::{self, STEP},
};
use crate::{
    clock::Timestamp,
    limits::{TOMBSTONE_LIFE, VERIFY_BATCH},
};

impl Store {
    /// Destroys keys without a conversation and drops tombstones, each once no backup can be as old:
    /// until then another restore may bring the conversation back. Answers how many.
    pub(crate) async fn drop_left_over(&self, now: Timestamp) -> Result<u64, StoreError> {
        let before = now.minus(TOMBSTONE_LIFE);
        let (mut dropped, mut after) = (0, String::new());
        loop {
            let (keys, from) = (self.inner.keys.clone(), after.clone());
            let job = self.inner.writer.write(move |conn| {
                Box::pin(async move { drop_page(conn, &keys, &from, before, now).await })
            });
            let (n, last) = job.await?;
            dropped += n;
            let Some(last) = last else { break };
            after = last;
        }
        let job = self.inner.writer.write(move |conn| {
            Box::pin(async move { conn.keys.execute(sql::DROP_TOMBSTONES, args![before]).await })
        });
        Ok(dropped + job.await?)
    }
}

/// Looks at one page of keys; answers how many were destroyed, and where the next page begins.
async fn drop_page(
    conn: &mut Conn,
    keys: &Keys,
    after: &str,
    before: Timestamp,
    now: Timestamp,
) -> Result<(u64, Option<String>), StoreError> {
    let page: Vec<(String,)> =
        conn.keys.all(sql::OLD_KEYS, args![after, before, VERIFY_BATCH]).await?;
    let ids: Vec<&str> = page.iter().map(|(id,)| id.as_str()).collect();
    let mut orphans = Vec::new();
    for step in ids.chunks(STEP) {
        let found: Vec<(String,)> = conn.all(sql::THERE, &sql::step(&[], step)).await?;
        orphans.extend(step.iter().filter(|id| !found.iter().any(|(there,)| there == *id)));
    }
    let n = keys.destroy(conn, &orphans, Reason::NeverKept, now).await?;
    Ok((n, ids.last().map(|last| (*last).to_owned())))
}

#[cfg(test)]
mod tests {
    use crate::{
        clock::Clock,
        store::tests::{DAY, Stage, kept},
    };

    use super::*;

    /// How many keys and tombstones there are.
    async fn counts(stage: &Stage) -> (i64, i64) {
        let sql =
            "SELECT (SELECT COUNT(*) FROM conversation_keys), (SELECT COUNT(*) FROM tombstones)";
        let count = stage
            .store
            .inner
            .writer
            .write(move |conn| Box::pin(async move { conn.keys.optional(sql, args![]).await }));
        count.await.unwrap().unwrap()
    }

    #[tokio::test]
    async fn a_key_without_a_conversation_goes_once_no_backup_can_hold_that() {
        let stage = Stage::new().await;
        let lost = kept(stage.ours().append(stage.words(&stage.token(), "lost")).await.unwrap());
        stage.said(&stage.token(), "kept").await;
        // As after a restore of older data.
        stage.pragma("PRAGMA foreign_keys = OFF").await;
        let id = lost.conversation.as_str().to_owned();
        let deleted = stage.store.inner.writer.write(move |conn| {
            Box::pin(async move {
                conn.execute("DELETE FROM conversations WHERE id = $1", args![&id]).await
            })
        });
        assert_eq!(deleted.await.unwrap(), 1);

        let start = stage.clock.now();
        stage.clock.set(start.plus(TOMBSTONE_LIFE));
        assert_eq!(stage.store.drop_left_over(stage.clock.now()).await.unwrap(), 0);
        assert_eq!(counts(&stage).await, (2, 0));
        stage.clock.advance(DAY);
        assert_eq!(stage.store.drop_left_over(stage.clock.now()).await.unwrap(), 1);
        assert_eq!(counts(&stage).await, (1, 1));
        // And the tombstone when its own time has come.
        stage.clock.advance(TOMBSTONE_LIFE + DAY);
        assert_eq!(stage.store.drop_left_over(stage.clock.now()).await.unwrap(), 1);
        assert_eq!(counts(&stage).await, (1, 0));
    }
}
