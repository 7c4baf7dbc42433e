//! `forecourt subject …`: finds a person's conversations by what they typed to be reached, hands them
//! over, puts them right, restricts them and deletes them for good (A-C6.1 to A-C6.4, B-31 to B-36).

mod export;
mod rectify;
mod restrict;

use std::{collections::BTreeMap, path::PathBuf, process::ExitCode};

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use protocol::ConversationId;
use serde_json::json;

use super::{
    audit::note,
    output::Out,
    store::{find_dealer, with_store},
};
use crate::{
    config::Config,
    domain::{contact::Contact, dealer::Dealer, lead},
    limits::EXPORT_LIFE_DAYS,
    retention,
    store::{Found, Store},
};

/// What may be asked about a person.
#[derive(Debug, Subcommand)]
pub(super) enum SubjectCommand {
    /// List the conversations in which an address or a number stands; no word of them
    Find {
        #[command(flatten)]
        who: Who,
        /// For a script
        #[arg(long)]
        json: bool,
    },
    /// Write all that is kept of a person with one dealer to a ZIP file, to be handed over
    Export {
        #[command(flatten)]
        who: Who,
        /// The file to make; must not be there yet
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
    },
    /// Keep these conversations and use them for nothing, until `retention hold release` (Art. 18 GDPR)
    Restrict(restrict::RestrictArgs),
    /// Put right what stands in a field of a lead; what stood there is kept beside it
    Rectify(rectify::RectifyArgs),
    /// Delete these conversations with all that hangs on them, at once and for good
    Erase {
        #[command(flatten)]
        who: Who,
        /// This one of them only
        #[arg(long, value_name = "ID", value_parser = ConversationId::parse)]
        conversation: Option<ConversationId>,
        /// Do it; without this, it is only told what would be deleted
        #[arg(long)]
        yes: bool,
        /// For a script
        #[arg(long)]
        json: bool,
    },
}

/// Who is looked for, and with whom.
#[derive(Debug, Args)]
pub(super) struct Who {
    /// By an e-mail address
    #[arg(
        long,
        value_name = "ADDRESS",
        required_unless_present = "phone",
        conflicts_with = "phone"
    )]
    email: Option<String>,
    /// By a telephone number, with its country (+44 …) or as in the dealer's country
    #[arg(long, value_name = "NUMBER")]
    phone: Option<String>,
    /// With this dealer only, by its id, site key or name
    #[arg(long, value_name = "DEALER")]
    dealer: Option<String>,
}

/// Conversations of one dealer.
type OfDealer = (std::sync::Arc<Dealer>, Vec<Found>);

