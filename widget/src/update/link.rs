//! The socket's life: open, greet, lose, wait, come back, or not.

use protocol::{
    ClientMessage, CloseReason, close, limits::PING_INTERVAL_MS, limits::PONG_TIMEOUT_MS,
};

use crate::{
    backoff,
    effect::Effect,
    event::TimerId,
    lead::Stage,
    limits::GREETING_TIMEOUT_MS,
    model::{Link, NoteKind, Progress},
    screen,
    update::Turn,
};

impl Turn<'_> {
    /// Opens a socket, whatever was there.
    pub(super) fn connect(&mut self) {
        self.model.link = Link::Connecting;
        self.push(Effect::Cancel(TimerId::Reconnect));
        self.push(Effect::Connect);
        self.after(TimerId::Greeting, GREETING_TIMEOUT_MS);
    }

    /// Opens a socket if there is none and none is forbidden.
    pub(super) fn wake(&mut self) {
        if matches!(self.model.link, Link::Idle | Link::Waiting | Link::Asleep) {
            self.connect();
        }
    }

    pub(super) fn opened(&mut self) {
        if self.model.link == Link::Connecting {
            self.model.link = Link::Greeting;
            let hello = self.model.hello();
            self.push(Effect::Send(ClientMessage::Hello(hello)));
        }
    }

    /// The relay or the network closed the socket.
    pub(super) fn closed(&mut self, code: u16) {
        if matches!(self.model.link, Link::Idle | Link::Waiting | Link::Asleep | Link::Refused(_)) {
            return;
        }
        if !close::may_come_back(code) {
            return self.refused(code);
        }
        if code == CloseReason::Erased.code() {
            // What was on its way may be part of what the visitor has deleted: it is not sent again.
            self.model.outbox.clear();
            self.begin_anew(NoteKind::Ended);
            return self.keep_outbox();
        }
        self.model.restarting = code == CloseReason::Restarting.code();
        if code == CloseReason::Idle.code() {
            self.unlink(Link::Asleep);
        } else {
            self.lose();
        }
    }

    /// The relay said not to come back. What waits stays, and the visitor is told.
    pub(super) fn refused(&mut self, code: u16) {
        self.unlink(Link::Refused(code));
        self.push(Effect::Disconnect);
        if let Some(text) = screen::status(self.model) {
            self.alert(text);
        }
    }

    /// Something is missing or not understood: ask for it from the last place that is sure.
    pub(super) fn resync(&mut self) {
        let there = [Link::Connecting, Link::Greeting, Link::CatchingUp, Link::Ready];
        if there.contains(&self.model.link) {
            self.push(Effect::Disconnect);
            self.lose();
        }
    }

    /// The link is lost: wait with jitter, longer each time until a link proves itself.
    pub(super) fn lose(&mut self) {
        let had = matches!(self.model.link, Link::Ready | Link::CatchingUp);
        self.unlink(Link::Waiting);
        let delay_ms = match self.model.attempt {
            0 if self.model.restarting => backoff::restart_ms(self.at.random),
            attempt => backoff::delay_ms(attempt, self.at.random),
        };
        self.model.attempt = self.model.attempt.saturating_add(1);
        self.after(TimerId::Reconnect, delay_ms);
        // Said once: when it breaks, or when the first welcome does not come.
        if (had || 1 < self.model.attempt) && !self.model.loss_said {
            self.model.loss_said = true;
            self.happened("link-lost");
            if let Some(text) = screen::status(self.model) {
                self.announce(text);
            }
        }
    }

    /// There is no socket now: what was sent and not acknowledged waits again, under the same id.
    fn unlink(&mut self, link: Link) {
        self.model.link = link;
        self.model.awaiting_pong = false;
        self.model.asked_again = None;
        for pending in &mut self.model.outbox {
            if pending.state == Progress::Sent {
                pending.state = Progress::Waiting;
            }
        }
        self.model.list_version += 1;
        self.redraw_sending();
        for timer in [TimerId::Greeting, TimerId::Ping, TimerId::Pong] {
            self.push(Effect::Cancel(timer));
        }
    }

    /// Welcomed, and all of the history is here.
    pub(super) fn ready(&mut self) {
        self.model.link = Link::Ready;
        self.model.was_ready = true;
        self.model.list_version += 1;
        self.redraw_sending();
        self.push(Effect::Cancel(TimerId::Greeting));
        self.after(TimerId::Ping, interval());
        if self.model.loss_said {
            self.model.loss_said = false;
            self.happened("link-restored");
            self.announce(self.model.options.strings.connected);
        }
        self.flush();
    }

    /// Of the panel only what waits or goes shows how the link is.
    fn redraw_sending(&mut self) {
        if let Stage::Sending(_) = self.model.lead.stage {
            self.model.panel_version += 1;
        }
    }

    /// The link has carried something through: the next loss starts counting anew.
    pub(super) fn proved(&mut self) {
        self.model.attempt = 0;
    }

    /// Asks whether the relay is there.
    pub(super) fn ping(&mut self) {
        if self.model.link == Link::Ready {
            self.model.awaiting_pong = true;
            self.push(Effect::Send(ClientMessage::Ping));
            self.after(TimerId::Pong, u32::try_from(PONG_TIMEOUT_MS).unwrap_or(u32::MAX));
            self.after(TimerId::Ping, interval());
        }
    }
}

fn interval() -> u32 {
    u32::try_from(PING_INTERVAL_MS).unwrap_or(u32::MAX)
}
