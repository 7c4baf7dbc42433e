//! Who delivers: looks at what is owed, claims it target by target, so that one that hangs delays no
//! other, and notes how each try went.

mod lead;
mod out;

use std::{sync::Arc, time::Duration};

pub use lead::{handover, vendor};
use out::{OnItsWay, Out};
use protocol::LeadId;

use super::{
    schedule,
    send::{self, Content, Outcome, Parcel, Sender, Went},
    sign::Secret,
};
use crate::{
    clock::Timestamp,
    domain::{
        dealer::Dealer,
        handover::{Handover, Telling},
        notice::{Event, Notice},
        target::{MailFormat, PEOPLE, Target, TargetChannel},
    },
    lifecycle::Tasks,
    limits::{DELIVERY_GRACE, DELIVERY_LOOK, TRIES_BEFORE_ALARM},
    random::{Random, below},
    store::{Alarm, Claimed, DealerStore, Owed, Store, StoreError, Tried, What},
    telemetry::names,
};

/// What delivers, for all dealers.
#[derive(Clone)]
pub struct Courier {
    store: Store,
    sender: Sender,
    random: Arc<dyn Random>,
    tasks: Tasks,
    out: Arc<Out>,
}

impl Courier {
    /// One that has not left yet.
    pub fn new(store: Store, sender: Sender, random: Arc<dyn Random>, tasks: Tasks) -> Self {
        Self { store, sender, random, tasks, out: Arc::new(Out::new()) }
    }

    /// Delivers until the relay stops. What is on its way then is noted in time, or tried again under the
    /// same id by the next relay.
    pub fn run(self) {
        let (tasks, stopping) = (self.tasks.clone(), self.tasks.stopping());
        tasks.spawn("outbox", async move {
            loop {
                let wait = self.round().await.unwrap_or_else(|error| {
                    tracing::error!(%error, "Can't look for what is to be delivered; it tries again");
                    DELIVERY_LOOK
                });
                tokio::select! {
                    () = stopping.cancelled() => return,
                    () = self.store.lead_taken() => {}
                    () = self.out.back.notified() => {}
                    () = tokio::time::sleep(wait) => {}
                }
            }
        });
    }

    /// Sends off all that may go now; answers after how long to look again.
    pub async fn round(&self) -> Result<Duration, StoreError> {
        let (mut wait, stopping) = (DELIVERY_LOOK, self.tasks.stopping());
        for owed in self.store.owed().await? {
            if stopping.is_cancelled() {
                break;
            }
            let now = self.store.moment();
            if now < owed.due {
                wait = wait.min(owed.due.since(now));
                continue;
            }
            let (dealer, target) = (owed.dealer.clone(), owed.target.clone());
            // What is wrong with one delays no other.
            if let Err(error) = self.send_off(owed).await {
                tracing::error!(%error, %dealer, "Can't look for what is owed to \"{target}\"; it tries again");
            }
        }
        Ok(wait)
    }

    async fn send_off(&self, owed: Owed) -> Result<(), StoreError> {
        let Owed { dealer: id, target: name, .. } = owed;
        let to = (id.clone(), name.clone());
        // One that is being removed gets nothing more.
        let Some(dealer) = self.store.dealer_by_id(&id) else { return Ok(()) };
        let target = target(&dealer, &name);
        let places = self.out.places(&to, target.as_ref().is_some_and(Target::is_mail));
        if places.is_empty() {
            return Ok(());
        }
        let claimed = self.store.dealer(&id).claim(&name, places.len()).await?;
        for (claimed, place) in claimed.into_iter().zip(places) {
            let (way, courier) = (OnItsWay::new(&self.out, to.clone(), place), self.clone());
            let (dealer, target, name) = (Arc::clone(&dealer), target.clone(), name.clone());
            self.tasks.spawn("delivery", async move {
                let _way = way;
                let errand = Errand { dealer: &dealer, name: &name, target: target.as_ref() };
                if let Err(error) = courier.deliver(errand, &claimed).await {
                    tracing::error!(%error, delivery = claimed.id, "Can't note a delivery; it is tried again");
                }
            });
        }
        Ok(())
    }

