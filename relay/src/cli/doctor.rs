//! `forecourt doctor`: looks at what a relay rests on, and says what to do. Changes nothing but
//! what every command changes: it opens the database as they do.

mod dealers;
mod disk;
mod files;
mod holds;
mod keys;
mod models;
mod network;
mod places;
mod provider;
mod requests;
mod rows;

use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use super::{output::Out, store::with_store};
use crate::{
    clock::{Clock, SystemClock},
    config::{Config, ConfigError, Purpose, Sources},
    domain::file::Problem,
    limits::BUILT_AFTER,
    store::{DATABASE, StoreError},
};

/// Flags of `doctor`.
#[derive(Debug, Args)]
pub(super) struct DoctorArgs {
    /// For a script
    #[arg(long)]
    json: bool,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "UPPERCASE")]
enum Level {
    Ok,
    Warn,
    Fail,
}

/// One line of the answer.
#[derive(Debug, Serialize)]
struct Finding {
    level: Level,
    /// What was looked at.
    check: &'static str,
    /// What was found.
    message: String,
    /// What to do; empty where all is well.
    #[serde(skip_serializing_if = "String::is_empty")]
    remedy: String,
}

impl Finding {
    fn ok(check: &'static str, message: impl Into<String>) -> Self {
        Self { level: Level::Ok, check, message: message.into(), remedy: String::new() }
    }

    fn warn(check: &'static str, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { level: Level::Warn, check, message: message.into(), remedy: remedy.into() }
    }

    fn fail(check: &'static str, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { level: Level::Fail, check, message: message.into(), remedy: remedy.into() }
    }
}

pub(super) async fn run(
    sources: &Sources,
    args: &DoctorArgs,
    out: Out,
) -> anyhow::Result<ExitCode> {
    let mut findings = Vec::new();
    if let Some(config) = config(sources, &mut findings) {
        let now = SystemClock::default().now();
        findings.push(clock(now));
        findings.extend(disk::look(&config.data, now));
        findings.extend(database(&config).await);
        findings.extend(network::look(&config));
        findings.extend(places::look(&config));
        findings.push(files::look(config.limits.max_sockets));
        findings.extend(provider::look(&config.llm).await);
    }
    let worst = findings.iter().map(|finding| finding.level).max().unwrap_or(Level::Ok);
    if args.json {
        out.json(&findings)?;
    } else {
        for finding in &findings {
            print(finding, &out);
        }
    }
    Ok(if worst == Level::Fail { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn print(finding: &Finding, out: &Out) {
    let level = match finding.level {
        Level::Ok => "OK  ",
        Level::Warn => "WARN",
        Level::Fail => "FAIL",
    };
    let remedy = if finding.remedy.is_empty() { "" } else { " → " };
    out.line(format!(
        "{level}  {:10} {}{remedy}{}",
        finding.check, finding.message, finding.remedy
    ));
}

/// The configuration as a server needs it, or as far as it goes.
fn config(sources: &Sources, findings: &mut Vec<Finding>) -> Option<Config> {
    match Config::load(sources, Purpose::Serve) {
        Ok(config) => {
            findings.push(Finding::ok("config", "complete and right"));
            return Some(config);
        }
        Err(ConfigError::Wrong(problems)) => {
            findings.extend(problems.0.into_iter().map(of_problem));
        }
        Err(error) => findings.push(Finding::fail("config", error.to_string(), "")),
    }
    // The rest can be looked at even if nothing could be served.
    Config::load(sources, Purpose::Tool).ok()
}

fn of_problem(problem: Problem) -> Finding {
    let key = if problem.key.is_empty() { String::new() } else { format!("`{}` ", problem.key) };
    Finding::fail("config", format!("{}: {key}{}", problem.at, problem.what), problem.remedy)
}

/// Retention goes by the clock: a wrong one deletes too early or never.
fn clock(now: crate::clock::Timestamp) -> Finding {
    if now < BUILT_AFTER {
        let remedy =
            "Set the clock (timedatectl, NTP): with a wrong one nothing is deleted in time";
        Finding::fail("clock", format!("it shows {now}, before this program was written"), remedy)
    } else {
        Finding::ok("clock", format!("it shows {now}"))
    }
}

/// The database: opening it asserts SQLite's version, the tables and the options.
async fn database(config: &Config) -> Vec<Finding> {
    if !config.data.join(DATABASE).exists() {
        return vec![Finding::ok("database", "there is none yet: the first start makes it")];
    }
    let looked = with_store(config, async |store| {
        store.probe().await?;
        let mut findings = keys::look(store.operator_keys().await);
        findings.extend(rows::look(&store.verify().await?));
        findings.extend(dealers::look(config, &store).await);
        findings.extend(holds::look(&store.holds().await?, SystemClock::default().now()));
        findings.extend(requests::look(&store).await);
        Ok(findings)
    })
    .await;
    let sound = "opened: SQLite's version, the tables, secure_delete and synchronous=FULL are as they must be, a write was committed";
    match looked {
        Ok(findings) => std::iter::once(Finding::ok("database", sound)).chain(findings).collect(),
        Err(error) => {
            let remedy = match error.downcast_ref::<StoreError>() {
                Some(error) if error.is_damage() => {
                    "Check the disk, then run `forecourt restore` with the last backup"
                }
                _ => "See `When it doesn't start` in docs/operations.md",
            };
            vec![Finding::fail("database", format!("{error:#}"), remedy)]
        }
    }
}
