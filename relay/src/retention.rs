//! Forgetting on time: the loop that makes expiry physically true (D9). What is past its end is
//! invisible before any of this runs; see `store`.

use std::{sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;

use crate::{
    clock::{Clock, Timestamp},
    lifecycle::Tasks,
    limits::{SCRUB_PAUSE, SCRUB_TRIES, SWEEP_INTERVAL},
    store::{Due, Store, StoreError, Swept},
    telemetry::names,
};

/// Sweeps once, and then every hour until the relay stops. To be awaited before serving: a relay
/// that was down for months deletes first (G-26).
pub async fn run(store: &Store, clock: Arc<dyn Clock>, tasks: &Tasks) -> Result<Swept, StoreError> {
    let stopping = tasks.stopping();
    let first = sweep_until(store, clock.now(), &stopping).await?;
    let store = store.clone();
    tasks.spawn("retention", async move {
        while waited(SWEEP_INTERVAL, &stopping).await {
            // Reads hide what is due, so a sweep that fails is late, not leaking.
            if let Err(error) = sweep_until(&store, clock.now(), &stopping).await {
                tracing::error!(%error, "The sweep failed; it tries again in an hour");
            }
        }
    });
    Ok(first)
}

/// What a sweep at `now` would take: the dry run (G-28).
pub async fn due(store: &Store, now: Timestamp) -> Result<Vec<Due>, StoreError> {
    store.due(now).await
}

/// Takes all that is past its end at `now`.
pub async fn sweep_once(store: &Store, now: Timestamp) -> Result<Swept, StoreError> {
    sweep_until(store, now, &CancellationToken::new()).await
}

/// The same, and stops between two batches when it is cancelled: the next sweep goes on there.
pub async fn sweep_until(
    store: &Store,
    now: Timestamp,
    stopping: &CancellationToken,
) -> Result<Swept, StoreError> {
    let mut swept = store.finish_removals().await?;
    while !stopping.is_cancelled() {
        let (batch, more) = store.sweep_batch(now).await?;
        swept.add(batch);
        if !more {
            break;
        }
    }
    let disputed = store.disputed(now).await?;
    if 0 < disputed {
        metrics::counter!(names::DAMAGE, "what" => "row").increment(disputed);
        tracing::error!(
            disputed,
            "Left {disputed} conversations alone: the disk does not hold when they end; see `forecourt doctor`"
        );
    }
    let scrubbed = scrub(store, stopping).await?;
    count(&swept, now);
    log(&swept, scrubbed);
    Ok(swept)
}

/// Removes the traces of deleted rows: free pages from the end of the database, then the log as a
/// whole. Done at each sweep, also where nothing was due: an overwritten snapshot leaves a trace
/// in the log too. False: a reader held the log open all the time.
async fn scrub(store: &Store, stopping: &CancellationToken) -> Result<bool, StoreError> {
    let mut free = i64::MAX;
    while !stopping.is_cancelled() {
        let left = store.vacuum().await?;
        if left == 0 || free <= left {
            break;
        }
        free = left;
    }
    for _ in 0..SCRUB_TRIES {
        if store.cut_log().await? {
            return Ok(true);
        }
        if !waited(SCRUB_PAUSE, stopping).await {
            break;
        }
    }
    Ok(false)
}

/// Waits; false: cancelled.
async fn waited(time: Duration, stopping: &CancellationToken) -> bool {
    tokio::select! {
        () = stopping.cancelled() => false,
        () = tokio::time::sleep(time) => true,
    }
}

fn count(swept: &Swept, now: Timestamp) {
    for (table, rows) in swept.tables() {
        metrics::counter!(names::SWEPT, "table" => table).increment(rows);
    }
    #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 fit an f64 for long")]
    metrics::gauge!(names::LAST_SWEEP).set((now.millis() / 1_000) as f64);
}

fn log(swept: &Swept, scrubbed: bool) {
    tracing::info!(
        conversations = swept.conversations,
        messages = swept.messages,
        leads = swept.leads,
        consents = swept.consents,
        replies = swept.replies,
        outbox = swept.outbox,
        dealers = swept.dealers,
        batches = swept.batches,
        scrubbed,
        "Swept {} expired conversations with {} messages",
        swept.conversations,
        swept.messages,
    );
    if !scrubbed {
        tracing::warn!(
            "The log could not be cut: another process reads the database. Deleted text may stand in forecourt.db-wal until the next sweep"
        );
    }
}

#[cfg(test)]
mod tests;
