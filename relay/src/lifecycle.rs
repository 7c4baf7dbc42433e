//! Life and death of the process: the tasks it runs, how they are asked to stop, which signals
//! ask. Not what a task does, and no statics: a test may run many relays side by side.

use std::{
    any::Any,
    future::Future,
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::FutureExt;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{limits::KILL_GRACE, telemetry::names};

/// All tasks of one relay. Cheap to clone; every clone speaks of the same tasks.
#[derive(Clone, Debug)]
pub struct Tasks {
    tracker: TaskTracker,
    /// Those of them that a stop waits for before anybody is sent away.
    work: TaskTracker,
    /// Soft: finish what you do, begin nothing new.
    stopping: CancellationToken,
    /// The work is done: say goodbye.
    leaving: CancellationToken,
    /// Hard: save what can be saved within `KILL_GRACE`.
    killed: CancellationToken,
    /// The end: whatever still runs is dropped at its next await.
    dropped: CancellationToken,
    panics: Arc<AtomicU64>,
}

impl Default for Tasks {
    fn default() -> Self {
        Self::new()
    }
}

impl Tasks {
    /// No tasks yet.
    pub fn new() -> Self {
        Self {
            tracker: TaskTracker::new(),
            work: TaskTracker::new(),
            stopping: CancellationToken::new(),
            leaving: CancellationToken::new(),
            killed: CancellationToken::new(),
            dropped: CancellationToken::new(),
            panics: Arc::default(),
        }
    }

    /// Runs `future` on the tracker, so that a stop waits for it.
    ///
    /// A panic ends this task only. It is counted, and logged without its message: the message of
    /// a failed slice holds the text that was sliced (G-33).
    pub fn spawn<F>(&self, name: &'static str, future: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (dropped, panics) = (self.dropped.clone(), Arc::clone(&self.panics));
        // Boxed here: a future that is moved into the block and held by it would weigh twice.
        let guarded = Box::pin(AssertUnwindSafe(future).catch_unwind());
        self.tracker.spawn(async move {
            tokio::select! {
                // First: a task that is dropped does nothing more.
                biased;
                () = dropped.cancelled() => tracing::warn!(task = name, "Dropped the task {name}: it did not stop in time"),
                outcome = guarded => if let Err(payload) = outcome { note_panic(name, &panics, payload) },
            }
        });
    }

    /// The same for work that somebody waits for: a stop lets it end before it sends anybody away.
    pub fn spawn_work<F>(&self, name: &'static str, future: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.spawn(name, self.work.track_future(future));
    }

    /// Cancelled when the relay begins to stop: finish what you do, begin nothing new.
    pub fn stopping(&self) -> CancellationToken {
        self.stopping.clone()
    }

    /// Cancelled when a stopping relay has finished its work, or must cut it: whoever is connected
    /// is sent away now and no earlier, since the next relay can only begin when this one ends.
    pub fn leaving(&self) -> CancellationToken {
        self.leaving.clone()
    }

    /// Cancelled when time is up: save what can be saved, at once.
    pub fn killed(&self) -> CancellationToken {
        self.killed.clone()
    }

    /// Skips the polite part of a stop, for example at a second signal.
    pub fn kill(&self) {
        self.stopping.cancel();
        self.leaving.cancel();
        self.killed.cancel();
    }

    /// Drops all tasks where they stand, as a crash does. For simulations.
    pub fn crash(&self) {
        self.dropped.cancel();
    }

    /// How many tasks run.
    pub fn running(&self) -> usize {
        self.tracker.len()
    }

    /// How many tasks ended by a panic.
    pub fn panics(&self) -> u64 {
        self.panics.load(Ordering::Relaxed)
    }

    /// Stops all tasks within `deadline`: softly, and hard when it is near or after a `kill`. True
    /// if each came to its own end, also to one that was cut short; false if one had to be dropped.
    pub async fn stop(&self, deadline: Duration) -> bool {
        self.tracker.close();
        self.work.close();
        self.stopping.cancel();
        let gently = async {
            self.work.wait().await;
            self.leaving.cancel();
            self.tracker.wait().await;
        };
        tokio::select! {
            () = gently => return true,
            () = self.killed.cancelled() => {}
            // What is cut needs a moment to be kept, and the deadline holds all the same.
            () = tokio::time::sleep(deadline.saturating_sub(KILL_GRACE)) => {}
        }
        tracing::warn!(running = self.running(), "Killing the tasks that are still running");
        self.kill();
        if tokio::time::timeout(KILL_GRACE, self.tracker.wait()).await.is_ok() {
            return true;
        }
        self.dropped.cancel();
        // A task that blocks its thread can't be dropped; the process ends without it.
        let _ = tokio::time::timeout(KILL_GRACE, self.tracker.wait()).await;
        false
    }
}

/// Counts and logs a panic; drops its payload, which may hold anything, with care.
fn note_panic(name: &'static str, panics: &AtomicU64, payload: Box<dyn Any + Send>) {
    // Dropping a payload may panic in turn.
    let _ = std::panic::catch_unwind(AssertUnwindSafe(move || drop(payload)));
    panics.fetch_add(1, Ordering::Relaxed);
    metrics::counter!(names::TASK_PANICS, "task" => name).increment(1);
    tracing::error!(task = name, "The task {name} panicked; the relay goes on without it");
}

/// The signals that end the process: SIGINT (Ctrl-C) and SIGTERM.
#[derive(Debug)]
pub struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    /// Listens from now on: a signal that comes before `next` is waited for is not lost.
    #[cfg(unix)]
    pub fn install() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};

        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Waits for the next signal and names it.
    #[cfg(unix)]
    pub async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.interrupt.recv() => "SIGINT",
            _ = self.terminate.recv() => "SIGTERM",
        }
    }

    /// Listens from now on.
    #[cfg(not(unix))]
    pub fn install() -> std::io::Result<Self> {
        Ok(Self {})
    }

    /// Waits for the next Ctrl-C.
    #[cfg(not(unix))]
    pub async fn next(&mut self) -> &'static str {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        "Ctrl-C"
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    const LONG: Duration = Duration::from_mins(1);

    #[tokio::test]
    async fn a_stop_waits_for_a_task_that_finishes_its_work() {
        let tasks = Tasks::new();
        let (done, finished) = oneshot::channel();
        let stopping = tasks.stopping();
        tasks.spawn("worker", async move {
            stopping.cancelled().await;
            let _ = done.send("finished");
        });
        assert!(tasks.stop(LONG).await);
        assert_eq!(finished.await, Ok("finished"));
    }

    #[tokio::test]
    async fn nobody_is_sent_away_before_the_work_is_done() {
        let tasks = Tasks::new();
        let (finish, finished) = oneshot::channel::<()>();
        let (stopping, leaving) = (tasks.stopping(), tasks.leaving());
        tasks.spawn_work("reply", async move {
            let _ = finished.await;
        });
        let goodbye = leaving.clone();
        tasks.spawn("session", async move { goodbye.cancelled().await });
        let (in_time, ()) = tokio::join!(tasks.stop(LONG), async {
            stopping.cancelled().await;
            tokio::task::yield_now().await;
            assert!(!leaving.is_cancelled());
            drop(finish);
        });
        assert!(in_time && leaving.is_cancelled());
    }

    #[tokio::test]
    async fn a_kill_cuts_a_stop_short_and_who_hears_it_has_ended_well() {
        let tasks = Tasks::new();
        let killed = tasks.killed();
        tasks.spawn("deaf to the soft word", async move { killed.cancelled().await });
        let again = tasks.clone();
        let (in_time, ()) = tokio::join!(tasks.stop(LONG), async move {
            again.stopping().cancelled().await;
            again.kill();
        });
        assert!(in_time);
        assert_eq!(tasks.running(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_that_hears_nothing_is_dropped_after_the_deadline() {
        let tasks = Tasks::new();
        tasks.spawn("deaf", std::future::pending());
        assert!(!tasks.stop(Duration::ZERO).await);
        assert_eq!(tasks.running(), 0);
    }

    #[tokio::test]
    async fn a_panic_is_counted_and_ends_its_own_task_only() {
        let tasks = Tasks::new();
        let (send, receive) = oneshot::channel();
        tasks.spawn("broken", async { panic!("planted") });
        tasks.spawn("whole", async move {
            let _ = send.send(7);
        });
        assert_eq!(receive.await, Ok(7));
        assert!(tasks.stop(LONG).await);
        assert_eq!(tasks.panics(), 1);
    }
}
