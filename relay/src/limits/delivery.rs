//! The bounds of deliveries to dealers' systems.

use std::time::Duration;

/// How many systems a dealer may have its leads delivered to.
pub const MAX_TARGETS: usize = 10;

/// How many deliveries to one target run at once: one that hangs holds no more (T30).
pub const TARGET_DELIVERIES: usize = 4;

/// How long a delivery may take, its answer included (T30).
pub const DELIVERY_TIMEOUT: Duration = Duration::from_secs(15);

/// For how long a delivery belongs to whoever claimed it: longer than it may take.
pub const DELIVERY_LEASE: Duration = Duration::from_mins(1);

/// How much of a target's answer is read, and thrown away.
pub const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// How often deliveries are looked for that nothing has called for: those of other processes.
pub const DELIVERY_LOOK: Duration = Duration::from_secs(5);

/// For how long the secret before signs too (F-04).
pub const SECRET_OVERLAP: Duration = Duration::from_hours(24);
