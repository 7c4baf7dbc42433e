//! `forecourt retention …`: deletes what is past its end now, shows what would be deleted, and proves
//! what was.

mod hold;
mod proof;
mod scan;

use std::process::ExitCode;

use anyhow::bail;
use clap::Subcommand;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{audit::note, output::Out, store::with_store};
use crate::{
    clock::{Clock, SystemClock},
    config::Config,
    retention::{self, Outcome},
    store::{Due, DueRow, Store, Swept},
};

/// What may be asked about retention.
#[derive(Debug, Subcommand)]
pub(super) enum RetentionCommand {
    /// Delete everything that is past its end; a running server does the same every hour
    Sweep {
        /// List what would be deleted, and delete nothing
        #[arg(long)]
        dry_run: bool,
        /// For a script
        #[arg(long)]
        json: bool,
    },
    /// What was deleted, day by day, as a running server reports it
    Report {
        /// For a script: the exact texts, who signed them, and the signatures
        #[arg(long)]
        json: bool,
    },
    /// Check that no report and no receipt was altered, removed or moved
    Verify {
        /// The public key that has signed, as an earlier `verify` told it: the operator's key is not
        /// needed then
        #[arg(long, value_name = "HEX", value_parser = proof::public_key)]
        signed_by: Vec<String>,
        /// For a script
        #[arg(long)]
        json: bool,
    },
    /// The receipt of a conversation that was deleted, with its signature
    Receipt {
        /// As `subject erase` has told it
        id: String,
    },
    /// The receipts of all conversations that were deleted
    Receipts(proof::ReceiptsArgs),
    /// What is left, month by month, of conversations that were anonymised
    Counters {
        /// Of this dealer: its id, site key or name
        #[arg(long, value_name = "DEALER")]
        dealer: Option<String>,
        /// For a script
        #[arg(long)]
        json: bool,
    },
    /// Look for what must stand nowhere in the raw bytes of all files; ends with 1 where it stands
    Scan(scan::ScanArgs),
    /// Keep what the law asks for beyond its end: legal holds
    #[command(subcommand)]
    Hold(hold::HoldCommand),
    /// Say that the clock is right: after a jump nothing is deleted until then, or for a day
    Confirm,
}

