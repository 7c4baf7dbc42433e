//! What was deleted, for a person or a script: reports, and what a check of them has come to.

use anyhow::Context;
use clap::Args;
use protocol::DealerId;
use serde_json::json;

use crate::{
    cli::{output::Out, store::find_dealer},
    domain::proof::{Late, Receipt, Report, Signed, State},
    limits::SMALL_GROUP,
    store::{Counted, Proof, Store},
};

/// Which receipts are listed.
#[derive(Debug, Args)]
pub(in crate::cli) struct ReceiptsArgs {
    /// Of this dealer: its id, site key or name; the id alone of one that was removed
    #[arg(long, value_name = "DEALER")]
    dealer: Option<String>,
    /// Deleted on this day or later: 2026-11-01
    #[arg(long, value_name = "DATE", value_parser = day)]
    since: Option<String>,
    /// For a script: the exact texts, who signed them, and the signatures
    #[arg(long)]
    json: bool,
}

/// Times of receipts are texts of ISO 8601 in UTC: they sort as days do.
fn day(text: &str) -> Result<String, String> {
    let day = text.parse::<jiff::civil::Date>();
    day.map(|day| day.to_string()).map_err(|_| "write a day as 2026-11-01".to_owned())
}

impl ReceiptsArgs {
    fn takes(&self, receipt: &Receipt, dealer: Option<&str>) -> bool {
        dealer.is_none_or(|dealer| dealer == receipt.dealer)
            && self.since.as_ref().is_none_or(|since| *since <= receipt.deleted_at)
    }
}

pub(super) async fn print_receipts(
    store: &Store,
    args: &ReceiptsArgs,
    out: &Out,
) -> anyhow::Result<()> {
    let dealer = args.dealer.as_deref().map(|given| match DealerId::parse(given) {
        // One that was removed has receipts and nothing else.
        Ok(id) => Ok(id.to_string()),
        Err(_) => find_dealer(store, given).map(|dealer| dealer.id.to_string()),
    });
    let dealer = dealer.transpose()?;
    let mut found = Vec::new();
    let mut after = String::new();
    while let Some((page, last)) = store.receipts(&after).await? {
        after = last;
        for signed in page {
            let receipt: Receipt = serde_json::from_str(&signed.body)
                .context("a receipt can't be read: see `forecourt retention verify`")?;
            if args.takes(&receipt, dealer.as_deref()) {
                found.push((receipt, signed));
            }
        }
    }
    found.sort_by(|one, other| one.0.deleted_at.cmp(&other.0.deleted_at));
    if args.json {
        return out.json(&found.into_iter().map(|(_, signed)| signed).collect::<Vec<_>>());
    }
    if found.is_empty() {
        out.line("There is no such receipt.");
        return Ok(());
    }
    let head = ["receipt", "deleted", "dealer", "reason", "action", "messages", "leads", "policy"];
    let mut rows = vec![head.map(ToOwned::to_owned)];
    rows.extend(found.into_iter().map(|(receipt, _)| {
        let policy = receipt.policy.map(|policy| match policy.version {
            Some(version) => format!("{} ({version})", policy.period),
            None => policy.period,
        });
        [
            receipt.receipt,
            receipt.deleted_at,
            receipt.dealer,
            receipt.reason,
            receipt.action.word().to_owned(),
            count(receipt.messages),
            count(receipt.leads),
            policy.unwrap_or_else(|| "?".to_owned()),
        ]
    }));
    out.table(&rows);
    Ok(())
}

pub(super) async fn print_counters(
    store: &Store,
    dealer: Option<&str>,
    as_json: bool,
    out: &Out,
) -> anyhow::Result<()> {
    let dealers = match dealer {
        Some(given) => vec![find_dealer(store, given)?],
        None => store.dealers(),
    };
    let mut all = Vec::new();
    for dealer in dealers {
        for month in store.dealer(&dealer.id).counters().await? {
            all.push((dealer.id.to_string(), month));
        }
    }
    if as_json {
        return out.json(
            &all.iter()
                .map(|(dealer, month)| {
                    let counted = month.counted.map(|Counted { conversations, messages, leads }| {
                json!({ "conversations": conversations, "messages": messages, "leads": leads })
            });
                    json!({ "dealer": dealer, "month": month.month, "counted": counted })
                })
                .collect::<Vec<_>>(),
        );
    }
    if all.is_empty() {
        out.line("Nothing was anonymised: a dealer chooses that by `[retention] action`.");
    }
    for (dealer, month) in all {
        let told = match month.counted {
            Some(Counted { conversations, messages, leads }) => {
                format!("{conversations} conversations, {messages} messages, {leads} leads")
            }
            None => format!("fewer than {SMALL_GROUP} conversations"),
        };
        out.line(format!("{dealer}, {}: {told}", month.month));
    }
    Ok(())
}

