//! `forecourt audit …`: the trail of what the staff did with the data (B-44, T68), and how a command
//! leaves its own entry in it.

use std::process::ExitCode;

use clap::Subcommand;
use protocol::DealerId;
use serde_json::json;

use super::{
    lead::moment,
    output::{Out, plain},
    store::{find_dealer, with_store},
};
use crate::{
    clock::Timestamp,
    config::Config,
    domain::audit::Entry,
    store::{Act, Audited, Store},
};

/// What may be asked about the trail.
#[derive(Debug, Subcommand)]
pub(super) enum AuditCommand {
    /// Who read, exported, deleted or changed what, the oldest first; no word of it
    List {
        /// With this dealer's data only, by its id, site key or name
        #[arg(long, value_name = "DEALER")]
        dealer: Option<String>,
        /// Only since then: 2026-11-22, or 2026-11-22T09:00:00Z
        #[arg(long, value_name = "TIME", value_parser = moment)]
        since: Option<Timestamp>,
        /// For a script
        #[arg(long)]
        json: bool,
    },
    /// Check that no entry was altered, removed or moved; exit code 1 if one was
    Verify {
        /// For a script
        #[arg(long)]
        json: bool,
    },
}

pub(super) async fn run(
    config: &Config,
    command: &AuditCommand,
    out: Out,
) -> anyhow::Result<ExitCode> {
    match command {
        AuditCommand::List { dealer, since, json } => {
            let since = since.unwrap_or(Timestamp::from_millis(0));
            let entries = with_store(config, async |store| {
                let wanted = dealer.as_deref().map(|wanted| find_dealer(&store, wanted));
                let dealer = wanted.transpose()?;
                let id = dealer.as_ref().map(|dealer| &dealer.id);
                Ok(store.audit_trail(id, since).await?)
            });
            print(&entries.await?, *json, &out)?;
        }
        AuditCommand::Verify { json } => {
            let Audited { entries, faults } =
                with_store(config, async |store| Ok(store.check_audit().await?)).await?;
            if *json {
                out.json(&json!({ "entries": entries, "faults": faults }))?;
            } else {
                for fault in &faults {
                    out.line(format!("FAULT: {fault}"));
                }
                let word = if faults.is_empty() { "nothing is wrong" } else { "it was changed" };
                out.line(format!("{entries} entries, and {word}."));
            }
            if !faults.is_empty() {
                return Ok(ExitCode::FAILURE);
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Leaves an entry before something is done; where that fails, it is not done.
pub(super) async fn note(
    store: &Store,
    config: &Config,
    what: &'static str,
    dealer: Option<&DealerId>,
    about: Vec<String>,
) -> anyhow::Result<()> {
    let act = Act { who: plain(&who(config)), what, dealer: dealer.cloned(), about };
    store.audit(act).await?;
    Ok(())
}

/// Who is named, and the account that really runs this where the system tells.
fn who(config: &Config) -> String {
    #[cfg(unix)]
    return format!("{} (uid {})", config.by, rustix::process::getuid().as_raw());
    #[cfg(not(unix))]
    config.by.clone()
}

fn print(entries: &[Entry], as_json: bool, out: &Out) -> anyhow::Result<()> {
    if as_json {
        return out.json(&entries);
    }
    let mut rows = vec![["when", "who", "what", "dealer", "about"].map(ToOwned::to_owned)];
    rows.extend(entries.iter().map(|entry| {
        let (at, who, what) = (entry.at.clone(), entry.who.clone(), entry.what.clone());
        let about = match entry.about.as_slice() {
            [one, rest @ ..] if !rest.is_empty() => format!("{one} and {} more", rest.len()),
            about => about.concat(),
        };
        [at, who, what, entry.dealer.clone().unwrap_or_default(), about]
    }));
    out.table(&rows);
    Ok(())
}
