//! Conversations of four dealers, each with a period of its own, begun at moments that are known.

use std::{path::Path, sync::Arc, time::Duration};

use anyhow::{Context, ensure};
use futures_util::future::try_join_all;
use protocol::{
    ClientMsgId, ConversationId, Finish, LeadId, Offer, ReplyId, SessionToken, SiteKey,
    lead::{Channel, LeadFields},
};
use relay::{
    clock::{Clock, ManualClock, Timestamp},
    domain::{
        contact::Contact,
        dealer::{Dealer, file::DealerFile},
        hold::NewHold,
        lead::CheckedLead,
        retention::{Action, Bounds, Period, RetentionPolicy},
    },
    lifecycle::Tasks,
    limits::HOLD_REVIEW_MAX,
    random::{OsRandom, Random},
    store::{
        Append, ConsentRecord, FinishedReply, NewLead, Role, Store, StoreOptions, TakeLead, Words,
    },
};

use super::{DAY, HOUR};
use crate::relay::{BEGIN, dealer_toml};

/// How long each dealer keeps its conversations, in days.
pub(super) const PERIODS: [u16; 4] = [7, 30, 90, 365];

/// How many conversations begin at the same moment.
const AT_ONCE: usize = 64;

/// They begin in waves: so each sweep in the midst of one takes some and leaves others. Few begin in
/// half as many, each of which has as many sweeps.
const WAVES: usize = 6;
const FEW: usize = 10_000;
const BETWEEN_WAVES: Duration = Duration::from_hours(11);
const WAVE: Duration = Duration::from_hours(3);

/// One conversation, and what was promised of it.
#[derive(Clone, Debug)]
pub(super) struct Talk {
    pub(super) dealer: usize,
    pub(super) token: SessionToken,
    pub(super) id: ConversationId,
    /// By arithmetic of its own: so many days after its last message.
    pub(super) ends: Timestamp,
    /// By what its visitor is found, if they left it.
    pub(super) contact: Option<Contact>,
    /// What keeps it beyond its end, if anything does.
    pub(super) hold: Option<String>,
}

/// A store with conversations, whose clock the test moves.
pub(super) struct World {
    pub(super) store: Store,
    pub(super) clock: Arc<ManualClock>,
    dealers: Vec<Dealer>,
    /// The first to end comes first.
    pub(super) talks: Vec<Talk>,
    dir: tempfile::TempDir,
}

impl World {
    /// So many conversations, kept for so many days longer than was promised.
    pub(super) async fn new(n_talks: usize, too_long: u16) -> anyhow::Result<Self> {
        let mut world = Self::empty(BEGIN, too_long).await?;
        world.fill(n_talks).await?;
        Ok(world)
    }

    /// So many conversations, one begun each second.
    pub(super) async fn by_the_second(n_talks: usize, begins: Timestamp) -> anyhow::Result<Self> {
        let mut world = Self::empty(begins, 0).await?;
        for number in 0..n_talks {
            let talk = world.talk(number).await?;
            world.talks.push(talk);
            world.clock.advance(Duration::from_secs(1));
        }
        Ok(world)
    }

    /// Closes the store; its files stay.
    pub(super) async fn closed(self) -> (tempfile::TempDir, Vec<Talk>) {
        self.store.close().await;
        (self.dir, self.talks)
    }

    async fn empty(begins: Timestamp, too_long: u16) -> anyhow::Result<Self> {
        let dir = tempfile::tempdir()?;
        let clock = Arc::new(ManualClock::at(begins));
        let at: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
        let random: Arc<dyn Random> = Arc::new(OsRandom);
        let options = StoreOptions::new(dir.path().to_owned(), Role::Server, at, random);
        let store = Store::open(options, &Tasks::new()).await?;
        let mut dealers = Vec::new();
        for days in PERIODS {
            let toml = dealer_toml("Cars", &format!("site_cars-{days}"), "");
            let read = DealerFile::read("dealer.toml", &toml, &Bounds::default())
                .map_err(|problems| anyhow::anyhow!("{problems}"))?;
            let mut dealer = read.into_dealer(None, &OsRandom);
            dealer.retention =
                RetentionPolicy::own(Period::of_days(days + too_long), Action::Delete);
            store.add_dealer(&dealer).await?;
            dealers.push(dealer);
        }
        Ok(Self { store, clock, dealers, talks: Vec::new(), dir })
    }

    pub(super) fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// The rows of the dealer of a conversation.
    pub(super) fn dealer(&self, talk: &Talk) -> relay::store::DealerStore {
        self.store.dealer(&self.dealers[talk.dealer].id)
    }

    async fn fill(&mut self, n_talks: usize) -> anyhow::Result<()> {
        let n_groups = n_talks.div_ceil(AT_ONCE);
        let n_waves = if n_talks < FEW { WAVES / 2 } else { WAVES };
        let in_a_wave = n_groups.div_ceil(n_waves);
        let step = WAVE / u32::try_from(in_a_wave)?;
        let mut left = n_talks;
        for group in 0..n_groups {
            let (wave, place) = (u32::try_from(group / in_a_wave)?, group % in_a_wave);
            let begins = BEGIN.plus(BETWEEN_WAVES * wave + step * u32::try_from(place)?);
            self.clock.set(begins);
            let first = group * AT_ONCE;
            let talks = (first..first + left.min(AT_ONCE)).map(|number| self.talk(number));
            self.talks.extend(try_join_all(talks).await?);
            left = left.saturating_sub(AT_ONCE);
        }
        self.talks.sort_by_key(|talk| talk.ends);
        Ok(())
    }

