//! What is deleted with a conversation: how much, and under which promise. For its receipt (G-50), and
//! for the counters of those dealers that anonymise (G-03).

use std::collections::{BTreeMap, HashMap};

use super::{
    DealerStore, StoreError,
    db::{Conn, args},
    row,
    sql::{self, STEP},
};
use crate::{
    clock::Timestamp,
    domain::retention::{Action, PolicyVersion},
    limits::{PROVIDER_LIFE, SMALL_GROUP},
};

/// What the rows of one conversation come to.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Size {
    id: String,
    pub(super) period: String,
    policy: Option<String>,
    last_at: i64,
    pub(super) messages: i64,
    pub(super) leads: i64,
    pub(super) consents: i64,
    pub(super) contacts: i64,
    pub(super) deliveries: i64,
    /// Of sealed words and details.
    pub(super) bytes: i64,
    /// When a provider that keeps copies for a while has answered last.
    provider_at: Option<i64>,
}

impl Size {
    /// Of each of these conversations that is there, before its rows are deleted. What the disk is too
    /// damaged to tell is not told, and keeps nothing from being deleted.
    pub(super) async fn of(
        conn: &mut Conn,
        ids: &[&str],
    ) -> Result<HashMap<String, Self>, StoreError> {
        let mut sizes = HashMap::new();
        for step in ids.chunks(STEP) {
            let found: Vec<Self> = match conn.all(sql::SIZES, &sql::step(&[], step)).await {
                Err(error) if error.is_damage() => continue,
                found => found?,
            };
            sizes.extend(found.into_iter().map(|size| (size.id.clone(), size)));
        }
        Ok(sizes)
    }

    /// Which policy its end rests on.
    pub(super) fn policy(&self) -> Option<PolicyVersion> {
        self.policy.as_deref().and_then(PolicyVersion::parse)
    }

    /// What happens at its end.
    pub(super) fn action(&self) -> Action {
        self.policy().map_or(Action::Delete, |policy| policy.action)
    }

    /// By when those providers have deleted their copies.
    pub(super) fn providers_end(&self) -> Option<Timestamp> {
        self.provider_at.map(|at| row::at(at).plus(PROVIDER_LIFE))
    }

    /// The month of its last message, `2026-11`.
    fn month(&self) -> String {
        month(row::at(self.last_at))
    }
}

/// What is left of a dealer's conversations of one month, where it has chosen to anonymise. A month is
/// told once it is complete: the last one that is added to it could be told apart otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Month {
    /// `2026-11`: of the last message of each.
    pub month: String,
    /// How much there was; `None` of a group so small that its figures might speak of one visitor.
    pub counted: Option<Counted>,
}

/// How much there was in a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Conversations.
    pub conversations: u64,
    /// Their messages.
    pub messages: u64,
    /// Their leads.
    pub leads: u64,
}

impl DealerStore {
    /// What is left of conversations that came to their end, by month (G-03).
    pub async fn counters(&self) -> Result<Vec<Month>, StoreError> {
        let args = args![self.id().as_str()];
        let oldest: Option<(Option<i64>,)> =
            self.readers().optional(sql::OLDEST_OF_DEALER, args).await?;
        let left = oldest.and_then(|(at,)| at).map(row::at);
        let open = month(left.map_or(self.now(), |left| left.min(self.now())));
        let rows: Vec<(String, i64, i64, i64)> = self.readers().all(sql::COUNTERS, args).await?;
        let rows = rows.into_iter().filter(|row| row.0 < open);
        let told = |(month, conversations, messages, leads)| {
            let [conversations, messages, leads] = [conversations, messages, leads].map(row::seq);
            let counted = Counted { conversations, messages, leads };
            Month { month, counted: (SMALL_GROUP <= conversations).then_some(counted) }
        };
        Ok(rows.map(told).collect())
    }
}

/// The month of a moment, `2026-11`.
fn month(at: Timestamp) -> String {
    at.day().chars().take("2026-11".len()).collect()
}

/// Counters of what comes to its end, by dealer and month. A crash between the end of the keys and the
/// end of the rows leaves a batch uncounted: too few are counted then, and nothing twice.
#[derive(Debug, Default)]
pub(super) struct Counters(BTreeMap<(String, String), [i64; 3]>);

impl Counters {
    /// Counts a conversation of a dealer, if that is what it was promised.
    pub(super) fn add(&mut self, dealer: &str, size: &Size) {
        if size.action() == Action::Anonymise {
            let counted = self.0.entry((dealer.to_owned(), size.month())).or_default();
            for (sum, more) in counted.iter_mut().zip([1, size.messages, size.leads]) {
                *sum += more;
            }
        }
    }

    /// Keeps them with those that are kept already.
    pub(super) async fn keep(self, conn: &mut Conn) -> Result<(), StoreError> {
        for ((dealer, month), [conversations, messages, leads]) in self.0 {
            let args = args![&dealer, &month, conversations, messages, leads];
            conn.execute(sql::ADD_COUNTERS, args).await?;
        }
        Ok(())
    }
}
