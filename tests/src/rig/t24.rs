//! T24: a provider that sends garbage. Every answer ends as it must, none is longer than it may
//! be, nothing panics and memory stays. One control takes a stream that breaks off for a whole one,
//! another keeps events of any size.

use std::time::Duration;

use anyhow::Context;

use super::{
    Findings, Tier,
    faulty::play,
    scene::{Scene, Setting},
};
use crate::{
    llm::faults::{garbled, named},
    measure::{count, peak_bytes, rounded},
};

/// How long a visitor waits before an end counts as none.
const PATIENCE: Duration = Duration::from_secs(25);

/// How many kinds of garbage there must be.
const SCRIPTS_MIN: f64 = 40.0;

/// How many streams of garbage come at once when memory is looked at.
const STREAMS: usize = 8;

/// How many there are where an event may have any size: each takes seconds.
const CONTROL_STREAMS: usize = 2;

/// The script whose memory the control shows.
const GIANT: &str = "token_of_ten_megabytes";

/// What one of them may cost.
const STREAM_BYTES_MAX: f64 = 2_000_000.0;

/// Long enough for a busy machine: nothing here is about time.
const TIMES: [(&str, &str); 2] =
    [("FORECOURT_LLM_FIRST_TOKEN_TIMEOUT_MS", "8000"), ("FORECOURT_LLM_IDLE_TIMEOUT_MS", "5000")];

/// Runs the test and its control.
pub async fn run(tier: Tier, findings: &mut Findings) -> anyhow::Result<()> {
    let setting = Setting::right(&TIMES);
    let mut faults = Vec::new();
    for _ in 0..tier.pick(1, 4, 12) {
        faults.extend(garbled());
    }
    findings.at_least("scripts", count(garbled().len() as u64), SCRIPTS_MIN);
    let played = play(faults, setting, PATIENCE).await?;
    findings.exactly("answers_without_an_end", played.hanging(), 0);
    let problems = played.problems();
    findings.hold(problems.is_empty(), || problems.join("; "));
    findings.at_most("panics", played.panics, 0.0);
    findings.at_most("replies_left_open", played.open_replies, 0.0);
    findings.exactly("calls_left_open", played.open_calls as u64, 0);
    for name in ["line_of_a_megabyte", GIANT, "endless"] {
        let bytes = memory(name, setting, STREAMS).await?;
        findings.fast(&format!("bytes_a_stream {name}"), bytes, STREAM_BYTES_MAX);
    }

    let missing = garbled().into_iter().filter(|(name, ..)| *name == "missing_end").collect();
    let planted = setting.planted("missing-end-is-complete");
    let control = play(missing, planted, PATIENCE).await?;
    findings.control("takes a broken stream for a whole one", control.problems().len() == 1);
    let hoards = memory(GIANT, setting.planted("endless-events"), CONTROL_STREAMS).await?;
    findings.note("control_bytes_a_stream", rounded(hoards));
    findings.control("keeps events of any size", STREAM_BYTES_MAX < hoards);
    Ok(())
}

/// How much more memory the relay took at its peak, a stream.
async fn memory(name: &str, setting: Setting<'_>, streams: usize) -> anyhow::Result<f64> {
    let scene = Scene::start(setting).await?;
    // Once before: what is built at the first call is no stream's.
    let mut visitors = Vec::new();
    scene.visitor().await?.ask("How long is the warranty?").await?;
    for _ in 0..streams {
        visitors.push(scene.visitor().await?);
    }
    let pid = scene.pid()?;
    forget_the_peak(pid)?;
    let before = peak_bytes(pid)?;
    scene.model.usually(named(name).unwrap_or_default());
    for visitor in &mut visitors {
        visitor.say("How long is the warranty?").await?;
    }
    for visitor in &mut visitors {
        visitor.reply().await?;
    }
    let after = peak_bytes(pid)?;
    Ok(count(after.saturating_sub(before)) / count(streams as u64))
}

/// The peak of a process is what it holds now (proc(5), `clear_refs`): its start held more for a
/// moment than the streams may, and would hide them.
fn forget_the_peak(pid: u32) -> anyhow::Result<()> {
    let file = format!("/proc/{pid}/clear_refs");
    std::fs::write(&file, "5").with_context(|| format!("can't write {file}"))
}
