//! A dealer has chosen a shorter period: what is stored already ends sooner, too (G-42). A longer one
//! never reaches back (G-43).

use super::{
    DealerStore, StoreError,
    conversation::{ConversationRow, Intact},
    db::{Conn, args},
    sql,
};
use crate::{
    clock::Timestamp,
    domain::retention::{Promise, RetentionPolicy},
    limits::VERIFY_BATCH,
};

/// What a stricter policy does to what is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shortening {
    /// How many conversations it is stricter with.
    pub moved: u64,
    /// How many of them are hidden at once, and deleted by the next sweep.
    pub hidden: u64,
}

impl DealerStore {
    /// Brings the ends forward of the conversations that were promised for longer than by this policy, and
    /// lets those be deleted that were to be counted and are no more; answers how many. What is past its end
    /// then is hidden at once, and the next sweep takes it.
    pub async fn shorten(&self, policy: &RetentionPolicy) -> Result<u64, StoreError> {
        let (mut moved, mut after) = (0, String::new());
        while let Some(page) = self.stricter(policy, &mut after).await? {
            for (found, promise, end) in page {
                moved += self.end_sooner(found, promise, end).await?;
            }
        }
        Ok(moved)
    }

    /// What [`DealerStore::shorten`] would do (G-42), and changes nothing.
    pub async fn would_shorten(&self, policy: &RetentionPolicy) -> Result<Shortening, StoreError> {
        let (now, mut after, mut would) = (self.now(), String::new(), Shortening::default());
        while let Some(page) = self.stricter(policy, &mut after).await? {
            would.moved += page.len() as u64;
            let over = page.iter().filter(|(found, _, end)| *end <= now && !found.is_over(now));
            would.hidden += over.count() as u64;
        }
        Ok(would)
    }

    /// The next conversations that this policy is stricter with, each with what it is promised then;
    /// `None` where there are no more.
    async fn stricter(
        &self,
        policy: &RetentionPolicy,
        after: &mut String,
    ) -> Result<Option<Vec<(Intact, Promise, Timestamp)>>, StoreError> {
        let (vault, period) = (self.vault(), policy.period.to_string());
        let action = policy.action.word();
        let args = args![self.id().as_str(), &*after, &period, VERIFY_BATCH, action];
        let rows: Vec<ConversationRow> = self.readers().all(sql::OF_OTHER_PERIOD, args).await?;
        let Some(last) = rows.last() else { return Ok(None) };
        after.clone_from(&last.id);
        let one = |row: ConversationRow| {
            // A damaged one is told and stays closed: a new seal would hide the damage.
            let found = row.checked(&vault, None).ok()?;
            let (promise, end) = shorter(&found, policy)?;
            Some((found, promise, end))
        };
        Ok(Some(rows.into_iter().filter_map(one).collect()))
    }

    /// Lets a conversation end at a moment, unless it has taken a message meanwhile: that one has
    /// brought its end forward itself.
    async fn end_sooner(
        &self,
        found: Intact,
        promise: Promise,
        end: Timestamp,
    ) -> Result<u64, StoreError> {
        let mut row = found.row;
        row.promise(&promise, end);
        self.write(move |conn| Box::pin(async move { keep_end(conn, &row).await })).await
    }
}

/// Keeps the promise and the end of a row that was read, under a new seal; answers 0 where it has taken a
/// message since.
pub(super) async fn keep_end(conn: &mut Conn, row: &ConversationRow) -> Result<u64, StoreError> {
    let (end, seal) = (row.expires_at, row.sealed());
    let (dealer, id) = (&row.dealer_id, &row.id);
    let policy = row.policy.as_deref();
    let args = args![dealer, id, &row.period, end, &seal, row.next_seq, row.last_at, policy];
    conn.execute(sql::SHORTEN, args).await
}

/// The promise and the end that a conversation gets, where they are stricter. What is hidden before its
/// end stays hidden.
fn shorter(found: &Intact, policy: &RetentionPolicy) -> Option<(Promise, Timestamp)> {
    let before = found.expires_at();
    let (promise, end) = found.promise.under(policy, found.last_at());
    let is_stricter = end < found.promised_end() || promise.action() != found.promise.action();
    // Moment 0: its dealer is being removed.
    (is_stricter && 0 < before.millis()).then_some((promise, end.min(before)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::retention::{Action, Period};
    use crate::store::tests::{DAY, START, Stage, quarter, year};

    #[tokio::test]
    async fn a_shorter_period_reaches_what_is_stored_and_a_longer_one_does_not() {
        let stage = Stage::new().await;
        let (long, short) = (stage.token(), stage.token());
        stage.answered(&long).await;
        let mut words = stage.words(&short, "Is it red?");
        words.policy = quarter();
        stage.ours().append(words).await.unwrap();
        let ends = async |stage: &Stage| {
            let mut ends = Vec::new();
            for token in [&long, &short] {
                ends.push(stage.ours().resume(token).await.unwrap().map(|found| found.expires_at));
            }
            ends
        };
        let (in_a_year, in_a_quarter) = (year().expires_at(START), quarter().expires_at(START));
        assert_eq!(stage.ours().shorten(&year()).await.unwrap(), 0);
        assert_eq!(ends(&stage).await, [Some(in_a_year), Some(in_a_quarter)]);
        assert_eq!(stage.theirs().shorten(&quarter()).await.unwrap(), 0);

        assert_eq!(stage.ours().shorten(&quarter()).await.unwrap(), 1);
        assert_eq!(ends(&stage).await, [Some(in_a_quarter); 2]);
        assert_eq!(stage.ours().shorten(&quarter()).await.unwrap(), 0);
        // Longer again: the promise stays.
        assert_eq!(stage.ours().shorten(&year()).await.unwrap(), 0);
        assert_eq!(ends(&stage).await, [Some(in_a_quarter); 2]);
        assert!(stage.store.verify().await.unwrap().is_sound());
        // It can be gone on with, and what is past its new end is hidden at once.
        assert_eq!(stage.said(&long, "And blue?").await.expires_at, in_a_quarter);
        stage.clock.advance(DAY * 80);
        let week = RetentionPolicy::own(Period::of_days(7), Action::Delete);
        let would = stage.ours().would_shorten(&week).await.unwrap();
        assert_eq!(would, Shortening { moved: 2, hidden: 2 });
        assert_eq!(stage.ours().shorten(&week).await.unwrap(), 2);
        assert_eq!(ends(&stage).await, [None, None]);
    }

    #[tokio::test]
    async fn a_damaged_conversation_gets_no_new_seal() {
        let stage = Stage::new().await;
        stage.answered(&stage.token()).await;
        stage.pragma("UPDATE conversations SET locale = 'de'").await;
        assert_eq!(stage.ours().shorten(&quarter()).await.unwrap(), 0);
        assert!(!stage.store.verify().await.unwrap().is_sound());
    }
}
