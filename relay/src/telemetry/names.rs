//! The names of all metrics, each with its description. No label ever holds an id of a visitor.

/// Tasks that ended by a panic, by task.
pub const TASK_PANICS: &str = "forecourt_task_panics_total";
