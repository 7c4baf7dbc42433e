//! What has come of leads that were owed.

use std::collections::BTreeMap;

use protocol::LeadId;
use relay::{outbox::schedule, store::Ledger};

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
