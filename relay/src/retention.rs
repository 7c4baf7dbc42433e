//! Forgetting on time: the loop that makes expiry physically true (D9). What is past its end is
//! invisible before any of this runs; see `store`.

use std::time::Duration;

use tokio::time::{Sleep, sleep};
use tokio_util::sync::CancellationToken;

use crate::{
    clock::Timestamp,
    domain::belief::{Doubt, Verdict},
    lifecycle::Tasks,
    limits::{OVERDUE_MAX, OVERDUE_TOLD, SCRUB_PAUSE, SCRUB_TRIES, SWEEP_INTERVAL, SWEEP_RETRY},
    store::{Due, DueRow, Moment, Store, StoreError, Swept},
    telemetry::names,
};

/// What became of a sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It took this.
    Swept(Swept),
    /// It took nothing, because the clock can't be believed (G-27).
    Halted(Doubt),
}

/// How the deleting stands, for whoever looks after the relay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// `ok`, or what is wrong.
    pub words: String,
    /// Whether something should have been deleted so long ago that nobody should be served (G-26).
    pub is_unfit: bool,
    /// How long ago the oldest ended that is still there, hidden.
    pub overdue: Duration,
}

/// How the deleting stands now; counts what is overdue.
pub async fn standing(store: &Store) -> Standing {
    // A database that can't be read is told by whoever reads it.
    let to_review = store.holds_to_review().await.unwrap_or_default();
    let overdue = store.overdue().await.unwrap_or_default().unwrap_or_default();
    metrics::gauge!(names::OVERDUE).set(overdue.as_secs_f64());
    let trouble = store.retention_trouble();
    let mut words = if overdue < OVERDUE_TOLD {
        trouble.unwrap_or_else(|| "ok".to_owned())
    } else {
        let hours = overdue.as_secs() / 3_600;
        let why = trouble.unwrap_or_else(|| "no sweep has come to it".to_owned());
        format!("overdue: the oldest ended {hours} hours ago and is hidden, but there; {why}")
    };
    if 0 < to_review {
        words.push_str("; legal holds are past their review: see `forecourt retention hold list`");
    }
    Standing { words, is_unfit: OVERDUE_MAX <= overdue, overdue }
}

/// Sweeps once, and then every hour until the relay stops. To be awaited before serving: a relay
/// that was down for months deletes first (G-26). Neither a full disk nor a damaged page keeps
/// anybody from being served: reads hide what is due, so a sweep that fails is late, not leaking.
pub async fn run(store: &Store, tasks: &Tasks) -> Result<Option<Outcome>, StoreError> {
    let stopping = tasks.stopping();
    let first = match sweep_rows(store, &stopping).await {
        Err(error) if error.retry() || error.is_damage() => late(&error),
        outcome => Some(outcome?),
    };
    let store = store.clone();
    // From now on: what comes before the next sweep does not put it off.
    let mut next = sleep(until_next(first.as_ref()));
    tasks.spawn("retention", async move {
        // What takes longer waits until everybody is served.
        if let Err(error) = clear(&store, &stopping).await {
            late(&error);
        }
        prove(&store).await;
        while waited(next, &stopping).await {
            let outcome = sweep(&store, &stopping).await.map_or_else(|error| late(&error), Some);
            next = sleep(until_next(outcome.as_ref()));
            prove(&store).await;
        }
    });
    Ok(first)
}

/// Signs the receipts of what was deleted, and makes the report of the day (G-51).
async fn prove(store: &Store) {
    match report(store).await {
        Ok(None) => {}
        Ok(Some(number)) => tracing::info!(number, "Made report {number} on what was deleted"),
        Err(error) => {
            tracing::error!(%error, "Could not make the report on what was deleted; it tries again with the next sweep");
        }
    }
}

/// The same; answers the number of the report, if one was due.
pub(crate) async fn report(store: &Store) -> Result<Option<u64>, StoreError> {
    // What can't be signed is told, and keeps no report from being made.
    if let Err(error) = store.sign_receipts().await {
        tracing::error!(%error, "Could not sign all receipts of what was deleted");
    }
    let Standing { words, overdue, .. } = standing(store).await;
    store.report(Moment { overdue_seconds: overdue.as_secs(), retention: words }).await
}

fn late(error: &StoreError) -> Option<Outcome> {
    tracing::error!(%error, "The sweep failed; it tries again in a minute");
    None
}

/// What failed is tried again soon, and a clock that is doubted is looked at more often, so that
/// it needs no restart to be believed.
fn until_next(outcome: Option<&Outcome>) -> Duration {
    match outcome {
        Some(Outcome::Swept(_)) => SWEEP_INTERVAL,
        Some(Outcome::Halted(_)) | None => SWEEP_RETRY,
    }
}

