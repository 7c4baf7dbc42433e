//! Leads that are owed for weeks: a relay on a virtual clock, its real store and its real courier, and what
//! has come of each lead in the end.

use std::time::Duration;

use anyhow::{Context, ensure};
use protocol::{
    ClientMsgId, LeadId, SessionToken, SiteKey,
    lead::{FieldKind, FormField, LeadFields, LeadKind},
};
use relay::{
    clock::Clock,
    config::Config,
    domain::{
        dealer::Dealer,
        lead::{self, CheckedLead},
        target::Target,
    },
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
        self.leave_of(LeadKind::Enquiry, fields).await
    }

    /// The same of a kind.
    pub(super) async fn leave_of(
        &self,
        kind: LeadKind,
        fields: &LeadFields,
    ) -> anyhow::Result<LeadId> {
        self.leave_for(kind, fields, self.targets.clone()).await
    }

    async fn leave_for(
        &self,
        kind: LeadKind,
        fields: &LeadFields,
        to: Vec<String>,
    ) -> anyhow::Result<LeadId> {
        let form = FieldKind::ALL.map(|kind| FormField { kind, required: false });
        let lead = lead::check(&form, "GB", fields);
        let lead = lead.map_err(|problems| anyhow::anyhow!("{problems:?}"))?;
        let lead = CheckedLead { kind, ..lead };
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

    /// Deletes the chat of a lead.
    pub(super) async fn delete(&self, lead: &LeadId) -> anyhow::Result<()> {
        let found = self.rows.lead(lead).await?.context("the lead is not there")?;
        ensure!(self.rows.erase(&found.conversation).await?.is_some(), "its chat was there");
        Ok(())
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
        self.leave_for(LeadKind::Enquiry, &fields, Vec::new()).await?;
        Ok(pause)
    }
}

/// Who leaves the lead of this number.
pub(super) fn sam(n: usize) -> LeadFields {
    LeadFields {
        name: Some(format!("Sam {n}")),
        email: Some(format!("sam{n}@example.org")),
        ..LeadFields::default()
    }
}