pub(super) async fn run(
    config: &Config,
    command: &RetentionCommand,
    out: Out,
) -> anyhow::Result<ExitCode> {
    match command {
        RetentionCommand::Report { json } => {
            let reports = with_store(config, async |store| Ok(store.reports().await?)).await?;
            proof::print_reports(&reports, *json, &out)?;
        }
        RetentionCommand::Verify { signed_by, json } => {
            let proof =
                with_store(config, async |store| proof::check(&store, signed_by).await).await?;
            proof::print_proof(&proof, *json, &out)?;
            if !proof.faults.is_empty() {
                return Ok(ExitCode::FAILURE);
            }
        }
        RetentionCommand::Receipt { id } => {
            let found = with_store(config, async |store| Ok(store.receipt(id).await?)).await?;
            match found {
                Some(receipt) => out.json(&receipt)?,
                None => bail!("there is no receipt {id}"),
            }
        }
        RetentionCommand::Receipts(args) => {
            with_store(config, async |store| proof::print_receipts(&store, args, &out).await)
                .await?;
        }
        RetentionCommand::Counters { dealer, json } => {
            let counted =
                async |store| proof::print_counters(&store, dealer.as_deref(), *json, &out).await;
            with_store(config, counted).await?;
        }
        RetentionCommand::Sweep { dry_run: true, json } => {
            dry_run(config, *json, &out).await?;
        }
        RetentionCommand::Sweep { dry_run: false, json } => {
            let never = CancellationToken::new();
            let swept = async |store: Store| {
                note(&store, config, "retention.sweep", None, Vec::new()).await?;
                Ok(retention::sweep(&store, &never).await?)
            };
            match with_store(config, swept).await? {
                Outcome::Swept(swept) => print_swept(&swept, *json, &out)?,
                Outcome::Halted(doubt) => bail!("nothing was deleted: {doubt}"),
            }
        }
        RetentionCommand::Scan(args) => {
            if !scan::run(config, args, &out)? {
                return Ok(ExitCode::FAILURE);
            }
        }
        RetentionCommand::Hold(command) => {
            with_store(config, async |store| hold::run(config, &store, command, &out).await)
                .await?;
        }
        RetentionCommand::Confirm => {
            let believed = async |store: Store| {
                note(&store, config, "retention.confirm", None, Vec::new()).await?;
                Ok(store.believe_clock().await?)
            };
            let now = with_store(config, believed).await?;
            out.line(format!("It is {now}. A running server goes on deleting within a minute."));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Lists what a sweep would delete.
async fn dry_run(config: &Config, as_json: bool, out: &Out) -> anyhow::Result<()> {
    let looked = with_store(config, async |store| {
        let now = SystemClock::default().now();
        let holds = store.count_holds(now).await?;
        let ended = store.ended_accounts(now);
        Ok((retention::dry_run(&store).await?, holds.past_end, ended))
    });
    let (found, n_held, ended) = looked.await?;
    match found {
        Ok((due, requests)) => print_due(&due, &requests, as_json, out)?,
        Err(doubt) => bail!("nothing would be deleted: {doubt}"),
    }
    for dealer in ended {
        Out::stderr().line(format!(
            "All of {} ({}) goes, too: its account ended 90 days ago.",
            dealer.name, dealer.id
        ));
    }
    if !as_json && 0 < n_held {
        out.line(held(n_held));
    }
    Ok(())
}

fn print_due(due: &[Due], requests: &[DueRow], as_json: bool, out: &Out) -> anyhow::Result<()> {
    if as_json {
        let one = |due: &Due| {
            json!({
                "dealer": due.dealer,
                "conversation": due.conversation,
                "last_at": due.last_at.to_string(),
                "expires_at": due.expires_at.to_string(),
                "messages": due.messages,
                "leads": due.leads,
            })
        };
        let of_register = |due: &DueRow| json!({ "of": due.of, "id": due.id, "expires_at": due.expires_at.to_string() });
        let all = due.iter().map(one).chain(requests.iter().map(of_register));
        return out.json(&all.collect::<Vec<_>>());
    }
    for DueRow { of, id, expires_at } in requests {
        out.line(format!("{id} of {of}, since {expires_at}"));
    }
    if due.is_empty() && requests.is_empty() {
        out.line("Nothing is past its end.");
        return Ok(());
    }
    let n_due = due.len() + requests.len();
    let head = ["dealer", "conversation", "last message", "end", "messages", "leads"];
    let mut rows = vec![head.map(ToOwned::to_owned)];
    rows.extend(due.iter().map(|due| {
        [
            due.dealer.to_string(),
            due.conversation.to_string(),
            due.last_at.to_string(),
            due.expires_at.to_string(),
            due.messages.to_string(),
            due.leads.to_string(),
        ]
    }));
    out.table(&rows);
    out.line(format!("{n_due} would be deleted. Nothing was."));
    Ok(())
}

fn held(n_held: u64) -> String {
    format!("{n_held} are past their end and held: see `forecourt retention hold list`.")
}

fn print_swept(swept: &Swept, as_json: bool, out: &Out) -> anyhow::Result<()> {
    if as_json {
        return out.json(&json!({
            "conversations": swept.conversations,
            "messages": swept.messages,
            "leads": swept.leads,
            "consents": swept.consents,
            "replies": swept.replies,
            "outbox": swept.outbox,
            "requests": swept.requests,
            "notices": swept.notices,
            "batches": swept.batches,
            "stuck": swept.stuck,
            "held": swept.held,
        }));
    }
    out.line(format!(
        "Deleted {} conversations with {} messages, {} leads, {} consents.",
        swept.conversations, swept.messages, swept.leads, swept.consents
    ));
    if 0 < swept.requests {
        out.line(format!("Forgot {} closed requests of the register.", swept.requests));
    }
    if 0 < swept.notices {
        out.line(format!("Forgot {} notices.", swept.notices));
    }
    if 0 < swept.stuck {
        out.line(format!(
            "{} can't be deleted, since the disk is damaged: see `forecourt doctor`.",
            swept.stuck
        ));
    }
    if 0 < swept.held {
        out.line(held(swept.held));
    }
    Ok(())
}
