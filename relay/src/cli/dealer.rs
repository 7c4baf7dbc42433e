//! `forecourt dealer …`: the dealers of this relay, from their files to their snippets.

mod change;
mod read;
mod show;

use std::{path::PathBuf, process::ExitCode};

use clap::Subcommand;

use super::{
    audit::note,
    output::Out,
    store::{find_dealer, with_new_store, with_store},
};
use crate::config::Config;

pub(crate) use read::{Read, keep};

/// What may be done with dealers.
#[derive(Debug, Subcommand)]
pub(super) enum DealerCommand {
    /// Check a dealer.toml and its documents, store them, print the tag for the dealer's pages
    Add {
        /// The dealer's file; examples/dealer.toml explains each key
        #[arg(long)]
        file: PathBuf,
        /// For a script
        #[arg(long)]
        json: bool,
    },
    /// List all dealers
    List {
        /// For a script
        #[arg(long)]
        json: bool,
    },
    /// Show one dealer: what visitors are told, its sites, its tags
    Show {
        /// Its id, a site key or its name
        dealer: String,
        /// For a script
        #[arg(long)]
        json: bool,
    },
    /// Read a dealer's file and its documents anew
    Set {
        /// Its id, a site key or its name
        dealer: String,
        /// The dealer's file
        #[arg(long)]
        file: PathBuf,
        /// Tell what another period would do to what is kept, and change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// End a dealer's account: its chat is closed at once, and 90 days later all of it is deleted
    End {
        /// Its id, a site key or its name
        dealer: String,
    },
    /// Go on with an account that was ended, within these 90 days
    Resume {
        /// Its id, a site key or its name
        dealer: String,
    },
    /// Delete a dealer with all its conversations, leads and documents
    Remove {
        /// Its id, a site key or its name
        dealer: String,
        /// Say that this is meant: there is no way back
        #[arg(long)]
        yes: bool,
    },
}

pub(super) async fn run(
    config: &Config,
    command: DealerCommand,
    out: Out,
) -> anyhow::Result<ExitCode> {
    match command {
        DealerCommand::Add { file, json } => {
            // The file is read before the store is opened: a bad one leaves no trace.
            let read = Read::from_disk(&file, &config.retention_bounds)?;
            with_new_store(config, async |store| {
                change::add(config, &store, read, json, &out).await
            })
            .await?;
        }
        DealerCommand::List { json } => {
            with_store(config, async |store| show::list(&store, json, &out)).await?;
        }
        DealerCommand::Show { dealer, json } => {
            with_store(config, async |store| {
                let dealer = find_dealer(&store, &dealer)?;
                show::one(config, &store, &dealer, json, &out).await
            })
            .await?;
        }
        DealerCommand::Set { dealer, file, dry_run: true } => {
            let read = Read::from_disk(&file, &config.retention_bounds)?;
            with_store(config, async |store| {
                let known = find_dealer(&store, &dealer)?;
                change::preview(&store, &known, read, &out).await
            })
            .await?;
        }
        DealerCommand::Set { dealer, file, dry_run: false } => {
            let read = Read::from_disk(&file, &config.retention_bounds)?;
            with_store(config, async |store| {
                let known = find_dealer(&store, &dealer)?;
                note(&store, config, "dealer.set", Some(&known.id), Vec::new()).await?;
                change::set(&store, &known, read, &out).await
            })
            .await?;
        }
        DealerCommand::End { dealer } => {
            with_store(config, async |store| {
                let known = find_dealer(&store, &dealer)?;
                change::end(config, &store, &known, &out).await
            })
            .await?;
        }
        DealerCommand::Resume { dealer } => {
            with_store(config, async |store| {
                let known = find_dealer(&store, &dealer)?;
                change::resume(config, &store, &known, &out).await
            })
            .await?;
        }
        DealerCommand::Remove { dealer, yes } => {
            with_store(config, async |store| {
                let known = find_dealer(&store, &dealer)?;
                change::remove(config, &store, &known, yes, &out).await
            })
            .await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
