//! Requests for people and for scripts.

use jiff::civil::Date;
use serde_json::{Value, json};

use crate::{
    cli::output::{Out, plain},
    domain::request::{Entry, Request, day_of},
};

/// Tells of a request that was opened.
pub(super) fn opened(
    request: &Request,
    today: Date,
    as_json: bool,
    out: &Out,
) -> anyhow::Result<()> {
    if as_json {
        return out.json(&json_of(request, today));
    }
    out.line(format!("{} is open: {}.", request.id, state(request, today)));
    out.line("Tell the dealer within a day, and write it down:");
    out.line(format!("forecourt request note {} --action forwarded", request.id));
    Ok(())
}

/// Lists requests.
pub(super) fn list(
    requests: &[Request],
    today: Date,
    as_json: bool,
    out: &Out,
) -> anyhow::Result<()> {
    if as_json {
        let all: Vec<Value> = requests.iter().map(|request| json_of(request, today)).collect();
        return out.json(&all);
    }
    if requests.is_empty() {
        out.line("No requests.");
        return Ok(());
    }
    let head = ["request", "kind", "law", "controller", "received", "state"];
    let mut rows = vec![head.map(ToOwned::to_owned)];
    rows.extend(requests.iter().map(|request| {
        [
            request.id.clone(),
            request.kind.word().to_owned(),
            request.law.word().to_owned(),
            plain(&request.controller),
            request.received.to_string(),
            state(request, today),
        ]
    }));
    out.table(&rows);
    Ok(())
}

/// Shows one request.
pub(super) fn one(request: &Request, today: Date, as_json: bool, out: &Out) -> anyhow::Result<()> {
    if as_json {
        return out.json(&json_of(request, today));
    }
    let Request { id, kind, law, received, channel, proof, .. } = request;
    out.line(format!("{id}: {} ({}), {} law", kind.word(), kind.article(), law.word()));
    out.line(format!("  controller  {} ({})", plain(&request.controller), request.dealer));
    out.line(format!("  received    {received} by {}, proof: {}", channel.word(), proof.word()));
    out.line(format!("  state       {}", state(request, today)));
    for Entry { action, reason, at } in &request.entries {
        let reason = reason.map(|reason| format!(" ({})", reason.word())).unwrap_or_default();
        out.line(format!("  {}  {}{reason}", day_of(*at), action.word()));
    }
    if let Some(closed) = request.closed {
        let ground = closed.ground.map(|ground| format!(": {}, {}", ground.word(), ground.law()));
        out.line(format!(
            "  {}  {}{}",
            day_of(closed.at),
            closed.outcome.word(),
            ground.unwrap_or_default()
        ));
    }
    if let Some(end) = request.expires_at() {
        out.line(format!("  The register forgets it on {}.", day_of(end)));
    }
    Ok(())
}

/// How a request stands, in words.
pub(in crate::cli) fn state(request: &Request, today: Date) -> String {
    if let Some(closed) = request.closed {
        return format!("closed on {}, {}", day_of(closed.at), closed.outcome.word());
    }
    let standing = request.standing(today);
    if standing.is_overdue() {
        return format!("overdue by {}, it was due on {}", days(-standing.left), standing.due);
    }
    let stopped = if standing.is_paused { ", the clock is stopped" } else { "" };
    format!(
        "day {} of {}, due on {}, {} left{stopped}",
        standing.day,
        standing.of,
        standing.due,
        days(standing.left)
    )
}

fn days(count: i64) -> String {
    if count == 1 { "1 day".to_owned() } else { format!("{count} days") }
}

fn json_of(request: &Request, today: Date) -> Value {
    let standing = request.standing(today);
    let entry = |entry: &Entry| json!({ "action": entry.action, "reason": entry.reason, "at": entry.at.to_string() });
    let closed = request.closed.map(|closed| {
        json!({
            "outcome": closed.outcome,
            "ground": closed.ground,
            "law": closed.ground.map(crate::domain::request::Ground::law),
            "at": closed.at.to_string(),
        })
    });
    json!({
        "request": request.id,
        "kind": request.kind,
        "article": request.kind.article(),
        "jurisdiction": request.law,
        "dealer": request.dealer,
        "controller": request.controller,
        "received": request.received.to_string(),
        "channel": request.channel,
        "proof": request.proof,
        "due": standing.due.to_string(),
        "day": standing.day,
        "of": standing.of,
        "days_left": standing.left,
        "paused": standing.is_paused,
        "overdue": request.closed.is_none() && standing.is_overdue(),
        "entries": request.entries.iter().map(entry).collect::<Vec<_>>(),
        "closed": closed,
        "expires_at": request.expires_at().map(|end| end.to_string()),
    })
}
