//! Opening hours: a week of spans, and days that differ.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A span of one day, in minutes after local midnight; `from < to <= 1440`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Span {
    /// The minute at which the doors open.
    pub from: u16,
    /// The minute at which they close; itself no longer open.
    pub to: u16,
}

/// When a dealer is open. A day without spans is closed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hours {
    /// The usual week, Monday first.
    pub week: [Vec<Span>; 7],
    /// Days that differ from the usual week, by date (`2026-12-25`).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub exceptions: BTreeMap<jiff::civil::Date, Vec<Span>>,
}
