//! Delivering leads to dealers: what is owed stands in the `outbox` table, written with the lead; here it
//! is claimed, sent, and noted as sent, tried again or given up (D4, reliability T29, T30).
//!
//! The parts that decide are pure: when ([`schedule`]), signed how ([`sign`]), to where at all ([`guard`]),
//! in which words ([`adf`], [`payload`], `mail`). [`courier`] goes; [`send`] sends over HTTP, `post` by mail.

pub mod adf;
pub mod courier;
pub mod guard;
mod mail;
pub mod payload;
mod post;
pub mod resolve;
pub mod schedule;
pub mod send;
pub mod sign;
