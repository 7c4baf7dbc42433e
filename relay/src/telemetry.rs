//! Logs and metrics: where they go and what they are called. Never what a visitor wrote.

pub mod names;
