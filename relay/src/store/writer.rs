//! The one writer: takes all jobs that wait, runs them in one transaction, commits, and only then
//! answers each (D4). What a job does is not its business.
//!
//! A commit costs a sync of the disk, the same for one job as for hundreds; so whatever waits when
//! the last commit is done shares the next one, and a job that comes alone is committed at once.

mod job;
mod savepoint;
mod wrong;

use std::sync::{Arc, OnceLock};

use futures_util::future::BoxFuture;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

pub(super) use self::wrong::Wrong;
use self::{
    job::{Job, Typed, answer_all, answer_each, run_guarded},
    savepoint::SAVEPOINTS,
    wrong::planted_pause,
};
use super::{StoreError, db::Conn, log::LogWatch, mark::Mark};
use crate::{
    clock::Clock,
    limits::{WRITER_GROUP, WRITER_QUEUE},
    telemetry::names,
};

const COMMIT: &str = "COMMIT";
const ROLLBACK: &str = "ROLLBACK";

/// What the writer is asked to do.
enum Command {
    /// Part of a transaction, beside others.
    Job(Box<dyn Job>),
    /// A transaction of its own.
    Lone(Box<dyn Job>),
    /// Outside of any transaction: cutting the log, giving pages back.
    Alone(Box<dyn Job>),
    /// Commit what came before, close the connection, end.
    Close(oneshot::Sender<Result<(), StoreError>>),
}

/// The way to the writer. Cheap to clone.
#[derive(Clone)]
pub(super) struct Writer {
    queue: mpsc::Sender<Command>,
    /// Why nothing more is written, once a commit has left doubt about the disk.
    broken: Arc<Broken>,
    /// How long a commit takes.
    clock: Arc<dyn Clock>,
}

/// Why nothing more is written, and a bell for whoever waits for that.
#[derive(Default)]
struct Broken {
    why: OnceLock<StoreError>,
    bell: CancellationToken,
}

impl Broken {
    fn get(&self) -> Option<&StoreError> {
        self.why.get()
    }

    fn set(&self, error: StoreError) {
        let _ = self.why.set(error);
        self.bell.cancel();
    }
}

impl Writer {
    /// Starts the writer on `conn`; the receiver hears of its end.
    ///
    /// On a thread of its own: each job waits for the database several times, and on the threads
    /// of the sessions it would each time stand in line behind all who have something to do; with
    /// thousands of them the commits of a second would take a minute.
    ///
    /// It outlives the tasks of the relay, which write until their last breath: it ends when it
    /// is closed or when nobody can ask it any more.
    pub(super) fn start(
        conn: Conn,
        logs: [LogWatch; 2],
        mark: Option<Mark>,
        clock: Arc<dyn Clock>,
        wrong: Wrong,
    ) -> std::io::Result<(Self, oneshot::Receiver<()>)> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        let (ended, end) = oneshot::channel();
        let (queue, jobs) = mpsc::channel(WRITER_QUEUE);
        let broken = Arc::<Broken>::default();
        let task = Task {
            conn,
            logs,
            mark,
            commits: 0,
            jobs,
            broken: Arc::clone(&broken),
            is_full: false,
            wrong,
            behind: 0,
        };
        std::thread::Builder::new().name("writer".to_owned()).spawn(move || {
            runtime.block_on(task.run());
            // Whoever closed the store may wait for this; nobody else does.
            let _ = ended.send(());
        })?;
        Ok((Self { queue, broken, clock }, end))
    }

    /// Runs `work` in a transaction and answers once it is committed, on disk.
    pub(super) async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
    {
        let came = self.clock.uptime();
        let fate = self.ask(work, Command::Job).await;
        metrics::histogram!(names::COMMIT).record(self.clock.uptime().saturating_sub(came));
        fate.inspect_err(|error| {
            metrics::counter!(names::STORE_ERRORS, "kind" => error.word()).increment(1);
        })
    }

    /// The same in a transaction of its own: what goes through many rows may meet a damaged page, and
    /// SQLite then refuses all that shares the transaction.
    pub(super) async fn write_apart<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
    {
        self.ask(work, Command::Lone).await
    }

    /// Runs `work` between two transactions.
    pub(super) async fn alone<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
    {
        self.ask(work, Command::Alone).await
    }

    async fn ask<T, F>(&self, work: F, how: fn(Box<dyn Job>) -> Command) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
    {
        if let Some(error) = self.broken.get() {
            return Err(error.clone());
        }
        let (reply, answer) = oneshot::channel();
        let job = Typed::new(work, reply);
        self.queue.try_send(how(Box::new(job))).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => StoreError::Busy,
            mpsc::error::TrySendError::Closed(_) => StoreError::Closed,
        })?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Does what a failed sync in a commit does.
    #[cfg(test)]
    pub(super) fn doubt_the_disk(&self) {
        let cause = Arc::new(sqlx::Error::Protocol("planted".into()));
        self.broken.set(StoreError::Broken(cause));
    }

    /// Waits until a commit has left doubt about the disk; for ever, as a rule.
    pub(super) async fn broken(&self) {
        self.broken.bell.cancelled().await;
    }

    /// Commits what was asked before, and ends the writer.
    pub(super) async fn close(&self) -> Result<(), StoreError> {
        let (reply, answer) = oneshot::channel();
        if self.queue.send(Command::Close(reply)).await.is_err() {
            return Ok(());
        }
        answer.await.unwrap_or(Ok(()))
    }
}