    /// One conversation. Every other reply has ended, some have kept their first words, every third
    /// visitor has left details.
    async fn talk(&self, number: usize) -> anyhow::Result<Talk> {
        let dealer = number % PERIODS.len();
        let of = &self.dealers[dealer];
        let (rows, token) = (self.store.dealer(&of.id), SessionToken::from_bytes(&fresh()));
        let reply_id = ReplyId::from_bytes(&fresh());
        let words = Words {
            token: token.clone(),
            conversation: None,
            site: of.sites[0].key.clone(),
            locale: "en".to_owned(),
            notice_version: "n1".to_owned(),
            build: "b1".to_owned(),
            client_msg_id: ClientMsgId::from_bytes(&fresh()),
            text: format!("Is it red? Write to me: typed-{number}@example.org"),
            reply_id: reply_id.clone(),
            policy: of.retention.clone(),
        };
        let kept = rows.append(words).await?;
        let Append::Kept { conversation, .. } = kept else { anyhow::bail!("not kept: {kept:?}") };
        if number.is_multiple_of(2) {
            rows.finish_reply(finished(of, &conversation, reply_id)).await?;
        } else if number % 4 == 1 {
            rows.snapshot(&conversation, &reply_id, "It is", "test/model").await?;
        }
        let mut contact = None;
        if number.is_multiple_of(3) {
            let email = format!("left-{number}@example.org");
            self.lead(of, &token, &email).await?;
            contact = Some(Contact::Email(email));
        }
        let ends = self.clock.now().plus(DAY * u32::from(PERIODS[dealer]));
        Ok(Talk { dealer, token, id: conversation, ends, contact, hold: None })
    }

    async fn lead(&self, of: &Dealer, token: &SessionToken, email: &str) -> anyhow::Result<()> {
        let consent = |channel| ConsentRecord {
            channel,
            given: true,
            text: "Yes, write to me.".to_owned(),
            version: "c1".to_owned(),
            lang: "en".to_owned(),
        };
        let fields = LeadFields { email: Some(email.to_owned()), ..LeadFields::default() };
        let lead = NewLead {
            token: token.clone(),
            conversation: None,
            site: SiteKey::parse(of.sites[0].key.as_str())?,
            locale: "en".to_owned(),
            notice_version: "n1".to_owned(),
            build: "b1".to_owned(),
            client_msg_id: ClientMsgId::from_bytes(&fresh()),
            lead_id: LeadId::from_bytes(&fresh()),
            lead: CheckedLead {
                fields,
                email_normal: Some(email.to_owned()),
                ..CheckedLead::default()
            },
            consents: vec![consent(Channel::Email), consent(Channel::Phone)],
            policy: of.retention.clone(),
            targets: vec!["crm".into()],
        };
        let fate = self.store.dealer(&of.id).take_lead(lead).await?;
        ensure!(matches!(fate, TakeLead::Taken { .. }), "a lead was not taken: {fate:?}");
        Ok(())
    }

    /// Holds each of so many for a legal reason, and keeps what holds it.
    pub(super) async fn hold_each(&mut self, of: usize) -> anyhow::Result<()> {
        for number in (0..self.talks.len()).step_by(of) {
            let talk = &self.talks[number];
            let hold = NewHold {
                conversation: Some(talk.id.clone()),
                reason: "Claim 7".to_owned(),
                basis: "Art. 17(3)(e) GDPR".to_owned(),
                requested_by: "Ada".to_owned(),
                approved_by: "Ben".to_owned(),
                review_at: self.clock.now().plus(HOLD_REVIEW_MAX),
            };
            let hold = hold.checked(self.clock.now())?;
            let id = self.store.set_hold(&self.dealers[talk.dealer].id, &hold).await?;
            self.talks[number].hold = Some(id.context("nothing was held")?);
        }
        Ok(())
    }

    /// Lets time pass until then, which lies ahead.
    pub(super) fn pass_until(&self, then: Timestamp) -> anyhow::Result<()> {
        let now = self.clock.now();
        ensure!(now <= then, "the test goes back in time, from {now} to {then}");
        self.clock.advance(then.since(now));
        Ok(())
    }
}

/// When the hourly sweep comes next after a moment; it began at no particular minute.
pub(super) fn sweep_after(moment: Timestamp) -> anyhow::Result<Timestamp> {
    let first = BEGIN.plus(Duration::from_mins(17));
    let hours = moment.since(first).as_millis().div_ceil(HOUR.as_millis());
    let hours = u32::try_from(hours).context("a test of many years")?;
    Ok(first.plus(HOUR * hours))
}

fn finished(of: &Dealer, conversation: &ConversationId, reply_id: ReplyId) -> FinishedReply {
    FinishedReply {
        conversation: conversation.clone(),
        reply_id,
        text: "It is red.".to_owned(),
        finish: Finish::Complete,
        generator: "test/model".to_owned(),
        sources: Vec::new(),
        offer: Offer::None,
        prompt_tokens: 3,
        completion_tokens: 4,
        policy: of.retention.clone(),
    }
}

/// Random bytes.
fn fresh<const N: usize>() -> [u8; N] {
    relay::random::bytes(&OsRandom)
}
