//! `forecourt retention hold …`: keeps what the law asks for beyond its end (G-29), and lets it go again.

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use protocol::ConversationId;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::{
    cli::{
        audit::note,
        output::{Out, plain},
        store::find_dealer,
    },
    clock::{Clock, SystemClock, Timestamp},
    config::Config,
    domain::hold::{self, Hold, HoldProblem, NewHold},
    retention::{self, Outcome},
    store::Store,
};

/// What may be done with legal holds.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum HoldCommand {
    /// Hold a conversation, or all of a dealer's: neither the sweep nor an erasure takes it
    Set(SetArgs),
    /// List all holds and restrictions, with how many conversations each keeps hidden
    List {
        /// For a script
        #[arg(long)]
        json: bool,
    },
    /// End a hold or a restriction; what is past its end is deleted at once
    Release {
        /// As `hold list` tells it
        id: String,
    },
}

/// A hold as it is typed.
#[derive(Debug, Args)]
pub(in crate::cli) struct SetArgs {
    /// Whose conversations: the dealer's id, site key or name
    #[arg(long, value_name = "DEALER")]
    dealer: String,
    /// This one
    #[arg(
        long,
        value_name = "ID",
        value_parser = ConversationId::parse,
        required_unless_present = "whole_dealer",
        conflicts_with = "whole_dealer"
    )]
    conversation: Option<ConversationId>,
    /// All of this dealer's, also those that begin later
    #[arg(long)]
    whole_dealer: bool,
    /// Why
    #[arg(long)]
    reason: String,
    /// What in the law allows it, such as "Art. 17(3)(e) GDPR"
    #[arg(long)]
    basis: String,
    /// Who asks for it
    #[arg(long, value_name = "NAME")]
    requested_by: String,
    /// Who has agreed; somebody else
    #[arg(long, value_name = "NAME")]
    approved_by: String,
    /// When it is looked at again, at most 90 days ahead: 2027-01-31
    #[arg(long, value_name = "DATE")]
    review: String,
}

impl SetArgs {
    fn checked(&self, now: Timestamp) -> Result<NewHold, HoldProblem> {
        let hold = NewHold {
            conversation: self.conversation.clone(),
            reason: self.reason.clone(),
            basis: self.basis.clone(),
            requested_by: self.requested_by.clone(),
            approved_by: self.approved_by.clone(),
            review_at: hold::day(&self.review)?,
        };
        hold.checked(now)
    }
}

pub(super) async fn run(
    config: &Config,
    store: &Store,
    command: &HoldCommand,
    out: &Out,
) -> anyhow::Result<()> {
    match command {
        HoldCommand::Set(args) => set(config, store, args, out).await,
        HoldCommand::List { json } => print(&store.holds().await?, *json, out),
        HoldCommand::Release { id } => release(config, store, id, out).await,
    }
}

async fn set(config: &Config, store: &Store, args: &SetArgs, out: &Out) -> anyhow::Result<()> {
    let dealer = find_dealer(store, &args.dealer)?;
    let hold = args.checked(SystemClock::default().now())?;
    let about = hold.conversation.iter().map(ToString::to_string).collect();
    note(store, config, "hold.set", Some(&dealer.id), about).await?;
    let id = store.set_hold(&dealer.id, &hold).await?;
    let id = id.with_context(|| match &hold.conversation {
        Some(conversation) => format!("{} has no conversation {conversation}", dealer.name),
        None => format!("{} is being removed", dealer.name),
    })?;
    let all = store.holds().await?;
    let n = all.iter().find(|one| one.id == id).map_or(0, |one| one.conversations);
    out.line(format!(
        "{id} holds {n} conversations of {}. Look at it again by {}.",
        dealer.name,
        hold.review_at.day()
    ));
    Ok(())
}

async fn release(config: &Config, store: &Store, id: &str, out: &Out) -> anyhow::Result<()> {
    note(store, config, "hold.release", None, vec![id.to_owned()]).await?;
    if !store.release_hold(id).await? {
        bail!("there is no hold {id}: see `forecourt retention hold list`");
    }
    out.line(format!("Released {id}."));
    match retention::sweep(store, &CancellationToken::new()).await? {
        Outcome::Swept(swept) => out.line(format!(
            "Deleted {} conversations that were past their end.",
            swept.conversations
        )),
        Outcome::Halted(doubt) => {
            out.line(format!("What is past its end is hidden and not deleted yet: {doubt}."));
        }
    }
    Ok(())
}

fn print(holds: &[Hold], as_json: bool, out: &Out) -> anyhow::Result<()> {
    if as_json {
        let one = |hold: &Hold| {
            json!({
                "id": hold.id,
                "dealer": hold.dealer,
                "conversation": hold.what.conversation,
                "reason": hold.what.reason,
                "basis": hold.what.basis,
                "requested_by": hold.what.requested_by,
                "approved_by": hold.what.approved_by,
                "set_at": hold.set_at.to_string(),
                "review_at": hold.what.review_at.to_string(),
                "conversations": hold.conversations,
                "past_end": hold.past_end,
                "restricts": hold.restricts,
            })
        };
        return out.json(&holds.iter().map(one).collect::<Vec<_>>());
    }
    if holds.is_empty() {
        out.line("Nothing is held.");
        return Ok(());
    }
    let now = SystemClock::default().now();
    for hold in holds {
        let what = match &hold.what.conversation {
            Some(conversation) if hold.restricts => {
                format!("conversation {conversation} of {}, restricted", hold.dealer)
            }
            Some(conversation) => format!("conversation {conversation} of {}", hold.dealer),
            None => format!("all of {}", hold.dealer),
        };
        let review = if hold.is_to_review(now) { "REVIEW IT: due since" } else { "review by" };
        out.line(format!(
            "{}: {what}, {} conversations, {} of them hidden; {review} {}",
            hold.id,
            hold.conversations,
            hold.past_end,
            hold.what.review_at.day()
        ));
        let NewHold { reason, basis, requested_by, approved_by, .. } = &hold.what;
        out.line(plain(&format!(
            "  {reason} ({basis}); asked for by {requested_by}, approved by {approved_by}, since {}",
            hold.set_at.day()
        )));
    }
    Ok(())
}