struct Task {
    conn: Conn,
    /// Of the data and of the keys.
    logs: [LogWatch; 2],
    /// Where the commits of a server are counted beside the database.
    mark: Option<Mark>,
    /// How many there are with the one that is open.
    commits: i64,
    jobs: mpsc::Receiver<Command>,
    broken: Arc<Broken>,
    /// Whether the last group found no space; logged when it changes, not at each refusal.
    is_full: bool,
    wrong: Wrong,
    /// How many came while the group before them waited in vain for another process. They have
    /// waited with it: to wait once more would leave a visitor without an answer for twice as long.
    behind: usize,
}

impl Task {
    async fn run(mut self) {
        let mut waiting = Vec::with_capacity(WRITER_GROUP);
        let most = if self.wrong.commits_alone { 1 } else { WRITER_GROUP };
        while self.jobs.recv_many(&mut waiting, most).await != 0 {
            let mut group = Vec::with_capacity(waiting.len());
            for command in waiting.drain(..) {
                let has_waited = self.behind != 0;
                self.behind = self.behind.saturating_sub(1);
                match command {
                    Command::Job(job) if has_waited => job.answer(Err(StoreError::Busy)),
                    Command::Job(job) => group.push(job),
                    Command::Lone(job) => {
                        self.settle(std::mem::take(&mut group)).await;
                        self.settle(vec![job]).await;
                    }
                    Command::Alone(job) => {
                        self.settle(std::mem::take(&mut group)).await;
                        self.settle_alone(job).await;
                    }
                    Command::Close(done) => {
                        self.settle(group).await;
                        let _ = done.send(self.conn.close().await);
                        return;
                    }
                }
            }
            self.settle(group).await;
        }
        // Nobody is left to hear of a failure; the log is copied at the next start.
        let _ = self.conn.close().await;
    }

    async fn settle_alone(&mut self, mut job: Box<dyn Job>) {
        let fate = match self.broken.get() {
            Some(error) => Err(error.clone()),
            None => run_guarded(&mut job, &mut self.conn).await,
        };
        job.answer(fate);
    }

    /// Runs, commits and answers a group.
    async fn settle(&mut self, mut group: Vec<Box<dyn Job>>) {
        if group.is_empty() {
            return;
        }
        let fates = match self.run_group(&mut group).await {
            Ok(fates) => fates,
            Err(error) => {
                self.tell_space(Some(&error));
                if matches!(error, StoreError::Busy) {
                    self.behind = self.jobs.len();
                }
                return answer_all(group, &error);
            }
        };
        if self.wrong.answers_early {
            answer_each(group, fates);
            planted_pause().await;
            let _ = self.commit(false).await;
            return;
        }
        let met_damage = fates.iter().any(|fate| fate.as_ref().is_err_and(StoreError::is_damage));
        let committed = self.commit(met_damage).await;
        self.tell_space(committed.as_ref().err());
        match committed {
            Err(error) if !self.wrong.answers_over_failures => answer_all(group, &error),
            _ => answer_each(group, fates),
        }
    }

