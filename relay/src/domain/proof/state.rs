//! How the deleting stood when a report was made (G-51), in figures.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The figures. `null` stands for what the disk was too damaged to tell, or what never was.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// How many conversations were past their end then, not held, and still there.
    pub due: Option<u64>,
    /// How many the last sweep could not delete, since the disk is damaged; `null` where it did not
    /// come to its end, or where none has run.
    pub failed: Option<u64>,
    /// `ok`, or why the clock was doubted.
    pub clock: String,
    /// Until when all that was deleted has left no trace: its pages are overwritten, the logs cut.
    /// `null` where that has not been done since the program started.
    pub traces_removed_at: Option<String>,
    /// When `forecourt backup` has last made a backup of these data.
    pub last_backup_at: Option<String>,
    /// What was left and ends first, of the classes that the sweep takes: `conversations`, with all that
    /// hangs on them, but for those that are held; `requests`, the closed ones; `audit`; `tombstones`.
    /// Absent: nothing was left.
    pub oldest: BTreeMap<String, Option<Oldest>>,
    /// How many conversations of each dealer are due, or held beyond their end, where there are any.
    pub dealers: BTreeMap<String, Late>,
}

/// What of a dealer's was past its end and there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Late {
    /// Conversations that were to be deleted.
    pub due: u64,
    /// Those that are kept for a legal reason.
    pub held: u64,
}

/// The age of what is left of a class and ends first, and its limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Oldest {
    /// From when it is: of a conversation its last message.
    pub since: String,
    /// When it ends.
    pub end: String,
}