/// One sweep, by the clock if it can be believed; rows, and what they leave behind.
pub async fn sweep(store: &Store, stopping: &CancellationToken) -> Result<Outcome, StoreError> {
    let outcome = sweep_rows(store, stopping).await?;
    tidy_keys(store).await?;
    clear(store, stopping).await?;
    Ok(outcome)
}

async fn sweep_rows(store: &Store, stopping: &CancellationToken) -> Result<Outcome, StoreError> {
    let outcome = look_and_sweep(store, stopping).await;
    let stuck = match &outcome {
        Ok(Outcome::Swept(swept)) => Some(swept.stuck),
        _ => None,
    };
    let (failed, trouble) = match &outcome {
        Err(error) => (true, Some(format!("late: {error}"))),
        Ok(_) => (false, stuck.filter(|stuck| 0 < *stuck).map(damaged)),
    };
    metrics::gauge!(names::RETENTION_LATE).set(f64::from(u8::from(failed)));
    store.tell_retention(trouble, stuck);
    outcome
}

fn damaged(stuck: u64) -> String {
    format!(
        "damaged: {stuck} that are past their end can't be deleted, see the log and `forecourt doctor`; all others are"
    )
}

async fn look_and_sweep(
    store: &Store,
    stopping: &CancellationToken,
) -> Result<Outcome, StoreError> {
    let was_halted = store.clock_doubt().is_some();
    let verdict = store.look_at_clock().await?;
    let is_halted = matches!(verdict, Verdict::Doubt(_));
    metrics::gauge!(names::RETENTION_HALTED).set(f64::from(u8::from(is_halted)));
    match verdict {
        Verdict::Sure(until) => {
            bring_back(store, until).await?;
            shorten(store).await?;
            sweep_until(store, until, stopping).await.map(Outcome::Swept)
        }
        Verdict::Doubt(doubt) => {
            if !was_halted {
                tracing::error!("The sweep halts: {doubt}");
            }
            Ok(Outcome::Halted(doubt))
        }
    }
}

/// Sets right what a clock that was ahead has put off.
async fn bring_back(store: &Store, now: Timestamp) -> Result<(), StoreError> {
    match store.bring_back(now).await {
        Ok(0) => {}
        Ok(moved) => {
            tracing::info!(
                moved,
                "Set the end of {moved} conversations right: they were written while the clock was ahead"
            );
        }
        // Tried again with the next sweep; it keeps nothing else from being deleted.
        Err(error) if error.is_damage() => {
            tracing::error!(%error, "Could not set all ends right that the clock had put off");
        }
        Err(error) => return Err(error),
    }
    Ok(())
}

