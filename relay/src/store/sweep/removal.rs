//! Removing a dealer: hidden at once, its conversations taken like expired ones, and at last its own
//! rows and keys.

use std::sync::Arc;

use protocol::DealerId;
use tokio_util::sync::CancellationToken;

use super::{Stuck, Swept};
use crate::{
    clock::Timestamp,
    domain::dealer::Dealer,
    limits::VERIFY_BATCH,
    store::{
        Store, StoreError,
        db::{Conn, args},
        hold::refuse_held_dealer,
        sql,
    },
};

impl Store {
    /// Begins the removal of a dealer: from now on neither it nor any of its rows is found. The
    /// rows go in batches like expired ones; [`Store::finish_removals`] does the rest.
    pub async fn remove_dealer(&self, id: &DealerId) -> Result<Swept, StoreError> {
        self.hide_dealer(id).await?;
        self.finish_removals().await
    }

    /// The dealers whose account ended so long ago that all of them goes (A-C7a), as far as is known here.
    pub fn ended_accounts(&self, now: Timestamp) -> Vec<Arc<Dealer>> {
        let is_over = |dealer: &Arc<Dealer>| dealer.gone_at().is_some_and(|at| at <= now);
        self.dealers().into_iter().filter(is_over).collect()
    }

    /// Begins the removal of those. One that is held stays (G-29); it is told with the holds.
    pub(super) async fn remove_ended(&self, now: Timestamp) -> Result<(), StoreError> {
        if self.ended_accounts(now).is_empty() {
            return Ok(());
        }
        // Whoever goes on with an account has the last word.
        self.refresh_dealers().await?;
        for dealer in self.ended_accounts(now) {
            match self.hide_dealer(&dealer.id).await {
                Ok(()) => {
                    let id = &dealer.id;
                    tracing::info!(dealer = %id, "Removing {id}: its account ended 90 days ago");
                }
                Err(StoreError::Held { .. } | StoreError::NoSuchDealer(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Begins a removal, whatever the disk has damaged of it.
    async fn hide_dealer(&self, id: &DealerId) -> Result<(), StoreError> {
        match self.begin_removal(id, true).await {
            // One row that can't be changed keeps nobody: the others are hidden one by one.
            Err(error) if error.is_damage() => self.begin_removal(id, false).await,
            begun => begun,
        }
    }

    async fn begin_removal(&self, id: &DealerId, hides: bool) -> Result<(), StoreError> {
        let (dealer, now) = (id.clone(), self.inner.clock.now());
        self.change_dealers(move |conn| {
            Box::pin(async move {
                let id = dealer.as_str();
                refuse_held_dealer(conn, id).await?;
                if conn.execute(sql::MARK_REMOVING, args![id, now]).await? == 0 {
                    return Err(StoreError::NoSuchDealer(dealer));
                }
                conn.execute(sql::DELETE_SITES, args![id]).await?;
                if hides {
                    conn.execute(sql::EXPIRE_DEALER, args![id]).await?;
                }
                Ok(())
            })
        })
        .await
    }

    /// Deletes the rows of all dealers whose removal has begun, also one that a crash cut short.
    pub async fn finish_removals(&self) -> Result<Swept, StoreError> {
        // All that expired in 1970 belongs to dealers that are being removed.
        self.take_due(Timestamp::from_millis(0), &CancellationToken::new()).await
    }

    /// Hides the rows of all dealers whose removal has begun; answers the dealers.
    pub(super) async fn hide_removing(&self, stuck: &mut Stuck) -> Result<Vec<String>, StoreError> {
        let found: Result<Vec<(String,)>, StoreError> =
            self.inner.readers.all(sql::REMOVING, args![]).await;
        let removing = match found {
            Ok(found) => found.into_iter().map(|(dealer,)| dealer).collect(),
            // No removal goes on, and everything else does; it is told already.
            Err(error) if error.is_damage() => Vec::new(),
            Err(error) => return Err(error),
        };
        for dealer in &removing {
            match self.run(sql::EXPIRE_DEALER, dealer).await {
                Err(error) if error.is_damage() => self.hide_each(dealer, stuck).await?,
                hidden => hidden?,
            }
        }
        Ok(removing)
    }

    /// The same, conversation by conversation, for a dealer one of whose rows is damaged.
    async fn hide_each(&self, dealer: &str, stuck: &mut Stuck) -> Result<(), StoreError> {
        let mut after = String::new();
        loop {
            let args = args![dealer, &after, VERIFY_BATCH];
            let page: Vec<(String,)> = self.inner.readers.all(sql::OF_DEALER, args).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after.clone_from(&last.0);
            for (id,) in page {
                match self.run(sql::EXPIRE_CONVERSATION, &id).await {
                    Err(error) if error.is_damage() => stuck.note(id, &error),
                    hidden => hidden?,
                }
            }
        }
    }

    /// Runs a change that takes an id, by itself.
    async fn run(&self, change: &'static str, id: &str) -> Result<(), StoreError> {
        let id = id.to_owned();
        let done = self.inner.writer.write_apart(move |conn| {
            Box::pin(async move { conn.execute(change, args![&id]).await.map(drop) })
        });
        done.await
    }
}

/// Deletes the last rows of a dealer; answers whether it is gone, which it isn't as long as one of
/// its conversations can't be deleted.
pub(super) async fn delete(conn: &mut Conn, dealer: String) -> Result<u64, StoreError> {
    conn.execute(sql::DELETE_DOCUMENTS, args![&dealer]).await?;
    conn.execute(sql::DELETE_USAGE, args![&dealer]).await?;
    conn.execute(sql::DELETE_COUNTERS, args![&dealer]).await?;
    conn.execute(sql::DELETE_NOTICES, args![&dealer]).await?;
    conn.execute(sql::DELETE_SUPPRESSIONS, args![&dealer]).await?;
    let gone = conn.execute(sql::DELETE_DEALER, args![&dealer]).await?;
    if 0 < gone {
        conn.keys.execute(sql::DELETE_LEFT_KEYS, args![&dealer]).await?;
        conn.keys.execute(sql::DELETE_DEALER_KEYS, args![&dealer]).await?;
    }
    Ok(gone)
}
