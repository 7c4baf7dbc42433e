//! A stored lead as it is handed over.

use protocol::lead::Channel;

use crate::{
    clock::Timestamp,
    domain::{
        dealer::Dealer,
        handover::{Consented, Handover, Telling, Vendor, mileage_unit},
        lead,
    },
    store::{DealerStore, StoreError, StoredLead},
};

/// A lead as it is told to the dealer's systems.
pub fn handover(dealer: &Dealer, stored: StoredLead) -> Handover {
    let site = dealer.sites.iter().find(|site| site.key == stored.site);
    let (left_at, withdrawn) = (stored.at, stored.withdrawn);
    let consents = stored.consents.into_iter().map(|record| {
        let until = withdrawn.iter().find(|(channel, _)| *channel == record.channel);
        Consented {
            channel: record.channel,
            given: record.given && until.is_none(),
            version: record.version,
            at: until.map_or(left_at, |(_, at)| *at),
        }
    });
    Handover {
        id: stored.id.to_string(),
        kind: stored.lead.kind,
        at: left_at,
        joins: stored.joins.map(|joins| joins.to_string()),
        telling: Telling::New,
        is_test: false,
        vendor: vendor(dealer, site.and_then(|site| site.origins.first().cloned())),
        fields: stored.lead.fields,
        phone_e164: stored.lead.phone_e164,
        consents: consents.collect(),
    }
}

/// The dealership, as a lead names it.
pub fn vendor(dealer: &Dealer, url: Option<String>) -> Vendor {
    let contact = dealer.contact.email.as_ref();
    Vendor {
        name: dealer.name.clone(),
        legal_name: dealer.legal.name.clone(),
        email: contact.unwrap_or(&dealer.legal.email).clone(),
        url,
        timezone: dealer.timezone.clone(),
        mileage_unit: mileage_unit(&dealer.country),
    }
}

/// By which channels the person of a lead wants nothing, whichever lead that was said with (B-27).
pub(super) async fn stopped(
    store: &DealerStore,
    stored: &StoredLead,
) -> Result<Vec<(Channel, Timestamp)>, StoreError> {
    let (email, phone) = (&stored.lead.email_normal, &stored.lead.phone_e164);
    let mut stopped = Vec::new();
    for contact in lead::contacts(email.as_ref(), phone.as_ref()) {
        stopped.extend(store.suppressed(&contact).await?);
    }
    Ok(stopped)
}