/// Lets conversations end sooner whose dealers have chosen a shorter period since: at once where the
/// command did so, else here.
async fn shorten(store: &Store) -> Result<(), StoreError> {
    for dealer in store.dealers() {
        match store.dealer(&dealer.id).shorten(&dealer.retention).await {
            Ok(0) => {}
            Ok(moved) => {
                tracing::info!(
                    moved,
                    "Brought the end of {moved} conversations forward: their dealer keeps them for less now"
                );
            }
            // Tried again with the next sweep; it keeps nothing else from being deleted.
            Err(error) if error.is_damage() => {
                tracing::error!(%error, "Could not bring all ends forward of a dealer that keeps for less now");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// What a sweep would take now, or why it would take nothing: by the verdict on the clock that the
/// sweep goes by.
pub async fn dry_run(store: &Store) -> Result<Result<(Vec<Due>, Vec<DueRow>), Doubt>, StoreError> {
    match store.clock_verdict().await? {
        Verdict::Sure(until) => Ok(Ok((due(store, until).await?, store.due_rows(until).await?))),
        Verdict::Doubt(doubt) => Ok(Err(doubt)),
    }
}

/// What a sweep at `now` would take: the dry run (G-28).
pub async fn due(store: &Store, now: Timestamp) -> Result<Vec<Due>, StoreError> {
    store.due(now).await
}

/// Takes all that is past its end at `now`, whatever the clock says.
pub async fn sweep_once(store: &Store, now: Timestamp) -> Result<Swept, StoreError> {
    let never = CancellationToken::new();
    let swept = sweep_until(store, now, &never).await?;
    clear(store, &never).await?;
    Ok(swept)
}

/// The same, and stops between two batches when it is cancelled: the next sweep goes on there.
pub async fn sweep_until(
    store: &Store,
    now: Timestamp,
    stopping: &CancellationToken,
) -> Result<Swept, StoreError> {
    let mut swept = store.take_due(now, stopping).await?;
    swept.held = unless_damaged(store.count_holds(now).await)?.past_end;
    tell_disputed(store, now).await?;
    unless_damaged(store.drop_tombstones(now).await)?;
    unless_damaged(store.drop_audit(now).await)?;
    let scrubbed = scrub(store, stopping).await?;
    count(&swept, now);
    log(&swept, scrubbed);
    Ok(swept)
}

/// Lets go of keys that nobody has used lately, and makes good what a command left that was killed in
/// the middle of an erasure. The store does so itself when it is opened.
async fn tidy_keys(store: &Store) -> Result<(), StoreError> {
    store.forget_unused_keys();
    unless_damaged(store.replay_tombstones().await).map(drop)
}

/// Lets damage pass: it is told already, and the next sweep tries again.
fn unless_damaged<T: Default>(done: Result<T, StoreError>) -> Result<T, StoreError> {
    match done {
        Err(error) if error.is_damage() => Ok(T::default()),
        done => done,
    }
}

/// Names how many conversations were left alone because two places differ on their end.
async fn tell_disputed(store: &Store, now: Timestamp) -> Result<(), StoreError> {
    let disputed = match store.disputed(now).await {
        // It meets what could not be deleted, which is told already.
        Err(error) if error.is_damage() => return Ok(()),
        disputed => disputed?,
    };
    if 0 < disputed {
        metrics::counter!(names::DAMAGE, "what" => "row").increment(disputed);
        tracing::error!(
            disputed,
            "Left {disputed} conversations alone: the disk does not hold when they end; see `forecourt doctor`"
        );
    }
    Ok(())
}

/// Removes the traces of deleted rows: free pages from the end of the database, then the log as a
/// whole. Done at each sweep, also where nothing was due: an overwritten snapshot leaves a trace
/// in the log too. False: a reader held the log open all the time.
async fn scrub(store: &Store, stopping: &CancellationToken) -> Result<bool, StoreError> {
    let mut free = i64::MAX;
    while !stopping.is_cancelled() {
        let left = match store.vacuum().await {
            // A damaged list of free pages: they stay, and the log is cut all the same.
            Err(error) if error.is_damage() => break,
            left => left?,
        };
        if left == 0 || free <= left {
            break;
        }
        free = left;
    }
    cut(store, stopping).await
}

/// Cuts the logs. False: a reader held one open all the time.
async fn cut(store: &Store, stopping: &CancellationToken) -> Result<bool, StoreError> {
    for _ in 0..SCRUB_TRIES {
        if store.cut_log().await? {
            return Ok(true);
        }
        if !waited(sleep(SCRUB_PAUSE), stopping).await {
            break;
        }
    }
    Ok(false)
}

/// Removes the traces of what a command has deleted; false: a reader held a log open all the time.
pub async fn remove_traces(store: &Store) -> Result<bool, StoreError> {
    let never = CancellationToken::new();
    clear(store, &never).await?;
    scrub(store, &never).await
}

/// Overwrites what deleted rows have left on their pages, and cuts the logs once more. A reader that
/// holds them keeps this for the next sweep.
async fn clear(store: &Store, stopping: &CancellationToken) -> Result<(), StoreError> {
    // What is deleted from now on may stand on pages that were looked at already.
    let begun = store.moment();
    let cleared = match store.clear_slack(stopping).await {
        // It is told already, and tried again.
        Err(error) if error.is_damage() => return Ok(()),
        cleared => cleared?,
    };
    if 0 < cleared {
        tracing::debug!(cleared, "Overwrote what deleted rows had left on {cleared} pages");
    }
    if cut(store, stopping).await? && !stopping.is_cancelled() {
        store.tell_traces_removed(begun);
    }
    Ok(())
}

/// Waits; false: cancelled.
async fn waited(time: Sleep, stopping: &CancellationToken) -> bool {
    tokio::select! {
        () = stopping.cancelled() => false,
        () = time => true,
    }
}

fn count(swept: &Swept, now: Timestamp) {
    for (table, rows) in swept.tables() {
        metrics::counter!(names::SWEPT, "table" => table).increment(rows);
    }
    #[expect(clippy::cast_precision_loss, reason = "a count of damaged rows")]
    metrics::gauge!(names::RETENTION_STUCK).set(swept.stuck as f64);
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
        requests = swept.requests,
        notices = swept.notices,
        batches = swept.batches,
        stuck = swept.stuck,
        held = swept.held,
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
