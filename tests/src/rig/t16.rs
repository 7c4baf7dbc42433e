//! T16: bits that flip on the disk, files that end early, headers of nothing. Each is detected or
//! harmless: no visitor is shown another word, another order, another dealer or less than was
//! acknowledged without being told, and no dealer another lead. The control checks nothing, and shows what the disk made.

use std::path::Path;

use anyhow::{Context, ensure};
use protocol::SiteKey;
use tempfile::TempDir;

use super::{
    Findings, Tier,
    damage::{Harm, Leads, Outcome, Place, SITES, Truth, flip_in, outcome},
    integrity, t27,
    talker::{Said, Talker},
};
use crate::{
    measure::count,
    process::Forecourt,
    visitor::{Visitor, fresh_id},
};

/// The relay that is tested, and the control.
const RIGHT: &str = "FORECOURT_BIN";
const WRONG: &str = "FORECOURT_PLANTED_BIN";

/// How many visitors have talked.
const VISITORS: usize = 10;

/// How many questions each has asked.
const QUESTIONS: usize = 6;

/// Where visitors' words stand.
const PLACES: [Place; 2] = [Place::Messages, Place::Leads];

/// How many flips hit the words in each of them.
const FLIPS_IN_WORDS: u64 = 3;

/// How often the control is tried.
const CONTROL_FLIPS: u32 = 12;

/// Data to be harmed, and what its visitors were shown.
struct Template {
    dir: TempDir,
    truths: Vec<Truth>,
    /// The leads of both dealers.
    leads: Leads,
}

/// What is done to a copy.
enum Blow<'a> {
    /// To one of its files, anywhere.
    On(&'a str, Harm),
    /// A flip within words that a visitor wrote.
    InWords(Place),
}

impl Blow<'_> {
    /// Does it; says where.
    async fn strike(self, data: &Path) -> anyhow::Result<String> {
        match self {
            Self::On(file, harm) => harm.to(&data.join(file)),
            Self::InWords(place) => flip_in(place, data).await,
        }
    }
}

/// How many of each there were.
#[derive(Default)]
struct Seen {
    detected: u64,
    harmless: u64,
    crashed: u64,
    silent: Vec<String>,
}

/// Runs the test and its control.
pub async fn run(tier: Tier, findings: &mut Findings) -> anyhow::Result<()> {
    let stopped = template(RIGHT, true).await?;
    let killed = template(RIGHT, false).await?;
    // A flip somewhere may be harmless; one in what a visitor said never is.
    let mut seen = Seen::default();
    for place in PLACES {
        for _ in 0..FLIPS_IN_WORDS {
            one(&stopped, RIGHT, Blow::InWords(place), &mut seen).await?;
        }
        let name = format!("flips_in_{}_detected", place.table());
        findings.exactly(&name, std::mem::take(&mut seen.detected), FLIPS_IN_WORDS);
    }
    let flips = tier.pick(8, 100, 500);
    let more = tier.pick(1, 10, 50);
    let database = integrity::DATABASE.to_owned();
    let log = format!("{database}-wal");
    for (template, file, harm, times) in [
        (&stopped, &database, Harm::Flip, flips),
        (&killed, &log, Harm::Flip, flips / 2),
        (&killed, &database, Harm::Flip, flips / 2),
        (&stopped, &database, Harm::Cut, more),
        (&killed, &log, Harm::Cut, more),
        (&stopped, &database, Harm::ZeroHeader, 1),
        (&killed, &log, Harm::ZeroHeader, 1),
        (&killed, &"forecourt.mark".to_owned(), Harm::Flip, 1),
    ] {
        for _ in 0..times {
            one(template, RIGHT, Blow::On(file, harm), &mut seen).await?;
        }
    }
    findings.at_least("detected", count(seen.detected), 1.0);
    findings.note("harmless", seen.harmless);
    findings.exactly("crashed", seen.crashed, 0);
    findings.exactly("silently_wrong", seen.silent.len() as u64, 0);
    findings.hold(seen.silent.is_empty(), || seen.silent.join("; "));

    // What is sealed can't be shown wrong, only refused: the control keeps its words in clear.
    let in_clear = template(WRONG, true).await?;
    for place in PLACES {
        let mut control = Seen::default();
        for _ in 0..CONTROL_FLIPS {
            one(&in_clear, WRONG, Blow::InWords(place), &mut control).await?;
            if !control.silent.is_empty() {
                break;
            }
        }
        let table = place.table();
        findings.note(&format!("control_silently_wrong_in_{table}"), control.silent.len());
        findings.control(
            &format!("checks nothing that it reads of {table}"),
            !control.silent.is_empty(),
        );
    }
    Ok(())
}

/// Harms a copy, and sees what comes of it.
async fn one(
    template: &Template,
    binary: &str,
    blow: Blow<'_>,
    seen: &mut Seen,
) -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let (data, log) = (dir.path().join("data"), dir.path().join("log"));
    integrity::copy(&template.dir.path().join("data"), &data)?;
    let place = blow.strike(&data).await?;
    let mut relay = Forecourt::named(binary, &data)?.without_paces().log_to(&log);
    relay = relay.set("FORECOURT_PLANTED", "no-verify");
    let outcome = outcome(&mut relay, &log, &template.truths, &template.leads).await;
    match outcome.with_context(|| place.clone())? {
        Outcome::Harmless => seen.harmless += 1,
        Outcome::Detected => seen.detected += 1,
        Outcome::Crashed => seen.crashed += 1,
        Outcome::Silent(what) => seen.silent.push(format!("{place}: {what}")),
    }
    Ok(())
}

/// Lets visitors of two dealers talk, and ends the relay: stopped, with everything in the
/// database; or killed, with half of it in the log.
async fn template(binary: &str, is_stopped: bool) -> anyhow::Result<Template> {
    let dir = tempfile::tempdir()?;
    let data = dir.path().join("data");
    let mut crowd = Vec::new();
    for number in 0..VISITORS {
        let site = SiteKey::parse(SITES[number % 2])?;
        crowd.push((site.clone(), Talker::of(Visitor::new(site))));
    }
    let mut relay = Forecourt::named(binary, &data)?.without_paces();
    relay = relay.set("FORECOURT_PLANTED", "no-verify");
    for half in 0..2 {
        relay.start().await?;
        for (_, talker) in &mut crowd {
            for _ in 0..QUESTIONS / 2 {
                ensure!(talker.ask(&relay).await == Said::Kept, "nothing was kept");
            }
            if half == 1 {
                t27::lead(&mut talker.visitor, &fresh_id()).await?;
            }
            talker.cut();
        }
        if half == 0 || is_stopped {
            let (status, _) = relay.terminate().await?;
            ensure!(status.success(), "it stopped with {status}");
        }
    }
    relay.kill().await?;
    let mut truths = Vec::new();
    for (site, Talker { visitor, .. }) in crowd {
        ensure!(visitor.messages.len() == 2 * QUESTIONS, "{} messages", visitor.messages.len());
        truths.push(Truth {
            site,
            token: visitor.token,
            epoch: visitor.epoch,
            messages: visitor.messages,
            dealer: visitor.dealer,
        });
    }
    // Of a copy: whoever opens the files of a relay that was killed puts them in order.
    let looked_at = dir.path().join("looked-at");
    integrity::copy(&data, &looked_at)?;
    let leads = Leads::of(&relay.moved_to(&looked_at)).await?;
    ensure!(leads.len() == VISITORS, "{} leads", leads.len());
    Ok(Template { dir, truths, leads })
}
