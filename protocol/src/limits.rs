//! Every bound that both ends rely on, with its unit and its reason.

/// The largest frame in either direction. Larger frames are refused unread: RFC 6455 code 1009.
pub const MAX_FRAME_BYTES: usize = 64 * 1024;

/// The longest message a visitor may send, in Unicode scalar values: two printed pages.
pub const MAX_TEXT_CHARS: usize = 4_000;

/// The longest reply that is passed on. Escaped as JSON it still fits one frame.
pub const MAX_REPLY_BYTES: usize = 24 * 1024;

/// The longest `delta`: what is at hand goes out in one frame, up to this.
pub const MAX_DELTA_BYTES: usize = 16 * 1024;

/// The longest value of one lead field, in Unicode scalar values.
pub const MAX_FIELD_CHARS: usize = 1_000;

/// The most messages of one conversation, both authors counted; then a new one begins.
pub const MAX_MESSAGES: u64 = 500;

/// The most messages that may wait for an answer in one conversation.
pub const MAX_UNANSWERED: usize = 4;

/// How long a socket may stay open before its `hello`.
pub const HELLO_TIMEOUT_MS: u64 = 10_000;

/// How often a client asks `ping` when nothing else is said.
pub const PING_INTERVAL_MS: u64 = 25_000;

/// How long a client waits for any frame after its `ping` before it calls the link dead.
pub const PONG_TIMEOUT_MS: u64 = 10_000;

/// The longest `locale`: the longest registered BCP 47 tag is 35.
pub const MAX_LOCALE_CHARS: usize = 35;
