//! Deleting conversations for good, whenever it is asked for: the key first, then every row.

use std::sync::Arc;

use protocol::ConversationId;

use super::{
    DealerStore, Store, StoreError,
    db::{Conn, args},
    hold::refuse_held,
    keys::{Gone, Reason, Tombstone},
    notice::Teller,
    size::Size,
    sql::{self, STEP},
};
use crate::{
    clock::Timestamp,
    domain::notice::Event,
    limits::{TOMBSTONE_LIFE, VERIFY_BATCH},
};

/// A conversation that was erased just now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erased {
    /// The id of its receipt; `None` where its key was gone already.
    pub receipt: Option<String>,
}

impl DealerStore {
    /// Erases a conversation with all that hangs on it, what is owed to others included; answers
    /// its receipt if it was there. From then on nothing of it is read anywhere, no backup included.
    /// What is held stays, and that is an error.
    pub async fn erase(&self, conversation: &ConversationId) -> Result<Option<Erased>, StoreError> {
        let (keys, now) = (self.keys().clone(), self.now());
        let (dealer, id, teller) = (self.id().clone(), conversation.clone(), self.teller());
        let erased = self.write(move |conn| {
            Box::pin(async move {
                let args = args![dealer.as_str(), id.as_str()];
                let found: Option<(String,)> = conn.optional(sql::OURS, args).await?;
                if found.is_none() {
                    return Ok(None);
                }
                refuse_held(conn, dealer.as_str(), id.as_str()).await?;
                let sizes = Size::of(conn, &[id.as_str()]).await?;
                let told = teller.tell_recipients(conn, (id.as_str(), ""), Event::Erased).await?;
                erase(conn, &[id.as_str()]).await?;
                let gone = Gone {
                    conversation: id.as_str(),
                    dealer: dealer.as_str(),
                    ended: now,
                    size: sizes.get(id.as_str()),
                    told: &told,
                };
                let receipts = keys.destroy(conn, &[gone], Reason::Erasure, now).await?;
                Ok(Some(Erased { receipt: receipts.into_iter().next() }))
            })
        });
        let erased = erased.await;
        // Whoever read it until now may have kept it once more.
        self.keys().forget(conversation.as_str());
        self.tell_owed();
        erased
    }
}

impl Store {
    /// Erases what has a tombstone and is there all the same: since a crash came between the end of
    /// the key and the end of the rows, or since older data were restored (G-31). To be called
    /// before anybody is served, and now and then; answers how many.
    pub(crate) async fn replay_tombstones(&self) -> Result<u64, StoreError> {
        let (mut erased, mut after) = (0, String::new());
        loop {
            let page = self.inner.keys.tombstones(&after, VERIFY_BATCH).await?;
            let Some(last) = page.last() else { break };
            after.clone_from(&last.conversation_id);
            for step in page.chunks(STEP) {
                let ids: Vec<&str> = step.iter().map(|one| one.conversation_id.as_str()).collect();
                let args = sql::step(&[], &ids);
                let there: Vec<(String,)> = self.inner.readers.all(sql::THERE, &args).await?;
                let there =
                    step.iter().filter(|one| there.iter().any(|(id,)| *id == one.conversation_id));
                let there: Vec<Tombstone> = there.cloned().collect();
                erased += there.len() as u64;
                self.erase_rows(there).await?;
            }
        }
        if 0 < erased {
            tracing::info!(
                erased,
                "Erased {erased} conversations again that had been deleted already"
            );
        }
        Ok(erased)
    }

    /// Drops tombstones of which no backup can be as old (G-32).
    pub(crate) async fn drop_tombstones(&self, now: Timestamp) -> Result<u64, StoreError> {
        let before = now.minus(TOMBSTONE_LIFE);
        let readers = self.inner.keys.readers();
        let any: Option<(i64,)> = readers.optional(sql::OLD_TOMBSTONE, args![before]).await?;
        if any.is_none() {
            return Ok(0);
        }
        let job = self.inner.writer.write_apart(move |conn| {
            Box::pin(async move { conn.keys.execute(sql::DROP_TOMBSTONES, args![before]).await })
        });
        job.await
    }

