//! `forecourt subject restrict`: keeps what is kept of a person, and lets nobody use it (Art. 18 GDPR;
//! A-C6.4, B-36).

use clap::Args;
use protocol::ConversationId;

use super::{OfDealer, Receipts, Who, narrow, note_each, print};
use crate::{
    cli::output::Out,
    clock::{Clock, SystemClock},
    config::Config,
    domain::{
        hold::{self, NewHold},
        restriction::Ground,
    },
    store::{Restricted, Store},
};

/// Whose conversations, and why.
#[derive(Debug, Args)]
pub(in crate::cli) struct RestrictArgs {
    #[command(flatten)]
    who: Who,
    /// This one of them only
    #[arg(long, value_name = "ID", value_parser = ConversationId::parse)]
    conversation: Option<ConversationId>,
    /// Why they ask for it: accuracy, unlawful, claim or objection, as in Art. 18(1)
    #[arg(long, value_name = "GROUND", value_parser = ground)]
    ground: Ground,
    /// Who of your people restricts it
    #[arg(long, value_name = "NAME")]
    by: String,
    /// When it is looked at again, at most 90 days ahead: 2027-01-31
    #[arg(long, value_name = "DATE")]
    review: String,
    /// Do it; without this, it is only told what would be restricted
    #[arg(long)]
    yes: bool,
}

fn ground(text: &str) -> Result<Ground, String> {
    Ground::from_word(text)
        .ok_or_else(|| "the grounds are accuracy, unlawful, claim and objection".to_owned())
}

pub(super) async fn run(
    config: &Config,
    store: &Store,
    args: &RestrictArgs,
    out: &Out,
) -> anyhow::Result<()> {
    let now = SystemClock::default().now();
    let hold = args.ground.hold(args.by.clone(), hold::day(&args.review)?, now)?;
    let mut found = args.who.find(store).await?;
    narrow(&mut found, args.conversation.as_ref());
    let what = if args.yes { "subject.restrict" } else { "subject.find" };
    note_each(store, config, what, &found).await?;
    if !args.yes {
        let done = "would be restricted; nothing was. Give --yes";
        print(&found, &Receipts::new(), false, done, out)?;
        return Ok(());
    }
    if found.is_empty() {
        out.line("Nothing is kept in which that stands.");
    }
    restrict(store, &hold, &found, out).await
}

/// Restricts what was found, and tells each.
async fn restrict(
    store: &Store,
    hold: &NewHold,
    found: &[OfDealer],
    out: &Out,
) -> anyhow::Result<()> {
    for (dealer, of_dealer) in found {
        for one in of_dealer {
            let id = &one.conversation;
            out.line(match store.dealer(&dealer.id).restrict(id, hold).await? {
                Restricted::Now(hold) => format!(
                    "{id} of {} is restricted by {hold}. Systems that have got its leads are told; `forecourt retention hold release {hold}` ends it.",
                    dealer.name
                ),
                Restricted::Already(hold) => {
                    format!("{id} of {} is restricted already, by {hold}.", dealer.name)
                }
                Restricted::NotThere => {
                    format!("{id} of {} is past its end: nobody reads it any more.", dealer.name)
                }
            });
        }
    }
    Ok(())
}
