//! Leads that are owed for weeks: a relay on a virtual clock, its real store and its real courier, and what
//! has come of each lead in the end.

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Context, ensure};
use protocol::{
    ClientMsgId, LeadId, SessionToken, SiteKey,
    lead::{FieldKind, FormField, LeadFields},
};
use relay::{
    clock::Clock,
    config::Config,
    domain::{dealer::Dealer, lead, target::Target},
    outbox::schedule,
    random::{OsRandom, bytes},
    store::{DealerStore, Ledger, NewLead, TakeLead},
};

use crate::relay::TestRelay;

/// How long a rig waits for what always comes.
const PATIENCE: Duration = Duration::from_mins(20);

/// How long it waits before it looks again.
const LOOK: Duration = Duration::from_millis(20);

/// More than there ever are.
const ALL: u32 = 1_000_000;

/// A relay whose first dealer has leads delivered.
pub(super) struct Weeks {
    /// The relay.
    pub(super) relay: TestRelay,
    /// The rows of its first dealer.
    pub(super) rows: DealerStore,
    targets: Vec<String>,
}

impl Weeks {
    /// One with these targets.
    pub(super) async fn start(
        change: impl FnOnce(&mut Config),
        targets: Vec<Target>,
    ) -> anyhow::Result<Self> {
        let relay = TestRelay::with(change).await?;
        let mut dealer = Dealer::clone(&*relay.first_dealer()?);
        let names = targets.iter().map(|target| target.name.clone()).collect();
        dealer.deliver = targets;
        relay.store().update_dealer(&dealer).await?;
        let rows = relay.store().dealer(&dealer.id);
        Ok(Self { relay, rows, targets: names })
    }

    /// Leaves a lead as a visitor of its own; answers its id.
    pub(super) async fn leave(&self, fields: &LeadFields) -> anyhow::Result<LeadId> {
        self.leave_for(fields, self.targets.clone()).await
    }

    async fn leave_for(&self, fields: &LeadFields, to: Vec<String>) -> anyhow::Result<LeadId> {
        let form = FieldKind::ALL.map(|kind| FormField { kind, required: false });
        let lead = lead::check(&form, "GB", fields);
        let lead = lead.map_err(|problems| anyhow::anyhow!("{problems:?}"))?;
        let dealer = self.relay.first_dealer()?;
        let lead_id = LeadId::from_bytes(&bytes(&OsRandom));
        let new = NewLead {
            token: SessionToken::from_bytes(&bytes(&OsRandom)),
            conversation: None,
            site: SiteKey::parse("site_first")?,
            locale: "en-GB".to_owned(),
            notice_version: "n1".to_owned(),
            build: "rig".to_owned(),
            client_msg_id: ClientMsgId::from_bytes(&bytes(&OsRandom)),
            lead_id: lead_id.clone(),
            lead,
            consents: Vec::new(),
            policy: dealer.retention.clone(),
            targets: to,
        };
        let taken = self.rows.take_lead(new).await?;
        ensure!(matches!(taken, TakeLead::Taken { fresh: true, .. }), "the lead is taken");
        Ok(lead_id)
    }

    /// Waits until all that is due was tried, and answers all of it.
    pub(super) async fn settled(&self) -> anyhow::Result<Vec<Ledger>> {
        let settled = async {
            loop {
                let all = self.rows.ledger(None, ALL).await?;
                let now = self.relay.clock.now();
                if all.iter().all(|one| one.state != "pending" || now < one.due) {
                    return anyhow::Ok(all);
                }
                tokio::time::sleep(LOOK).await;
            }
        };
        tokio::time::timeout(PATIENCE, settled).await.context("what is due was never tried")?
    }

    /// Lets time pass until all that was tried so often is due again, and wakes the courier: nobody waits
    /// in real time for what a virtual clock has done.
    pub(super) async fn pass(&self, attempts: u32) -> anyhow::Result<Duration> {
        let pause =
            schedule::pause(attempts, None, 999).context("there is no try after the last")?;
        let pause = pause + Duration::from_millis(1);
        self.relay.clock.advance(pause);
        let fields =
            LeadFields { phone: Some("0131 496 0123".to_owned()), ..LeadFields::default() };
        self.leave_for(&fields, Vec::new()).await?;
        Ok(pause)
    }
}

/// How many leads were tried at another time than the schedule says: of those that wait after `attempts`.
pub(super) fn off_schedule(all: &[Ledger], attempts: u32) -> u64 {
    let bound = |drawn| schedule::pause(attempts, None, drawn).unwrap_or_default();
    let (early, late) = (bound(0), bound(999));
    let waits = all.iter().filter(|one| one.event == "lead" && one.state == "pending");
    let is_off = |one: &&Ledger| {
        let pause = one.tried_at.map(|at| one.due.since(at));
        u64::from(attempts) != one.attempts || pause.is_none_or(|it| it < early || late < it)
    };
    waits.filter(is_off).count() as u64
}

/// How many of the leads never came, and how many came more than once, by how often each came.
pub(super) fn lost_and_doubled(leads: &[LeadId], came: &BTreeMap<String, u64>) -> (u64, u64) {
    let times = |lead: &LeadId| came.get(lead.as_str()).copied().unwrap_or(0);
    let lost = leads.iter().filter(|lead| times(lead) == 0).count() as u64;
    let doubled = leads.iter().filter(|lead| 1 < times(lead)).count() as u64;
    (lost, doubled)
}
