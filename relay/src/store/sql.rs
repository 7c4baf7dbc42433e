//! All SQL of the store, each text once, valid on SQLite and on PostgreSQL (D10). No code.
//!
//! Parameters are `$1` to `$n`. A test prepares every text on both databases. A query that reads
//! a visitor's rows names the dealer (D6) and hides what is past `expires_at` (G-15); those that
//! do not stand in `everyone.rs`, `erase.rs` and `keys.rs`, for the sweep, the recovery and the keys.

use super::db::Arg;

mod audit;
mod contact;
mod conversation;
mod dealer;
mod erase;
mod everyone;
mod hold;
mod keys;
mod lead;
mod lease;
mod notice;
mod outbox;
mod page;
mod request;
mod suppression;
mod upgrade;

pub(super) use audit::*;
pub(super) use contact::*;
pub(super) use conversation::*;
pub(super) use dealer::*;
pub(super) use erase::*;
pub(super) use everyone::*;
pub(super) use hold::*;
pub(super) use keys::*;
pub(super) use lead::*;
pub(super) use lease::*;
pub(super) use notice::*;
pub(super) use outbox::*;
pub(super) use page::*;
pub(super) use request::*;
pub(super) use suppression::*;
pub(super) use upgrade::*;

/// The arguments of a query that takes `STEP` ids, after others.
pub(super) fn step<'a>(first: &[Arg<'a>], ids: &[&'a str]) -> Vec<Arg<'a>> {
    let last = ids.last().copied().unwrap_or_default();
    let padded = ids.iter().copied().chain(std::iter::repeat(last)).take(STEP);
    first.iter().copied().chain(padded.map(Arg::from)).collect()
}

/// Several changes that are one step: they share their parameters and one trip to the database.
#[derive(Clone, Copy, Debug)]
pub(super) struct Batch {
    /// For SQLite: one statement after the other.
    pub(super) sqlite: &'static str,
    /// For PostgreSQL: one statement of which the others are parts.
    #[cfg(test)]
    pub(super) postgres: &'static str,
    /// Each statement by itself.
    #[cfg(test)]
    pub(super) parts: &'static [&'static str],
}

/// Declares the queries of a file, and lists them for the tests.
macro_rules! queries {
    ($($(#[$doc:meta])* $name:ident = $text:expr;)*) => {
        $($(#[$doc])* pub(in crate::store) const $name: &str = $text;)*

        /// All single queries of this file.
        #[cfg(test)]
        pub(in crate::store::sql) const QUERIES: &[(&str, &str)] = &[$((stringify!($name), $name)),*];
    };
}

/// Declares the batches of a file: named parts, then `then` and the last part.
macro_rules! batches {
    ($($(#[$doc:meta])* $name:ident = $($part:ident $text:expr),+ ; then $last:expr;)*) => {
        $($(#[$doc])* pub(in crate::store) const $name: $crate::store::sql::Batch =
            $crate::store::sql::Batch {
                sqlite: concat!($($text, ";\n",)+ $last),
                #[cfg(test)]
                postgres: concat!("WITH ", $(stringify!($part), " AS (", $text, "), ",)+ "all_parts AS (SELECT 1) ", $last),
                #[cfg(test)]
                parts: &[$($text,)+ $last],
            };)*

        /// All batches of this file.
        #[cfg(test)]
        pub(in crate::store::sql) const BATCHES: &[(&str, $crate::store::sql::Batch)] =
            &[$((stringify!($name), $name)),*];
    };
}

use {batches, queries};

/// All single queries, for the tests that prepare them.
#[cfg(test)]
#[expect(unused_qualifications, reason = "each file has a list of this name")]
pub(super) fn all_queries() -> impl Iterator<Item = (&'static str, &'static str)> {
    [
        audit::QUERIES,
        contact::QUERIES,
        conversation::QUERIES,
        dealer::QUERIES,
        erase::QUERIES,
        everyone::QUERIES,
        hold::QUERIES,
        keys::QUERIES,
        lead::QUERIES,
        lease::QUERIES,
        notice::QUERIES,
        outbox::QUERIES,
        request::QUERIES,
        suppression::QUERIES,
        upgrade::QUERIES,
    ]
    .into_iter()
    .flatten()
    .copied()
}

/// All batches, for the tests that prepare them.
#[cfg(test)]
#[expect(unused_qualifications, reason = "each file has a list of this name")]
pub(super) fn all_batches() -> impl Iterator<Item = (&'static str, Batch)> {
    [conversation::BATCHES, erase::BATCHES, keys::BATCHES].into_iter().flatten().copied()
}
