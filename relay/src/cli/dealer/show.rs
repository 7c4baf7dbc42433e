//! What is known of dealers, for people and for scripts.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::{
    cli::output::Out,
    clock::{Clock, SystemClock},
    config::Config,
    domain::{
        dealer::{Dealer, DealerStatus},
        retention::Earlier,
        view::{self, Recipients},
    },
    store::Store,
};

pub(super) fn list(store: &Store, json: bool, out: &Out) -> anyhow::Result<()> {
    let dealers: Vec<Arc<Dealer>> = store.dealers();
    if json {
        let one = |dealer: &Arc<Dealer>| {
            let sites: Vec<_> = dealer.sites.iter().map(|site| &site.key).collect();
            json!({ "id": dealer.id, "name": dealer.name, "status": dealer.status, "sites": sites })
        };
        return out.json(&dealers.iter().map(one).collect::<Vec<_>>());
    }
    if dealers.is_empty() {
        out.line("No dealers yet: forecourt dealer add --file dealer.toml");
        return Ok(());
    }
    let mut rows = vec![["id", "name", "status", "sites"].map(ToOwned::to_owned)];
    rows.extend(dealers.iter().map(|dealer| {
        let sites: Vec<_> = dealer.sites.iter().map(|site| site.key.as_str()).collect();
        let (id, name) = (dealer.id.to_string(), dealer.name.clone());
        [id, name, status(dealer).to_owned(), sites.join(" ")]
    }));
    out.table(&rows);
    Ok(())
}

pub(super) async fn one(
    config: &Config,
    store: &Store,
    dealer: &Dealer,
    json: bool,
    out: &Out,
) -> anyhow::Result<()> {
    let rows = store.dealer(&dealer.id);
    let documents = rows.documents().await?;
    let spent = rows.tokens_spent(&SystemClock::default().now().day()).await?;
    let limit = dealer.tokens_per_day.or(config.llm.tokens_per_day);
    if json {
        let names: Vec<_> = documents.iter().map(|document| &document.name).collect();
        return out.json(&json!({
            "dealer": dealer,
            "documents": names,
            "tokens": { "spent_today": spent, "per_day": limit },
            "links": links(config, dealer),
        }));
    }
    out.line(format!("{} ({}), {}", dealer.name, dealer.id, status(dealer)));
    out.line(format!(
        "  {}, {}, {}",
        dealer.legal.name, dealer.legal.address, dealer.legal.country
    ));
    if let Some(gone_at) = dealer.gone_at() {
        out.line(format!(
            "  ended      all of it is deleted on {gone_at}; `forecourt dealer resume` keeps it"
        ));
    }
    out.line(format!("  languages  {}", dealer.languages.join(", ")));
    let policy = &dealer.retention;
    out.line(format!(
        "  retention  {} after the last message, then {}; version {} of the policy",
        policy.period,
        policy.action.word(),
        policy.version
    ));
    for Earlier { version, period, action, until } in &policy.earlier {
        let action = action.word();
        out.line(format!("             version {version}: {period}, then {action}; until {until}"));
    }
    out.line(format!("  privacy    {}", dealer.privacy_url));
    let of_limit = limit.map_or_else(|| "no limit".to_owned(), |limit| format!("of {limit}"));
    out.line(format!("  tokens     {spent} today (UTC), {of_limit}"));
    let redaction = dealer.redaction;
    out.line(format!("  redaction  {}: {}", redaction.name(), redaction.tells()));
    for document in &documents {
        out.line(format!("  document   {}: {}", document.name, document.title));
    }
    let lang = view::language(dealer, "");
    for line in view::hours_lines(dealer, lang, SystemClock::default().now()) {
        out.line(format!("  hours      {line}"));
    }
    let operator = match config.operator.name.as_str() {
        "" => "[operator.name is not set yet]".to_owned(),
        name => name.to_owned(),
    };
    // The same as visitors are told: the models are named without their keys.
    let recipients = Recipients { operator, ..config.recipients() };
    let notice = view::notice(dealer, lang, &recipients);
    out.line(format!("  notice     version {}", notice.version));
    for line in std::iter::once(&notice.text).chain(&notice.details) {
        out.line(format!("    {line}"));
    }
    print_links(config, dealer, out);
    Ok(())
}

/// What is pasted into the dealer's pages, and the link to the chat alone.
pub(super) fn print_links(config: &Config, dealer: &Dealer, out: &Out) {
    let origin = config.public_origin(config.listen);
    for site in &dealer.sites {
        out.line("");
        out.line(format!("{} ({}): put this before </body> on each page of", site.name, site.key));
        out.line(format!("  {}", site.origins.join(" ")));
        out.line("");
        out.line(format!("  {}", tag(&origin, site.key.as_str())));
        out.line("");
        out.line(format!("The chat alone: {origin}/chat/{}", site.key));
    }
}

/// The same for a script.
pub(super) fn links(config: &Config, dealer: &Dealer) -> Value {
    let origin = config.public_origin(config.listen);
    let sites = dealer.sites.iter().map(|site| {
        let key = &site.key;
        json!({
            "key": key,
            "name": site.name,
            "origins": site.origins,
            "snippet": tag(&origin, key.as_str()),
            "chat": format!("{origin}/chat/{key}"),
        })
    });
    json!({ "id": dealer.id, "name": dealer.name, "sites": sites.collect::<Vec<_>>() })
}

fn tag(origin: &str, site_key: &str) -> String {
    format!(r#"<script async src="{origin}/widget.js" data-site="{site_key}"></script>"#)
}

fn status(dealer: &Dealer) -> &'static str {
    match dealer.status {
        _ if dealer.ended_at.is_some() => "ended",
        DealerStatus::Active => "active",
        DealerStatus::Paused => "paused",
    }
}
