//! How long is kept what proves what was done with people's data.

use std::time::Duration;

/// How long it is kept who of the staff did what (G-45: twelve months).
pub const AUDIT_LIFE: Duration = Duration::from_hours(24 * 366);

/// How long a file for a person may lie about, in days (B-32).
pub const EXPORT_LIFE_DAYS: u32 = 7;

/// How often what stands in a lead may be put right.
pub const MAX_CORRECTIONS: usize = 20;
