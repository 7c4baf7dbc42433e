//! The names of all metrics, each with its description. No label ever holds an id of a visitor.

/// What kind of metric it is.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Goes up only.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts values in buckets of these upper ends.
    Histogram(&'static [f64]),
}

/// One metric.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// What kind it is.
    pub kind: Kind,
    /// What it means, with its unit.
    pub about: &'static str,
}

/// Open sockets.
pub const SOCKETS: &str = "forecourt_sockets";
/// Sockets that were refused, by reason.
pub const SOCKETS_REFUSED: &str = "forecourt_sockets_refused_total";
/// Visitors' messages that were kept.
pub const MESSAGES: &str = "forecourt_messages_total";
/// Frames that were refused, by code.
pub const REFUSALS: &str = "forecourt_refusals_total";
/// Replies that ended, by finish.
pub const REPLIES: &str = "forecourt_replies_total";
/// Replies that are being written.
pub const REPLIES_OPEN: &str = "forecourt_replies_open";
/// From the question to the first words.
pub const FIRST_WORDS: &str = "forecourt_first_words_seconds";
/// What visitors did with their own chats, by what it was.
pub const RIGHTS: &str = "forecourt_rights_total";
/// Leads that were kept.
pub const LEADS: &str = "forecourt_leads_total";
/// Tries to deliver a lead, by channel and outcome: `delivered`, `failed` (it is tried again), `given_up`.
pub const DELIVERIES: &str = "forecourt_deliveries_total";
/// Calls of a provider, by provider and outcome.
pub const PROVIDER_CALLS: &str = "forecourt_provider_calls_total";
/// Whether a provider's breaker is open, by provider.
pub const PROVIDER_BREAKER: &str = "forecourt_provider_breaker_open";
/// Tokens that providers counted, by direction.
pub const TOKENS: &str = "forecourt_tokens_total";
/// Questions that the documents answered because the dealer's tokens of the day were spent.
pub const BUDGET_SPENT: &str = "forecourt_budget_spent_total";
/// From a job's arrival at the writer to its commit.
pub const COMMIT: &str = "forecourt_commit_seconds";
/// Jobs in one commit.
pub const COMMIT_JOBS: &str = "forecourt_commit_jobs";
/// Writes that failed, by kind.
pub const STORE_ERRORS: &str = "forecourt_store_errors_total";
/// Damage that was found in the database, by what it is.
pub const DAMAGE: &str = "forecourt_damage_total";
/// The size of the write-ahead log.
pub const LOG_BYTES: &str = "forecourt_log_bytes";
/// Rows that the sweep deleted, by table.
pub const SWEPT: &str = "forecourt_swept_total";
/// When the last sweep ended.
pub const LAST_SWEEP: &str = "forecourt_last_sweep_timestamp_seconds";
/// Whether the sweep halts because the clock can't be believed.
pub const RETENTION_HALTED: &str = "forecourt_retention_halted";
/// Whether the last sweep failed.
pub const RETENTION_LATE: &str = "forecourt_retention_late";
/// What is past its end and can't be deleted, since the disk is damaged.
pub const RETENTION_STUCK: &str = "forecourt_retention_stuck";
/// How long ago the oldest ended that is not deleted yet, in seconds.
pub const OVERDUE: &str = "forecourt_retention_oldest_overdue_seconds";
/// Requests under data-protection law whose last day is near.
pub const REQUESTS_SOON: &str = "forecourt_requests_due_soon";
/// Requests under data-protection law whose last day is over.
pub const REQUESTS_OVERDUE: &str = "forecourt_requests_overdue";
/// Tasks that ended by a panic, by task.
pub const TASK_PANICS: &str = "forecourt_task_panics_total";

/// From a tenth of a millisecond to ten seconds.
const SECONDS: &[f64] =
    &[0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
const JOBS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

const fn counter(name: &'static str, about: &'static str) -> Metric {
    Metric { name, kind: Kind::Counter, about }
}

const fn gauge(name: &'static str, about: &'static str) -> Metric {
    Metric { name, kind: Kind::Gauge, about }
}

const fn histogram(name: &'static str, buckets: &'static [f64], about: &'static str) -> Metric {
    Metric { name, kind: Kind::Histogram(buckets), about }
}

/// All of them.
pub const ALL: &[Metric] = &[
    gauge(SOCKETS, "Open sockets"),
    counter(SOCKETS_REFUSED, "Sockets that were refused, by reason"),
    counter(MESSAGES, "Visitors' messages that were kept"),
    counter(REFUSALS, "Frames that were refused, by code"),
    counter(REPLIES, "Replies that ended, by finish"),
    gauge(REPLIES_OPEN, "Replies that are being written"),
    histogram(FIRST_WORDS, SECONDS, "From the question to the first words, in seconds"),
    counter(RIGHTS, "What visitors did with their own chats: export, erase, withdraw"),
    counter(LEADS, "Leads that were kept"),
    counter(DELIVERIES, "Tries to deliver a lead to a dealer's system, by channel and outcome"),
    counter(PROVIDER_CALLS, "Calls of a provider, by provider and outcome"),
    gauge(PROVIDER_BREAKER, "Whether a provider's breaker is open (1) or closed (0), by provider"),
    counter(TOKENS, "Tokens that providers counted, by direction"),
    counter(BUDGET_SPENT, "Questions that documents answered because the day's tokens were spent"),
    histogram(COMMIT, SECONDS, "From a job's arrival at the writer to its commit, in seconds"),
    histogram(COMMIT_JOBS, JOBS, "Jobs in one commit"),
    counter(STORE_ERRORS, "Writes that failed, by kind"),
    counter(DAMAGE, "Damage that was found in the database: row, page or commits that are missing"),
    gauge(LOG_BYTES, "The size of the write-ahead log, in bytes"),
    counter(SWEPT, "Rows that the sweep deleted, by table"),
    gauge(LAST_SWEEP, "When the last sweep ended, in seconds since 1970"),
    gauge(RETENTION_HALTED, "Whether nothing is deleted because the clock jumped (1) or not (0)"),
    gauge(RETENTION_LATE, "Whether the last sweep failed (1) or not (0)"),
    gauge(RETENTION_STUCK, "What is past its end and can't be deleted, since the disk is damaged"),
    gauge(OVERDUE, "How long ago the oldest ended that is not deleted yet, in seconds"),
    gauge(REQUESTS_SOON, "Open requests under data-protection law that are due within 7 days"),
    gauge(REQUESTS_OVERDUE, "Open requests under data-protection law that should be answered"),
    counter(TASK_PANICS, "Tasks that ended by a panic, by task"),
];
