//! `forecourt lead suppress | suppressed`: who wants no marketing (B-27).

use anyhow::bail;
use clap::Args;
use protocol::lead::Channel;

use crate::{
    cli::{audit::note, output::Out, store::find_dealer},
    config::Config,
    domain::{contact::Contact, dealer::Dealer, lead},
    store::Store,
};

/// Whom.
#[derive(Debug, Args)]
pub(in crate::cli) struct ContactArgs {
    /// The dealer: its id, a site key or its name
    #[arg(long)]
    dealer: String,
    /// The e-mail address
    #[arg(long, required_unless_present = "phone", conflicts_with = "phone")]
    email: Option<String>,
    /// The telephone number
    #[arg(long)]
    phone: Option<String>,
}

/// Whom, and by what.
#[derive(Debug, Args)]
pub(in crate::cli) struct SuppressArgs {
    #[command(flatten)]
    contact: ContactArgs,
    /// By this channel only: email, sms, phone or post
    #[arg(long, value_parser = channel)]
    channel: Option<Channel>,
}

fn channel(text: &str) -> Result<Channel, String> {
    Channel::from_word(text).ok_or_else(|| "choose from email, sms, phone, post".to_owned())
}

impl ContactArgs {
    /// In the form in which two spellings are the same.
    fn read(&self, dealer: &Dealer) -> anyhow::Result<Contact> {
        match (&self.email, &self.phone) {
            (Some(text), _) => match lead::email(text.trim()) {
                Some(email) => Ok(Contact::Email(email)),
                None => bail!("that is no e-mail address"),
            },
            (None, Some(text)) => match lead::phone(&dealer.country, text) {
                Some(phone) => Ok(Contact::Phone(phone)),
                None => bail!("that is no telephone number"),
            },
            (None, None) => bail!("say --email or --phone"),
        }
    }
}

/// Remembers it.
pub(super) async fn suppress(
    config: &Config,
    store: &Store,
    args: &SuppressArgs,
    out: &Out,
) -> anyhow::Result<()> {
    let dealer = find_dealer(store, &args.contact.dealer)?;
    let contact = args.contact.read(&dealer)?;
    note(store, config, "lead.suppress", Some(&dealer.id), Vec::new()).await?;
    let channels = args.channel.map_or(Channel::ALL.to_vec(), |channel| vec![channel]);
    for channel in channels {
        store.dealer(&dealer.id).suppress(&contact, channel).await?;
        out.line(format!(
            "No marketing by {} until that person agrees to it again.",
            channel.word()
        ));
    }
    Ok(())
}

/// Tells it; answers whether nothing stands against writing.
pub(super) async fn suppressed(
    config: &Config,
    store: &Store,
    args: &ContactArgs,
    out: &Out,
) -> anyhow::Result<bool> {
    let dealer = find_dealer(store, &args.dealer)?;
    let contact = args.read(&dealer)?;
    note(store, config, "lead.suppressed", Some(&dealer.id), Vec::new()).await?;
    let found = store.dealer(&dealer.id).suppressed(&contact).await?;
    for (channel, at) in &found {
        out.line(format!("No marketing by {}, since {at}.", channel.word()));
    }
    if found.is_empty() {
        out.line("Nothing is on record against marketing. That is no consent.");
    }
    Ok(found.is_empty())
}