    /// Logs once that the disk is full, and once that there is space again.
    fn tell_space(&mut self, error: Option<&StoreError>) {
        let is_full = matches!(error, Some(StoreError::Full));
        match (self.is_full, is_full) {
            (false, true) => {
                tracing::error!("The disk is full: nothing is kept until there is space");
            }
            (true, false) if error.is_none() => {
                tracing::info!("There is space on the disk again: everything is kept");
            }
            _ => return,
        }
        self.is_full = is_full;
    }

    /// Runs the jobs of a group in one transaction that stays open: the fate of each, or why the
    /// whole transaction is lost.
    async fn run_group(
        &mut self,
        group: &mut [Box<dyn Job>],
    ) -> Result<Vec<Result<(), StoreError>>, StoreError> {
        if let Some(error) = self.broken.get() {
            return Err(error.clone());
        }
        // Both are looked at: each tells how large it is.
        let too_large = self.logs.iter_mut().map(LogWatch::is_too_large);
        if too_large.fold(false, |any, one| any | one) && !self.conn.cut_logs().await? {
            return Err(StoreError::LogHeld);
        }
        let jobs = u32::try_from(group.len()).unwrap_or(u32::MAX);
        metrics::histogram!(names::COMMIT_JOBS).record(jobs);
        self.begin().await?;
        // One job alone is the whole transaction.
        let is_lone = group.len() == 1;
        let mut fates = Vec::with_capacity(group.len());
        let mut n_begun = 0;
        for job in group {
            let savepoint = &SAVEPOINTS[n_begun % SAVEPOINTS.len()];
            if !is_lone {
                let (text, n) = if n_begun == 0 { savepoint.first } else { savepoint.next };
                self.conn.put_ahead(text, n);
            }
            let fate = run_guarded(job, &mut self.conn).await;
            // A job that has asked the database nothing has begun nothing.
            let has_begun = !self.conn.drop_ahead();
            n_begun += usize::from(has_begun);
            if let Err(error) = &fate
                && has_begun
            {
                let undo = if is_lone { ROLLBACK } else { savepoint.undo };
                if self.conn.execute(undo, &[]).await.is_err() {
                    // The database gave up the whole transaction, as it may when the disk is full.
                    self.forget().await;
                    return Err(error.clone());
                }
                if is_lone {
                    self.conn.keys.roll_back().await;
                    return Err(error.clone());
                }
            }
            fates.push(fate);
        }
        Ok(fates)
    }

    /// Begins a transaction and counts it, in one trip to the database.
    async fn begin(&mut self) -> Result<(), StoreError> {
        match self.conn.begin().await {
            Ok(commits) => self.commits = commits,
            Err(error) => {
                self.forget().await;
                return Err(error);
            }
        }
        Ok(())
    }

    /// Makes the open transaction durable, or none of it; after a doubtful failure, closes the
    /// store for writing. `met_damage`: one of its jobs has met a damaged page; if SQLite refuses all of
    /// it for that, nothing has been written, and the others may try again.
    async fn commit(&mut self, met_damage: bool) -> Result<(), StoreError> {
        if self.wrong.commits_alone {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        let Err(error) = self.wrong.commit(&mut self.conn).await else {
            if let Some(mark) = &mut self.mark {
                mark.note(self.commits);
            }
            return Ok(());
        };
        self.forget().await;
        if met_damage && error.is_damage() {
            return Err(StoreError::Busy);
        }
        let StoreError::Database(cause) = &error else { return Err(error) };
        if !error.leaves_doubt() {
            return Err(error);
        }
        let broken = StoreError::Broken(Arc::clone(cause));
        tracing::error!(%error, "The disk failed during a commit; nothing more is written until a restart");
        self.broken.set(broken.clone());
        Err(broken)
    }

    /// Drops what is left of a failed transaction; there may be none.
    async fn forget(&mut self) {
        self.conn.keys.roll_back().await;
        let _ = self.conn.execute(ROLLBACK, &[]).await;
    }
}
