//! `forecourt lead …`: what visitors left for a dealer, for the people who must answer them.

mod deliver;
mod suppress;

use std::process::ExitCode;

use clap::{Args, Subcommand};
use jiff::tz::TimeZone;
use protocol::lead::{Channel, FieldKind};
use serde_json::{Value, json};

use super::{
    audit::note,
    output::{Out, plain},
    store::{find_dealer, with_store},
};
use crate::{
    clock::Timestamp,
    config::Config,
    domain::export::csv_row,
    store::{Store, StoredLead},
};

/// What may be asked about leads.
#[derive(Debug, Subcommand)]
pub(super) enum LeadCommand {
    /// List the leads of a dealer, the newest first
    List(ListArgs),
    /// Send a marked sample to a dealer's systems, and print the whole exchange
    Test(deliver::TargetArgs),
    /// What was delivered to a dealer's systems, what is tried again, what was given up
    Deliveries(deliver::DeliveriesArgs),
    /// Deliver once more what was given up or accepted, under the same id
    Resend(deliver::ResendArgs),
    /// The secret that signs what a webhook gets
    Secret(deliver::SecretArgs),
    /// Remember that somebody wants no marketing, beyond the chat and its deletion
    Suppress(suppress::SuppressArgs),
    /// Ask before you write or import: whether somebody wants no marketing; ends with 1 then
    Suppressed(suppress::ContactArgs),
}

/// Which leads.
#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// The dealer: its id, a site key or its name
    #[arg(long)]
    dealer: String,
    /// At most that many
    #[arg(long, default_value_t = 50)]
    limit: u32,
    /// Only what was left since then: 2026-11-22, or 2026-11-22T09:00:00Z
    #[arg(long, value_name = "TIME", value_parser = moment)]
    since: Option<Timestamp>,
    /// For a script
    #[arg(long)]
    json: bool,
    /// For a spreadsheet: one row for each lead, and nothing that would be calculated
    #[arg(long, conflicts_with = "json")]
    csv: bool,
}

