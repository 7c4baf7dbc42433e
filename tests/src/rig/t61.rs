//! T61: what is left of visitors' words. None of them stands in any file in clear, wherever they can be
//! typed; and once they are erased, not even as it was sealed. One control keeps words in clear, another
//! deletes rows and leaves their traces.

use std::{collections::HashSet, path::Path};

use anyhow::{Context, ensure};
use protocol::{SessionToken, SiteKey, lead::LeadFields};
use relay::scan::{self, Markers};
use sha2::{Digest, Sha256};
use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};
use tokio::task::JoinSet;

use super::{Findings, Tier, damage::SITES, integrity::DATABASE};
use crate::{measure::count, process::Forecourt, visitor::Visitor};

/// What visitors say, in every place where they can say something.
const CANARY: &str = "kingfisher";

/// Who is erased, and who stays; each of them at both dealers.
const PEOPLE: [&str; 2] = ["kingfisher-leaves@example.org", "kingfisher-stays@example.org"];

/// How many talk at once.
const AT_ONCE: usize = 16;

/// The wrapped keys, as the relay names their file.
const KEYS: &str = "keys.db";

/// Runs the test and its controls.
pub async fn run(tier: Tier, findings: &mut Findings) -> anyhow::Result<()> {
    let n_visitors = tier.pick(120, 10_000, 10_000);
    let seen = seen("FORECOURT_BIN", None, n_visitors).await?;
    findings.exactly("conversations_erased", seen.erased, (n_visitors / 2) as u64);
    findings.exactly("files_with_words_in_clear", seen.in_clear.len() as u64, 0);
    findings.hold(seen.in_clear.is_empty(), || seen.in_clear.join(", "));
    // The search finds what it looks for, as long as it is there.
    findings.exactly("traces_not_found_before", seen.missed_before, 0);
    findings.at_least("traces_of_the_erased", count(seen.traces), count(n_visitors as u64));
    findings.exactly("traces_left", seen.left, 0);
    findings.exactly("traces_of_others_gone", seen.others_gone, 0);

    let open = self::seen("FORECOURT_PLANTED_BIN", Some("in-clear"), 8).await?;
    findings.control("keeps words in clear", !open.in_clear.is_empty());
    let untidy = self::seen("FORECOURT_PLANTED_BIN", Some("no-scrub"), 40).await?;
    findings.note("control_traces_left", untidy.left);
    findings.control("leaves the traces of what it deletes", 0 < untidy.left);
    Ok(())
}

/// What a relay has left in its files.
struct Seen {
    erased: u64,
    /// Files in which a visitor's words stand as they were typed, at any time.
    in_clear: Vec<String>,
    traces: u64,
    missed_before: u64,
    left: u64,
    others_gone: u64,
}

/// Lets visitors talk and leave their details, half of whom are erased; looks at all files before and
/// after.
async fn seen(binary: &str, planted: Option<&str>, n_visitors: usize) -> anyhow::Result<Seen> {
    let dir = tempfile::tempdir()?;
    let data = dir.path().join("data");
    let mut relay = Forecourt::named(binary, &data)?.without_paces();
    relay = relay.log_to(&dir.path().join("log")).set("FORECOURT_LOG_FILTER", "trace");
    relay = relay.set("FORECOURT_PLANTED", planted.unwrap_or_default());
    relay.start().await?;
    let tokens = talk(&relay, n_visitors).await?;
    let mut in_clear = in_clear(dir.path())?;

    let (leaving, staying) = traces(&data, &tokens).await?;
    // What the log still holds is copied by the stop.
    let (status, _) = relay.terminate().await?;
    ensure!(status.success(), "it stopped with {status}");
    let all = n_different(&leaving) + n_different(&staying);
    let missed_before = all - n_standing(dir.path(), &leaving)? - n_standing(dir.path(), &staying)?;

    let erase = ["subject", "erase", "--email", PEOPLE[0], "--yes", "--json"];
    let told = relay.command(&erase).await?;
    ensure!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    let told: Vec<serde_json::Value> = serde_json::from_slice(&told.stdout)?;
    in_clear.extend(self::in_clear(dir.path())?);
    Ok(Seen {
        erased: told.len() as u64,
        in_clear,
        traces: n_different(&leaving),
        missed_before,
        left: n_standing(dir.path(), &leaving)?,
        others_gone: n_different(&staying) - n_standing(dir.path(), &staying)?,
    })
}

/// Each visitor says something and leaves details; answers the tokens of those who are erased, and of
/// the others.
async fn talk(relay: &Forecourt, n_visitors: usize) -> anyhow::Result<[Vec<SessionToken>; 2]> {
    let mut tokens = [Vec::new(), Vec::new()];
    let (mut talks, mut begun) = (JoinSet::new(), 0);
    while begun < n_visitors || !talks.is_empty() {
        while begun < n_visitors && talks.len() < AT_ONCE {
            let door = Forecourt::same_door(relay);
            let number = begun;
            talks.spawn(async move { (number % 2, one(&door, number).await) });
            begun += 1;
        }
        let (whose, token) = talks.join_next().await.context("nobody talks")??;
        tokens[whose].push(token?);
    }
    Ok(tokens)
}