    /// Tries one delivery, and notes how it went.
    async fn deliver(&self, errand: Errand<'_>, claimed: &Claimed) -> Result<(), StoreError> {
        let Errand { dealer, target, .. } = errand;
        let stopping = self.tasks.stopping();
        let went = tokio::select! {
            went = self.try_once(dealer, target, claimed) => went,
            // A system that hangs holds no stop: the next relay tries again, under the same id.
            () = async { stopping.cancelled().await; tokio::time::sleep(DELIVERY_GRACE).await } => {
                Ok(Some(send::failed("cut off by a stop")))
            }
        };
        let store = self.store.dealer(&dealer.id);
        let went = match went {
            // Deleted, or over, since it was claimed: nothing is sent, and its row goes with it. A notice
            // of it has nothing to tell any more.
            Ok(None) => {
                if let What::Notice { .. } = claimed.what {
                    let answer = "not needed any more: the lead is gone".to_owned();
                    store.note_delivery(claimed, Tried::Delivered, answer, None).await?;
                }
                return Ok(());
            }
            Ok(Some(went)) => went,
            Err(error) => {
                tracing::error!(%error, delivery = claimed.id, "Can't prepare a delivery");
                send::failed("not sent: the lead or the secret can't be read, see the log")
            }
        };
        let tried = self.judge(went.outcome, claimed, store.now());
        tell(dealer, target, claimed, &tried, &went.answer);
        let alarm = self.alarm(errand.name, claimed, &tried, went.outcome);
        store.note_delivery(claimed, tried, went.answer, alarm).await.map(drop)
    }

    /// What the dealer itself is told of a try that failed, where mails can be sent.
    fn alarm(
        &self,
        name: &str,
        claimed: &Claimed,
        tried: &Tried,
        outcome: Outcome,
    ) -> Option<Alarm> {
        let is_late = TRIES_BEFORE_ALARM <= claimed.attempts || outcome == Outcome::Refused;
        let (event, lead) = match (&claimed.what, tried) {
            (What::Lead { lead, .. }, Tried::GivenUp) => (Event::GivenUp, lead.to_string()),
            (What::Lead { lead, .. }, Tried::Again(_)) if is_late => {
                (Event::Failing, lead.to_string())
            }
            (What::Lead { lead, .. }, Tried::Delivered) if outcome == Outcome::Partly => {
                (Event::Failing, lead.to_string())
            }
            // Somebody has to do there by hand what could not be told (Art. 19).
            (
                What::Notice { event: Event::Erased | Event::Restricted, lead, .. },
                Tried::GivenUp,
            ) => (Event::Untold, lead.clone()),
            _ => return None,
        };
        self.sender.has_mail().then(|| Alarm { event, lead, about: name.to_owned() })
    }

    /// Sends it, if there is something to be sent, and somebody to send it to.
    async fn try_once(
        &self,
        dealer: &Dealer,
        target: Option<&Target>,
        claimed: &Claimed,
    ) -> Result<Option<Went>, StoreError> {
        // Whoever has left the file has a copy all the same: people are told instead.
        let people = people(dealer);
        let is_to_be_told = |what: &What| {
            matches!(what, What::Notice { event: Event::Erased | Event::Restricted, .. })
        };
        let target = target.or_else(|| is_to_be_told(&claimed.what).then_some(&people));
        let Some(target) = target else {
            // Not given up: a name that comes back within three weeks gets what is owed to it.
            return Ok(Some(send::failed("not sent: the dealer's file has no such target")));
        };
        let store = self.store.dealer(&dealer.id);
        let (lead, telling) = match &claimed.what {
            What::Lead { lead, is_told: false } => (lead.clone(), Telling::New),
            What::Lead { lead, is_told: true } => (lead.clone(), Telling::Again),
            What::Notice { event: Event::Updated, lead, .. } => match LeadId::parse(lead) {
                Ok(lead) => (lead, Telling::Again),
                Err(_) => return Ok(None),
            },
            What::Notice { event, lead, about, at } => {
                let (lead, about) = (lead.clone(), about.clone());
                let vendor = vendor(dealer, None);
                let notice = Notice { event: *event, lead, about, at: *at, vendor };
                // ADF has words for leads alone: people are told instead.
                let target = if target.is_adf() { &people } else { target };
                let content = Content::Notice(&notice);
                return self.send(&store, target, claimed, content).await.map(Some);
            }
        };
        let Some(stored) = store.lead(&lead).await? else { return Ok(None) };
        let stopped = lead::stopped(&store, &stored).await?;
        let mut lead = Handover { telling, ..handover(dealer, stored) };
        lead.stop(&stopped);
        // To a system that never had the first lead it would mean nothing.
        if let Some(first) = lead.joins.as_deref().and_then(|first| LeadId::parse(first).ok())
            && !store.was_tried(&first, &target.name).await?
        {
            lead.joins = None;
        }
        self.send(&store, target, claimed, Content::Lead(&lead)).await.map(Some)
    }

