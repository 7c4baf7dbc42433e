//! Every bound of the relay, with its unit and its reason. Bounds that the widget shares are in
//! `protocol::limits`.

mod answers;
mod connections;
mod delivery;
mod evidence;
mod requests;
mod retention;

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Duration,
};

use crate::clock::Timestamp;

pub use answers::*;
pub use connections::*;
pub use delivery::*;
pub use evidence::*;
pub use requests::*;
pub use retention::*;

// Sockets (D12).

/// What a socket reads at once; axum's default of 128 KiB would cost each idle visitor that much.
pub const SOCKET_READ_BYTES: usize = 4 * 1024;

/// The largest header of a frame (RFC 6455, 5.2).
pub const FRAME_HEADER_BYTES: usize = 14;

/// What may wait to be written on a socket; the largest frame must fit, with its header.
pub const SOCKET_MAX_WRITE_BYTES: usize = protocol::limits::MAX_FRAME_BYTES + FRAME_HEADER_BYTES;

/// How long one frame may take to be written before the visitor counts as a slow client.
pub const SEND_TIMEOUT: Duration = Duration::from_secs(10);

/// How often the relay pings a silent socket. A while longer than clients wait (25 s), so that of
/// two who mean to ask each other only one does.
pub const HEARTBEAT: Duration = Duration::from_secs(30);

/// How long a socket may give no sign of life, pongs included.
pub const DEAD_AFTER: Duration = Duration::from_secs(70);

/// How long an open chat may stay without a word from the visitor.
pub const IDLE_CLOSE: Duration = Duration::from_mins(30);

/// How many bad frames a socket may send before it is closed.
pub const MAX_BAD_FRAMES: u32 = 5;

/// How many sockets may be on their way from the upgrade to the answer to their `hello`, unless the
/// operator says otherwise: about a second's work, so that whoever is let in after a restart is
/// served at once, and the others are told to come back.
pub const MAX_GREETINGS: usize = 1_000;

/// How long a socket that says nothing holds one of these places: a slow network, no more.
pub const GREETING_PLACE: Duration = Duration::from_secs(1);

/// The longest wait that a visitor who was turned away is asked for; each gets another, from a
/// second on, so that they don't come back together.
pub const TURNED_AWAY_MAX_S: u64 = 5;

/// How many connections may wait to be accepted: those of a network that comes back at once. The
/// system cuts it to its own limit, usually the same.
pub const LISTEN_BACKLOG: u32 = 4_096;

/// How many refusals for speed a socket may collect in a row before it is closed as a flood.
pub const MAX_SLOW_DOWNS: u32 = 50;

/// How often an address may open a socket, once it has opened twice as many as it may hold: a
/// script that opens and closes them is held up, a household that reconnects is not.
pub const UPGRADE_INTERVAL: Duration = Duration::from_millis(500);

/// How many visitors' paces one address has: a household, an office, a small company.
pub const ADDRESS_VISITORS: u32 = 10;

// Pages.

/// How many pages of chats are kept compressed: two megabytes of them.
pub const PACKED_PAGES: usize = 256;

// Sessions.

/// How many messages a visitor may send at once before the pace applies.
pub const VISITOR_BURST: u32 = 8;

/// How many messages a visitor may send in a minute, unless the operator says otherwise: faster
/// than people type.
pub const VISITOR_MESSAGES_PER_MINUTE: u32 = 30;

/// How many frames of any kind a visitor may send at once (pings, stops).
pub const FRAME_BURST: u32 = 60;

/// How many frames go with a message: 100 frames a minute at the default, OWASP's starting value.
pub const FRAMES_PER_MESSAGE: u32 = 3;

/// How long after its last message a conversation may be gone on with (G-11).
pub const REOPEN_WINDOW: Duration = Duration::from_hours(24);

// Replies.

/// How often the words of a running reply are kept, so that a crash costs no more than that.
pub const SNAPSHOT_EVERY: Duration = Duration::from_millis(250);