pub(super) async fn run(
    config: &Config,
    command: &LeadCommand,
    out: Out,
) -> anyhow::Result<ExitCode> {
    let is_whole = with_store(config, async |store| {
        match command {
            LeadCommand::List(args) => return list(config, &store, args, &out).await,
            LeadCommand::Test(args) => return deliver::test(config, &store, args, &out).await,
            LeadCommand::Deliveries(args) => {
                deliver::deliveries(config, &store, args, &out).await?;
            }
            LeadCommand::Resend(args) => deliver::resend(config, &store, args, &out).await?,
            LeadCommand::Secret(args) => deliver::secret(config, &store, args, &out).await?,
            LeadCommand::Suppress(args) => suppress::suppress(config, &store, args, &out).await?,
            LeadCommand::Suppressed(args) => {
                return suppress::suppressed(config, &store, args, &out).await;
            }
        }
        Ok(true)
    });
    Ok(if is_whole.await? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Answers whether each lead can be read.
async fn list(config: &Config, store: &Store, args: &ListArgs, out: &Out) -> anyhow::Result<bool> {
    let ListArgs { dealer, limit, since, json, csv } = args;
    let since = since.unwrap_or(Timestamp::from_millis(0));
    let dealer = find_dealer(store, dealer)?;
    // One more than asked for tells whether there are more.
    let found = store.dealer(&dealer.id).leads_since(since, limit.saturating_add(1)).await?;
    let ids = found.iter().flatten().map(|lead| lead.id.to_string()).collect();
    note(store, config, "lead.read", Some(&dealer.id), ids).await?;
    let wanted = usize::try_from(*limit).unwrap_or(usize::MAX);
    let (leads, broken): (Vec<_>, Vec<_>) = found.into_iter().partition(Result::is_ok);
    let mut leads: Vec<StoredLead> = leads.into_iter().flatten().collect();
    let has_more = wanted < leads.len().saturating_add(broken.len());
    leads.truncate(wanted);
    let aside = Out::stderr();
    for error in broken.iter().filter_map(|lead| lead.as_ref().err()) {
        aside.line(format!("A lead can't be read: {error}"));
    }
    if *json {
        out.json(&leads.iter().map(as_json).collect::<Vec<_>>())?;
    } else if *csv {
        for row in as_csv(&leads) {
            // The row brings the end of its line.
            out.line(row.trim_end_matches('\n'));
        }
    } else if leads.is_empty() && broken.is_empty() {
        out.line("No leads.");
    } else {
        for lead in &leads {
            print(lead, out);
        }
    }
    if has_more {
        aside.line(format!("There are more than these {limit}: say --limit, or --since."));
    }
    Ok(broken.is_empty())
}

/// A day, from its beginning in UTC, or a moment.
pub(super) fn moment(text: &str) -> Result<Timestamp, String> {
    let day = || text.parse::<jiff::civil::Date>().ok()?.to_zoned(TimeZone::UTC).ok();
    let at = text.parse::<jiff::Timestamp>().ok().or_else(|| Some(day()?.timestamp()));
    at.map(|at| Timestamp::from_millis(at.as_millisecond()))
        .ok_or_else(|| "write a day as 2026-11-22, or a moment as 2026-11-22T09:00:00Z".to_owned())
}

fn print(stored: &StoredLead, out: &Out) {
    out.line(format!(
        "{}  {}  {}  on {}, until {}",
        stored.id,
        stored.at,
        stored.lead.kind.word(),
        stored.site,
        stored.expires_at
    ));
    for kind in FieldKind::ALL {
        if let Some(value) = stored.lead.fields.get(kind) {
            out.line(format!("  {:12} {}", kind.name(), plain(value)));
        }
    }
    if let Some(joins) = &stored.joins {
        out.line(format!("  joins     {joins}"));
    }
    for consent in &stored.consents {
        let answer = match withdrawn(stored, consent.channel) {
            Some(at) => format!("no, withdrawn {at}"),
            None if consent.given => "yes".to_owned(),
            None => "no".to_owned(),
        };
        out.line(format!("  marketing by {}: {answer}", consent.channel.word()));
    }
}

/// Since when the visitor wants nothing any more by this channel.
fn withdrawn(stored: &StoredLead, channel: Channel) -> Option<Timestamp> {
    stored.withdrawn.iter().find(|(of, _)| *of == channel).map(|(_, at)| *at)
}

/// A head and a row for each lead.
fn as_csv(leads: &[StoredLead]) -> Vec<String> {
    let fields = FieldKind::ALL.map(FieldKind::name);
    let channels = Channel::ALL.map(|channel| format!("marketing_{}", channel.word()));
    let head = ["lead", "kind", "joins", "at", "site", "until"].into_iter().chain(fields);
    let head = head.chain(["phone_e164"]).chain(channels.iter().map(String::as_str));
    let mut rows = vec![csv_row(head)];
    rows.extend(leads.iter().map(|stored| {
        let joins = stored.joins.as_ref().map(ToString::to_string).unwrap_or_default();
        let mut cells = vec![stored.id.to_string(), stored.lead.kind.word().to_owned(), joins];
        cells.extend([stored.at.to_string(), stored.site.to_string()]);
        cells.push(stored.expires_at.to_string());
        let fields = &stored.lead.fields;
        cells.extend(FieldKind::ALL.map(|kind| fields.get(kind).unwrap_or_default().to_owned()));
        cells.push(stored.lead.phone_e164.clone().unwrap_or_default());
        cells.extend(Channel::ALL.map(|channel| marketing(stored, channel).to_owned()));
        csv_row(cells.iter().map(String::as_str))
    }));
    rows
}

/// `yes`, `no` or `not-asked`, as it is in force.
fn marketing(stored: &StoredLead, channel: Channel) -> &'static str {
    match stored.consents.iter().find(|consent| consent.channel == channel) {
        None => "not-asked",
        Some(consent) if consent.given && withdrawn(stored, channel).is_none() => "yes",
        Some(_) => "no",
    }
}

fn as_json(stored: &StoredLead) -> Value {
    let consents = stored.consents.iter().map(|consent| {
        json!({
            "channel": consent.channel,
            // In force: what was taken back is given no longer.
            "given": consent.given && withdrawn(stored, consent.channel).is_none(),
            "withdrawn_at": withdrawn(stored, consent.channel).map(|at| at.to_string()),
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
        "joins": stored.joins,
        "at": stored.at.to_string(),
        "expires_at": stored.expires_at.to_string(),
        "kind": stored.lead.kind,
        "fields": stored.lead.fields,
        "email_normal": stored.lead.email_normal,
        "phone_e164": stored.lead.phone_e164,
        "consents": consents.collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_and_a_moment_is_itself() {
        let at = |text| moment(text).map(Timestamp::millis);
        assert_eq!(at("2026-11-22"), at("2026-11-22T00:00:00Z"));
        assert_eq!(at("2026-11-22T01:00:00+01:00"), at("2026-11-22"));
        assert!(at("yesterday").unwrap_err().contains("2026-11-22"));
    }
}