    async fn send(
        &self,
        store: &DealerStore,
        target: &Target,
        claimed: &Claimed,
        content: Content<'_>,
    ) -> Result<Went, StoreError> {
        let secrets = secrets(store, target).await?;
        let (id, dealer) = (claimed.id.as_str(), store.id().as_str());
        let parcel = Parcel { id, dealer, target, secrets: &secrets, content };
        Ok(self.sender.send(&parcel).await)
    }

    fn judge(&self, outcome: Outcome, claimed: &Claimed, now: Timestamp) -> Tried {
        let asked = match outcome {
            Outcome::Accepted | Outcome::Partly => return Tried::Delivered,
            Outcome::Unwanted => return Tried::GivenUp,
            Outcome::Refused => None,
            Outcome::Failed { retry_after } => retry_after,
        };
        let drawn = u32::try_from(below(self.random.as_ref(), 1_000)).unwrap_or(0);
        let pause = schedule::pause(claimed.attempts, asked, drawn);
        pause.map_or(Tried::GivenUp, |pause| Tried::Again(now.plus(pause)))
    }
}

/// A delivery's dealer and target.
#[derive(Clone, Copy)]
struct Errand<'a> {
    dealer: &'a Dealer,
    /// The name that it is owed under.
    name: &'a str,
    /// Its target; `None` where the dealer's file has none of that name any more.
    target: Option<&'a Target>,
}

/// One of a dealer's targets; the one without a name is the dealer's people.
fn target(dealer: &Dealer, name: &str) -> Option<Target> {
    if name == PEOPLE {
        return Some(people(dealer));
    }
    dealer.deliver.iter().find(|target| target.name == name).cloned()
}

/// The dealer's own address.
fn people(dealer: &Dealer) -> Target {
    let to = vec![vendor(dealer, None).email];
    Target::new(PEOPLE.to_owned(), TargetChannel::Mail { to, format: MailFormat::Text })
}

fn tell(dealer: &Dealer, target: Option<&Target>, claimed: &Claimed, tried: &Tried, answer: &str) {
    let (channel, id) = (target.map_or("none", Target::word), claimed.id.as_str());
    let outcome = match tried {
        Tried::Delivered => "delivered",
        Tried::Again(_) => "failed",
        Tried::GivenUp => "given_up",
    };
    metrics::counter!(names::DELIVERIES, "channel" => channel, "outcome" => outcome).increment(1);
    let name = target.map_or("a target that is gone", |target| target.name.as_str());
    let (of, attempts) = (dealer.id.as_str(), claimed.attempts);
    match tried {
        Tried::Delivered => {
            tracing::info!(delivery = id, dealer = of, attempts, "Delivered");
        }
        Tried::Again(due) => tracing::warn!(
            delivery = id,
            dealer = of,
            attempts,
            answer,
            "Could not deliver to \"{name}\"; the next try is at {due}"
        ),
        Tried::GivenUp => tracing::error!(
            delivery = id,
            dealer = of,
            attempts,
            answer,
            "Gave up delivering to \"{name}\": `forecourt lead resend` tries again; the lead is in `forecourt lead list`"
        ),
    }
}

/// What signs for a target now, the newest first.
pub async fn secrets(store: &DealerStore, target: &Target) -> Result<Vec<Secret>, StoreError> {
    let drawn = store.webhook_secrets(target).await?;
    Ok(drawn.iter().map(|secret| Secret::of(secret)).collect())
}
