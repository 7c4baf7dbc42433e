//! The driver's writes: words, leads, another try. Each answers after its commit.

use protocol::{ClientMsgId, lead::ConsentAnswer, limits::MAX_UNANSWERED};

use super::{Arc, Driver, Event, Link, ReplyId, Session, Shared};
use crate::{
    domain::{
        dealer::{Dealer, DealerProvider},
        lead::{CheckedLead, is_over},
        target::route,
        view::open_now,
    },
    session::{
        event::{Kept, KeptLead, Refusal},
        open::Open,
        refusal::ms,
        reply::{Order, refusal},
    },
    store::{Append, ConsentRecord, NewLead, TakeLead, Words},
    telemetry::names,
};

impl<L: Link> Driver<L> {
    /// Keeps the visitor's words and begins the reply that is owed to them.
    pub(super) async fn record(&mut self, client_msg_id: ClientMsgId, text: String) -> Event {
        let outcome = self.append(&client_msg_id, text).await;
        Event::Recorded { client_msg_id, outcome }
    }

    async fn append(&mut self, id: &ClientMsgId, text: String) -> Result<Kept, Refusal> {
        let Session::Open(open) = &self.session else { return Err(Refusal::ConversationEnded) };
        let waiting = self.thread.as_ref().map_or(0, |connected| connected.thread.n_replies());
        if MAX_UNANSWERED <= waiting {
            return Err(Refusal::TooManyUnanswered);
        }
        let dealer = self.dealer(open)?;
        pace(&mut self.link, &self.shared, &dealer)?;
        let reply = self.shared.fresh_reply();
        let shared = Arc::clone(&self.shared);
        let _beginning = shared.beginnings.announce(&reply);
        let forgotten =
            shared.replier.planted.is("forget-client-msg-id").then(|| shared.fresh_message());
        let words = Words {
            token: open.token.clone(),
            conversation: open.conversation.clone(),
            site: open.site.clone(),
            locale: open.locale.clone(),
            notice_version: open.view.notice.version.clone(),
            build: open.build.clone(),
            client_msg_id: forgotten.unwrap_or_else(|| id.clone()),
            text,
            reply_id: reply,
            policy: dealer.retention.clone(),
        };
        let store = self.shared.replier.store.dealer(&dealer.id);
        match store.append(words).await.map_err(|error| refusal(&error))? {
            Append::Ended => Err(Refusal::ConversationEnded),
            Append::Full => Err(Refusal::ConversationFull),
            Append::Kept { conversation, seq, at, expires_at, reply, fresh } => {
                let kept = Kept { conversation, seq, at, expires_at, reply };
                self.after_append(&kept, dealer, fresh);
                Ok(kept)
            }
        }
    }

    /// Begins the reply, once, and tells the other tabs.
    fn after_append(&mut self, kept: &Kept, dealer: Arc<Dealer>, fresh: bool) {
        let Session::Open(open) = &self.session else { return };
        metrics::counter!(names::MESSAGES).increment(fresh.into());
        let (view, model_told) = (open.view.clone(), model_told(open));
        let redaction_told = open.dealer.redaction;
        let replier = self.shared.replier.clone();
        let fresh = fresh || self.shared.replier.planted.is("ask-twice");
        let thread = self.connect(&kept.conversation);
        if let (true, Some(reply)) = (fresh, kept.reply.clone()) {
            replier.begin(
                thread,
                Order { dealer, view, model_told, redaction_told, reply, question_seq: kept.seq },
            );
        }
        thread.advance(kept.seq);
    }

    /// Asks again for a reply that did not come to a good end.
    pub(super) async fn retry(&mut self, old: ReplyId) -> Event {
        Event::Retried(self.ask_again(old).await)
    }

    async fn ask_again(&mut self, old: ReplyId) -> Result<Option<ReplyId>, Refusal> {
        let Session::Open(open) = &self.session else { return Ok(None) };
        let Some(conversation) = open.conversation.clone() else { return Ok(None) };
        let (dealer, view) = (self.dealer(open)?, open.view.clone());
        let model_told = model_told(open);
        let redaction_told = open.dealer.redaction;
        pace(&mut self.link, &self.shared, &dealer)?;
        let reply = self.shared.fresh_reply();
        let shared = Arc::clone(&self.shared);
        let _beginning = shared.beginnings.announce(&reply);
        let store = self.shared.replier.store.dealer(&dealer.id);
        let question = store.retry(&conversation, &old, &reply).await;
        let Some(question_seq) = question.map_err(|error| refusal(&error))? else {
            return Ok(None);
        };
        let replier = self.shared.replier.clone();
        let order =
            Order { dealer, view, model_told, redaction_told, reply: reply.clone(), question_seq };
        replier.begin(self.connect(&conversation), order);
        Ok(Some(reply))
    }

