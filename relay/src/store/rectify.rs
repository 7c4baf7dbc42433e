//! Putting right what stands in a lead, with what stood there before (A-C6.2, Art. 16 GDPR).

use std::collections::BTreeSet;

use protocol::{
    LeadId,
    failure::FieldProblem,
    lead::{FieldKind, FormField, LeadFields},
};

use super::{
    DealerStore, StoreError,
    consent::ConsentRow,
    db::{Conn, args},
    lead::Superseded,
    leads::{Kept, LeadRow},
    restrict::is_restricted,
    safe::Vault,
    sql,
};
use crate::{
    clock::Timestamp,
    domain::{
        contact::Contact,
        lead::{self, CheckedLead},
        notice::Event,
    },
    limits::MAX_CORRECTIONS,
};

/// A field, and what is right.
#[derive(Clone)]
pub struct Correction {
    /// Which lead.
    pub lead: LeadId,
    /// Which field.
    pub field: FieldKind,
    /// What is right; `None` empties it.
    pub value: Option<String>,
    /// The dealer's form, by which it is checked as when it was left.
    pub form: Vec<FormField>,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rectified {
    /// It is right now.
    Done,
    /// It stood there already.
    Same,
    /// The form does not take it.
    Refused(Vec<FieldProblem>),
    /// There is no such lead, or no longer.
    NotThere,
    /// It was put right as often as may be.
    TooOften,
}

impl DealerStore {
    /// Puts a field of a lead right. What stood there is kept beside it as long as the lead.
    pub async fn rectify(&self, correction: Correction) -> Result<Rectified, StoreError> {
        let (vault, country, now) = (self.vault(), self.country(), self.now());
        let ours = self.clone();
        let contacts = move |lead: &CheckedLead| ours.contacts_of(lead);
        let teller = self.teller();
        let rectified = self.write(move |conn| {
            Box::pin(async move {
                let id = correction.lead.clone();
                let (outcome, index) = rectify(conn, &vault, correction, &country, now).await?;
                if let Some((conversation, lead)) = index {
                    // By what it was left with the person is found still.
                    let contacts: BTreeSet<Contact> = contacts(&lead);
                    vault.index(conn, &conversation, &contacts, now).await?;
                    let lead = (conversation.as_str(), id.as_str());
                    teller.tell_recipients(conn, lead, Event::Updated).await?;
                }
                Ok(outcome)
            })
        });
        let rectified = rectified.await;
        self.tell_owed();
        rectified
    }
}

type Indexed = Option<(protocol::ConversationId, CheckedLead)>;

async fn rectify(
    conn: &mut Conn,
    vault: &Vault,
    correction: Correction,
    country: &str,
    now: Timestamp,
) -> Result<(Rectified, Indexed), StoreError> {
    let args = args![vault.dealer(), correction.lead.as_str()];
    let found: Option<LeadRow> = conn.optional(sql::LEAD, args).await?;
    let Some(LeadRow { lead: id, fields, at, conversation }) = found else {
        return Ok((Rectified::NotThere, None));
    };
    let conversation = conversation.checked(vault, None)?;
    if conversation.is_over(now) && !is_restricted(conn, vault, &conversation.id).await? {
        return Ok((Rectified::NotThere, None));
    }
    let consents: Vec<ConsentRow> = conn.all(sql::CONSENTS, args![vault.dealer(), &id]).await?;
    let safe = vault.safe_in(conn, &conversation.id).await?;
    let mut details = Kept { id: id.clone(), fields, at }.open(vault, &safe, &consents)?;
    let field = correction.field;
    let mut fields = details.fields.clone();
    fields.set(field, correction.value);
    let form = form_of(&correction.form, field, &details.fields);
    let checked = match lead::check(&form, country, &fields) {
        Ok(checked) => checked,
        Err(problems) => return Ok((Rectified::Refused(problems), None)),
    };
    if checked.fields == details.fields {
        return Ok((Rectified::Same, None));
    }
    if MAX_CORRECTIONS <= details.superseded.len() {
        return Ok((Rectified::TooOften, None));
    }
    let before = details.fields.get(field).map(ToOwned::to_owned);
    details.superseded.push(Superseded { field, value: before, at: now.millis() });
    details.fields = checked.fields.clone();
    details.email_normal.clone_from(&checked.email_normal);
    details.phone_e164.clone_from(&checked.phone_e164);
    let sealed = details.sealed(&safe, &id)?;
    conn.execute_one(sql::SEAL_LEAD, args![vault.dealer(), &id, &sealed]).await?;
    Ok((Rectified::Done, Some((conversation.id, checked))))
}

/// The form as far as this field goes: what else may be missing by today's form was left so, and a
/// field that it asks no longer may still be put right.
fn form_of(form: &[FormField], field: FieldKind, left: &LeadFields) -> Vec<FormField> {
    let asked = |kind| form.iter().find(|asked| asked.kind == kind);
    let known = |kind: &FieldKind| asked(*kind).is_some() || left.get(*kind).is_some();
    let required = |kind| kind == field && asked(kind).is_some_and(|asked| asked.required);
    let kinds = FieldKind::ALL.into_iter().filter(known);
    kinds.map(|kind| FormField { kind, required: required(kind) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::{START, Stage, year};

    async fn left(stage: &Stage) -> LeadId {
        let token = stage.token();
        stage.answered(&token).await;
        stage.ours().take_lead(stage.new_lead(&token, "sma@example.org")).await.unwrap();
        stage.ours().leads(1).await.unwrap().remove(0).id
    }

    fn correction(lead: &LeadId, value: Option<&str>) -> Correction {
        Correction {
            lead: lead.clone(),
            field: FieldKind::Email,
            value: value.map(ToOwned::to_owned),
            form: FieldKind::ALL.map(|kind| FormField { kind, required: false }).to_vec(),
        }
    }

    #[tokio::test]
    async fn a_field_is_put_right_and_what_stood_there_stays_beside_it() {
        let stage = Stage::new().await;
        let lead = left(&stage).await;
        let right = correction(&lead, Some(" Sam@Example.org "));
        assert_eq!(stage.theirs().rectify(right.clone()).await.unwrap(), Rectified::NotThere);
        assert_eq!(stage.ours().rectify(right.clone()).await.unwrap(), Rectified::Done);
        assert_eq!(stage.ours().rectify(right).await.unwrap(), Rectified::Same);
        let found = stage.ours().leads(1).await.unwrap().remove(0);
        assert_eq!(found.lead.fields.email.as_deref(), Some("Sam@Example.org"));
        assert_eq!(found.lead.email_normal.as_deref(), Some("sam@example.org"));
        let dossier = stage.ours().dossier(&found.conversation).await.unwrap().unwrap();
        let corrections = &dossier.leads[0].corrections;
        assert_eq!(corrections.len(), 1);
        assert_eq!(corrections[0].before.as_deref(), Some("sma@example.org"));
        for known in ["sam@example.org", "sma@example.org"] {
            let contact = Contact::Email(known.to_owned());
            assert_eq!(stage.ours().find(&contact).await.unwrap().len(), 1, "{known}");
        }
        assert!(stage.store.verify().await.unwrap().is_sound());
    }

    #[test]
    fn todays_form_asks_nothing_more_of_a_lead_than_that_its_field_is_right() {
        let form =
            [FieldKind::Name, FieldKind::Email].map(|kind| FormField { kind, required: true });
        let left = LeadFields { phone: Some("0131 496 0123".to_owned()), ..LeadFields::default() };
        let asked = form_of(&form, FieldKind::Email, &left);
        let told: Vec<_> = asked.iter().map(|field| (field.kind, field.required)).collect();
        let (name, email, phone) = (FieldKind::Name, FieldKind::Email, FieldKind::Phone);
        assert_eq!(told, [(name, false), (email, true), (phone, false)]);
    }

    #[tokio::test]
    async fn what_the_form_does_not_take_changes_nothing() {
        let stage = Stage::new().await;
        let lead = left(&stage).await;
        for wrong in [Some("sam@"), None] {
            let outcome = stage.ours().rectify(correction(&lead, wrong)).await.unwrap();
            // Without an address nobody could be reached.
            assert!(matches!(outcome, Rectified::Refused(_)), "{outcome:?}");
        }
        let found = stage.ours().leads(1).await.unwrap().remove(0);
        assert_eq!(found.lead.fields.email.as_deref(), Some("sma@example.org"));
        stage.clock.set(year().expires_at(START));
        let late = stage.ours().rectify(correction(&lead, Some("sam@example.org"))).await.unwrap();
        assert_eq!(late, Rectified::NotThere, "its end has come");
    }
}
