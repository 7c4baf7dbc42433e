//! The bounds of deliveries to dealers' systems.

use std::time::Duration;

/// How many systems a dealer may have its leads delivered to.
pub const MAX_TARGETS: usize = 10;

/// How many mailboxes one of them may have.
pub const MAX_MAILBOXES: usize = 10;

/// How many deliveries to one target run at once: one that hangs holds no more (T30).
pub const TARGET_DELIVERIES: usize = 4;

/// The longest regular pause between two tries, jitter included.
pub const DELIVERY_PAUSE_MAX: Duration = Duration::from_hours(29);

/// How many deliveries run at once, over all dealers: their sockets are of the process that visitors are
/// connected to.
pub const DELIVERIES: usize = 64;

/// How many mails are handed over at once, over all dealers: a server that hangs delays no webhook.
pub const MAILS: usize = 16;

/// How long a delivery may go on once the relay stops.
pub const DELIVERY_GRACE: Duration = Duration::from_secs(2);

/// How long a delivery may take, its answer included (T30).
pub const DELIVERY_TIMEOUT: Duration = Duration::from_secs(15);

/// How long a mail server may take for one mail: less than the lease.
pub const MAIL_TIMEOUT: Duration = Duration::from_secs(45);

/// How long the body of an answer is read, and thrown away.
pub const DRAIN_TIMEOUT: Duration = Duration::from_secs(2);

/// For how long a delivery belongs to whoever claimed it: longer than it may take.
pub const DELIVERY_LEASE: Duration = Duration::from_mins(1);

/// How much of a target's answer is read, and thrown away.
pub const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// How often deliveries are looked for that nothing has called for: those of other processes.
pub const DELIVERY_LOOK: Duration = Duration::from_secs(5);

/// For how long the secret before signs too (F-04).
pub const SECRET_OVERLAP: Duration = Duration::from_hours(24);

/// How many tries of one delivery fail before the dealer is told (T29).
pub const TRIES_BEFORE_ALARM: u32 = 3;

/// How often a dealer is told of one target that takes nothing.
pub const ALARM_PAUSE: Duration = Duration::from_hours(24);

/// How long a notice is kept, sent or not: metadata of notifications (G-45), and longer than it is tried.
pub const NOTICE_LIFE: Duration = Duration::from_hours(30 * 24);

/// How long after a lead another one of the same person joins it (D-50).
pub const JOIN_WINDOW: Duration = Duration::from_hours(30 * 24);

/// How many earlier leads are looked at for that.
pub const MAX_JOINED: i64 = 20;
