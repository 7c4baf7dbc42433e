//! The driver's reads: the greeting, the reply to follow, what another tab said.

use super::{Arc, Driver, Event, Follower, Hello, Link, Live, Missed, ReplyId, Session};
use crate::{
    domain::view,
    limits::ALL_MESSAGES,
    session::{
        event::{Found, FoundConversation, FoundSite},
        greeting, reply,
        rows::DealerRows,
    },
    store::StoreError,
    telemetry::names,
};

impl<L: Link> Driver<L> {
    /// Looks for the site and the conversation that a `hello` names.
    pub(super) async fn find(&mut self, hello: Hello) -> Event {
        Event::Found(match self.look(&hello).await {
            Ok(Some(site)) => Found::Site(Box::new(site)),
            Ok(None) => Found::NoSite,
            Err(error) => {
                note(&error);
                Found::Unavailable
            }
        })
    }

    async fn look(&mut self, hello: &Hello) -> Result<Option<FoundSite>, StoreError> {
        let shared = Arc::clone(&self.shared);
        let store = &shared.replier.store;
        let Some(dealer) = store.dealer_by_site(&hello.site_key) else { return Ok(None) };
        if !dealer.is_active() {
            return Ok(None);
        }
        let now = shared.clock.now();
        let view = view::view(&dealer, &hello.locale, &shared.recipients, now);
        let view = shared.views.share(&dealer.id, view);
        let conversation = match self.resume(&*store.dealer(&dealer.id), hello).await {
            // It is refused whole rather than shown wrong; the visitor gets a new one.
            Err(error) if error.is_damage() => None,
            found => found?,
        };
        let epoch = store.epoch().clone();
        let fresh_token = shared.fresh_token();
        let paces = shared.paces.clone();
        Ok(Some(FoundSite { dealer, view, epoch, fresh_token, paces, conversation }))
    }

    /// Reads the conversation that the token opens, from the client's place on.
    async fn resume(
        &mut self,
        store: &dyn DealerRows,
        hello: &Hello,
    ) -> Result<Option<FoundConversation>, StoreError> {
        let Some(resume) = &hello.resume else { return Ok(None) };
        let Some(found) = store.resume(&resume.token).await? else { return Ok(None) };
        // Connect before reading: what is said in between comes as a tip.
        self.connect(&found.id);
        let epoch = self.shared.replier.store.epoch();
        let (resumed, after_seq) = greeting::place(resume, epoch, found.last_seq);
        let planted = &self.shared.replier.planted;
        let after_seq = after_seq + u64::from(planted.is("resume-skips-one"));
        let limit = if planted.is("partial-resume") { 3 } else { ALL_MESSAGES };
        let messages = store.history(&found.id, after_seq, limit).await?;
        // One that ended between the two reads is a message already.
        let is_message = |id: &ReplyId| messages.iter().any(|m| m.reply_id.as_ref() == Some(id));
        let running = found.running_reply.filter(|id| !is_message(id));
        Ok(Some(FoundConversation {
            last_seq: messages.last().map_or(found.last_seq, |last| last.seq),
            id: found.id,
            resumed,
            messages,
            running,
            expires_at: found.expires_at,
        }))
    }

    /// Begins to pass on a reply. One that is not being written any more has its end on disk.
    pub(super) async fn follow(&mut self, id: &ReplyId, offset: u64) -> Option<Event> {
        self.shared.beginnings.begun(id).await;
        if let Some(live) = self.live(id) {
            self.follow_live(live, offset);
            return None;
        }
        self.follower = None;
        let (thread, open) = match (&self.thread, &self.session) {
            (Some(connected), Session::Open(open)) => (&connected.thread, open),
            _ => return None,
        };
        let store = self.shared.replier.store.dealer(&open.dealer.id);
        let kept = store.end_reply(&thread.id, id, &open.dealer.retention).await;
        let kept = kept.map(reply::ended).map_err(|error| reply::refusal(&error));
        Some(Event::Ended { reply: id.clone(), kept })
    }

    fn follow_live(&mut self, live: Arc<Live>, offset: u64) {
        let offset =
            offset + u64::from(self.shared.replier.planted.is("resume-off-by-one") && 0 < offset);
        let (progress, place) = (live.listen(), live.place(offset));
        self.follower = Some(Follower { live, progress, place });
    }

    /// Sees whether anything more is being written: questions that another tab asked, or that were
    /// asked before the socket broke.
    pub(super) async fn look_on(&mut self, after_seq: u64) -> Option<Event> {
        if self.thread.as_ref()?.thread.running().is_empty() {
            return None;
        }
        self.catch_up(after_seq).await
    }

    /// Reads what came after a message, said in another tab.
    pub(super) async fn catch_up(&mut self, after_seq: u64) -> Option<Event> {
        let (Some(connected), Session::Open(open)) = (&self.thread, &self.session) else {
            return None;
        };
        let store = self.shared.replier.store.dealer(&open.dealer.id);
        let messages = match store.history(&connected.thread.id, after_seq, ALL_MESSAGES).await {
            Ok(messages) => messages,
            Err(error) => {
                note(&error);
                return Some(Event::Unreadable);
            }
        };
        let running = connected.thread.running();
        Some(Event::Missed(Missed { messages, running }))
    }
}

/// A read that failed: for the operator, with ids at most.
fn note(error: &StoreError) {
    metrics::counter!(names::STORE_ERRORS, "kind" => error.word()).increment(1);
    tracing::error!(%error, "Could not read a conversation");
}