    async fn erase_rows(&self, tombstones: Vec<Tombstone>) -> Result<(), StoreError> {
        if tombstones.is_empty() {
            return Ok(());
        }
        let (random, now) = (Arc::clone(&self.inner.random), self.inner.time.now());
        let job = self.inner.writer.write_apart(move |conn| {
            Box::pin(async move {
                // Whoever has got them before may not have been told, or by a database that is gone.
                for one in tombstones.iter().filter(|one| one.reason == Reason::Erasure.word()) {
                    let teller = Teller::new(Arc::clone(&random), one.dealer_id.clone(), now);
                    let of = (one.conversation_id.as_str(), "");
                    teller.tell_recipients(conn, of, Event::Erased).await?;
                }
                let ids: Vec<&str> =
                    tombstones.iter().map(|one| one.conversation_id.as_str()).collect();
                erase(conn, &ids).await
            })
        });
        match job.await {
            // It is told already. Without their keys nobody reads them, and the sweep tries again.
            Err(error) if error.is_damage() => Ok(()),
            erased => erased,
        }
    }
}

/// Deletes the rows of at most `STEP` conversations.
pub(super) async fn erase(conn: &mut Conn, ids: &[&str]) -> Result<(), StoreError> {
    conn.batch(&sql::ERASE, &sql::step(&[], ids)).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::{DAY, Stage, occurrences};

    #[tokio::test]
    async fn a_tombstone_is_dropped_once_no_backup_can_be_as_old() {
        let stage = Stage::new().await;
        let (conversation, _) = stage.answered(&stage.token()).await;
        stage.ours().erase(&conversation).await.unwrap();
        let start = stage.ours().now();
        assert_eq!(stage.store.drop_tombstones(start.plus(TOMBSTONE_LIFE)).await.unwrap(), 0);
        let later = start.plus(TOMBSTONE_LIFE).plus(DAY);
        assert_eq!(stage.store.drop_tombstones(later).await.unwrap(), 1);
        assert_eq!(stage.store.drop_tombstones(later).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn what_is_erased_is_gone_at_once_and_nothing_else_is() {
        let stage = Stage::new().await;
        let (token, other) = (stage.token(), stage.token());
        let (conversation, _) = stage.answered(&token).await;
        let (kept, _) = stage.answered(&other).await;
        let lead = stage.new_lead(&token, "a@b.example");
        stage.ours().take_lead(lead).await.unwrap();
        let key = stage.wrapped_keys().await.remove(conversation.as_str()).unwrap();
        // Nobody else's word counts.
        assert_eq!(stage.theirs().erase(&conversation).await.unwrap(), None);

        assert!(stage.ours().erase(&conversation).await.unwrap().unwrap().receipt.is_some());
        assert_eq!(stage.ours().erase(&conversation).await.unwrap(), None, "it is gone already");
        assert_eq!(stage.ours().resume(&token).await.unwrap(), None);
        assert!(stage.ours().history(&conversation, 0, 10).await.unwrap().is_empty());
        assert!(stage.ours().leads(10).await.unwrap().is_empty());
        assert_eq!(stage.ours().history(&kept, 0, 10).await.unwrap().len(), 2);
        for rows in [
            "SELECT COUNT(*) FROM outbox",
            "SELECT COUNT(*) FROM consents",
            "SELECT COUNT(*) FROM leads",
        ] {
            assert_eq!(stage.number(rows).await, 0, "{rows}");
        }
        assert!(stage.store.cut_log().await.unwrap());
        assert_eq!(occurrences(&stage.bytes(), key), 0);
        // The tombstone knows the id, and its index; nothing else does.
        assert_eq!(occurrences(&stage.bytes(), conversation.as_str()), 2);
        assert!(stage.store.verify().await.unwrap().is_sound());
    }

    #[tokio::test]
    async fn a_crash_between_the_key_and_the_rows_is_made_good_at_the_start() {
        let stage = Stage::new().await;
        let (token, other) = (stage.token(), stage.token());
        let (conversation, _) = stage.answered(&token).await;
        stage.answered(&other).await;
        let (keys, id, now) =
            (stage.ours().keys().clone(), conversation.clone(), stage.ours().now());
        let dealer = stage.ours.clone();
        let half = stage.store.inner.writer.write(move |conn| {
            Box::pin(async move {
                let (conversation, dealer, size) = (id.as_str(), dealer.as_str(), None);
                let gone = Gone { conversation, dealer, ended: now, size, told: &[] };
                keys.destroy(conn, &[gone], Reason::Erasure, now).await
            })
        });
        assert_eq!(half.await.unwrap().len(), 1);
        assert!(stage.ours().resume(&token).await.unwrap().is_some(), "the rows are there");
        let stage = stage.reopened().await;
        assert_eq!(stage.ours().resume(&token).await.unwrap(), None);
        let found = stage.ours().resume(&other).await.unwrap().unwrap();
        assert_eq!(stage.ours().history(&found.id, 0, 10).await.unwrap().len(), 2);
        assert_eq!(stage.number("SELECT COUNT(*) FROM messages").await, 2);
    }
}
