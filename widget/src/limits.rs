//! Every bound of the widget, with its unit and its reason. What both ends share stands in `protocol::limits`.

// Backoff.

/// The first wait before another try: long enough for a relay that restarts in a second.
pub const BACKOFF_BASE_MS: u32 = 500;

/// The longest wait before another try: a visitor doesn't wait longer for a chat.
pub const BACKOFF_CAP_MS: u32 = 30_000;

/// The shortest wait before another try, so that jitter never makes a busy loop.
pub const BACKOFF_FLOOR_MS: u32 = 100;

/// Over how long the visitors of a relay that restarts spread their first try: ten thousand of them
/// then come at a pace at which a relay greets.
pub const RESTART_SPREAD_MS: u32 = 1_500;

/// How often the wait doubles: after this it would be beyond the cap anyway.
pub const BACKOFF_DOUBLINGS: u32 = 6;

// Link.

/// How long opening a socket and its welcome may take: the relay's hello timeout and half again.
pub const GREETING_TIMEOUT_MS: u32 = 15_000;

// Outbox.

/// The most messages that wait to be sent: more than anybody types in a tunnel.
pub const MAX_OUTBOX: usize = 20;

/// The wait after `slow_down` when the relay names none.
pub const SLOW_DOWN_MS: u64 = 2_000;

/// The longest wait that is taken from the relay: beyond it the visitor would think it lost.
pub const SLOW_DOWN_CAP_MS: u64 = 60_000;

/// The wait after `storage_unavailable` when the relay names none.
pub const STORAGE_RETRY_MS: u64 = 5_000;

/// How long typing pauses before the draft is kept: one write for a word, not for a letter.
pub const SAVE_DRAFT_MS: u32 = 500;

// Replies.

/// The most replies that are followed at once: as many as may be unanswered, and one tried again.
pub const MAX_REPLIES: usize = protocol::limits::MAX_UNANSWERED + 1;

/// How long a reply may be silent before a screen reader is told that it still works (E-42).
pub const STILL_WORKING_MS: u32 = 15_000;

/// How often that is said for one reply (E-42).
pub const STILL_WORKING_TIMES: u8 = 3;

/// How long an announcement stays in its live region, where browse mode would find it again.
pub const STATUS_KEPT_MS: u32 = 20_000;

// Composer.

/// From how many characters before the limit the counter is shown.
pub const COUNTER_FROM: usize = 500;

// Markdown.

/// The longest address that a link may have; what is longer stays text.
pub const MAX_HREF_BYTES: usize = 2_000;

/// How many last digits make two ways of writing a telephone number the same number.
pub const SAME_DIGITS: usize = 8;

/// The longest number of an ordered list, in digits.
pub const MAX_LIST_DIGITS: usize = 4;

// Frame.

/// The most messages that wait for the loader's port: more than a start has.
pub const MAX_TELLS: usize = 16;

/// How many announcements a live region holds at once: appended, so that none is read twice.
pub const MAX_ANNOUNCEMENTS: u32 = 4;

/// For how long "open now" may be believed.
pub const OPEN_NOW_MS: i64 = 10 * 60 * 1000;

/// How close to its end the transcript must be, in pixels, to follow what is written.
pub const FOLLOW_PX: i32 = 96;

/// The tallest composer before it scrolls, in pixels: about six lines.
pub const COMPOSER_PX: i32 = 168;
