//! What a screen reader is told: two regions that are there before any text enters them (E-40, E-44), outside
//! the transcript (E-41). What is said, and when, is `update`'s.

use crate::{dom::El, limits::MAX_ANNOUNCEMENTS};

/// The live regions of the page.
pub(super) struct Live {
    status: El,
    alert: El,
}

impl Live {
    pub(super) fn mount() -> Self {
        Self { status: El::by_id("status"), alert: El::by_id("alert") }
    }

    /// Says it when the reader comes to it.
    pub(super) fn announce(&self, text: &str) {
        say(&self.status, text);
    }

    /// Says it at once.
    pub(super) fn alert(&self, text: &str) {
        say(&self.alert, text);
    }

    /// Browse mode should not find what is long said.
    pub(super) fn hush(&self) {
        self.status.truncate(0);
        self.alert.truncate(0);
    }
}

/// A new node for each text: a changed one would be read from its beginning.
fn say(region: &El, text: &str) {
    while MAX_ANNOUNCEMENTS <= region.count() {
        region.drop_first();
    }
    region.add(&El::words("p", "", text).attr("dir", "auto"));
}