/// Snapshots of all replies fall on common moments, this far apart: those that are written at once
/// share a commit. So a reply's first comes up to this much sooner.
pub const SNAPSHOT_BEAT: Duration = Duration::from_millis(25);

/// How many pieces of a stream are taken at once where they are at hand.
pub const READY_PIECES: usize = 256;

/// How many passages of a dealer's documents an answer may rest on.
pub const PASSAGES: usize = 6;

/// After how many tries to keep a reply its readers are told of the trouble; with the wait below,
/// about six seconds.
pub const KEEP_TRIES: u32 = 7;

/// The wait before the second try to keep a reply; doubled each time, up to `UNKEPT_RETRY`.
pub const KEEP_WAIT: Duration = Duration::from_millis(100);

/// How long after a reply could not be kept it is tried again and its end is asked for again: within
/// it the disk may have room again (T14).
pub const UNKEPT_RETRY: Duration = Duration::from_secs(3);

/// How long `/readyz` waits for a commit: orchestrators give up after a second or a few.
pub const PROBE_PATIENCE: Duration = Duration::from_secs(2);

/// How long a client may take to close its side after the relay said why it closes.
pub const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

// Lifecycle.

/// How long a task may still save what it has once it was killed: a commit, and `CLOSE_TIMEOUT`
/// for a client that doesn't answer. It is the end of `STOP_DEADLINE`, not more on top.
pub const KILL_GRACE: Duration = Duration::from_secs(3);

/// How long a stop may take before tasks are killed; below the 30 s after which orchestrators
/// send SIGKILL, and long enough for most replies to end by themselves.
pub const STOP_DEADLINE: Duration = Duration::from_secs(20);

// Dealers.

/// The most spans of one day: a lunch and a tea break leave three.
pub const MAX_SPANS_PER_DAY: usize = 4;

/// The most days that differ from the usual week: two years of bank holidays and some more.
pub const MAX_HOURS_EXCEPTIONS: usize = 60;

/// How many days ahead a visitor is told of a day that differs.
pub const HOURS_AHEAD_DAYS: i32 = 14;

/// The most words of a trading name or an operator's name, so that the first layer of the notice
/// stays within `MAX_NOTICE_WORDS`.
pub const MAX_NAME_WORDS: usize = 6;

/// The longest name, in Unicode scalar values: one line at 320 px.
pub const MAX_NAME_CHARS: usize = 60;

/// The most words of the first layer of the notice (B-11).
pub const MAX_NOTICE_WORDS: usize = 60;

/// The longest sentence that a dealer may write itself (greeting, notice), in characters.
pub const MAX_DEALER_TEXT_CHARS: usize = 400;

/// The most suggested questions: they stand above the composer on a phone.
pub const MAX_SUGGESTIONS: usize = 4;

/// The longest suggested question, in characters: one line of a button.
pub const MAX_SUGGESTION_CHARS: usize = 60;

/// The most sites of one dealer.
pub const MAX_SITES: usize = 20;

/// The most origins of one site; they all stand in one header.
pub const MAX_ORIGINS: usize = 20;

/// The largest `dealer.toml` or `forecourt.toml`, in bytes.
pub const MAX_CONFIG_BYTES: u64 = 256 * 1024;

/// The least contrast between text and its ground (WCAG 1.4.3, E-06).
pub const MIN_CONTRAST: f64 = 4.5;

// Leads.

/// The longest e-mail address: RFC 5321's path of 256 without its brackets.
pub const MAX_EMAIL_CHARS: usize = 254;

// Configuration: what holds where the operator says nothing.

/// Where visitors connect: this machine only, until the operator opens it.
pub const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

/// Where the operator looks.
pub const ADMIN_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8081);

/// Where the demonstration's dealer has its site.
pub const SITE_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8090);

/// The directory of the databases.
pub const DATA_DIR: &str = "./forecourt-data";

/// What is logged; dependencies speak only when something is wrong.
pub const LOG_FILTER: &str = "info";

/// How many sockets may be open at once: 100 MB at 10 kB each.
pub const MAX_SOCKETS: usize = 10_000;

