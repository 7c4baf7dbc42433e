//! A purge that is killed at any of its steps: a command that sweeps dies as it comes to a write, a sync
//! or a cut of a file. The next one, or a start of the relay, completes it: nothing of what was due is
//! left, everything else is there, and each conversation that went has exactly one receipt.

use std::{
    collections::BTreeMap, os::unix::process::ExitStatusExt, path::Path, process::Stdio,
    time::Duration,
};

use anyhow::{Context, ensure};
use relay::clock::{Clock, SystemClock, Timestamp};
use tokio::process::Command;

use super::{
    DAY,
    fill::{Talk, World},
    rows::{self, Rows},
};
use crate::{
    measure::count,
    process::{Forecourt, path_in},
    rig::{
        Findings, Tier, integrity, on_a_thread,
        steps::{self, Step},
    },
};

/// How long ago the conversations began: those of 7 and of 30 days are due, the others are not. A
/// machine that was off for so long is still believed.
const AGO: Duration = Duration::from_hours(40 * 24);

/// At how many of its steps on the keys, spread over all of them, the control is killed until something
/// shows.
const CONTROL_KILLS: usize = 12;

/// What all kills showed.
#[derive(Debug, Default)]
struct Seen {
    kills: u64,
    /// Runs that ended before they came to the step.
    not_killed: u64,
    left: u64,
    deleted_early: u64,
    lost: u64,
    doubled: u64,
    not_proven: u64,
}

/// Kills purges, and a control.
pub(super) async fn run(tier: Tier, findings: &mut Findings) -> anyhow::Result<()> {
    let (n_talks, n_kills) = (tier.pick(1_040, 2_400, 2_400), tier.pick(12, 200, 1_000));
    let purge = on_a_thread(move || Purge::prepared(n_talks)).await?;
    findings.at_least("steps_of_a_purge", count(purge.steps.len() as u64), count(n_kills as u64));
    let mut seen = Seen::default();
    for (number, step) in steps::spread(&purge.steps, n_kills).iter().enumerate() {
        let by_relay = number % 2 == 1;
        let one = purge.killed("FORECOURT_BIN", None, step, by_relay, &mut seen);
        one.await.with_context(|| format!("killed at {step:?}"))?;
    }
    findings.exactly("purges_killed", seen.kills, n_kills as u64);
    findings.exactly("purges_not_killed", seen.not_killed, 0);
    findings.exactly("rows_left_after_a_killed_purge", seen.left, 0);
    findings.exactly("rows_of_others_gone_after_it", seen.deleted_early, 0);
    findings.exactly("receipts_lost", seen.lost, 0);
    findings.exactly("receipts_doubled", seen.doubled, 0);
    findings.exactly("proofs_that_do_not_hold", seen.not_proven, 0);

    let mut control = Seen::default();
    let is_of_keys = |step: &&Step| step.file.starts_with("keys.db");
    let of_keys: Vec<Step> = purge.steps.iter().filter(is_of_keys).cloned().collect();
    for step in steps::spread(&of_keys, CONTROL_KILLS) {
        let planted = Some("rows-before-keys");
        purge.killed("FORECOURT_PLANTED_BIN", planted, &step, false, &mut control).await?;
        if 0 < control.lost {
            break;
        }
    }
    findings.note("control_receipts_lost", control.lost);
    findings.control("deletes rows before their keys", 0 < control.lost);
    Ok(())
}

/// Data of which half is due, and the steps of a purge of them.
struct Purge {
    template: tempfile::TempDir,
    talks: Vec<Talk>,
    first: Rows,
    now: Timestamp,
    steps: Vec<Step>,
}

impl Purge {
    async fn prepared(n_talks: usize) -> anyhow::Result<Self> {
        let now = SystemClock::default().now();
        // Each ends at a second of its own, which its receipt names.
        let world = World::by_the_second(n_talks, now.minus(AGO)).await?;
        let first = Rows::of(world.dir()).await?;
        let (template, talks) = world.closed().await;
        let mut purge = Self { template, talks, first, now, steps: Vec::new() };
        let dir = tempfile::tempdir()?;
        let (data, trace) = (dir.path().join("data"), dir.path().join("trace"));
        let status = purge.swept("FORECOURT_BIN", None, &data, steps::noting(&trace)).await?;
        ensure!(status.success(), "a sweep that nobody kills ends with {status}");
        purge.steps = steps::taken(&trace, &data)?;
        Ok(purge)
    }

    /// A sweep by the command on a copy of the data.
    async fn swept(
        &self,
        binary: &str,
        planted: Option<&str>,
        data: &Path,
        wrapper: Vec<String>,
    ) -> anyhow::Result<std::process::ExitStatus> {
        integrity::copy(self.template.path(), data)?;
        let (program, args) = wrapper.split_first().context("no program")?;
        let mut command = Command::new(program);
        command.args(args).arg(path_in(binary)?).args(["retention", "sweep", "--data"]).arg(data);
        command.env("FORECOURT_PLANTED", planted.unwrap_or_default());
        let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Ok(quiet.status().await?)
    }

    /// One kill, and what stands there once the purge has been completed.
    async fn killed(
        &self,
        binary: &str,
        planted: Option<&str>,
        step: &Step,
        by_relay: bool,
        seen: &mut Seen,
    ) -> anyhow::Result<()> {
        let dir = tempfile::tempdir()?;
        let (data, trace) = (dir.path().join("data"), dir.path().join("trace"));
        let wrapper = steps::killing(step, &data, &trace);
        let status = self.swept(binary, planted, &data, wrapper).await?;
        if status.signal() == Some(9) {
            seen.kills += 1;
        } else {
            ensure!(status.success(), "the sweep ended with {status}");
            seen.not_killed += 1;
        }
        let mut relay = Forecourt::named("FORECOURT_BIN", &data)?.serving();
        if by_relay {
            relay.start().await?;
            let (status, _) = relay.terminate().await?;
            ensure!(status.success(), "the relay ended with {status}");
        } else {
            let done = relay.command(&["retention", "sweep"]).await?;
            ensure!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        }
        let proof = relay.command(&["retention", "verify"]).await?;
        seen.not_proven += u64::from(!proof.status.success());
        self.look(&data, seen).await
    }

    async fn look(&self, data: &Path, seen: &mut Seen) -> anyhow::Result<()> {
        let wrong = Rows::of(data).await?.wrong(&self.first, &self.talks, self.now);
        seen.left += wrong.n_left();
        seen.deleted_early += wrong.deleted_early;
        let mut ends = BTreeMap::<String, u64>::new();
        for receipt in rows::receipts(data).await? {
            *ends.entry(receipt.unreachable_since).or_default() += 1;
        }
        for talk in self.talks.iter().filter(|talk| talk.ends <= self.now) {
            let n = ends.remove(&talk.ends.to_string()).unwrap_or(0);
            seen.lost += u64::from(n == 0);
            seen.doubled += n.saturating_sub(1);
        }
        // Of nothing that was due.
        seen.doubled += ends.into_values().sum::<u64>();
        Ok(())
    }
}

const _: () = assert!(30 * DAY.as_secs() < AGO.as_secs());
