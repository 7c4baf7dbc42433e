//! What the heart of the chat promises, told in events and effects.

pub(crate) mod cast;
mod leads;
mod links;
mod outbox;
mod replies;
mod resume;
mod sight;
