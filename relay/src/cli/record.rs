//! `forecourt record …`: the record of processing that Art. 30 GDPR asks for, and where data go, made of
//! what is in force now (B-40, A-T11d).

use std::process::ExitCode;

use anyhow::Context;
use clap::Args;

use super::{
    output::Out,
    store::{find_dealer, with_store},
};
use crate::{
    clock::{Clock, SystemClock},
    config::Config,
    domain::{
        inventory::Inventory,
        record::{self, Facts, Sheet},
    },
};

/// Which record, and how it is written.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("which").required(true))]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(super) struct RecordArgs {
    /// Of whom: `operator`, or a dealer by its id, site key or name
    #[arg(long = "for", value_name = "WHO", group = "which")]
    of: Option<String>,
    /// Who works for the operator on the dealers' data
    #[arg(long, group = "which")]
    sub_processors: bool,
    /// Where data are stored and who gets words, as JSON
    #[arg(long, group = "which", conflicts_with_all = ["csv", "html"])]
    data_flow: bool,
    /// For a script
    #[arg(long, conflicts_with_all = ["csv", "html"])]
    json: bool,
    /// For a spreadsheet
    #[arg(long, conflicts_with = "html")]
    csv: bool,
    /// As a page to keep or to print
    #[arg(long)]
    html: bool,
}

pub(super) async fn run(config: &Config, args: &RecordArgs, out: Out) -> anyhow::Result<ExitCode> {
    let facts = config.facts();
    if args.data_flow {
        out.json(&record::flow(&facts))?;
        return Ok(ExitCode::SUCCESS);
    }
    let sheet = match &args.of {
        Some(who) => of(config, &facts, who).await?,
        None => record::of_sub_processors(&facts, SystemClock::default().now()),
    };
    if args.json {
        out.json(&sheet.to_json())?;
    } else {
        let text = if args.csv {
            sheet.to_csv()
        } else if args.html {
            sheet.to_html()
        } else {
            sheet.to_text()
        };
        out.line(text.trim_end());
    }
    Ok(ExitCode::SUCCESS)
}

/// The record of the operator or of a dealer.
async fn of(config: &Config, facts: &Facts, who: &str) -> anyhow::Result<Sheet> {
    let inventory = Inventory::embedded().context("the inventory in this program can't be read")?;
    let now = SystemClock::default().now();
    with_store(config, async |store| {
        if who == "operator" {
            let dealers = store.dealers();
            let dealers = dealers.iter().map(AsRef::as_ref);
            return Ok(record::of_operator(dealers, facts, &inventory, now));
        }
        let dealer = find_dealer(&store, who)?;
        Ok(record::of_dealer(&dealer, facts, &inventory, now))
    })
    .await
}
