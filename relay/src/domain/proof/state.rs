//! How the deleting stood when a report was made (G-51), in figures.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The figures. `null` stands for what the disk was too damaged to tell, or what never was.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// How many conversations were past their end then, not held, and still there.
    pub due: Option<u64>,
    /// How many could not be deleted, since the disk is damaged.
    pub failed: u64,
    /// `ok`, or why the clock was doubted.
    pub clock: String,
    /// When the pages and logs of what was deleted were last overwritten and cut.
    pub traces_removed_at: Option<String>,
    /// When `forecourt backup` has last made a backup of these data.
    pub last_backup_at: Option<String>,
    /// The oldest that was left of each class of data.
    pub oldest: BTreeMap<String, Oldest>,
}

/// The age of what is left of a class, and its limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Oldest {
    /// From when the oldest is: of a conversation its last message.
    pub since: String,
    /// When the first of them ends that had not ended yet; `null` where all had, or where none has an
    /// end yet.
    pub first_end: Option<String>,
}
