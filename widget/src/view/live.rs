//! The two live regions: there before any text enters them, outside the transcript (E-40, E-41).

use crate::{dom::El, limits::MAX_ANNOUNCEMENTS};

/// One polite region and one that interrupts.
pub(super) struct Live {
    status: El,
    alert: El,
}

impl Live {
    pub(super) fn mount(root: &El) -> Self {
        let status = El::of("div", "vh").attr("role", "status");
        let alert = El::of("div", "vh").attr("role", "alert");
        root.add(&status);
        root.add(&alert);
        Self { status, alert }
    }

    /// Said when nothing else is said.
    pub(super) fn say(&self, text: &str) {
        add(&self.status, text);
    }

    /// Said at once.
    pub(super) fn alert(&self, text: &str) {
        add(&self.alert, text);
    }

    /// Browse mode should not find what is long said.
    pub(super) fn hush(&self) {
        self.status.truncate(0);
        self.alert.truncate(0);
    }
}

/// A new node for each text: a changed one would be read from its beginning.
fn add(region: &El, text: &str) {
    while MAX_ANNOUNCEMENTS <= region.count() {
        region.drop_first();
    }
    region.add(&El::words("p", "", text).attr("dir", "auto"));
}
