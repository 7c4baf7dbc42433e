//! The panel over the transcript: the dealer's contact, the form, its review, its end.

use protocol::{ClientMsgId, Failure, FailureCode};

use crate::{
    effect::{Effect, Target},
    lead::Stage,
    limits::OPEN_NOW_MS,
    model::{Body, Panel, Progress},
    update::Turn,
};

impl Turn<'_> {
    pub(super) fn open_panel(&mut self, panel: Panel) {
        if let Stage::Taken(_) = self.model.lead.stage {
            self.model.lead.stage = Stage::Filling;
        }
        self.model.knows_open = self.at.now_ms - self.model.welcomed_at_ms <= OPEN_NOW_MS;
        self.model.panel = panel;
        self.show(Target::Panel);
        self.wake();
    }

    pub(super) fn close_panel(&mut self) {
        self.model.panel = Panel::Chat;
        // What came meanwhile was drawn unseen.
        self.follow();
        self.show(Target::Opener);
    }

    fn show(&mut self, target: Target) {
        self.model.panel_version += 1;
        self.push(Effect::Focus(target));
    }

    pub(super) fn tick(&mut self, index: usize, given: bool) {
        let options = self.model.dealer.as_ref().map(|dealer| &dealer.lead_form.consents);
        if let Some(option) = options.and_then(|options| options.get(index)) {
            self.model.lead.tick(option, given);
        }
        self.keep_later();
    }

    /// Shows what will be sent to whom, or what needs mending first.
    pub(super) fn review(&mut self) {
        let Some(dealer) = self.model.dealer.as_ref() else { return };
        if self.model.lead.stage != Stage::Filling {
            return;
        }
        self.model.lead.problems = self.model.lead.check(&dealer.lead_form);
        if self.model.lead.problems.is_empty() {
            self.model.lead.stage = Stage::Reviewing;
            self.show(Target::Panel);
        } else {
            self.alert(self.model.options.strings.lead_problems);
            self.show(Target::Problem);
        }
    }

    pub(super) fn amend(&mut self) {
        if self.model.lead.stage == Stage::Reviewing {
            self.model.lead.stage = Stage::Filling;
            self.show(Target::Panel);
        }
    }

    /// The visitor has seen what is sent, and sends it (D-53). The same details keep their id.
    pub(super) fn send_lead(&mut self, fresh: ClientMsgId) {
        let Some(dealer) = self.model.dealer.as_ref() else { return };
        if self.model.lead.stage != Stage::Reviewing {
            return;
        }
        let lead = Box::new(self.model.lead.to_send(&dealer.lead_form));
        let is_old = |body: &Body| matches!(body, Body::Lead(old) if *old == lead);
        let mut id = fresh;
        self.model.outbox.retain(|pending| {
            let refused = matches!(pending.state, Progress::Refused(_));
            if refused && is_old(&pending.body) {
                id = pending.id.clone();
            }
            !(refused && matches!(pending.body, Body::Lead(_)))
        });
        if self.enqueue(id.clone(), Body::Lead(lead)) {
            self.model.lead.stage = Stage::Sending(id);
            self.keep_outbox();
            self.wake();
            self.flush();
            self.show(Target::Panel);
        }
    }

    pub(super) fn lead_stands_taken(&mut self, id: &ClientMsgId, reference: &str) {
        if self.model.lead.stage == Stage::Sending(id.clone()) {
            self.model.lead.taken(reference);
            self.model.panel_version += 1;
            if self.model.panel != Panel::Chat {
                self.push(Effect::Focus(Target::Panel));
            }
        }
    }

    /// Back to the form with what needs mending, or to the review where nothing does.
    pub(super) fn lead_refused(&mut self, failure: &Failure) {
        let words = self.model.options.strings;
        let mend = failure.code == FailureCode::LeadInvalid;
        self.model.lead.problems.clone_from(&failure.fields);
        self.model.lead.stage = if mend { Stage::Filling } else { Stage::Reviewing };
        self.alert(if mend { words.lead_problems } else { words.lead_refused });
        self.model.panel_version += 1;
        if self.model.panel != Panel::Chat {
            self.push(Effect::Focus(if mend { Target::Problem } else { Target::Panel }));
        }
    }
}
