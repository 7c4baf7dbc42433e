//! Bounds of connections before they are sockets (T36), and of the step from one relay to the next
//! (T31).

use std::time::Duration;

/// How long a request's head may take, and how long a connection that is kept may be silent: ten
/// times what the slowest telephone needs, and with its answer within the ten seconds of T36.
pub const HEAD_TIMEOUT: Duration = Duration::from_secs(9);

/// The largest head of a request, in bytes: a browser's has 1 to 2 KiB, and some proxies add cookies
/// of their own.
pub const HEAD_BYTES: usize = 16 * 1024;

/// The most lines of a head.
pub const HEAD_LINES: usize = 64;

/// How many bytes may come before anything comes of them: the largest message twice, so that its
/// frames may be small, but not endlessly many and empty.
pub const UNANSWERED_BYTES: usize = 2 * protocol::limits::MAX_FRAME_BYTES;

/// How many connections may be waited for at once: 25 MB with their heads at the very most.
pub const WAITING_CONNECTIONS: usize = 1_536;

/// How long a connection may be used for requests; a proxy opens another one.
pub const CONNECTION_LIFE: Duration = Duration::from_mins(10);

/// How long an answer may still be written once its connection has to go.
pub const CONNECTION_GRACE: Duration = Duration::from_secs(1);

/// How long the next connection waits where one could not be accepted for want of files.
pub const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How long a client may take to close its side when the relay restarts: every other visitor waits
/// for the next relay meanwhile.
pub const RESTART_CLOSE_TIMEOUT: Duration = Duration::from_millis(250);

/// How often a relay that takes over looks whether the one before it has let go of the data.
pub const TAKE_OVER_POLL: Duration = Duration::from_millis(20);

/// How much longer than a stop may take a relay that takes over waits, before it gives up.
pub const TAKE_OVER_SLACK: Duration = Duration::from_secs(10);
