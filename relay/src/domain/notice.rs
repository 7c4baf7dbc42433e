//! What recipients of a lead are told after it: that it has changed, that it is to be deleted or left
//! alone (Art. 19 GDPR; B-38); and what a dealer is told of its deliveries. No notice holds anything that
//! a visitor has left.

use super::{closed::words, handover::Vendor};
use crate::clock::Timestamp;

words! {
    /// What has happened.
    Event {
        /// Something of the lead was put right, or a consent was taken back.
        Updated = "lead.updated",
        /// The lead was erased: whoever has a copy deletes it, too (Art. 17, Art. 19).
        Erased = "subject.erased",
        /// The lead may be kept and not be used (Art. 18, Art. 19).
        Restricted = "subject.restricted",
        /// A target does not take what is owed to it; it is tried on.
        Failing = "delivery.failing",
        /// A target could not be told to delete or restrict a lead.
        Untold = "notice.failed",
        /// A lead was not taken for three weeks, and is not tried any more.
        GivenUp = "delivery.failed",
    }
}

/// A notice on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What has happened.
    pub event: Event,
    /// Which lead it is about; empty where it is about none.
    pub lead: String,
    /// Which of the dealer's targets it is about; empty where it is about none.
    pub about: String,
    /// When it happened.
    pub at: Timestamp,
    /// The dealership.
    pub vendor: Vendor,
}
