//! Within a group each job can be undone by itself.

/// Where the work of one job of a group begins.
pub(super) struct Savepoint {
    /// Sets it where none is set.
    pub(super) first: (&'static str, usize),
    /// Sets it in the place of the other.
    pub(super) next: (&'static str, usize),
    /// Undoes what came after it.
    pub(super) undo: &'static str,
}

/// Jobs take turns at these. With one name for all, a job whose savepoint could not be set would be
/// undone back to the one before it, together with a job that is acknowledged.
pub(super) const SAVEPOINTS: [Savepoint; 2] = [
    Savepoint {
        first: ("SAVEPOINT even", 1),
        next: ("RELEASE odd; SAVEPOINT even", 2),
        undo: "ROLLBACK TO even",
    },
    Savepoint {
        first: ("SAVEPOINT odd", 1),
        next: ("RELEASE even; SAVEPOINT odd", 2),
        undo: "ROLLBACK TO odd",
    },
];
