//! Damage to the files of a stopped relay, and what visitors who come back are shown of it.

use std::{collections::BTreeMap, path::Path, time::Duration};

use anyhow::{Context, bail};
use protocol::{
    Epoch, Finish, Message, SessionToken, SiteKey, dealer::DealerView, server::Resumed,
};
use relay::random::{self, OsRandom};
use serde_json::Value;
use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};

use super::integrity::DATABASE;
use crate::{process::Forecourt, visitor::Visitor};

/// The sites of the two demo dealers.
pub const SITES: [&str; 2] = ["site_harbour-cars", "site_meadow-motors"];

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

/// Where words stand that a visitor wrote.
#[derive(Clone, Copy, Debug)]
pub enum Place {
    /// In the messages.
    Messages,
    /// In the leads.
    Leads,
}

impl Place {
    /// Words that stand in each row, where they are kept in clear: what is shown.
    fn words(self) -> &'static [u8] {
        match self {
            Self::Messages => b"long is the warranty",
            Self::Leads => b"Robin",
        }
    }

    /// Its table.
    pub fn table(self) -> &'static str {
        match self {
            Self::Messages => "messages",
            Self::Leads => "leads",
        }
    }
}

/// Flips a bit in what a row of a table holds of a visitor's words, sealed or not; says where. A place
/// that only a free page holds is none: such a flip would be harmless whatever a relay checks.
pub async fn flip_in(table: Place, data: &Path) -> anyhow::Result<String> {
    let file = data.join(DATABASE);
    let whole = std::fs::read(&file)?;
    let mut kept = kept(table, &file).await?;
    while !kept.is_empty() {
        let words = kept.swap_remove(below(kept.len()));
        let shown = table.words();
        let within = match words.windows(shown.len()).position(|there| there == shown) {
            // In clear: where it shows, not in a name or a hash.
            Some(at) => at + below(shown.len()),
            // Behind the format: a relay does not know a text by another one.
            None => 1 + below(words.len() - 1),
        };
        let starts = whole.windows(words.len()).position(|there| there == words.as_slice());
        // A long one lies on more than one page.
        let Some(starts) = starts else { continue };
        let mut bytes = whole.clone();
        flip(&mut bytes, starts + within);
        std::fs::write(&file, bytes)?;
        if !self::kept(table, &file).await?.contains(&words) {
            let name = table.table();
            return Ok(format!("a flip in words of {name} at byte {}", starts + within));
        }
    }
    bail!("no row holds words in one piece")
}

/// What the rows of a table hold of words, read without a trace in the files.
async fn kept(table: Place, file: &Path) -> anyhow::Result<Vec<Vec<u8>>> {
    let options = SqliteConnectOptions::new().filename(file).immutable(true).read_only(true);
    let mut conn = options.connect().await?;
    let words = match table {
        Place::Messages => "SELECT body FROM messages WHERE author_kind = 'visitor'",
        Place::Leads => "SELECT fields FROM leads",
    };
    let rows: Vec<(Vec<u8>,)> = sqlx::query_as(words).fetch_all(&mut conn).await?;
    conn.close().await?;
    Ok(rows.into_iter().map(|(words,)| words).collect())
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

/// Starts a relay on damaged data, lets all come back, and asks for the leads.
pub async fn outcome(
    relay: &mut Forecourt,
    log: &Path,
    truths: &[Truth],
    leads: &Leads,
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
    seen.push(leads.seen_by(relay).await?);
    // What a visitor misses is no secret if the relay raised an alarm over it.
    let alarm = metrics.lines().any(|line| line.starts_with("forecourt_damage_total"));
    let judged = seen.into_iter().map(|seen| match seen {
        Seen::Same => Outcome::Harmless,
        Seen::Missing if alarm => Outcome::Detected,
        Seen::Missing => {
            Outcome::Silent("a conversation, a part of it or a lead is missing".to_owned())
        }
        Seen::Refused => Outcome::Detected,
        Seen::Wrong(what) => Outcome::Silent(what),
    });
    Ok(judged.max().unwrap_or(Outcome::Harmless))
}

/// The leads of all dealers as the operator's command tells them, each by its id.
pub struct Leads(BTreeMap<String, Value>);

impl Leads {
    /// What the command tells of the data of a relay that does not run; fails where it does.
    pub async fn of(relay: &Forecourt) -> anyhow::Result<Self> {
        match Self::told_by(relay).await? {
            (leads, None) => Ok(leads),
            (_, Some(refusal)) => bail!("lead list: {refusal}"),
        }
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What the command tells, and with which words it refused some or all of it.
    async fn told_by(relay: &Forecourt) -> anyhow::Result<(Self, Option<String>)> {
        let (mut all, mut refusal) = (BTreeMap::new(), None);
        for site in SITES {
            let told = relay.command(&["lead", "list", "--json", "--dealer", site]).await?;
            let words = String::from_utf8_lossy(&told.stderr).into_owned();
            let leads = serde_json::from_slice(&told.stdout);
            let leads: Vec<Value> = match leads {
                Ok(leads) => leads,
                Err(_) if told.stdout.is_empty() && !told.status.success() => Vec::new(),
                Err(_) => bail!("lead list said neither leads nor why: {words}"),
            };
            all.extend(leads.into_iter().map(|lead| (lead["lead"].to_string(), lead)));
            if !told.status.success() {
                refusal = Some(words);
            }
        }
        Ok((Self(all), refusal))
    }

    /// What the operator sees of them on damaged data.
    async fn seen_by(&self, relay: &Forecourt) -> anyhow::Result<Seen> {
        let (told, refusal) = Self::told_by(relay).await?;
        if let Some(wrong) = told.0.iter().find(|(id, lead)| self.0.get(*id) != Some(*lead)) {
            return Ok(Seen::Wrong(format!("the lead {} is not what was left", wrong.0)));
        }
        Ok(match refusal {
            Some(words) if words.contains("panicked") || words.trim().is_empty() => {
                Seen::Wrong(format!("lead list failed and did not say why: {words}"))
            }
            Some(_) => Seen::Refused,
            None if told.len() == self.len() => Seen::Same,
            None => Seen::Missing,
        })
    }
}

/// What one visitor or the operator saw.
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
