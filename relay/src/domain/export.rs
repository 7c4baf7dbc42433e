//! A conversation as its person takes it along: data with a published schema, and a page to read
//! (A-C6.1, A-C6.5, B-32). Pure.

mod csv;
mod html;

use serde::Serialize;

use crate::{
    clock::Timestamp,
    domain::{
        dealer::Dealer,
        dossier::Dossier,
        rights::{self, Menu},
        view::{Recipients, language},
    },
};

pub use csv::{Table, cells as csv_row, tables};
pub use html::page;

/// The schema of the data (JSON Schema, draft 2020-12); `docs/wire.md` has its address.
pub const SCHEMA: &str = include_str!("export/schema.json");

/// The version of the schema: a field is only ever added, never changed.
const VERSION: u32 = 1;

/// A conversation, and who is responsible for it.
#[derive(Clone, Debug, Serialize)]
pub struct Export<'a> {
    format: &'static str,
    version: u32,
    exported_at: String,
    controller: Controller<'a>,
    processor: Processor<'a>,
    /// Who generates answers on this relay today; who has, stands with each message.
    models: Vec<String>,
    #[serde(flatten)]
    dossier: &'a Dossier,
    #[serde(skip)]
    language: &'a str,
    /// The sentences of the menu, for the page.
    #[serde(skip)]
    menu: Menu,
}

/// Who is responsible (Art. 4(7) GDPR): the dealer.
#[derive(Clone, Debug, Serialize)]
struct Controller<'a> {
    name: &'a str,
    legal_name: &'a str,
    address: &'a str,
    country: &'a str,
    email: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    company_number: Option<&'a str>,
    privacy_url: &'a str,
}

/// Who runs the relay on its behalf (Art. 4(8) GDPR).
#[derive(Clone, Debug, Serialize)]
struct Processor<'a> {
    name: &'a str,
    contact: &'a str,
}

/// What is taken along of a dealer's conversation at `now`, to be read in this language where there
/// are words for it.
pub fn export<'a>(
    dossier: &'a Dossier,
    dealer: &'a Dealer,
    recipients: &'a Recipients,
    lang: &str,
    now: Timestamp,
) -> Export<'a> {
    let legal = &dealer.legal;
    Export {
        format: "forecourt-conversation",
        version: VERSION,
        exported_at: now.to_string(),
        controller: Controller {
            name: &dealer.name,
            legal_name: &legal.name,
            address: &legal.address,
            country: &legal.country,
            email: &legal.email,
            phone: legal.phone.as_deref(),
            company_number: legal.company_number.as_deref(),
            privacy_url: &dealer.privacy_url,
        },
        processor: Processor { name: &recipients.operator, contact: &recipients.contact },
        models: recipients.models_of(dealer),
        dossier,
        language: language(dealer, lang),
        menu: rights::menu(Some(dossier), dealer, recipients, lang, now),
    }
}

impl Export<'_> {
    /// As data.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self).map(|json| json + "\n")
    }
}

#[cfg(test)]
pub(crate) mod tests;
