//! The blind index: what a visitor typed to be reached by leads back to the conversation (B-31), and
//! no address stands in it.

use std::collections::BTreeSet;

use protocol::ConversationId;

use super::{
    DealerStore, StoreError,
    chain::damaged,
    db::{Conn, args},
    row,
    safe::Vault,
    sql,
};
use crate::{
    clock::Timestamp,
    domain::{
        contact::Contact,
        lead::{self, CheckedLead},
    },
};

/// A conversation in which somebody was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its id.
    pub conversation: ConversationId,
    /// On which site.
    pub site: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When its last message came.
    pub last_at: Timestamp,
    /// When it will be gone.
    pub expires_at: Timestamp,
    /// How many messages it has.
    pub messages: u64,
    /// How many leads were left in it.
    pub leads: u64,
    /// The hold that keeps it from being erased, if there is one.
    pub held: Option<String>,
}

#[derive(sqlx::FromRow)]
struct FoundRow {
    id: String,
    site_key: String,
    started_at: i64,
    last_at: i64,
    expires_at: i64,
    messages: i64,
    leads: i64,
    held: Option<String>,
}

impl DealerStore {
    /// The conversations in which this contact stands, in a lead or in the visitor's words; the oldest
    /// first.
    pub async fn find(&self, contact: &Contact) -> Result<Vec<Found>, StoreError> {
        let Some(key) = self.keys().index_key(self.id()).await? else {
            let args = args![self.id().as_str()];
            let any: Option<(String,)> = self.readers().optional(sql::ANY_CONTACT, args).await?;
            // Without its key nobody is found by what was kept: that is no "nobody".
            return if any.is_none() { Ok(Vec::new()) } else { Err(keyless(self.id().as_str())) };
        };
        let digest = key.blind(contact.kind(), contact.value());
        let args = args![self.id().as_str(), &digest, self.now()];
        let rows: Vec<FoundRow> = self.readers().all(sql::WITH_CONTACT, args).await?;
        rows.into_iter().map(found).collect()
    }

    /// The contacts in a visitor's words. A number without a country belongs to the dealer's.
    pub(super) fn contacts_in(&self, text: &str) -> BTreeSet<Contact> {
        let country = self.country();
        Contact::in_words(text, &country)
    }

    /// The contacts of a lead, those in its words included.
    pub(super) fn contacts_of(&self, lead: &CheckedLead) -> BTreeSet<Contact> {
        let left = lead::contacts(lead.email_normal.as_ref(), lead.phone_e164.as_ref());
        // Nobody is found by a plate or a VIN: who asks for their data names how they can be reached.
        let words = [&lead.fields.name, &lead.fields.interest, &lead.fields.message];
        let typed = words.into_iter().flatten().flat_map(|text| self.contacts_in(text));
        left.chain(typed).collect()
    }
}

impl Vault {
    /// Keeps by what a conversation is found again.
    pub(super) async fn index(
        &self,
        conn: &mut Conn,
        conversation: &ConversationId,
        contacts: &BTreeSet<Contact>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if contacts.is_empty() || !self.verifies() {
            return Ok(());
        }
        let Some(key) = self.index_key(conn, now).await? else {
            // What the visitor says is kept all the same.
            tracing::error!(error = %keyless(self.dealer()), "Can't keep by what a visitor is found again");
            return Ok(());
        };
        for contact in contacts {
            let digest = key.blind(contact.kind(), contact.value());
            let args = args![self.dealer(), conversation.as_str(), &digest];
            conn.execute(sql::INSERT_CONTACT, args).await?;
        }
        Ok(())
    }
}

/// The hashes are there and their key is not.
fn keyless(dealer: &str) -> StoreError {
    damaged(dealer, "the key of its blind index is missing")
}

fn found(row: FoundRow) -> Result<Found, StoreError> {
    Ok(Found {
        conversation: row::conversation_id(&row.id)?,
        site: row.site_key,
        started_at: row::at(row.started_at),
        last_at: row::at(row.last_at),
        expires_at: row::at(row.expires_at),
        messages: row::seq(row.messages),
        leads: row::seq(row.leads),
        held: row.held,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::{DAY, Stage, kept, occurrences, year};

    fn email(text: &str) -> Contact {
        Contact::Email(text.to_owned())
    }

    /// In which of these conversations a contact is found.
    async fn places(stage: &Stage, contact: &Contact) -> Vec<ConversationId> {
        let found = stage.ours().find(contact).await.unwrap();
        found.into_iter().map(|found| found.conversation).collect()
    }

    #[tokio::test]
    async fn a_person_is_found_by_what_they_left_or_only_typed() {
        let stage = Stage::new().await;
        let (left, typed, other) = (stage.token(), stage.token(), stage.token());
        let lead = stage.new_lead(&left, "Sam@Example.org");
        stage.ours().take_lead(lead).await.unwrap();
        let text = "I am sam@example.ORG, or ring 0131 496 0123";
        let typed = kept(stage.ours().append(stage.words(&typed, text)).await.unwrap());
        stage.answered(&other).await;
        let left = stage.ours().resume(&left).await.unwrap().unwrap().id;
        let mut both = vec![left, typed.conversation.clone()];
        both.sort_by(|a, b| a.as_str().cmp(b.as_str()));
        assert_eq!(places(&stage, &email("sam@example.org")).await, both);
        let phone = Contact::Phone("+441314960123".to_owned());
        assert_eq!(places(&stage, &phone).await, [typed.conversation]);
        assert!(places(&stage, &email("pam@example.org")).await.is_empty());
        assert!(stage.theirs().find(&phone).await.unwrap().is_empty());
        for clear in ["sam@example", "Sam@Example", "1314960123", "131 496"] {
            assert_eq!(occurrences(&stage.bytes(), clear), 0, "{clear}");
        }
    }

    #[tokio::test]
    async fn what_has_expired_or_was_erased_is_found_by_nothing() {
        let stage = Stage::new().await;
        let (expiring, erased) = (stage.token(), stage.token());
        for token in [&expiring, &erased] {
            stage.said(token, "sam@example.org").await;
        }
        let wanted = email("sam@example.org");
        assert_eq!(places(&stage, &wanted).await.len(), 2);
        let digests = stage.blobs("SELECT digest FROM contacts").await;
        let id = stage.ours().resume(&erased).await.unwrap().unwrap().id;
        stage.ours().erase(&id).await.unwrap();
        assert_eq!(places(&stage, &wanted).await.len(), 1);
        let end = year().expires_at(crate::store::tests::START);
        stage.clock.set(end);
        assert!(places(&stage, &wanted).await.is_empty(), "hidden before any sweep");
        crate::retention::sweep_once(&stage.store, end.plus(DAY)).await.unwrap();
        assert_eq!(stage.number("SELECT COUNT(*) FROM contacts").await, 0);
        assert!(digests.iter().all(|digest| occurrences(&stage.bytes(), digest) == 0));
    }

    #[tokio::test]
    async fn the_index_holds_when_the_dealers_and_the_operators_key_are_replaced() {
        let stage = Stage::new().await;
        stage.said(&stage.token(), "sam@example.org").await;
        stage.store.rotate_dealer_key(&stage.ours).await.unwrap();
        stage.store.rotate_operator_key().await.unwrap();
        stage.store.forget_older_operator_keys().await.unwrap();
        let stage = stage.reopened().await;
        assert_eq!(places(&stage, &email("sam@example.org")).await.len(), 1);
    }
}
