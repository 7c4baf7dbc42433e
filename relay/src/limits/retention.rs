//! The bounds of legal holds, of who sweeps, and of looking for what is left.

use std::time::Duration;

/// How far ahead the review of a hold may lie (G-29): nothing is held because somebody forgot it.
pub const HOLD_REVIEW_MAX: Duration = Duration::from_hours(90 * 24);

/// How long an account that has ended is frozen before it is deleted (A-C7a).
pub const ACCOUNT_LIFE: Duration = Duration::from_hours(90 * 24);

/// The longest reason, basis or name: a sentence or two.
pub const HOLD_CHARS: usize = 500;

/// After how long without a batch another may sweep (G-25): many times what one takes.
pub const SWEEP_LEASE: Duration = Duration::from_mins(2);

/// How much of a file is read at once where markers are looked for.
pub const SCAN_READ: usize = 1024 * 1024;

/// The shortest marker: a shorter one stands in any large file by chance.
pub const SCAN_MARKER_MIN: usize = 4;

/// How many places are told of all that are found; the others are counted.
pub const SCAN_TOLD: usize = 1_000;

/// The longest list of markers that is read from the standard input.
pub const SCAN_INPUT_BYTES: u64 = 16 * 1024 * 1024;

/// Of fewer conversations than this no figures are shown: they might speak of one visitor (G-03).
pub const SMALL_GROUP: u64 = 10;

/// How long OpenAI, Anthropic and Mistral keep what they were sent, by their terms (A.3, 5; G-36).
pub const PROVIDER_LIFE: Duration = Duration::from_hours(30 * 24);

/// The longest age of a backup (G-30).
pub const BACKUP_LIFE: Duration = Duration::from_hours(35 * 24);

/// How long it is remembered that a conversation was deleted: the longest age of a backup, and a week
/// (G-32).
pub const TOMBSTONE_LIFE: Duration = Duration::from_hours(42 * 24);
