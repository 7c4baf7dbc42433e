//! `forecourt keys …`: the operator's key and the dealers', which wrap those of the conversations.

use std::{path::PathBuf, process::ExitCode};

use anyhow::Context;
use clap::Subcommand;

use super::{
    audit::note,
    output::Out,
    store::{find_dealer, with_store},
};
use crate::{config::Config, crypt::Ring, random::OsRandom, store::KeysInUse};

/// What may be asked about keys.
#[derive(Debug, Subcommand)]
pub(super) enum KeysCommand {
    /// Show where the operator's keys come from, which there are and which are needed; never a key
    Show {
        /// For a script
        #[arg(long)]
        json: bool,
    },
    /// Print a fresh key for an operator, to be put where only the relay reads it
    New,
    /// Put a fresh key in the place of the operator's, or of one dealer's, also while a server runs
    Rotate {
        /// This dealer's, by its id, site key or name
        #[arg(long, value_name = "DEALER")]
        dealer: Option<String>,
    },
    /// Take those of the operator's keys out of their file that nothing is wrapped with any more
    Forget,
    /// Copy keys.db to another directory, apart from the backups of the data
    Backup {
        /// The directory to make; must not be there yet
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
    },
}

pub(super) async fn run(
    config: &Config,
    command: &KeysCommand,
    out: Out,
) -> anyhow::Result<ExitCode> {
    match command {
        KeysCommand::Show { json } => show(config, *json, &out).await?,
        KeysCommand::New => out.line(Ring::draw(&OsRandom).to_text().trim_end()),
        KeysCommand::Rotate { dealer: None } => rotate_operator(config, &out).await?,
        KeysCommand::Rotate { dealer: Some(dealer) } => rotate_dealer(config, dealer, &out).await?,
        KeysCommand::Forget => {
            let forgotten = with_store(config, async |store| {
                note(&store, config, "keys.forget", None, Vec::new()).await?;
                Ok(store.forget_older_operator_keys().await?)
            });
            match forgotten.await?.as_slice() {
                [] => out.line("There is none that nothing needs."),
                ids => out.line(format!(
                    "Forgot {}. A backup of keys.db from before the rotation opens with a copy of it only.",
                    ids.join(", ")
                )),
            }
        }
        KeysCommand::Backup { to } => {
            let done = with_store(config, async |store| {
                note(&store, config, "keys.backup", None, Vec::new()).await?;
                Ok(store.back_up_keys(to).await?)
            });
            done.await.context("no copy was made")?;
            out.line(format!("Copied the wrapped keys to {}", to.display()));
            out.line("Keep it apart from the backups of the data and no longer than 7 days: what is deleted can be read with it as long.");
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn show(config: &Config, as_json: bool, out: &Out) -> anyhow::Result<()> {
    let KeysInUse { held, needed } =
        with_store(config, async |store| Ok(store.operator_keys().await?)).await?;
    let from = config.operator_key.to_string();
    if as_json {
        return out.json(&serde_json::json!({ "from": from, "held": held, "needed": needed }));
    }
    let mut rows = vec![["key".to_owned(), "what it does".to_owned()]];
    let ids = held.iter().chain(needed.iter().filter(|id| !held.contains(id)));
    for id in ids {
        let does = match (held.first() == Some(id), held.contains(id), needed.contains(id)) {
            (true, ..) => "wraps the dealers' keys",
            (_, true, true) => "unwraps some: run `forecourt keys rotate`",
            (_, true, false) => {
                "unwraps nothing but older backups of keys.db: see `forecourt keys forget`"
            }
            (_, false, _) => "MISSING, and needed",
        };
        rows.push([id.clone(), does.to_owned()]);
    }
    out.table(&rows);
    out.line(format!("They come from {from}."));
    Ok(())
}

async fn rotate_operator(config: &Config, out: &Out) -> anyhow::Result<()> {
    let rotated = with_store(config, async |store| {
        note(&store, config, "keys.rotate", None, Vec::new()).await?;
        let n = store.rotate_operator_key().await?;
        Ok((n, store.operator_keys().await?))
    });
    let (n, KeysInUse { held, .. }) = rotated.await?;
    let id = held.first().map(String::as_str).unwrap_or_default();
    out.line(format!("Wrapped {n} keys of dealers with the operator's key {id}."));
    out.line(format!(
        "Copy {} to a safe place, apart from the data and their backups.",
        config.operator_key
    ));
    if 1 < held.len() {
        out.line("The older one is kept for backups of keys.db from before; once these are gone: forecourt keys forget");
    }
    Ok(())
}

async fn rotate_dealer(config: &Config, dealer: &str, out: &Out) -> anyhow::Result<()> {
    let rotated = with_store(config, async |store| {
        let dealer = find_dealer(&store, dealer)?;
        note(&store, config, "keys.rotate", Some(&dealer.id), Vec::new()).await?;
        Ok((store.rotate_dealer_key(&dealer.id).await?, dealer.name.clone()))
    });
    let (n, name) = rotated.await?;
    out.line(format!("{name} has a fresh key; those of {n} conversations are wrapped with it."));
    Ok(())
}
