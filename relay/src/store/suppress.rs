//! Who wants no marketing by a channel (B-27): remembered by a keyed hash of the address or the number, beyond
//! the conversation and its erasure; lifted by a consent that is given later, and by nothing else here.

use protocol::lead::Channel;

use super::{
    DealerStore, StoreError,
    db::{Conn, args},
    row,
    safe::Vault,
    sql,
};
use crate::{
    clock::Timestamp,
    crypt::{Blind, Key},
    domain::contact::Contact,
};

/// The hash of a contact: another one than that by which conversations are found.
fn digest(key: &Key, contact: &Contact) -> Blind {
    let kind = match contact {
        Contact::Email(_) => "suppressed email",
        Contact::Phone(_) => "suppressed phone",
    };
    key.blind(kind, contact.value())
}

impl Vault {
    /// Remembers that these contacts want nothing by a channel.
    pub(super) async fn suppress(
        &self,
        conn: &mut Conn,
        contacts: &[Contact],
        channel: Channel,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        for digest in self.suppression_digests(conn, contacts, now).await? {
            let args = args![self.dealer(), &digest, channel.word(), now];
            conn.execute(sql::SUPPRESS, args).await?;
        }
        Ok(())
    }

    /// Forgets it: they have agreed to that channel.
    pub(super) async fn lift_suppression(
        &self,
        conn: &mut Conn,
        contacts: &[Contact],
        channel: Channel,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        for digest in self.suppression_digests(conn, contacts, now).await? {
            let args = args![self.dealer(), &digest, channel.word()];
            conn.execute(sql::LIFT_SUPPRESSION, args).await?;
        }
        Ok(())
    }

    async fn suppression_digests(
        &self,
        conn: &mut Conn,
        contacts: &[Contact],
        now: Timestamp,
    ) -> Result<Vec<Blind>, StoreError> {
        if contacts.is_empty() || !self.verifies() {
            return Ok(Vec::new());
        }
        let Some(key) = self.index_key(conn, now).await? else { return Ok(Vec::new()) };
        Ok(contacts.iter().map(|contact| digest(&key, contact)).collect())
    }
}

impl DealerStore {
    /// Remembers that somebody wants nothing by a channel who has said so to the dealer.
    pub async fn suppress(&self, contact: &Contact, channel: Channel) -> Result<(), StoreError> {
        let (vault, contact, now) = (self.vault(), contact.clone(), self.now());
        self.write(move |conn| {
            Box::pin(async move { vault.suppress(conn, &[contact], channel, now).await })
        })
        .await
    }

    /// By which channels a contact wants nothing, and since when.
    pub async fn suppressed(
        &self,
        contact: &Contact,
    ) -> Result<Vec<(Channel, Timestamp)>, StoreError> {
        let Some(key) = self.keys().index_key(self.id()).await? else { return Ok(Vec::new()) };
        let digest = digest(&key, contact);
        let args = args![self.id().as_str(), &digest];
        let rows: Vec<(String, i64)> = self.readers().all(sql::SUPPRESSED, args).await?;
        let read = |(channel, at): (String, i64)| {
            let known = Channel::from_word(&channel);
            let known = known.ok_or_else(|| row::inconsistent("suppressions", "channel", &channel));
            Ok((known?, row::at(at)))
        };
        rows.into_iter().map(read).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::{Stage, occurrences};

    fn sam() -> Contact {
        Contact::Email("sam@example.org".to_owned())
    }

    async fn channels(stage: &Stage) -> Vec<Channel> {
        let found = stage.ours().suppressed(&sam()).await.unwrap();
        found.into_iter().map(|(channel, _)| channel).collect()
    }

    #[tokio::test]
    async fn who_takes_a_consent_back_is_remembered_beyond_the_erasure_and_until_the_next_yes() {
        let stage = Stage::new().await;
        let lead = stage.new_lead(&stage.token(), "sam@example.org");
        stage.ours().take_lead(lead).await.unwrap();
        let conversation = stage.ours().leads(1).await.unwrap().remove(0).conversation;
        assert_eq!(channels(&stage).await, []);
        stage.ours().withdraw(&conversation, Channel::Email).await.unwrap();
        assert_eq!(channels(&stage).await, [Channel::Email]);
        assert!(stage.theirs().suppressed(&sam()).await.unwrap().is_empty());
        stage.ours().erase(&conversation).await.unwrap().unwrap();
        assert_eq!(channels(&stage).await, [Channel::Email]);
        assert!(stage.store.cut_log().await.unwrap());
        assert_eq!(occurrences(&stage.bytes(), "sam@example.org"), 0, "by a hash alone");
        // Somebody else's yes lifts nothing; the same person's does.
        let other = stage.new_lead(&stage.token(), "pam@example.org");
        stage.ours().take_lead(other).await.unwrap();
        assert_eq!(channels(&stage).await, [Channel::Email]);
        let again = stage.new_lead(&stage.token(), "sam@example.org");
        stage.ours().take_lead(again).await.unwrap();
        assert_eq!(channels(&stage).await, []);
    }

    #[tokio::test]
    async fn what_was_said_to_the_dealer_counts_as_well() {
        let stage = Stage::new().await;
        stage.ours().suppress(&sam(), Channel::Phone).await.unwrap();
        stage.ours().suppress(&sam(), Channel::Phone).await.unwrap();
        assert_eq!(channels(&stage).await, [Channel::Phone]);
        stage.store.remove_dealer(&stage.ours).await.unwrap();
        assert_eq!(stage.number("SELECT COUNT(*) FROM suppressions").await, 0);
    }
}
