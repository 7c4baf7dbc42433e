//! `forecourt backup` and `forecourt restore`: everything to another directory, and back.

use std::{path::PathBuf, process::ExitCode};

use anyhow::Context;
use clap::Args;
use serde_json::json;

use super::{
    audit::note,
    output::Out,
    store::{options, with_store},
};
use crate::{
    config::Config,
    lifecycle::Tasks,
    store::{Damaged, Manifest, Store, StoreError},
};

/// Flags of `backup`.
#[derive(Debug, Args)]
pub(super) struct BackupArgs {
    /// The directory to make; must not be there yet
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// Also where a conversation is damaged: it stays closed, all others are saved
    #[arg(long)]
    damaged: bool,
    /// For a script
    #[arg(long)]
    json: bool,
}

/// Flags of `restore`.
#[derive(Debug, Args)]
pub(super) struct RestoreArgs {
    /// A directory that `forecourt backup` made
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    /// Delete what is replaced, once the backup is in its place
    #[arg(long)]
    discard_replaced: bool,
    /// For a script
    #[arg(long)]
    json: bool,
}

pub(super) async fn back_up(
    config: &Config,
    args: &BackupArgs,
    out: Out,
) -> anyhow::Result<ExitCode> {
    let damaged = if args.damaged { Damaged::Kept } else { Damaged::Refused };
    let manifest = with_store(config, async |store| {
        note(&store, config, "backup", None, Vec::new()).await?;
        let made = store.back_up(&options(config), &args.to, damaged, &Tasks::new()).await;
        // Only where it would help, and nobody is led to it by a mere full disk.
        let hint = match &made {
            Err(StoreError::BackupDamaged { rows_only: true, .. }) => {
                "; with --damaged it is made of what is sound"
            }
            _ => "",
        };
        made.with_context(|| format!("no backup was made{hint}"))
    })
    .await?;
    if args.json {
        out.json(&manifest)?;
    } else {
        out.line(format!("Backed up {} to {}", held(&manifest), args.to.display()));
        out.line(
            "It holds what visitors said: keep it as safe as the data, and no longer than 35 days.",
        );
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn restore(
    config: &Config,
    args: &RestoreArgs,
    out: Out,
) -> anyhow::Result<ExitCode> {
    let restored = Store::restore(&options(config), &args.from, &Tasks::new()).await;
    let restored = restored.context("nothing was restored")?;
    let mut replaced = restored.replaced;
    if let Some(dir) = replaced.take_if(|_| args.discard_replaced) {
        std::fs::remove_dir_all(&dir)
            .with_context(|| format!("restored, but can't delete {}", dir.display()))?;
    }
    if args.json {
        let replaced = replaced.map(|dir| dir.display().to_string());
        out.json(&json!({ "restored": restored.manifest, "replaced": replaced }))?;
        return Ok(ExitCode::SUCCESS);
    }
    out.line(format!("Restored {} to {}", held(&restored.manifest), config.data.display()));
    out.line("Visitors who come back are told, and read their conversations anew.");
    if let Some(dir) = replaced {
        out.line(format!(
            "What was there before lies in {}: delete it once you are sure, it holds what visitors said.",
            dir.display()
        ));
    }
    Ok(ExitCode::SUCCESS)
}

fn held(manifest: &Manifest) -> String {
    let Manifest { made_at, conversations, messages, leads, bytes, .. } = manifest;
    let kib = bytes / 1024;
    format!(
        "{conversations} conversations, {messages} messages and {leads} leads of {made_at} ({kib} KiB)"
    )
}
