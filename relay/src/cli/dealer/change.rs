//! Adding, changing and removing a dealer.

use std::sync::Arc;

use anyhow::{bail, ensure};

use super::{Read, keep, show};
use crate::{
    cli::{audit::note, output::Out},
    config::Config,
    domain::{dealer::Dealer, document::NewDocument, retention::RetentionPolicy},
    retention,
    store::{Shortening, Store, StoreError},
};

pub(super) async fn add(
    config: &Config,
    store: &Store,
    read: Read,
    json: bool,
    out: &Out,
) -> anyhow::Result<()> {
    let (dealer, documents) = read.into_parts(None);
    if let Some(same) = of_the_same_name(store, &dealer) {
        anyhow::bail!(
            "a dealer called \"{}\" exists already: use `forecourt dealer set {} --file …` to change it",
            same.name,
            same.id
        );
    }
    let n_documents = documents.len();
    note(store, config, "dealer.add", Some(&dealer.id), Vec::new()).await?;
    keep(store, &dealer, documents, true).await?;
    if json {
        return out.json(&show::links(config, &dealer));
    }
    out.line(format!("Added {} ({}) with {n_documents} documents.", dealer.name, dealer.id));
    if n_documents == 0 {
        out.line(
            "It has no documents yet: the assistant can name contact and hours, and take leads.",
        );
    }
    show::print_links(config, &dealer, out);
    Ok(())
}

pub(super) async fn set(
    store: &Store,
    known: &Dealer,
    read: Read,
    out: &Out,
) -> anyhow::Result<()> {
    let (dealer, documents) = next(store, known, read)?;
    let n_documents = documents.len();
    keep(store, &dealer, documents, false).await?;
    out.line(format!("Changed {} ({}), now with {n_documents} documents.", dealer.name, dealer.id));
    let gone =
        known.sites.iter().filter(|old| !dealer.sites.iter().any(|site| site.key == old.key));
    for site in gone {
        out.line(format!(
            "The site {} ({}) is gone: its tag no longer opens a chat.",
            site.name, site.key
        ));
    }
    if !known.retention.says_the_same(&dealer.retention) {
        out.line(format!(
            "Retention is {} now, was {}; what is kept already is never kept longer than it was promised.",
            told(&dealer.retention),
            told(&known.retention)
        ));
        // As it is kept, with its version.
        let kept =
            store.dealer_by_id(&dealer.id).map_or(dealer.retention, |kept| kept.retention.clone());
        let moved = store.dealer(&dealer.id).shorten(&kept).await?;
        if 0 < moved {
            out.line(format!(
                "{moved} conversations end sooner; those past their end are hidden already and deleted within the hour."
            ));
        }
    }
    Ok(())
}

/// The next version of a dealer, if its file may be that.
fn next(store: &Store, known: &Dealer, read: Read) -> anyhow::Result<(Dealer, Vec<NewDocument>)> {
    let (dealer, documents) = read.into_parts(Some(known));
    if let Some(same) = of_the_same_name(store, &dealer) {
        anyhow::bail!(
            "another dealer ({}) is called \"{}\" already: give this one a name of its own",
            same.id,
            same.name
        );
    }
    Ok((dealer, documents))
}

fn told(policy: &RetentionPolicy) -> String {
    format!("{}, then {}", policy.period, policy.action.word())
}

/// Tells what a file would change of how long things are kept (G-42).
pub(super) async fn preview(
    store: &Store,
    known: &Dealer,
    read: Read,
    out: &Out,
) -> anyhow::Result<()> {
    let (dealer, documents) = next(store, known, read)?;
    out.line(format!(
        "The file is right: {} ({}), with {} documents. Nothing was changed.",
        dealer.name,
        dealer.id,
        documents.len()
    ));
    let (now, then) = (told(&known.retention), told(&dealer.retention));
    if known.retention.says_the_same(&dealer.retention) {
        out.line(format!("Retention stays {now}."));
        return Ok(());
    }
    let Shortening { moved, hidden } =
        store.dealer(&dealer.id).would_shorten(&dealer.retention).await?;
    out.line(format!(
        "Retention would be {then}, is {now}: {moved} conversations that are kept would be under it, and {hidden} of them hidden at once and deleted within the hour."
    ));
    Ok(())
}

/// Another dealer that goes by this one's name: commands find dealers by it.
fn of_the_same_name(store: &Store, dealer: &Dealer) -> Option<Arc<Dealer>> {
    let is_same = |known: &Arc<Dealer>| known.name == dealer.name && known.id != dealer.id;
    store.dealers().into_iter().find(is_same)
}

/// Freezes a dealer until it is deleted (A-C7a).
pub(super) async fn end(
    config: &Config,
    store: &Store,
    known: &Dealer,
    out: &Out,
) -> anyhow::Result<()> {
    if let Some(gone_at) = known.gone_at() {
        bail!("the account of {} has ended already: all of it is deleted on {gone_at}", known.name);
    }
    note(store, config, "dealer.end", Some(&known.id), Vec::new()).await?;
    let ended = Dealer { ended_at: Some(store.dealer(&known.id).now()), ..known.clone() };
    store.update_dealer(&ended).await?;
    let gone_at = ended.gone_at().map(|at| at.to_string()).unwrap_or_default();
    out.line(format!(
        "The account of {} has ended: its chat is closed. All of it is deleted on {gone_at}, unless `forecourt dealer resume` comes before that; hand over what is theirs until then.",
        known.name
    ));
    Ok(())
}

/// Goes on with an account that was ended.
pub(super) async fn resume(
    config: &Config,
    store: &Store,
    known: &Dealer,
    out: &Out,
) -> anyhow::Result<()> {
    ensure!(known.ended_at.is_some(), "the account of {} has not ended", known.name);
    note(store, config, "dealer.resume", Some(&known.id), Vec::new()).await?;
    store.update_dealer(&Dealer { ended_at: None, ..known.clone() }).await?;
    out.line(format!("{} goes on. What ended meanwhile is gone.", known.name));
    Ok(())
}

pub(super) async fn remove(
    config: &Config,
    store: &Store,
    known: &Dealer,
    yes: bool,
    out: &Out,
) -> anyhow::Result<()> {
    ensure!(
        yes,
        "this deletes {} ({}) with all its conversations, leads and documents; say --yes if that is meant",
        known.name,
        known.id
    );
    note(store, config, "dealer.remove", Some(&known.id), Vec::new()).await?;
    let swept = match store.remove_dealer(&known.id).await {
        Err(error @ StoreError::Sweeping { .. }) => bail!(
            "{} is hidden from now on, and the next sweep takes the rest of it: {error}",
            known.name
        ),
        removed => removed?,
    };
    retention::remove_traces(store).await?;
    out.line(format!(
        "Removed {} with {} conversations, {} messages and {} leads.",
        known.name, swept.conversations, swept.messages, swept.leads
    ));
    Ok(())
}
