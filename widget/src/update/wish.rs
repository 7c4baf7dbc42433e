//! What the visitor wants: which of the dealer's forms is filled in, and how far.

use protocol::lead::{FieldKind, LeadKind};

use crate::{lead::Stage, model::Panel, update::Turn};

impl Turn<'_> {
    /// The form of this wish, unless details are on their way; what was typed stays.
    pub(super) fn open_form(&mut self, kind: LeadKind) {
        self.open_panel(Panel::Lead);
        self.amend();
        self.choose(kind);
    }

    pub(super) fn choose(&mut self, kind: LeadKind) {
        if self.model.lead.stage == Stage::Filling {
            self.model.lead.kind = kind;
            self.model.lead.problems.clear();
            self.keep_later();
        }
    }

    /// Nothing that was begun is left out in silence.
    pub(super) fn review_half(&mut self, kind: FieldKind) {
        self.model.lead.fields.set(kind, Some("?".to_owned()));
        self.review();
        self.model.lead.fields.set(kind, None);
    }
}
