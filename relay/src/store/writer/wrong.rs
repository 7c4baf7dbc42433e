//! Known-wrong behaviour of the writer: the controls of the fault rig (feature `planted`).

use std::time::Duration;

use super::COMMIT;
use crate::{
    planted::Planted,
    store::{StoreError, db::Conn},
};

/// What the writer does wrong.
#[expect(clippy::struct_excessive_bools, reason = "each is a fault by itself")]
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::store) struct Wrong {
    /// Answers before it commits.
    pub(super) answers_early: bool,
    /// Answers as if the commit had not failed.
    pub(super) answers_over_failures: bool,
    /// Lets each job wait for its own, slow commit.
    pub(super) commits_alone: bool,
    /// Commits the end of rows before that of their keys.
    rows_first: bool,
}

impl Wrong {
    /// What is planted.
    pub(in crate::store) fn of(planted: &Planted) -> Self {
        Self {
            answers_early: planted.is("ack-before-commit"),
            answers_over_failures: planted.is("ack-over-a-failed-commit"),
            commits_alone: planted.is("commit-alone"),
            rows_first: planted.is("rows-before-keys"),
        }
    }

    /// Commits the keys and then the data; or the other way round.
    pub(super) async fn commit(self, conn: &mut Conn) -> Result<(), StoreError> {
        if self.rows_first {
            conn.execute(COMMIT, &[]).await?;
            return conn.keys.commit().await;
        }
        conn.keys.commit().await?;
        conn.execute(COMMIT, &[]).await.map(drop)
    }
}

/// Long enough for a crash to fall between an early answer and its commit.
pub(super) async fn planted_pause() {
    tokio::time::sleep(Duration::from_millis(250)).await;
}