pub(super) fn print_reports(reports: &[Signed], as_json: bool, out: &Out) -> anyhow::Result<()> {
    if as_json {
        return out.json(&reports);
    }
    if reports.is_empty() {
        out.line("There is no report yet: a running server makes one each day.");
    }
    for signed in reports {
        let report: Report = serde_json::from_str(&signed.body)
            .context("a report can't be read: see `forecourt retention verify`")?;
        out.line(format!(
            "Report {} of {}: {} conversations deleted; {}.",
            report.report, report.made_at, report.receipts, report.retention
        ));
        if 0 < report.holds {
            out.line(format!(
                "  {} legal holds kept {} conversations beyond their end",
                report.holds, report.held
            ));
        }
        for (dealer, reasons) in &report.deleted {
            for (reason, deleted) in reasons {
                out.line(format!(
                    "  {dealer}, {reason}: {} conversations ({} anonymised), {} messages, {} leads, {} bytes",
                    deleted.conversations,
                    deleted.anonymised,
                    deleted.messages,
                    deleted.leads,
                    deleted.bytes
                ));
            }
        }
        if let Some(state) = &report.state {
            print_state(state, out);
        }
    }
    Ok(())
}

fn count(count: Option<u64>) -> String {
    count.map_or_else(|| "?".to_owned(), |count| count.to_string())
}

fn print_state(state: &State, out: &Out) {
    let or_never = |at: &Option<String>| at.clone().unwrap_or_else(|| "never".to_owned());
    out.line(format!(
        "  {} due and {} that can't be deleted; clock {}; no traces of what was deleted until {}; last backup {}",
        count(state.due),
        count(state.failed),
        state.clock,
        or_never(&state.traces_removed_at),
        or_never(&state.last_backup_at)
    ));
    for (dealer, Late { due, held }) in &state.dealers {
        out.line(format!("  {dealer}: {due} due, {held} held beyond their end"));
    }
    for (class, oldest) in &state.oldest {
        let Some(oldest) = oldest else {
            out.line(format!("  {class}: the disk is too damaged to tell how old they are"));
            continue;
        };
        out.line(format!(
            "  {class}: the first to end is of {}, until {}",
            oldest.since, oldest.end
        ));
    }
}

/// Checks everything, by the operator's keys or by those that were given.
pub(super) async fn check(store: &Store, signed_by: &[String]) -> anyhow::Result<Proof> {
    Ok(match signed_by {
        [] => store.prove().await?,
        known => store.prove_by(known.to_vec()).await?,
    })
}

/// Reads a public key, in hexadecimal.
pub(super) fn public_key(text: &str) -> Result<String, String> {
    let key = text.to_ascii_lowercase();
    let is_key = key.len() == 64 && key.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_key.then_some(key).ok_or_else(|| "a public key has 64 hexadecimal digits".to_owned())
}

pub(super) fn print_proof(proof: &Proof, as_json: bool, out: &Out) -> anyhow::Result<()> {
    if as_json {
        return out.json(&json!({
            "is_sound": proof.faults.is_empty(),
            "reports": proof.reports,
            "receipts": proof.receipts,
            "open": proof.open,
            "unsigned": proof.unsigned,
            "key": proof.key,
            "faults": proof.faults,
        }));
    }
    for fault in &proof.faults {
        out.line(format!("FAULT: {fault}"));
    }
    out.line(format!(
        "{} reports with {} receipts, {} receipts since the last one, {} not signed yet. {}",
        proof.reports,
        proof.receipts,
        proof.open,
        proof.unsigned,
        if proof.faults.is_empty() { "Nothing is wrong." } else { "See above." }
    ));
    if let Some(key) = &proof.key {
        out.line(format!("Signed with {key} today; keep a copy of that elsewhere."));
    }
    Ok(())
}
