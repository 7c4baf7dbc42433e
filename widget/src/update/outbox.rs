//! What the visitor sends: in order, one at a time, under the same id until it is acknowledged.

use protocol::{ClientMessage, ClientMsgId, CloseReason, Failure, FailureCode, ReplyId};

use crate::{
    effect::Effect,
    event::TimerId,
    kept::KeptLead,
    limits::{MAX_OUTBOX, SLOW_DOWN_CAP_MS, SLOW_DOWN_MS, STORAGE_RETRY_MS},
    model::{Body, Link, NoteKind, Pending, Progress},
    update::Turn,
};

impl Turn<'_> {
    /// Puts something at the end. `false` where too much waits: then it stays where it was.
    pub(super) fn enqueue(&mut self, id: ClientMsgId, body: Body) -> bool {
        if MAX_OUTBOX <= self.model.outbox.len() {
            self.alert(self.model.options.strings.outbox_full);
            return false;
        }
        if self.model.outbox.iter().all(|pending| pending.id != id) {
            self.model.outbox.push(Pending { id, body, state: Progress::Waiting });
        }
        self.model.has_sent = true;
        self.model.list_version += 1;
        true
    }

    /// Sends the first that waits, if nothing is on its way and nothing forbids it.
    pub(super) fn flush(&mut self) {
        let model = &mut *self.model;
        let busy = model.outbox.iter().any(|pending| pending.state == Progress::Sent);
        if model.link != Link::Ready || model.held || busy {
            return;
        }
        let next = model.outbox.iter_mut().find(|pending| pending.state == Progress::Waiting);
        let Some(pending) = next else { return };
        pending.state = Progress::Sent;
        let client_msg_id = pending.id.clone();
        let frame = match pending.body.clone() {
            Body::Say(text) => ClientMessage::Say { client_msg_id, text },
            Body::Lead(lead) => {
                let KeptLead { kind, fields, consents } = *lead;
                ClientMessage::Lead { client_msg_id, kind, fields, consents }
            }
        };
        model.list_version += 1;
        // Kept before it is sent: a page that is left in between can still resume.
        if let Some(session) = &mut model.session
            && !session.used
        {
            session.used = true;
            self.keep_session();
        }
        self.push(Effect::Send(frame));
    }

    /// Takes something out: it is acknowledged, or the visitor took it back.
    pub(super) fn take_pending(&mut self, id: &ClientMsgId) -> Option<Body> {
        let at = self.model.outbox.iter().position(|pending| pending.id == *id)?;
        self.model.list_version += 1;
        Some(self.model.outbox.remove(at).body)
    }

    /// The relay refused something. Each code has one remedy.
    pub(super) fn failed(&mut self, failure: &Failure) {
        if let Some(reply) = &failure.reply_id {
            return self.reply_is_whole(reply);
        }
        let id = failure.client_msg_id.clone().or_else(|| self.on_its_way());
        match failure.code {
            FailureCode::SlowDown => self.hold(id, failure.retry_after_ms.unwrap_or(SLOW_DOWN_MS)),
            FailureCode::StorageUnavailable => {
                self.hold(id, failure.retry_after_ms.unwrap_or(STORAGE_RETRY_MS));
            }
            FailureCode::ConversationEnded => self.begin_anew(NoteKind::Ended),
            FailureCode::ConversationFull => self.begin_anew(NoteKind::Full),
            FailureCode::UnknownSite => self.refused(CloseReason::UnknownSite.code()),
            FailureCode::UnsupportedVersion => {
                self.refused(CloseReason::UnsupportedVersion.code());
            }
            FailureCode::Restarting => {
                self.model.restarting = true;
                self.resync();
            }
            FailureCode::HelloRequired | FailureCode::AlreadyGreeted => self.resync(),
            FailureCode::NoSuchReply => {
                self.model.asked_again = None;
                self.model.list_version += 1;
            }
            FailureCode::TextEmpty
            | FailureCode::TextTooLong
            | FailureCode::LeadInvalid
            | FailureCode::StorageFull
            | FailureCode::BadFrame => {
                if let Some(id) = id {
                    self.refuse(&id, failure);
                }
            }
        }
    }

    /// A reply has ended and waits at the relay until it can be kept. Nothing of it is missing here,
    /// and nothing of the visitor's was refused.
    fn reply_is_whole(&mut self, id: &ReplyId) {
        if let Some(reply) = self.model.replies.iter_mut().find(|reply| reply.id == *id) {
            reply.whole = true;
            self.model.list_version += 1;
        }
    }

    fn on_its_way(&self) -> Option<ClientMsgId> {
        let sent = self.model.outbox.iter().find(|pending| pending.state == Progress::Sent);
        sent.map(|pending| pending.id.clone())
    }

    fn set_state(&mut self, id: &ClientMsgId, state: Progress) -> Option<Body> {
        let pending = self.model.outbox.iter_mut().find(|pending| pending.id == *id)?;
        pending.state = state;
        self.model.list_version += 1;
        Some(pending.body.clone())
    }

    /// Waits as long as the relay asks, then tries again by itself.
    fn hold(&mut self, id: Option<ClientMsgId>, delay_ms: u64) {
        if let Some(id) = id {
            self.set_state(&id, Progress::Waiting);
        }
        self.model.held = true;
        self.model.asked_again = None;
        self.model.list_version += 1;
        let delay_ms = delay_ms.min(SLOW_DOWN_CAP_MS);
        self.after(TimerId::Resend, u32::try_from(delay_ms).unwrap_or(u32::MAX));
    }

    pub(super) fn unhold(&mut self) {
        self.model.held = false;
        self.model.list_version += 1;
        self.flush();
    }

    /// The relay will not take this one as it is. What waits behind it goes on.
    fn refuse(&mut self, id: &ClientMsgId, failure: &Failure) {
        let words = self.model.options.strings;
        match self.set_state(id, Progress::Refused(failure.code)) {
            Some(Body::Lead(_)) => self.lead_refused(failure),
            Some(Body::Say(_)) => self.alert(match failure.code {
                FailureCode::TextTooLong => words.refused_long,
                FailureCode::StorageFull => words.refused_storage,
                _ => words.refused,
            }),
            None => {}
        }
        self.keep_outbox();
        self.flush();
    }

    /// The conversation is over at the relay: a new one begins on a new socket, with what waits.
    pub(super) fn begin_anew(&mut self, why: NoteKind) {
        self.clear(Some(why));
        self.model.session = None;
        self.push(Effect::ForgetSession);
        self.push(Effect::Disconnect);
        // Not a loss: nothing is said of the link.
        let said = std::mem::replace(&mut self.model.loss_said, true);
        self.lose();
        self.model.loss_said = said;
    }
}
