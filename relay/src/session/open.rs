//! One visitor in conversation: what may happen, and what follows.
//!
//! Decides only. Nothing here reads a clock, a socket or a table; see `driver` for the part that
//! acts.

mod upkeep;

use std::{sync::Arc, time::Duration};

use protocol::{
    ClientMessage, ClientMsgId, CloseReason, ConversationId, Failure, FailureCode, ReplyId,
    ServerMessage, SessionToken, SiteKey,
    client::Hello,
    dealer::DealerView,
    failure::{FieldProblem, Problem},
    lead::{ConsentAnswer, LeadFields, LeadKind},
    limits::MAX_TEXT_CHARS,
    mask::masked,
};

use crate::{
    domain::{
        dealer::Dealer,
        lead::{self, CheckedLead},
    },
    session::{
        awaited::Awaited,
        effect::Effect,
        event::{Ended, Event, FoundConversation, FoundSite, Kept, KeptLead, Missed, Refusal},
        frames,
        pace::Paces,
        refusal::{fail, id_of, is_blank, mend, refuse, refused},
        unkept::Unkept,
    },
};

/// A session after its greeting.
#[derive(Debug)]
pub struct Open {
    /// Whose rows this session may touch; fixed at the greeting (A-C3b).
    pub dealer: Arc<Dealer>,
    /// What the visitor was shown of the dealer: the notice and the consent texts as they stood.
    pub view: Arc<DealerView>,
    /// On which of the dealer's sites.
    pub site: SiteKey,
    /// The language of the chat.
    pub locale: String,
    /// The build of the client.
    pub build: String,
    /// What proves that this browser holds the conversation.
    pub token: SessionToken,
    /// The conversation; none before the first message is kept.
    pub conversation: Option<ConversationId>,
    /// The last message that this client was told of, with none missing before it.
    known_seq: u64,
    /// The replies to pass on, in order.
    replies: Awaited,
    /// The first of them, where it has ended and could not be kept yet.
    unkept: Unkept,
    /// How much of the first of them this client has, in Unicode scalar values.
    passed_chars: u64,
    /// How fast the visitor may be.
    paces: Paces,
    /// Refusals for speed in a row.
    slow_downs: u32,
    /// Frames that could not be read, in all.
    bad_frames: u32,
    /// When the visitor last said something or a reply ended.
    active_at: Duration,
    /// When anything was last heard from the client.
    heard_at: Duration,
    /// When the client was last pinged.
    pinged_at: Duration,
    /// Whether the relay is stopping: what runs is passed on, nothing new begins.
    stopping: bool,
    /// Whether the relay is done, and this session ends with the last reply that it passes on.
    leaving: bool,
}

impl Open {
    /// A session that was greeted `now`.
    pub fn new(
        hello: Hello,
        site: FoundSite,
        conversation: Option<FoundConversation>,
        now: Duration,
    ) -> Self {
        let token = match (&conversation, hello.resume) {
            (Some(_), Some(resume)) => resume.token,
            _ => site.fresh_token,
        };
        let (id, known_seq, running) = conversation
            .map(|found| (Some(found.id), found.last_seq, found.running))
            .unwrap_or_default();
        Self {
            dealer: site.dealer,
            view: site.view,
            site: hello.site_key,
            locale: hello.locale,
            build: hello.build,
            token,
            conversation: id,
            known_seq,
            replies: Awaited::following(running),
            unkept: Unkept::default(),
            passed_chars: 0,
            paces: site.paces,
            slow_downs: 0,
            bad_frames: 0,
            active_at: now,
            heard_at: now,
            pinged_at: now,
            stopping: false,
            leaving: false,
        }
    }

    /// Takes in one event and returns what must be done, in order.
    pub fn handle(&mut self, event: Event, now: Duration) -> Vec<Effect> {
        match event {
            Event::Frame(message) => self.on_frame(message, now),
            Event::BadFrame(bad) => self.on_bad_frame(bad, now),
            Event::Heard => self.on_heard(now),
            Event::Recorded { client_msg_id, outcome } => self.on_recorded(client_msg_id, outcome),
            Event::LeadRecorded { client_msg_id, outcome } => {
                self.on_lead_recorded(client_msg_id, outcome)
            }
            Event::Retried(outcome) => self.on_retried(outcome),
            Event::Missed(missed) => self.on_missed(missed),
            // A hint was used up for nothing: the client resumes, and reads what is missing so.
            Event::Unreadable => vec![Effect::Close(CloseReason::Internal)],
            Event::Words { reply, offset, text } => {
                self.passed_chars = offset.saturating_add(text.chars().count() as u64);
                vec![Effect::Send(ServerMessage::Delta { reply_id: reply, offset, text })]
            }
            Event::Ended { reply, kept } => self.on_ended(reply, kept, now),
            Event::Tip(seq) if self.known_seq < seq => vec![Effect::CatchUp(self.known_seq)],
            // The question may have been read before its reply was listed.
            Event::Tip(_) => self.look_on().into_iter().collect(),
            // Whoever comes back begins anew, and forgets what is shown.
            Event::Erased => vec![Effect::Close(CloseReason::Erased)],
            Event::Tick => self.on_tick(now),
            Event::Stopping => {
                self.stopping = true;
                Vec::new()
            }
            Event::Leaving => {
                self.leaving = true;
                self.close_if_leaving()
            }
            Event::Found(_) => Vec::new(),
        }
    }

