//! `forecourt request …`: the register of what people ask for under data-protection law, with its
//! deadlines (B-30, B-35, B-37, A-C6.7). All of it is words of closed lists: who asked stands
//! elsewhere, in the letter and the answer.

mod print;

use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use jiff::civil::Date;

use super::{
    audit::note,
    output::Out,
    store::{find_dealer, with_store},
};
pub(super) use print::state;

use crate::{
    config::Config,
    domain::request::{
        Action, Change, Channel, Ground, Jurisdiction, Kind, Outcome, Proof, Reason, Request,
    },
    store::{NewRequest, Store},
};

/// What may be done with the register.
#[derive(Debug, Subcommand)]
pub(super) enum RequestCommand {
    /// Open a request on the day on which it came, or later; answers its id and its last day
    Open(OpenArgs),
    /// List the requests, the oldest first
    List {
        /// Only those that are not closed
        #[arg(long)]
        open: bool,
        /// For a script
        #[arg(long)]
        json: bool,
    },
    /// Show one with all that was done
    Show {
        /// As `request open` has told it
        id: String,
        /// For a script
        #[arg(long)]
        json: bool,
    },
    /// Write down what was done
    Note {
        /// As `request open` has told it
        id: String,
        /// forwarded, acknowledged, identity-asked, paused, resumed, extended, recipient-told or answered
        #[arg(long, value_name = "WORD", value_parser = Action::parse)]
        action: Action,
        /// Of paused: identity, fee or clarification; of extended: complex or many
        #[arg(long, value_name = "WORD", value_parser = Reason::parse)]
        reason: Option<Reason>,
    },
    /// Close it: nothing is added afterwards, and three years later the register forgets it
    Close {
        /// As `request open` has told it
        id: String,
        /// granted, partly or refused
        #[arg(long, value_name = "WORD", value_parser = Outcome::parse)]
        outcome: Outcome,
        /// Why not all was done, where that is so
        #[arg(long, value_name = "WORD", value_parser = Ground::parse)]
        ground: Option<Ground>,
    },
}

/// What is written down of a request when it comes.
#[derive(Debug, Args)]
pub(super) struct OpenArgs {
    /// access, rectification, erasure, restriction, portability, objection, withdrawal or complaint
    #[arg(long, value_name = "WORD", value_parser = Kind::parse)]
    kind: Kind,
    /// With whom: the dealer's id, a site key or its name
    #[arg(long)]
    dealer: String,
    /// The day on which it was received, as 2026-11-22
    #[arg(long, value_name = "DAY", value_parser = day)]
    received: Date,
    /// How it came: mail, form, phone, letter, chat or other
    #[arg(long, value_name = "WORD", value_parser = Channel::parse)]
    channel: Channel,
    /// Whose law: uk or eu [usually: that of the dealer's country]
    #[arg(long, value_name = "WORD", value_parser = Jurisdiction::parse)]
    jurisdiction: Option<Jurisdiction>,
    /// What showed who asks: token, mail-link, known-contact, other or none
    #[arg(long, value_name = "WORD", value_parser = Proof::parse, default_value = "none")]
    proof: Proof,
    /// For a script
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(
    config: &Config,
    command: &RequestCommand,
    out: Out,
) -> anyhow::Result<ExitCode> {
    match command {
        RequestCommand::Open(args) => {
            let opened = with_store(config, async |store| {
                let request = open(config, &store, args).await?;
                Ok((request, store.request_day()))
            });
            let (request, today) = opened.await?;
            print::opened(&request, today, args.json, &out)?;
        }
        RequestCommand::List { open, json } => {
            let found = with_store(config, async |store| {
                Ok((store.requests().await?, store.request_day()))
            });
            let (found, today) = found.await?;
            let (sound, broken): (Vec<_>, Vec<_>) = found.into_iter().partition(Result::is_ok);
            for error in broken.iter().filter_map(|request| request.as_ref().err()) {
                Out::stderr().line(format!("A request can't be read: {error}"));
            }
            let mut sound: Vec<Request> = sound.into_iter().flatten().collect();
            sound.retain(|request| !*open || request.closed.is_none());
            print::list(&sound, today, *json, &out)?;
            if !broken.is_empty() {
                return Ok(ExitCode::FAILURE);
            }
        }
        RequestCommand::Show { id, json } => {
            let found = with_store(config, async |store| {
                Ok((store.request(id).await?, store.request_day()))
            });
            let (Some(request), today) = found.await? else { bail!("{}", none(id)) };
            print::one(&request, today, *json, &out)?;
        }
        RequestCommand::Note { id, action, reason } => {
            change(config, id, Change::Note(*action, *reason), &out).await?;
        }
        RequestCommand::Close { id, outcome, ground } => {
            change(config, id, Change::Close(*outcome, *ground), &out).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn open(config: &Config, store: &Store, args: &OpenArgs) -> anyhow::Result<Request> {
    let dealer = find_dealer(store, &args.dealer)?;
    let today = store.request_day();
    anyhow::ensure!(
        args.received <= today,
        "--received {} lies ahead: today is {today} (UTC)",
        args.received
    );
    let law = args.jurisdiction.or_else(|| Jurisdiction::of_country(&dealer.country));
    let law = law.with_context(|| {
        format!("the dealer's country is {}: say --jurisdiction uk or eu", dealer.country)
    })?;
    let new = NewRequest {
        dealer: dealer.id.clone(),
        controller: dealer.legal.name.clone(),
        kind: args.kind,
        law,
        received: args.received,
        channel: args.channel,
        proof: args.proof,
    };
    note(store, config, "request.open", Some(&dealer.id), Vec::new()).await?;
    Ok(store.open_request(new).await?)
}

async fn change(config: &Config, id: &str, change: Change, out: &Out) -> anyhow::Result<()> {
    let changed = with_store(config, async |store| {
        note(&store, config, "request.change", None, vec![id.to_owned()]).await?;
        Ok((store.change_request(id, change).await?, store.request_day()))
    });
    let (Some(changed), today) = changed.await? else { bail!("{}", none(id)) };
    let request = changed.with_context(|| format!("can't change {id}"))?;
    out.line(format!("{}: {}.", request.id, state(&request, today)));
    Ok(())
}

fn none(id: &str) -> String {
    format!("there is no request {id}, or the register has forgotten it: `forecourt request list`")
}

fn day(text: &str) -> Result<Date, String> {
    text.parse().map_err(|_| "write a day as 2026-11-22".to_owned())
}
