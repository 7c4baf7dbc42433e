//! A lead of somebody who has left one before joins it (D-50): within one dealer, by the same address or
//! number and about the same car, never by a name. Both are kept; recipients are told that they belong
//! together.

use protocol::{LeadId, lead::LeadKind};

use super::{
    StoreError,
    db::{Conn, args},
    lead::{Details, lead_id},
    leads::LeadRow,
    safe::Vault,
    sql,
};
use crate::{
    clock::Timestamp,
    crypt::Column,
    domain::lead::{self, CheckedLead},
    limits::{JOIN_WINDOW, MAX_JOINED},
};

/// The first lead of the same person about the same car, if there is one of late.
pub(super) async fn earlier(
    conn: &mut Conn,
    vault: &Vault,
    lead: &CheckedLead,
    now: Timestamp,
) -> Result<Option<LeadId>, StoreError> {
    if !vault.verifies() {
        return Ok(None);
    }
    let Some(key) = vault.index_key(conn, now).await? else { return Ok(None) };
    let mut first: Option<(i64, String)> = None;
    for contact in lead::contacts(lead.email_normal.as_ref(), lead.phone_e164.as_ref()) {
        let digest = key.blind(contact.kind(), contact.value());
        let since = now.minus(JOIN_WINDOW);
        let args = args![vault.dealer(), &digest, since, now, MAX_JOINED];
        let rows: Vec<LeadRow> = conn.all(sql::LEADS_WITH_CONTACT, args).await?;
        for row in rows {
            // What is damaged is told where it is read; a new lead is taken all the same.
            let Ok(details) = open(conn, vault, &row).await else { continue };
            if is_same(lead, &details) && first.as_ref().is_none_or(|(at, _)| row.at < *at) {
                // The oldest that is still kept: one that is gone is named nowhere.
                first = Some((row.at, row.lead));
            }
        }
    }
    first.map(|(_, id)| lead_id(&id)).transpose()
}

async fn open(conn: &mut Conn, vault: &Vault, row: &LeadRow) -> Result<Details, StoreError> {
    let conversation = row.conversation.clone().checked(vault, None)?;
    let safe = vault.safe_in(conn, &conversation.id).await?;
    let json = safe.open(Column::LeadFields, &row.lead, &row.fields)?;
    serde_json::from_str(&json).map_err(|_| super::row::inconsistent("leads", "fields", &row.lead))
}

/// Whether an earlier lead is of the same person, about the same car or about none.
fn is_same(lead: &CheckedLead, earlier: &Details) -> bool {
    let is_one = |one: &Option<String>, other: &Option<String>| one.is_some() && one == other;
    let is_person = is_one(&lead.email_normal, &earlier.email_normal)
        || is_one(&lead.phone_e164, &earlier.phone_e164);
    let car = |interest: &Option<String>| interest.as_deref().map(|car| car.trim().to_lowercase());
    let (this, that) = (car(&lead.fields.interest), car(&earlier.fields.interest));
    // The workshop's business is no part of a sale.
    let is_kind = (lead.kind == LeadKind::Service) == (earlier.kind == LeadKind::Service);
    is_person && is_kind && (this.is_none() || that.is_none() || this == that)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::{DAY, Stage};

    /// Leaves a lead about a car; answers its id and what it joins.
    async fn left(stage: &Stage, email: &str, car: Option<&str>) -> (LeadId, Option<LeadId>) {
        let mut new = stage.new_lead(&stage.token(), email);
        new.lead.fields.interest = car.map(ToOwned::to_owned);
        let id = new.lead_id.clone();
        stage.ours().take_lead(new).await.unwrap();
        let found = stage.ours().lead(&id).await.unwrap().unwrap();
        (id, found.joins)
    }

    #[tokio::test]
    async fn who_comes_again_about_the_same_car_or_none_joins_the_first_lead() {
        let stage = Stage::new().await;
        let (first, none) = left(&stage, "sam@example.org", Some("Octavia")).await;
        assert_eq!(none, None);
        stage.clock.advance(DAY);
        for (email, car, joins) in [
            ("Sam@Example.org", Some(" octavia"), Some(&first)),
            ("sam@example.org", Some("Fabia"), None),
            ("pam@example.org", Some("Octavia"), None),
            ("sam@example.org", None, Some(&first)),
        ] {
            assert_eq!(left(&stage, email, car).await.1.as_ref(), joins, "{email} {car:?}");
        }
        assert_eq!(stage.number("SELECT COUNT(*) FROM leads").await, 5, "none is dropped");
    }

    #[tokio::test]
    async fn the_workshops_business_joins_no_sale_and_what_is_gone_is_named_nowhere() {
        let stage = Stage::new().await;
        let (first, _) = left(&stage, "sam@example.org", None).await;
        let mut service = stage.new_lead(&stage.token(), "sam@example.org");
        service.lead.kind = LeadKind::Service;
        let id = service.lead_id.clone();
        stage.ours().take_lead(service).await.unwrap();
        assert_eq!(stage.ours().lead(&id).await.unwrap().unwrap().joins, None);
        stage.clock.advance(DAY);
        let (second, joins) = left(&stage, "sam@example.org", None).await;
        assert_eq!(joins.as_ref(), Some(&first));
        let conversation = stage.ours().lead(&first).await.unwrap().unwrap().conversation;
        stage.ours().erase(&conversation).await.unwrap();
        assert_eq!(left(&stage, "sam@example.org", None).await.1, Some(second));
    }

    #[tokio::test]
    async fn another_dealer_a_later_month_and_what_is_deleted_are_not_joined() {
        let stage = Stage::new().await;
        let (first, _) = left(&stage, "sam@example.org", None).await;
        let mut theirs = stage.new_lead(&stage.token(), "sam@example.org");
        theirs.site = protocol::SiteKey::parse("site_theirs").unwrap();
        let id = theirs.lead_id.clone();
        stage.theirs().take_lead(theirs).await.unwrap();
        assert_eq!(stage.theirs().lead(&id).await.unwrap().unwrap().joins, None);
        stage.clock.advance(JOIN_WINDOW);
        let (second, joins) = left(&stage, "sam@example.org", None).await;
        assert_eq!(joins, Some(first), "on the last day of the month");
        stage.clock.advance(DAY);
        assert_eq!(left(&stage, "sam@example.org", None).await.1, Some(second));
        stage.clock.advance(JOIN_WINDOW + DAY);
        let (third, joins) = left(&stage, "sam@example.org", None).await;
        assert_eq!(joins, None);
        let conversation = stage.ours().lead(&third).await.unwrap().unwrap().conversation;
        stage.ours().erase(&conversation).await.unwrap();
        assert_ne!(left(&stage, "sam@example.org", None).await.1, Some(third));
    }
}