/// One visitor, who puts the canary wherever something can be put.
async fn one(relay: &Forecourt, number: usize) -> anyhow::Result<SessionToken> {
    let mut visitor = Visitor::new(SiteKey::parse(SITES[number / 2 % 2])?);
    visitor.locale = format!("{CANARY}-{CANARY}");
    CANARY.clone_into(&mut visitor.build);
    relay.greet(&mut visitor).await?;
    visitor.ask(&format!("How long is the warranty? I am {CANARY} number {number}")).await?;
    let fields = LeadFields {
        name: Some(format!("Ms {CANARY}")),
        email: Some(PEOPLE[number % 2].to_owned()),
        interest: Some(format!("A {CANARY}")),
        message: Some(format!("Ring {CANARY} after six")),
        ..LeadFields::default()
    };
    let form = visitor.dealer.as_ref().context("no form")?.lead_form.clone();
    let asked = |kind| form.fields.iter().any(|field| field.kind == kind);
    let mut given = LeadFields::default();
    for kind in protocol::lead::FieldKind::ALL.into_iter().filter(|kind| asked(*kind)) {
        given.set(kind, fields.get(kind).map(str::to_owned));
    }
    if let Err(failure) = visitor.lead(given, Vec::new()).await? {
        anyhow::bail!("a lead was refused: {failure:?}");
    }
    visitor.token.clone().context("no token")
}

/// What stands in the rows of the erased, and of the others: what was sealed, the keys as they are
/// wrapped, the hashes of contacts and tokens.
async fn traces(
    data: &Path,
    tokens: &[Vec<SessionToken>; 2],
) -> anyhow::Result<(Vec<Vec<u8>>, Vec<Vec<u8>>)> {
    let options = SqliteConnectOptions::new().filename(data.join(DATABASE));
    let mut conn = options.connect().await?;
    let keys = data.join(KEYS).display().to_string();
    sqlx::query("ATTACH DATABASE $1 AS apart").bind(keys).execute(&mut conn).await?;
    let mut all = [Vec::new(), Vec::new()];
    for (tokens, traces) in tokens.iter().zip(&mut all) {
        for token in tokens {
            let hash = Sha256::digest(token.as_str().as_bytes()).to_vec();
            let rows: Vec<(Vec<u8>,)> =
                sqlx::query_as(SEALED).bind(&hash).fetch_all(&mut conn).await?;
            traces.extend(rows.into_iter().map(|(trace,)| trace));
            traces.push(hash);
        }
    }
    conn.close().await?;
    let [leaving, staying] = all;
    Ok((leaving, staying))
}

/// Of one conversation, by the hash of its token. A contact's hash is the same for all who gave it.
const SEALED: &str = "
    WITH c AS (SELECT id FROM conversations WHERE token_hash = $1)
    SELECT m.body FROM messages m JOIN c ON c.id = m.conversation_id
    UNION ALL SELECT l.fields FROM leads l JOIN c ON c.id = l.conversation_id
    UNION ALL SELECT k.digest FROM contacts k JOIN c ON c.id = k.conversation_id
    UNION ALL SELECT w.wrapped FROM apart.conversation_keys w JOIN c ON c.id = w.conversation_id";

/// The files in which the canary stands as it was typed.
fn in_clear(dir: &Path) -> anyhow::Result<Vec<String>> {
    let canary = Markers::new(&[CANARY])?;
    let mut names = Vec::new();
    for file in scan::files_below(dir)? {
        let mut holds = false;
        canary.look_in(&file, |_| holds = true)?;
        if holds {
            names.push(file.display().to_string());
        }
    }
    Ok(names)
}

/// How many of some traces stand in the files of a directory. A long one lies on several pages: its begin
/// is enough, which no other has.
pub(super) fn n_standing(dir: &Path, traces: &[Vec<u8>]) -> anyhow::Result<u64> {
    let begins: HashSet<&[u8]> = traces.iter().map(|trace| &trace[..trace.len().min(16)]).collect();
    let begins: Vec<&[u8]> = begins.into_iter().collect();
    let (markers, mut standing) = (Markers::new(&begins)?, HashSet::new());
    for file in scan::files_below(dir)? {
        markers.look_in(&file, |hit| standing.extend([hit.marker]))?;
    }
    Ok(standing.len() as u64)
}

/// How many different traces these are.
fn n_different(traces: &[Vec<u8>]) -> u64 {
    traces.iter().collect::<HashSet<_>>().len() as u64
}
