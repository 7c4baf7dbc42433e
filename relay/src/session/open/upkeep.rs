//! What keeps an open session honest: heartbeats, ends of the silent and the idle, refusals of
//! those who go too fast or make no sense.

use std::time::Duration;

use protocol::{ClientMsgId, CloseReason, Failure, FailureCode};

use super::Open;
use crate::{
    limits::{DEAD_AFTER, HEARTBEAT, IDLE_CLOSE, MAX_BAD_FRAMES, MAX_SLOW_DOWNS},
    session::{
        bad::BadFrame,
        effect::Effect,
        event::Refusal,
        refusal::{fail, ms, refuse},
    },
};

impl Open {
    /// When the next heartbeat, or the end of a silent or idle socket, is due.
    pub fn deadline(&self) -> Duration {
        let usual = (self.pinged_at.max(self.heard_at) + HEARTBEAT)
            .min(self.heard_at + DEAD_AFTER)
            .min(self.active_at + IDLE_CLOSE);
        self.unkept.due().map_or(usual, |due| due.min(usual))
    }

    /// Signs of life count like frames: a browser sends one in answer to each of ours, and no more.
    pub(super) fn on_heard(&mut self, now: Duration) -> Vec<Effect> {
        self.heard_at = now;
        self.slow_downs += u32::from(self.paces.frames.take(now).is_err());
        let flood = MAX_SLOW_DOWNS <= self.slow_downs;
        flood.then_some(Effect::Close(CloseReason::Flood)).into_iter().collect()
    }

    pub(super) fn on_tick(&mut self, now: Duration) -> Vec<Effect> {
        if self.heard_at + DEAD_AFTER <= now {
            return vec![Effect::Close(CloseReason::SlowClient)];
        }
        if self.active_at + IDLE_CLOSE <= now && self.replies.is_empty() {
            return vec![Effect::Close(CloseReason::Idle)];
        }
        if self.active_at + IDLE_CLOSE <= now {
            self.active_at = now;
        }
        if self.unkept.take(now)
            && let Some(reply) = self.replies.first().cloned()
        {
            return vec![Effect::Follow { reply, offset: self.passed_chars }];
        }
        if self.pinged_at.max(self.heard_at) + HEARTBEAT <= now {
            self.pinged_at = now;
            return vec![Effect::Heartbeat];
        }
        Vec::new()
    }

    pub(super) fn on_bad_frame(&mut self, bad: BadFrame, now: Duration) -> Vec<Effect> {
        self.heard_at = now;
        if bad == BadFrame::UnknownType {
            // A newer client's: refused, and no reason to end its chat (DESIGN §4).
            let sentence = "this relay does not know this `type`; see docs/wire.md";
            return match self.paces.frames.take(now) {
                Ok(()) => fail(Failure::new(FailureCode::BadFrame, sentence)),
                Err(wait) => self.slow_down(wait, None),
            };
        }
        self.bad_frames += 1;
        let sentence = "not a frame of this protocol; see docs/wire.md";
        let mut effects = fail(Failure::new(FailureCode::BadFrame, sentence));
        if MAX_BAD_FRAMES <= self.bad_frames {
            effects.push(Effect::Close(CloseReason::Protocol));
        }
        effects
    }

    pub(super) fn slow_down(&mut self, wait: Duration, id: Option<ClientMsgId>) -> Vec<Effect> {
        self.slow_downs += 1;
        let mut effects = refuse(Refusal::DealerTooFast(ms(wait)), id);
        if MAX_SLOW_DOWNS <= self.slow_downs {
            effects.push(Effect::Close(CloseReason::Flood));
        }
        effects
    }
}
