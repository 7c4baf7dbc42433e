//! Pure nouns and rules: no IO, no clock, no randomness.

pub mod audit;
pub mod belief;
mod closed;
pub mod contact;
pub mod dealer;
pub mod document;
pub mod dossier;
pub mod export;
pub mod file;
pub mod handover;
pub mod hold;
pub mod hours;
pub mod html;
pub mod inventory;
pub mod lead;
pub mod origin;
pub mod passage;
pub mod place;
pub mod proof;
pub mod record;
pub mod request;
pub mod restriction;
pub mod retention;
pub mod rights;
pub mod target;
pub mod view;
