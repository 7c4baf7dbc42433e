//! The secrets that sign webhooks. None is stored: each is drawn from the dealer's key of keyed hashes by
//! the name of the target and a number, so that who reads the database can sign nothing.

use zeroize::Zeroizing;

use super::{DealerStore, StoreError, chain::damaged};
use crate::{
    clock::Timestamp,
    domain::target::{Target, TargetChannel},
};

impl DealerStore {
    /// What signs for a target now, the newest first: also the one before while that is still in force
    /// (F-04). None for a target that is no webhook.
    pub async fn webhook_secrets(
        &self,
        target: &Target,
    ) -> Result<Vec<Zeroizing<[u8; 32]>>, StoreError> {
        let TargetChannel::Webhook { secret, overlap_until, .. } = target.channel else {
            return Ok(Vec::new());
        };
        let (vault, now) = (self.vault(), self.now());
        let key = match self.keys().index_key(self.id()).await? {
            Some(key) => Some(key),
            None => {
                self.write(move |conn| Box::pin(async move { vault.index_key(conn, now).await }))
                    .await?
            }
        };
        let lost = || damaged(self.id().as_str(), "the key of its webhook secrets is missing");
        let key = key.ok_or_else(lost)?;
        let is_both = overlap_until.is_some_and(|until| now < Timestamp::from_millis(until));
        let numbers = std::iter::once(secret).chain((is_both && 1 < secret).then(|| secret - 1));
        let draw = |number: u32| {
            let place = format!("{} {number}", target.name);
            Zeroizing::new(*key.blind("webhook secret", &place).as_array())
        };
        Ok(numbers.map(draw).collect())
    }
}
