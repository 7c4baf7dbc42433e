//! What the writer is given to do, and how each of it is answered.

use std::panic::AssertUnwindSafe;

use futures_util::{FutureExt, future::BoxFuture};
use tokio::sync::oneshot;

use crate::store::{StoreError, db::Conn};

/// A job with its type forgotten: it keeps its answer until its fate is known.
pub(super) trait Job: Send {
    fn run<'c>(&'c mut self, conn: &'c mut Conn) -> BoxFuture<'c, Result<(), StoreError>>;
    fn answer(self: Box<Self>, fate: Result<(), StoreError>);
}

/// A job with what it answers.
pub(super) struct Typed<T, F> {
    work: Option<F>,
    done: Option<T>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, F> Typed<T, F> {
    pub(super) fn new(work: F, reply: oneshot::Sender<Result<T, StoreError>>) -> Self {
        Self { work: Some(work), done: None, reply }
    }
}

impl<T, F> Job for Typed<T, F>
where
    T: Send,
    F: for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T, StoreError>> + Send,
{
    fn run<'c>(&'c mut self, conn: &'c mut Conn) -> BoxFuture<'c, Result<(), StoreError>> {
        Box::pin(async move {
            if let Some(work) = self.work.take() {
                self.done = Some(work(conn).await?);
            }
            Ok(())
        })
    }

    fn answer(self: Box<Self>, fate: Result<(), StoreError>) {
        let Self { done, reply, .. } = *self;
        // Whoever asked may have gone; what is committed stays committed.
        let _ = reply.send(fate.and_then(|()| done.ok_or(StoreError::Panicked)));
    }
}

/// Runs a job; a panic in it is an error of this job alone.
pub(super) async fn run_guarded(job: &mut Box<dyn Job>, conn: &mut Conn) -> Result<(), StoreError> {
    match AssertUnwindSafe(job.run(conn)).catch_unwind().await {
        Ok(fate) => fate,
        Err(_) => Err(StoreError::Panicked),
    }
}

pub(super) fn answer_each(group: Vec<Box<dyn Job>>, fates: Vec<Result<(), StoreError>>) {
    for (job, fate) in group.into_iter().zip(fates) {
        job.answer(fate);
    }
}

pub(super) fn answer_all(group: Vec<Box<dyn Job>>, error: &StoreError) {
    for job in group {
        job.answer(Err(error.clone()));
    }
}