/// How many of them from one address: an office or a school behind one router.
pub const MAX_SOCKETS_PER_ADDRESS: usize = 100;

/// How many files a relay opens beside its sockets: databases, listeners, calls of models.
pub const FILES_BESIDE_SOCKETS: u64 = 500;

/// How many messages one dealer's visitors may send in a minute: 300 people typing at once.
pub const DEALER_MESSAGES_PER_MINUTE: u32 = 600;

/// How long a reply is still written when nobody listens: a reload or a tunnel, not a goodbye.
pub const ABANDON_AFTER: Duration = Duration::from_secs(30);

/// How many receipts are read, signed or counted at once.
pub const RECEIPT_BATCH: i64 = 200;

/// How many e-mail addresses, and how many telephone numbers, of one message or lead are remembered to
/// find it by: nobody has more.
pub const MAX_CONTACTS: usize = 16;

/// How much of a message is looked at for these: a text that consists of nothing else costs no more.
pub const MAX_CANDIDATES: usize = 200;

/// How long the operator's key may take to be read: a command may ask a service for it.
pub const OPERATOR_KEY_WAIT: Duration = Duration::from_secs(10);

/// How many pages are looked at at once for what deleted rows have left, and overwritten in one job.
pub const SLACK_LOOK: u32 = 64;

/// How many keys of conversations are kept in memory: those of all who talk at a time.
pub const KEY_CACHE: usize = 4_096;

/// How long a key that nobody uses stays in memory, until the next sweep at most.
pub const KEY_CACHE_TIME: Duration = Duration::from_mins(10);

/// The largest file that holds the operator's keys, in bytes.
pub const MAX_KEYRING_BYTES: u64 = 16 * 1024;

/// The largest file that holds one secret, in bytes.
pub const MAX_SECRET_BYTES: u64 = 16 * 1024;

/// Who runs a demonstration where nobody is named.
pub const DEMO_OPERATOR: &str = "Forecourt demonstration";

/// Where to write about it.
pub const DEMO_CONTACT: &str = "privacy@forecourt.example";

// Telemetry.

/// How often histograms are drained into their buckets; undrained they grow with the traffic.
pub const METRICS_UPKEEP: Duration = Duration::from_secs(5);

// Store.

/// All messages of a conversation, as the limit of a read.
#[expect(clippy::cast_possible_truncation, reason = "some hundreds")]
pub const ALL_MESSAGES: u32 = protocol::limits::MAX_MESSAGES as u32;

/// How many jobs may wait for the writer; beyond, the caller is told to try again (T15).
pub const WRITER_QUEUE: usize = 1_024;

/// How many jobs share one commit. More would make the first of them wait for the last.
pub const WRITER_GROUP: usize = 256;

/// How many connections read at the same time; a read takes less than a millisecond.
pub const READERS: u32 = 4;

/// How long a read waits for one of them.
pub const READ_WAIT: Duration = Duration::from_secs(5);

/// How long a connection waits for another process, such as a command of the operator.
pub const DATABASE_BUSY: Duration = Duration::from_secs(5);

/// The page cache of the writer, in KiB: the inner pages of all indexes of a million messages.
pub const WRITER_CACHE_KIB: u32 = 8_192;

/// The page cache of each reader, in KiB.
pub const READER_CACHE_KIB: u32 = 2_048;

/// After how many pages of 4 KiB the log is copied to the database. SQLite's 1,000 would copy
/// several times a second under load.
pub const CHECKPOINT_PAGES: u32 = 4_000;

/// What the log may keep of the disk once it was copied, in bytes (T15).
pub const WAL_KEEP_BYTES: u64 = 64 * 1024 * 1024;

/// From this size on the log is told to the operator, in bytes: eight times what it needs.
pub const WAL_ALARM_BYTES: u64 = 128 * 1024 * 1024;

/// Beyond this size of the log nothing more is written until it could be cut, in bytes: with the
/// largest group of jobs on top it stays below 256 MiB (T15).
pub const WAL_MAX_BYTES: u64 = 240 * 1024 * 1024;

