//! Logs and metrics: where they go and what they are called. Never what a visitor wrote (G-33):
//! docs/logging.md has the rules.

mod logs;
mod metrics;
pub mod names;

pub use self::{
    logs::{LogFormat, TelemetryError, hide_panic_messages, start_logs, subscriber},
    metrics::{Held, Metrics, word},
};

#[cfg(test)]
pub(crate) mod tests;