    fn on_frame(&mut self, message: ClientMessage, now: Duration) -> Vec<Effect> {
        self.heard_at = now;
        if let Err(wait) = self.paces.frames.take(now) {
            return self.slow_down(wait, id_of(&message));
        }
        match message {
            ClientMessage::Hello(_) => {
                fail(Failure::new(FailureCode::AlreadyGreeted, "one `hello` a socket"))
            }
            ClientMessage::Say { client_msg_id, text } => self.on_say(client_msg_id, &text, now),
            ClientMessage::Stop { reply_id } => self.on_stop(reply_id.as_ref()),
            ClientMessage::Retry { reply_id } => self.on_retry(reply_id, now),
            ClientMessage::Lead { client_msg_id, kind, fields, consents } => {
                self.on_lead(client_msg_id, (kind, &fields), consents, now)
            }
            ClientMessage::Ping => vec![Effect::Send(ServerMessage::Pong)],
        }
    }

    /// Recording comes before acknowledging: an `accepted` is a promise.
    fn on_say(&mut self, id: ClientMsgId, text: &str, now: Duration) -> Vec<Effect> {
        if text.chars().count() > MAX_TEXT_CHARS {
            let limit = format!("at most {MAX_TEXT_CHARS} characters a message");
            return fail(Failure::new(FailureCode::TextTooLong, limit).of(id));
        }
        let text: String =
            text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect();
        if text.chars().all(is_blank) {
            return fail(Failure::new(FailureCode::TextEmpty, "no visible character").of(id));
        }
        // Before it is stored (B-55).
        let text = masked(&text).into_owned();
        self.paced(id, now, |client_msg_id| Effect::Record { client_msg_id, text })
    }

    fn on_lead(
        &mut self,
        id: ClientMsgId,
        (kind, fields): (LeadKind, &LeadFields),
        consents: Vec<ConsentAnswer>,
        now: Duration,
    ) -> Vec<Effect> {
        let form = self.dealer.fields_for(kind).ok_or_else(not_offered);
        match form.and_then(|form| lead::check(form, &self.dealer.country, fields)) {
            Ok(checked) => self.paced(id, now, |client_msg_id| Effect::TakeLead {
                client_msg_id,
                lead: Box::new(CheckedLead { kind, ..checked }),
                consents,
            }),
            Err(problems) => fail(mend(problems).of(id)),
        }
    }

    /// What is to be kept goes on if the relay is not stopping and the visitor not too fast.
    fn paced(
        &mut self,
        id: ClientMsgId,
        now: Duration,
        effect: impl FnOnce(ClientMsgId) -> Effect,
    ) -> Vec<Effect> {
        if self.stopping {
            return fail(restarting().of(id));
        }
        if let Err(wait) = self.paces.words.take(now) {
            return self.slow_down(wait, Some(id));
        }
        self.slow_downs = 0;
        self.active_at = now;
        vec![effect(id)]
    }

    fn on_stop(&self, named: Option<&ReplyId>) -> Vec<Effect> {
        let reply = named.or_else(|| self.replies.first());
        match reply.filter(|reply| self.replies.contains(reply)) {
            Some(reply) => vec![Effect::StopReply(reply.clone())],
            None => fail(Failure::new(FailureCode::NoSuchReply, "no such reply is being written")),
        }
    }

    fn on_retry(&mut self, reply: ReplyId, now: Duration) -> Vec<Effect> {
        if !self.replies.is_empty() || self.conversation.is_none() {
            let sentence = "only the last reply can be asked for again, once it has ended";
            return fail(Failure::new(FailureCode::NoSuchReply, sentence));
        }
        if self.stopping {
            return fail(restarting());
        }
        match self.paces.words.take(now) {
            Ok(()) => vec![Effect::Retry(reply)],
            Err(wait) => self.slow_down(wait, None),
        }
    }

