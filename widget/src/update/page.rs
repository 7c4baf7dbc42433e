//! What the page, the frame, the network and the timers say.

use crate::{
    effect::{Effect, Tell},
    event::{Page, TimerId},
    kept::{KeptItem, KeptOutbox, KeptSession},
    lead::Stage,
    limits::{MAX_OUTBOX, STILL_WORKING_MS},
    model::{Body, Link, Pending, Progress, Session},
    update::Turn,
};

impl Turn<'_> {
    pub(super) fn page(&mut self, page: Page) {
        match page {
            Page::Mounted { session, outbox, online, calm, touch } => {
                self.model.online = online;
                self.model.calm = calm;
                self.model.touch = touch;
                self.restore(session, outbox);
                if self.model.session.is_some() || self.model.shown {
                    self.connect();
                }
            }
            Page::Shown(focused) => self.shown(focused),
            Page::Hidden => self.model.shown = false,
            Page::Online => {
                self.model.online = true;
                self.look();
            }
            Page::Offline => {
                self.model.online = false;
                self.ping();
            }
            Page::Awake => self.look(),
            Page::Leaving => self.keep_outbox(),
            Page::Scrolled(to_end) => {
                self.model.follows = to_end;
                self.model.missed &= !to_end;
            }
            Page::Resized => self.follow(),
        }
    }

    /// Takes up what this tab had kept for this site; what another site kept is not touched.
    fn restore(&mut self, session: Option<KeptSession>, outbox: Option<Box<KeptOutbox>>) {
        let site = self.model.options.site.clone();
        self.model.session = session.filter(|kept| kept.site == site).map(|kept| Session {
            token: kept.token,
            epoch: kept.epoch,
            conversation: kept.conversation,
            used: true,
        });
        if let Some(kept) = outbox.filter(|kept| kept.site == site) {
            self.model.draft = kept.draft;
            self.model.quiet = kept.quiet;
            self.model.whole = kept.whole;
            if let Some(form) = &kept.form {
                self.model.lead.take_up(form);
            }
            for item in kept.waiting.into_iter().take(MAX_OUTBOX) {
                self.restore_item(item);
            }
            self.model.has_sent = true;
        }
        self.model.has_sent |= self.model.session.is_some();
    }

    fn restore_item(&mut self, item: KeptItem) {
        let body = match (item.text, item.lead) {
            (Some(text), _) => Body::Say(text),
            (None, Some(lead)) => {
                self.model.lead.take_up(&lead);
                if item.refused.is_none() {
                    self.model.lead.stage = Stage::Sending(item.id.clone());
                }
                Body::Lead(Box::new(lead))
            }
            (None, None) => return,
        };
        let state = item.refused.map_or(Progress::Waiting, Progress::Refused);
        self.model.outbox.push(Pending { id: item.id, body, state });
        self.model.list_version += 1;
    }

    /// The focus is moved only within the frame: on a next page it is where the page has it (E-15).
    fn shown(&mut self, focused: bool) {
        self.model.shown = true;
        if 0 < self.model.unread {
            self.model.unread = 0;
            self.push(Effect::Tell(Tell::Unread(0)));
        }
        self.wake();
        self.follow();
        if focused {
            self.focus_to_write();
        }
    }

    /// After a sleep or a lost network: try at once, or ask whether the socket still lives.
    fn look(&mut self) {
        match self.model.link {
            Link::Waiting => self.connect(),
            Link::Ready => self.ping(),
            _ => {}
        }
    }

    pub(super) fn timer(&mut self, timer: TimerId) {
        match timer {
            TimerId::Reconnect if self.model.link == Link::Waiting => self.connect(),
            TimerId::Greeting if self.model.link != Link::Ready => self.resync(),
            TimerId::Ping => self.ping(),
            TimerId::Pong if self.model.awaiting_pong => self.resync(),
            TimerId::Resend => self.unhold(),
            TimerId::StillWorking => self.still_working(),
            TimerId::SaveDraft => self.keep_outbox(),
            TimerId::Hush => self.push(Effect::Hush),
            TimerId::Reconnect | TimerId::Greeting | TimerId::Pong => {}
        }
    }

    fn still_working(&mut self) {
        let now_ms = self.at.now_ms;
        let Some(reply) = self.model.replies.iter().find(|reply| !reply.whole) else { return };
        let (id, silent_ms) = (reply.id.clone(), now_ms - reply.grew_at_ms);
        let words = self.model.options.strings;
        if let Some(text) = self.model.announcer.still(&id, silent_ms, words) {
            self.announce_reply(text);
        }
        // Woken early by a reply that has grown since, the timer waits for the rest of its time.
        let rest_ms = i64::from(STILL_WORKING_MS) - silent_ms;
        let wait_ms = u32::try_from(rest_ms).ok().filter(|ms| 0 < *ms).unwrap_or(STILL_WORKING_MS);
        self.after(TimerId::StillWorking, wait_ms);
    }
}