    /// Keeps a lead with its consents and its deliveries to come.
    pub(super) async fn take_lead(
        &mut self,
        client_msg_id: ClientMsgId,
        lead: CheckedLead,
        consents: Vec<ConsentAnswer>,
    ) -> Event {
        let outcome = self.keep_lead(&client_msg_id, lead, &consents).await;
        Event::LeadRecorded { client_msg_id, outcome }
    }

    async fn keep_lead(
        &mut self,
        id: &ClientMsgId,
        lead: CheckedLead,
        consents: &[ConsentAnswer],
    ) -> Result<KeptLead, Refusal> {
        let Session::Open(open) = &self.session else { return Err(Refusal::ConversationEnded) };
        let dealer = self.dealer(open)?;
        let now = self.shared.replier.clock.now();
        if lead.fields.day.as_ref().is_some_and(|day| is_over(day, &dealer.timezone, now)) {
            return Err(Refusal::DayOver);
        }
        pace(&mut self.link, &self.shared, &dealer)?;
        let targets = route(&dealer.deliver, lead.kind, open_now(&dealer, now));
        let new = NewLead {
            token: open.token.clone(),
            conversation: open.conversation.clone(),
            site: open.site.clone(),
            locale: open.locale.clone(),
            notice_version: open.view.notice.version.clone(),
            build: open.build.clone(),
            client_msg_id: id.clone(),
            lead_id: self.shared.fresh_lead(),
            lead,
            consents: consent_records(open, consents),
            policy: dealer.retention.clone(),
            targets,
        };
        let store = self.shared.replier.store.dealer(&dealer.id);
        match store.take_lead(new).await.map_err(|error| refusal(&error))? {
            TakeLead::Ended => Err(Refusal::ConversationEnded),
            TakeLead::Full => Err(Refusal::ConversationFull),
            TakeLead::Taken { lead, conversation, fresh, .. } => {
                metrics::counter!(names::LEADS).increment(fresh.into());
                self.connect(&conversation);
                Ok(KeptLead { lead, conversation })
            }
        }
    }

    /// The dealer as it is now: since the greeting it may have been changed, paused or removed, and
    /// the site taken from it.
    fn dealer(&self, open: &Open) -> Result<Arc<Dealer>, Refusal> {
        let dealer = self.shared.replier.store.dealer_by_site(&open.site);
        dealer.filter(|dealer| dealer.id == open.dealer.id).ok_or(Refusal::SiteClosed)
    }
}

/// Whether the notice that this visitor was shown names a model.
fn model_told(open: &Open) -> bool {
    open.dealer.provider == DealerProvider::Relay
}

/// The boxes as evidence: each that the form shows, with the exact text that stood beside it
/// (B-20). A box that the client doesn't name, or names with another version, was not ticked.
fn consent_records(open: &Open, answers: &[ConsentAnswer]) -> Vec<ConsentRecord> {
    let options = open.view.lead_form.consents.iter();
    let record = |option: &protocol::lead::ConsentOption| {
        let same = |answer: &&ConsentAnswer| {
            answer.channel == option.channel && answer.version == option.version
        };
        ConsentRecord {
            channel: option.channel,
            given: answers.iter().find(same).is_some_and(|answer| answer.given),
            text: option.text.clone(),
            version: option.version.clone(),
            lang: open.view.notice.lang.clone(),
        }
    };
    options.map(record).collect()
}

/// Whether this visitor's address, and this dealer's visitors all together, may go on (T07).
fn pace(link: &mut impl Link, shared: &Shared, dealer: &Dealer) -> Result<(), Refusal> {
    let now = shared.clock.uptime();
    link.pace(now).map_err(|wait| Refusal::DealerTooFast(ms(wait)))?;
    shared.dealer_pace.check_key(&dealer.id).map_err(|not_until| {
        use governor::clock::Clock;

        let wait = not_until.wait_time_from(governor::clock::DefaultClock::default().now());
        Refusal::DealerTooFast(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX))
    })
}