    fn on_recorded(&mut self, id: ClientMsgId, outcome: Result<Kept, Refusal>) -> Vec<Effect> {
        let kept = match outcome {
            Ok(kept) => kept,
            Err(refusal) => return refuse(refusal, Some(id)),
        };
        self.conversation = Some(kept.conversation.clone());
        self.learn(kept.seq);
        let mut effects = vec![Effect::Send(ServerMessage::Accepted {
            client_msg_id: id,
            seq: kept.seq,
            at: kept.at.millis(),
            conversation: kept.conversation,
            expires_at: kept.expires_at.millis(),
            reply_id: kept.reply.clone(),
        })];
        effects.extend(kept.reply.and_then(|reply| self.replies.add(reply)));
        effects
    }

    fn on_lead_recorded(
        &mut self,
        id: ClientMsgId,
        outcome: Result<KeptLead, Refusal>,
    ) -> Vec<Effect> {
        match outcome {
            Ok(kept) => {
                self.conversation = Some(kept.conversation);
                let lead = kept.lead;
                vec![Effect::Send(ServerMessage::LeadTaken { client_msg_id: id, lead })]
            }
            Err(refusal) => refuse(refusal, Some(id)),
        }
    }

    fn on_retried(&mut self, outcome: Result<Option<ReplyId>, Refusal>) -> Vec<Effect> {
        match outcome {
            Ok(Some(reply)) => self.replies.add(reply).into_iter().collect(),
            Ok(None) => {
                let sentence = "only the last reply can be asked for again, and not a complete one";
                fail(Failure::new(FailureCode::NoSuchReply, sentence))
            }
            Err(refusal) => refuse(refusal, None),
        }
    }

    /// Another tab said something: pass it on, and what is being answered there.
    fn on_missed(&mut self, missed: Missed) -> Vec<Effect> {
        for message in &missed.messages {
            self.learn(message.seq);
        }
        let pages =
            if missed.messages.is_empty() { Vec::new() } else { frames::pages(missed.messages) };
        let mut effects: Vec<Effect> = frames::history(pages.into_iter()).collect();
        effects.extend(self.replies.add_all(missed.running));
        effects
    }

    fn on_ended(
        &mut self,
        reply: ReplyId,
        kept: Result<Box<Ended>, Refusal>,
        now: Duration,
    ) -> Vec<Effect> {
        self.active_at = now;
        if let Err(refusal) = &kept
            && *refusal != Refusal::ConversationEnded
            && !self.stopping
        {
            let first = self.unkept.note(now);
            let mut failure = refused(*refusal);
            failure.reply_id = Some(reply);
            return if first { fail(failure) } else { Vec::new() };
        }
        self.unkept.clear();
        self.passed_chars = 0;
        let next = self.replies.end(&reply);
        let mut effects = match kept {
            Ok(ended) => {
                self.learn(ended.message.seq);
                vec![Effect::Send(ServerMessage::Done {
                    reply_id: reply,
                    message: ended.message,
                    expires_at: ended.expires_at.millis(),
                })]
            }
            Err(refusal) => fail(refused(refusal)),
        };
        effects.extend(next.or_else(|| self.look_on()));
        effects.extend(self.close_if_leaving());
        effects
    }

    /// Once the relay is done, the socket closes as soon as no reply is being passed on.
    fn close_if_leaving(&self) -> Vec<Effect> {
        if self.leaving && self.replies.is_empty() {
            vec![Effect::Close(CloseReason::Restarting)]
        } else {
            Vec::new()
        }
    }

    /// Where nothing more is awaited, something may still be being written: a question of another
    /// tab, or one of several that waited when the socket broke.
    pub fn look_on(&self) -> Option<Effect> {
        let looks = self.replies.is_empty() && self.conversation.is_some() && !self.leaving;
        looks.then_some(Effect::LookOn(self.known_seq))
    }

    /// Moves the place up to which nothing is missing.
    fn learn(&mut self, seq: u64) {
        if seq == self.known_seq + 1 {
            self.known_seq = seq;
        }
    }
}

/// The dealer has no form for what the visitor wants.
fn not_offered() -> Vec<FieldProblem> {
    vec![FieldProblem { field: "kind".to_owned(), problem: Problem::Unknown }]
}

/// Nothing new begins while the relay stops.
fn restarting() -> Failure {
    Failure::new(FailureCode::Restarting, "the relay restarts; reconnect")
}