/// How often the directory of dealers looks for changes that another process made.
pub const DIRECTORY_REFRESH: Duration = Duration::from_secs(2);

/// How often a command looks whether the server has finished its migration.
pub const MIGRATION_POLL: Duration = Duration::from_millis(100);

/// How many times it looks before it gives up: 30 seconds.
pub const MIGRATION_POLLS: u32 = 300;

/// How many leads one conversation may leave; a form that is sent more often is a machine's.
pub const MAX_LEADS: i64 = 20;

/// How many conversations are read in one go when everything is verified.
pub const VERIFY_BATCH: i64 = 200;

/// How many characters count as one token where nobody counted.
pub const CHARS_A_TOKEN: usize = 3;

/// How many open replies are ended in one go at start.
pub const RECOVERY_BATCH: i64 = 100;

// Retention.

/// How many conversations are deleted in one job of the writer (G-24).
pub const SWEEP_BATCH: usize = 500;

/// How many messages are deleted in one job, all its conversations together: a few
/// milliseconds, in which nobody's message is kept waiting.
pub const SWEEP_BATCH_MESSAGES: i64 = 5_000;

/// How often the sweep looks (G-26).
pub const SWEEP_INTERVAL: Duration = Duration::from_hours(1);

/// How long after its end a conversation may still be there, hidden, before `/readyz` says so (G-26).
pub const OVERDUE_TOLD: Duration = Duration::from_hours(24);

/// How long before it says that this relay is not fit to serve (G-26).
pub const OVERDUE_MAX: Duration = Duration::from_hours(72);

/// How far the clock on the wall may be from where it should be before nothing is deleted by it
/// (G-27): more than any time server corrects in one go.
pub const CLOCK_JUMP: Duration = Duration::from_hours(1);

/// How long a clock that jumped ahead must stay there to be believed.
pub const CLOCK_AGREES: Duration = Duration::from_hours(24);

/// How long a machine may have been down for its clock to be believed at once: nothing else tells
/// how long that was. Longer than any holiday, so that what is overdue is deleted at the start;
/// shorter than every preset, so that a clock that starts wrong within it deletes nothing that was
/// still talked in shortly before.
pub const CLOCK_DOWN_MAX: Duration = Duration::from_hours(60 * 24);

/// A small difference is given way to by this part of the time that passes: an hour in a day.
pub const CLOCK_YIELDS: u32 = 24;

/// How soon a sweep that failed is tried again, and how often a clock that is doubted is looked at:
/// a word of the operator is heard within that.
pub const SWEEP_RETRY: Duration = Duration::from_mins(1);

/// How often the log is tried to be cut while a reader holds it open (G-21).
pub const SCRUB_TRIES: u32 = 50;

/// How long the sweep waits between two such tries.
pub const SCRUB_PAUSE: Duration = Duration::from_millis(200);

/// How long one such try may hold up the writer.
pub const SCRUB_BUSY: Duration = Duration::from_millis(20);

/// How many free pages are given back to the disk in one job.
pub const VACUUM_PAGES: u32 = 1_000;

// The doctor.

/// A clock before this is wrong: the program was written after it (2026-11-01T00:00:00Z).
pub const BUILT_AFTER: Timestamp = Timestamp::from_millis(1_793_491_200_000);

/// How far ahead of the clock a file's time may lie: file servers have clocks of their own.
pub const CLOCK_SLACK: Duration = Duration::from_hours(1);

/// Below this the disk fills within a day of a busy relay, in KiB.
pub const FREE_WARN_KIB: u64 = 1024 * 1024;

/// Below this the next sweep or migration may not fit, in KiB.
pub const FREE_FAIL_KIB: u64 = 100 * 1024;

/// The longest list of models that is read: some list thousands, with prices.
pub const MODELS_BYTES: usize = 8 * 1024 * 1024;

/// How long a provider may take to list its models.
pub const DOCTOR_TIMEOUT: Duration = Duration::from_secs(5);
