//! Forecourt's relay: stores each message for its dealer, asks a model, streams the answer,
//! forgets on time.
//!
//! The modules stand in the order of their floors: each uses only what stands above it here.

#![forbid(unsafe_code)]

pub mod clock;
pub mod core_dumps;
pub mod crypt;
pub mod error;
pub mod lifecycle;
pub mod limits;
pub mod open_files;
pub mod planted;
pub mod random;
pub mod redact;
pub mod scan;
pub mod telemetry;

pub mod domain;

pub mod knowledge;
pub mod llm;
pub mod store;

pub mod config;

pub mod outbox;
pub mod retention;

pub mod session;

pub mod http;

pub mod relay;

pub mod cli;
pub mod demo;
pub use relay::{Deps, Handover, Relay};
