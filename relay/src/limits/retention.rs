//! The bounds of legal holds, and of who sweeps.

use std::time::Duration;

/// How far ahead the review of a hold may lie (G-29): nothing is held because somebody forgot it.
pub const HOLD_REVIEW_MAX: Duration = Duration::from_hours(90 * 24);

/// The longest reason, basis or name: a sentence or two.
pub const HOLD_CHARS: usize = 500;

/// After how long without a batch another may sweep (G-25): many times what one takes.
pub const SWEEP_LEASE: Duration = Duration::from_mins(2);
