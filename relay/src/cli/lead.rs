//! `forecourt lead …`: what visitors left for a dealer, for the people who must answer them.

use std::process::ExitCode;

use clap::Subcommand;
use protocol::lead::FieldKind;
use serde_json::{Value, json};

use super::{
    output::{Out, plain},
    store::{find_dealer, with_store},
};
use crate::{config::Config, store::StoredLead};

/// What may be asked about leads.
#[derive(Debug, Subcommand)]
pub(super) enum LeadCommand {
    /// List the leads of a dealer, the newest first
    List {
        /// The dealer: its id, a site key or its name
        #[arg(long)]
        dealer: String,
        /// At most that many
        #[arg(long, default_value_t = 50)]
        limit: u32,
        /// For a script
        #[arg(long)]
        json: bool,
    },
}

pub(super) async fn run(
    config: &Config,
    command: &LeadCommand,
    out: Out,
) -> anyhow::Result<ExitCode> {
    let LeadCommand::List { dealer, limit, json } = command;
    let leads = with_store(config, async |store| {
        let dealer = find_dealer(&store, dealer)?;
        Ok(store.dealer(&dealer.id).leads(*limit).await?)
    })
    .await?;
    if *json {
        out.json(&leads.iter().map(as_json).collect::<Vec<_>>())?;
    } else if leads.is_empty() {
        out.line("No leads.");
    } else {
        for lead in &leads {
            print(lead, &out);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn print(stored: &StoredLead, out: &Out) {
    out.line(format!(
        "{}  {}  on {}, until {}",
        stored.id, stored.at, stored.site, stored.expires_at
    ));
    for kind in FieldKind::ALL {
        if let Some(value) = stored.lead.fields.get(kind) {
            out.line(format!("  {:9} {}", kind.name(), plain(value)));
        }
    }
    for consent in &stored.consents {
        let answer = if consent.given { "yes" } else { "no" };
        out.line(format!("  marketing by {:?}: {answer}", consent.channel).to_lowercase());
    }
}

fn as_json(stored: &StoredLead) -> Value {
    let consents = stored.consents.iter().map(|consent| {
        json!({
            "channel": consent.channel,
            "given": consent.given,
            "text": consent.text,
            "version": consent.version,
            "lang": consent.lang,
        })
    });
    json!({
        "lead": stored.id,
        "conversation": stored.conversation,
        "site": stored.site,
        "locale": stored.locale,
        "at": stored.at.to_string(),
        "expires_at": stored.expires_at.to_string(),
        "fields": stored.lead.fields,
        "email_normal": stored.lead.email_normal,
        "phone_e164": stored.lead.phone_e164,
        "consents": consents.collect::<Vec<_>>(),
    })
}
