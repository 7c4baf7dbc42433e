//! What was deleted, for a person or a script: reports, and what a check of them has come to.

use anyhow::Context;
use serde_json::json;

use crate::{
    cli::output::Out,
    domain::proof::{Report, Signed},
    store::Proof,
};

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
                    "  {dealer}, {reason}: {} conversations, {} messages, {} leads",
                    deleted.conversations, deleted.messages, deleted.leads
                ));
            }
        }
    }
    Ok(())
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
        if proof.faults.is_empty() {
            "Nothing is wrong."
        } else {
            "Somebody or something has changed them."
        }
    ));
    out.line(format!("Signed with {} today; keep a copy of that elsewhere.", proof.key));
    Ok(())
}
