//! Damage to the files of a stopped relay, and what visitors who come back are shown of it.

use std::{collections::BTreeMap, path::Path, time::Duration};

use anyhow::{Context, bail};
use protocol::{
    Epoch, Finish, Message, SessionToken, SiteKey, dealer::DealerView, server::Resumed,
};
use relay::random::{self, OsRandom};
use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};

use super::integrity::DATABASE;
use crate::{process::Forecourt, visitor::Visitor};

/// How soon a relay that refuses its database must have ended.
const END_WITHIN: Duration = Duration::from_secs(20);

/// What is done to one file.
#[derive(Clone, Copy, Debug)]
pub enum Harm {
    /// One bit flips somewhere.
    Flip,
    /// The file ends somewhere.
    Cut,
    /// Its first bytes are nothing.
    ZeroHeader,
}

impl Harm {
    /// Does it to a file; says where.
    pub fn to(self, file: &Path) -> anyhow::Result<String> {
        let mut bytes = std::fs::read(file)?;
        let place = below(bytes.len());
        match self {
            Self::Flip => flip(&mut bytes, place),
            Self::Cut => bytes.truncate(place),
            Self::ZeroHeader => bytes.iter_mut().take(32).for_each(|byte| *byte = 0),
        }
        std::fs::write(file, bytes)?;
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        Ok(format!("{self:?} at byte {place} of {name}"))
    }
}

/// Flips a bit in one of the places where messages hold a text; says where. A place that only a free
/// page holds is none: such a flip would be harmless whatever a relay checks.
pub async fn flip_in(text: &str, data: &Path) -> anyhow::Result<String> {
    let file = data.join(DATABASE);
    let whole = std::fs::read(&file)?;
    let is_it = |place: &usize| whole[*place..].starts_with(text.as_bytes());
    let mut places: Vec<_> = (0..whole.len()).filter(is_it).collect();
    let messages = n_messages_with(text, &file).await?;
    while !places.is_empty() {
        let place = places.swap_remove(below(places.len())) + below(text.len());
        let mut bytes = whole.clone();
        flip(&mut bytes, place);
        std::fs::write(&file, bytes)?;
        if n_messages_with(text, &file).await? + 1 == messages {
            return Ok(format!("a flip in a text at byte {place}"));
        }
    }
    bail!("no message holds the text")
}

/// How many messages hold a text, read without a trace in the files.
async fn n_messages_with(text: &str, file: &Path) -> anyhow::Result<i64> {
    let options = SqliteConnectOptions::new().filename(file).immutable(true).read_only(true);
    let mut conn = options.connect().await?;
    let count = "SELECT count(*) FROM messages WHERE 0 < instr(body, CAST($1 AS BLOB))";
    let (n,): (i64,) = sqlx::query_as(count).bind(text).fetch_one(&mut conn).await?;
    conn.close().await?;
    Ok(n)
}

fn flip(bytes: &mut [u8], place: usize) {
    // Of letters the lowest bits, so that a text stays a text.
    bytes[place] ^= 1 << below(if bytes[place].is_ascii_alphabetic() { 4 } else { 8 });
}

fn below(bound: usize) -> usize {
    usize::try_from(random::below(&OsRandom, bound as u64)).unwrap_or(0)
}

/// What one visitor was shown last, before the damage.
#[derive(Clone)]
pub struct Truth {
    /// On which site.
    pub site: SiteKey,
    /// What it comes back with.
    pub token: Option<SessionToken>,
    /// What it comes back with.
    pub epoch: Option<Epoch>,
    /// The transcript.
    pub messages: BTreeMap<u64, Message>,
    /// Who answers.
    pub dealer: Option<DealerView>,
}

/// What became of the damage. The worst of all visitors counts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Everything is as it was.
    Harmless,
    /// The relay refused to start, refused a conversation, or told that some is missing.
    Detected,
    /// The relay itself broke down.
    Crashed,
    /// Somebody was shown something else, or less, and nobody was told.
    Silent(String),
}

/// Starts a relay on damaged data, and lets all come back.
pub async fn outcome(
    relay: &mut Forecourt,
    log: &Path,
    truths: &[Truth],
) -> anyhow::Result<Outcome> {
    if relay.start().await.is_err() {
        let status = relay.ended(END_WITHIN).await?.context("it neither started nor ended")?;
        let told = std::fs::read_to_string(log)?.contains("forecourt: ");
        let refused = told && status.code() == Some(1);
        return Ok(if refused { Outcome::Detected } else { Outcome::Crashed });
    }
    let mut seen = Vec::new();
    for truth in truths {
        seen.push(look(relay, truth).await?);
    }
    let metrics = reqwest::get(format!("http://{}/metrics", relay.admin())).await?.text().await?;
    relay.kill().await?;
    // What a visitor misses is no secret if the relay raised an alarm over it.
    let alarm = metrics.lines().any(|line| line.starts_with("forecourt_damage_total"));
    let judged = seen.into_iter().map(|seen| match seen {
        Seen::Same => Outcome::Harmless,
        Seen::Missing if alarm => Outcome::Detected,
        Seen::Missing => Outcome::Silent("a conversation or a part of it is missing".to_owned()),
        Seen::Refused => Outcome::Detected,
        Seen::Wrong(what) => Outcome::Silent(what),
    });
    Ok(judged.max().unwrap_or(Outcome::Harmless))
}

/// What one visitor saw.
enum Seen {
    Same,
    /// Less, and the visitor was told so.
    Missing,
    Refused,
    Wrong(String),
}

/// Who answers and how else to reach them; the rest of a view goes with the ports and the hour.
fn who(dealer: Option<&DealerView>) -> Option<(&str, Option<&str>, Option<&str>)> {
    let dealer = dealer?;
    let contact = &dealer.contact;
    Some((&dealer.name, contact.phone.as_deref(), contact.email.as_deref()))
}

async fn look(relay: &Forecourt, truth: &Truth) -> anyhow::Result<Seen> {
    let mut visitor = Visitor::new(truth.site.clone());
    (visitor.token, visitor.epoch) = (truth.token.clone(), truth.epoch.clone());
    visitor.connect(relay.address(), &relay.origin()).await?;
    let resumed = match visitor.hello().await {
        Ok(resumed) => resumed,
        Err(_) if !visitor.failures.is_empty() => return Ok(Seen::Refused),
        Err(error) => return Ok(Seen::Wrong(format!("no welcome and no refusal: {error:#}"))),
    };
    if who(visitor.dealer.as_ref()) != who(truth.dealer.as_ref()) {
        return Ok(Seen::Wrong("another dealer, or another view of it".to_owned()));
    }
    // Where commits are missing, a reply may be found unfinished again; it is ended, and the visitor
    // is told that the whole is not what it was.
    let is_told = resumed == Resumed::Incomplete && visitor.epoch != truth.epoch;
    for (seq, message) in &visitor.messages {
        let is_cut = is_told && message.finish == Some(Finish::Interrupted);
        if truth.messages.get(seq) != Some(message) && !is_cut {
            return Ok(Seen::Wrong(format!("message {seq} is not what was said")));
        }
    }
    let is_whole = visitor.messages == truth.messages;
    Ok(match resumed {
        _ if is_whole => Seen::Same,
        Resumed::New | Resumed::Incomplete => Seen::Missing,
        Resumed::Complete => Seen::Wrong("told complete, and it is not".to_owned()),
    })
}
