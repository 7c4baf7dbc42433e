//! Pure nouns and rules: no IO, no clock, no randomness.

pub mod belief;
pub mod contact;
pub mod dealer;
pub mod document;
pub mod file;
pub mod hold;
pub mod hours;
pub mod lead;
pub mod origin;
pub mod passage;
pub mod proof;
pub mod retention;
pub mod view;
