//! One sweeps at a time (G-25): a row says who, and until when if nothing more is heard of it. It is
//! taken with the first batch and renewed with each, in the transaction that destroys the keys.
//!
//! Where a lease is given too early, since two machines have one name for their processes, no receipt is
//! written twice all the same: each rests on a key that is there once.

use std::path::Path;

use crate::{
    clock::{Clock, Timestamp},
    limits::SWEEP_LEASE,
    random::{self, Random},
    store::{
        Store, StoreError,
        db::{Conn, args},
        sql,
    },
};

/// Who sweeps: this store of this process.
#[derive(Clone, Debug)]
pub(in crate::store) struct Runner {
    owner: String,
    boot: String,
    pid: u32,
}

#[derive(sqlx::FromRow)]
struct Lease {
    owner: String,
    boot: String,
    pid: i64,
    ends: i64,
}

impl Runner {
    pub(in crate::store) fn new(clock: &dyn Clock, random: &dyn Random) -> Self {
        let (owner, boot) = (random::id(random, "run"), clock.machine().boot);
        Self { owner, boot, pid: std::process::id() }
    }

    /// Takes the lease or renews it; refuses where another has it.
    pub(super) async fn take(&self, conn: &mut Conn, now: Timestamp) -> Result<(), StoreError> {
        let found: Option<Lease> = conn.keys.optional(sql::LEASE, args![]).await?;
        if let Some(lease) = &found
            && lease.holds_against(self, now)
        {
            return Err(StoreError::Sweeping { by: lease.pid });
        }
        let known = found.map_or_else(|| self.owner.clone(), |lease| lease.owner);
        let (ends, pid) = (now.plus(SWEEP_LEASE), i64::from(self.pid));
        let args = args![&self.owner, &self.boot, pid, ends, &known];
        match conn.keys.execute(sql::TAKE_LEASE, args).await? {
            // Somebody else was quicker.
            0 => Err(StoreError::Busy),
            _ => Ok(()),
        }
    }
}

impl Lease {
    fn holds_against(&self, other: &Runner, now: Timestamp) -> bool {
        let ends = Timestamp::from_millis(self.ends);
        // One that lies further ahead than any was written by a clock that was ahead.
        let is_running = now < ends && ends <= now.plus(SWEEP_LEASE);
        let has_ended = self.boot == other.boot && is_gone(self.pid);
        self.owner != other.owner && is_running && !has_ended
    }
}

/// Whether a process of this machine has ended, where the system tells.
fn is_gone(pid: i64) -> bool {
    let all = Path::new("/proc");
    all.join("self").exists() && !all.join(pid.to_string()).exists()
}

impl Store {
    /// Lets others sweep.
    pub(super) async fn give_lease_back(&self) -> Result<(), StoreError> {
        let owner = self.inner.runner.owner.clone();
        let found: Option<Lease> = self.inner.keys.readers().optional(sql::LEASE, args![]).await?;
        if found.is_none_or(|lease| lease.owner != owner) {
            return Ok(());
        }
        let job = self.inner.writer.write_apart(move |conn| {
            Box::pin(async move { conn.keys.execute(sql::GIVE_LEASE_BACK, args![&owner]).await })
        });
        job.await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::{
        lifecycle::Tasks,
        store::{
            Role, Swept,
            tests::{DAY, Stage},
        },
    };

    /// How many conversations are due.
    const DUE: u64 = 30;

    /// Two stores on one directory, and what is due there.
    async fn two() -> (Stage, Store, Timestamp) {
        let stage = Stage::new().await;
        for _ in 0..DUE {
            stage.answered(&stage.token()).await;
        }
        let tool = Store::open(stage.options(Role::Tool), &Tasks::new()).await.unwrap();
        stage.clock.advance(DAY * 400);
        let now = stage.clock.now();
        (stage, tool, now)
    }

    async fn sweeps(store: &Store, now: Timestamp) -> Result<Swept, StoreError> {
        store.take_due(now, &CancellationToken::new()).await
    }

    /// Has a runner take the lease.
    async fn take(store: &Store, runner: Runner, now: Timestamp) {
        let job = store
            .inner
            .writer
            .write_apart(move |conn| Box::pin(async move { runner.take(conn, now).await }));
        job.await.unwrap();
    }

    #[tokio::test]
    async fn while_one_sweeps_the_other_says_who_and_takes_over_once_the_lease_has_run_out() {
        let (stage, tool, now) = two().await;
        take(&stage.store, stage.store.inner.runner.clone(), now).await;
        let refused = sweeps(&tool, now).await.unwrap_err();
        let process = format!("process {}", std::process::id());
        assert!(refused.to_string().contains(&process), "{refused}");
        assert!(refused.retry());
        assert_eq!(stage.wrapped_keys().await.len() as u64, DUE, "nothing has gone");

        stage.clock.advance(SWEEP_LEASE);
        assert_eq!(sweeps(&tool, now).await.unwrap().conversations, DUE);
        assert_eq!(sweeps(&stage.store, now).await.unwrap(), Swept::default());
        assert_eq!(tool.prove().await.unwrap().open, DUE);
    }

    #[tokio::test]
    async fn a_lease_ends_with_the_sweep_with_its_process_and_with_a_clock_that_was_ahead() {
        let (stage, tool, now) = two().await;
        let own = &stage.store.inner.runner;
        // No process has so large a number.
        let dead = Runner { owner: "run_dead".to_owned(), pid: u32::MAX, ..own.clone() };
        take(&tool, dead, now).await;
        let foreign = Runner { owner: "run_ahead".to_owned(), ..own.clone() };
        take(&tool, foreign, now.plus(DAY)).await;
        assert_eq!(sweeps(&stage.store, now).await.unwrap().conversations, DUE);
        let left: Option<Lease> =
            stage.store.inner.keys.readers().optional(sql::LEASE, args![]).await.unwrap();
        assert!(left.is_none());
    }

    #[tokio::test]
    async fn two_that_sweep_at_once_write_one_receipt_for_each_conversation() {
        let (stage, tool, now) = two().await;
        let (one, other) = tokio::join!(sweeps(&stage.store, now), sweeps(&tool, now));
        let mut n_taken = 0;
        for swept in [one, other] {
            match swept {
                Ok(swept) => n_taken += swept.conversations,
                Err(error) => assert!(error.retry(), "{error}"),
            }
        }
        assert_eq!(n_taken, DUE);
        let proof = tool.prove().await.unwrap();
        assert_eq!((proof.open, proof.faults), (DUE, Vec::new()));
    }
}