pub(super) async fn run(
    config: &Config,
    command: &SubjectCommand,
    out: Out,
) -> anyhow::Result<ExitCode> {
    match command {
        SubjectCommand::Find { who, json } => {
            let found = with_store(config, async |store| {
                let found = who.find(&store).await?;
                note_each(&store, config, "subject.find", &found).await?;
                Ok(found)
            });
            let found = found.await?;
            print(&found, &Receipts::new(), *json, "found", &out)?;
        }
        SubjectCommand::Export { who, to } => {
            let made = with_store(config, async |store| {
                let found = who.find(&store).await?;
                // Of one dealer only, or it is refused: then nothing was handed over.
                if found.len() == 1 {
                    note_each(&store, config, "subject.export", &found).await?;
                }
                let contact = |dealer: &Dealer| who.contact(&dealer.country);
                export::write(config, &store, &found, &contact, to).await
            });
            let made = made.await?;
            out.line(format!(
                "{} conversations are in {}. Delete it within {EXPORT_LIFE_DAYS} days.",
                made.conversations,
                to.display()
            ));
            for place in made.others {
                Out::stderr().line(format!(
                    "Look at {place} before you hand it over: somebody else's address or number may stand there."
                ));
            }
        }
        SubjectCommand::Restrict(args) => {
            with_store(config, async |store| restrict::run(config, &store, args, &out).await)
                .await?;
        }
        SubjectCommand::Rectify(args) => {
            with_store(config, async |store| rectify::run(config, &store, args, &out).await)
                .await?;
        }
        SubjectCommand::Erase { who, conversation, yes, json } => {
            let erased = with_store(config, async |store| {
                let mut found = who.find(&store).await?;
                narrow(&mut found, conversation.as_ref());
                let held = take_held(&mut found);
                let what = if *yes { "subject.erase" } else { "subject.find" };
                note_each(&store, config, what, &found).await?;
                let receipts = if *yes { erase(&store, &found).await? } else { Receipts::new() };
                Ok((found, receipts, held))
            });
            let done = if *yes { "erased" } else { "would be erased; nothing was. Give --yes" };
            let (erased, receipts, held) = erased.await?;
            print(&erased, &receipts, *json, done, &out)?;
            return Ok(tell_held(&held));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// An entry for each dealer with whom somebody was found; one without where nobody was.
async fn note_each(
    store: &Store,
    config: &Config,
    what: &'static str,
    found: &[OfDealer],
) -> anyhow::Result<()> {
    for (dealer, of_dealer) in found {
        let ids = of_dealer.iter().map(|found| found.conversation.to_string()).collect();
        note(store, config, what, Some(&dealer.id), ids).await?;
    }
    if found.is_empty() {
        note(store, config, what, None, Vec::new()).await?;
    }
    Ok(())
}

impl Who {
    async fn find(&self, store: &Store) -> anyhow::Result<Vec<OfDealer>> {
        let dealers = match &self.dealer {
            Some(wanted) => vec![find_dealer(store, wanted)?],
            None => store.dealers(),
        };
        let (mut all, mut is_understood) = (Vec::new(), false);
        for dealer in dealers {
            let Some(contact) = self.contact(&dealer.country) else { continue };
            is_understood = true;
            let found = store.dealer(&dealer.id).find(&contact).await?;
            if !found.is_empty() {
                all.push((dealer, found));
            }
        }
        if !is_understood && !store.dealers().is_empty() {
            bail!("that is no {}: write it as it was typed", self.kind());
        }
        Ok(all)
    }

    fn kind(&self) -> &'static str {
        if self.email.is_some() { "e-mail address" } else { "telephone number" }
    }

    fn contact(&self, country: &str) -> Option<Contact> {
        match (&self.email, &self.phone) {
            (Some(text), _) => lead::email(text.trim()).map(Contact::Email),
            (None, Some(text)) => lead::phone(country, text.trim()).map(Contact::Phone),
            (None, None) => None,
        }
    }
}

/// Leaves one conversation of those that were found, if only one is wanted.
fn narrow(found: &mut Vec<OfDealer>, wanted: Option<&ConversationId>) {
    let Some(wanted) = wanted else { return };
    for (_, of_dealer) in &mut *found {
        of_dealer.retain(|found| found.conversation == *wanted);
    }
    found.retain(|(_, of_dealer)| !of_dealer.is_empty());
}

/// A conversation that stays, and what holds it.
struct Held {
    conversation: ConversationId,
    hold: String,
}

/// Tells what stays; then not all was done that was asked for.
fn tell_held(held: &[Held]) -> ExitCode {
    for Held { conversation, hold } in held {
        Out::stderr().line(format!(
            "{conversation} is held by {hold} and stays: `forecourt retention hold list` tells why"
        ));
    }
    if held.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Takes out what is held (G-29).
fn take_held(found: &mut Vec<OfDealer>) -> Vec<Held> {
    let mut all = Vec::new();
    for (_, of_dealer) in &mut *found {
        of_dealer.retain(|found| {
            let Some(hold) = found.held.clone() else { return true };
            all.push(Held { conversation: found.conversation.clone(), hold });
            false
        });
    }
    found.retain(|(_, of_dealer)| !of_dealer.is_empty());
    all
}

/// The receipts by their conversations.
type Receipts = BTreeMap<String, String>;

/// Answers the receipts. Each is told as soon as there is one, beside the answer: what comes after it
/// may fail.
async fn erase(store: &Store, found: &[OfDealer]) -> anyhow::Result<Receipts> {
    let mut receipts = Receipts::new();
    for (dealer, of_dealer) in found {
        for Found { conversation, .. } in of_dealer {
            let erased = store.dealer(&dealer.id).erase(conversation).await;
            let erased =
                erased.with_context(|| format!("can't erase {conversation}; run it again"))?;
            if let Some(receipt) = erased.and_then(|erased| erased.receipt) {
                Out::stderr()
                    .line(format!("Receipt {receipt}: `forecourt retention receipt {receipt}`"));
                receipts.insert(conversation.to_string(), receipt);
            }
        }
    }
    // Its traces go, too, unless a reader holds the logs: then at the next sweep of a server.
    if !retention::remove_traces(store).await? {
        Out::stderr().line("Erased. Another process reads the database: traces of what was sealed go with the next sweep.");
    }
    Ok(receipts)
}

fn print(
    found: &[OfDealer],
    receipts: &Receipts,
    as_json: bool,
    done: &str,
    out: &Out,
) -> anyhow::Result<()> {
    let rows =
        || found.iter().flat_map(|(dealer, found)| found.iter().map(move |one| (dealer, one)));
    if as_json {
        let one = |(dealer, found): (&std::sync::Arc<Dealer>, &Found)| {
            json!({
                "dealer": dealer.id,
                "conversation": found.conversation,
                "site": found.site,
                "started_at": found.started_at.to_string(),
                "last_at": found.last_at.to_string(),
                "expires_at": found.expires_at.to_string(),
                "messages": found.messages,
                "leads": found.leads,
                "receipt": receipts.get(found.conversation.as_str()),
                "held": found.held,
            })
        };
        return out.json(&rows().map(one).collect::<Vec<_>>());
    }
    let n = rows().count();
    if n == 0 {
        out.line("Nothing is kept in which that stands.");
        return Ok(());
    }
    let head = ["dealer", "conversation", "site", "began", "end", "messages", "leads", "held"];
    let mut table = vec![head.map(ToOwned::to_owned)];
    table.extend(rows().map(|(dealer, found)| {
        [
            dealer.name.clone(),
            found.conversation.to_string(),
            found.site.clone(),
            found.started_at.to_string(),
            found.expires_at.to_string(),
            found.messages.to_string(),
            found.leads.to_string(),
            found.held.clone().unwrap_or_default(),
        ]
    }));
    out.table(&table);
    out.line(format!("{n} {done}."));
    Ok(())
}
