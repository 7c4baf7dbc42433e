//! T31: a rolling deploy. The relay that stops is not ready at once, lets replies end, sends everybody
//! away with a word, and ends in time; the next one takes over the same data on the same listening
//! socket, so that no connection is refused; nothing is lost or doubled. Old clients are understood,
//! the tables of a newer relay are refused.
//!
//! The controls: relays that each open their own socket refuse connections in between, and a relay
//! that is killed cuts its replies.

mod fleet;
mod versions;

use std::{net::SocketAddr, os::fd::OwnedFd, sync::Arc, time::Duration};

use anyhow::{Context, ensure};
use protocol::{AuthorKind, Finish};
use serde_json::json;
use tokio::{
    net::TcpSocket,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{
    Findings, Tier, check, integrity,
    ledger::{Asked, Verdict},
    probe::is_ready_at,
    swarm::{self, Swarm, Talk},
};
use crate::{
    measure::{Stopwatch, count, rounded},
    process::{Forecourt, MockProcess, path_in},
    raw,
};
use fleet::{Fleet, Returned};

/// How soon a relay that was asked to stop must say that it is not ready.
const NOT_READY_MS_MAX: f64 = 250.0;

/// How long a stop may take.
const STOP_S_MAX: f64 = 30.0;

/// How long a visitor may be without a relay.
const GAP_MS_MAX: f64 = 3_000.0;

/// How many connections may be taken and not answered. Whoever knocks here has one at a time, so that
/// the end of one relay meets one of them; the other is for the next relay's beginning.
const DROPPED_MAX: f64 = 2.0;

/// How many connections may wait to be accepted, as systemd opens its sockets.
const BACKLOG: u32 = 4_096;

/// How long one answer is written; a stop waits for the last of those that are being written.
const ANSWER_WORDS: usize = 60;
const WORDS_PER_SECOND: u32 = 40;

/// How many talk without a pause.
const TALKERS: usize = 8;

/// One of how many idle visitors had asked something before, and was answered.
const SPOKEN_ONE_IN: usize = 10;

/// The binary that is replaced: the last release, where this variable names it, else the same.
const OLD: &str = "FORECOURT_OLD_BIN";
const NEW: &str = "FORECOURT_BIN";

/// When a run that hangs is given up.
const PATIENCE: Duration = Duration::from_mins(2);

/// How one relay is followed by the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// As it should be: the socket is passed on, the next one waits for the data.
    Rolling,
    /// Each opens its own socket, one after the other.
    OwnSockets,
    /// The first is killed.
    Killed,
}

/// Who is there when a relay is followed by the next.
#[derive(Clone, Copy)]
struct Load {
    idle: usize,
    /// How many of these had asked something before.
    spoken: usize,
    asking: usize,
    /// How many messages are acknowledged before.
    said: u64,
}

/// What a deploy showed.
struct Deploy {
    returned: Returned,
    verdict: Verdict,
    rows: integrity::Rows,
    asked: Asked,
    knocks: Knocks,
    not_ready: Duration,
    stopped: Duration,
    exit_code: i32,
    /// Answers that were whole, and those that were not.
    whole: u64,
    cut: u64,
    /// Idle conversations that were judged.
    spoken: u64,
}

/// Runs the test and its controls.
pub async fn run(tier: Tier, findings: &mut Findings) -> anyhow::Result<()> {
    rlimit::increase_nofile_limit(u64::MAX)?;
    let (n_idle, n_asking): (usize, usize) =
        (tier.pick(200, 5_000, 5_000), tier.pick(10, 100, 100));
    let spoken = n_idle.div_ceil(SPOKEN_ONE_IN);
    let said = tier.pick(TALKERS as u64, 400, 400);
    let load = Load { idle: n_idle, spoken, asking: n_asking, said };
    findings.note("old_binary", if is_the_same() { "the same" } else { OLD });
    let mut seen = deploy(Way::Rolling, load, Some(findings)).await?;
    findings.note("idle_sockets", n_idle);
    findings.note("replies_running", n_asking);
    seen.verdict.judge(findings);
    seen.rows.judge(findings);
    findings.note("model_calls", seen.asked.calls);
    findings.exactly("asked_twice", seen.asked.twice, 0);
    findings.exactly("asked_for_nothing", seen.asked.for_nothing, 0);
    findings.exactly("idle_conversations", seen.spoken, spoken as u64);
    findings.exactly("exit_code", seen.exit_code.unsigned_abs().into(), 0);
    findings.at_most("stopped_s", rounded(seen.stopped.as_secs_f64()), STOP_S_MAX);
    findings.fast("not_ready_ms", seen.not_ready.as_secs_f64() * 1e3, NOT_READY_MS_MAX);
    findings.exactly("connections_refused", seen.knocks.refused, 0);
    findings.at_least("connections_answered", count(seen.knocks.answered), 1.0);
    findings.at_most("connections_dropped", count(seen.knocks.dropped), DROPPED_MAX);
    findings.note("new_visitor_waited_ms_max", rounded(seen.knocks.longest.as_secs_f64() * 1e3));
    findings.exactly("sent_away_with_a_word", seen.returned.told, (n_idle + n_asking) as u64);
    findings.exactly("cut_off", seen.returned.cut, 0);
    findings.exactly("answers_cut", seen.cut, 0);
    findings.exactly("answers_whole", seen.whole, n_asking as u64);
    findings.note("gap_ms_p50", rounded(seen.returned.gaps.per_mille_ms(500)));
    findings.fast("gap_ms_p99", seen.returned.gaps.per_mille_ms(990), GAP_MS_MAX);
    findings.note("gap_ms_max", rounded(seen.returned.gaps.per_mille_ms(1_000)));

    let own = deploy(Way::OwnSockets, few(2), None).await?;
    findings.note("control_connections_refused", own.knocks.refused);
    findings.control("each relay opens its own socket", 0 < own.knocks.refused);
    let killed = deploy(Way::Killed, few(5), None).await?;
    findings.note("control_answers_cut", killed.cut);
    findings.control("kill -9 in place of SIGTERM", 0 < killed.cut && 0 < killed.returned.cut);
    Ok(())
}

fn few(asking: usize) -> Load {
    Load { idle: 20, spoken: 0, asking, said: TALKERS as u64 }
}

fn is_the_same() -> bool {
    path_in(OLD).is_err()
}

/// Follows one relay by the next under load.
async fn deploy(way: Way, load: Load, findings: Option<&mut Findings>) -> anyhow::Result<Deploy> {
    let dir = tempfile::tempdir()?;
    let text = "word ".repeat(ANSWER_WORDS);
    let script = json!({ "text": text, "words_per_second": WORDS_PER_SECOND });
    let model = MockProcess::start(&script, dir.path()).await?;
    let data = dir.path().join("data");
    let old = if is_the_same() { NEW } else { OLD };
    let mut old = Forecourt::named(old, &data)?.with_llm(&model.url).without_paces();
    let listening = if way == Way::OwnSockets { None } else { Some(listen(old.address())?) };
    match &listening {
        Some(listening) => old.start_on(listening.try_clone()?, &[]).await?,
        None => old.start().await?,
    };
    let door = Arc::new(Forecourt::same_door(&old));
    let mut fleet = Fleet::gather(load.idle, load.spoken, &door).await?;
    let swarm = Swarm::send(TALKERS, &door);
    swarm.until_more(load.said).await;
    fleet.ask(load.asking, &door).await?;

    let over = CancellationToken::new();
    let mut new = old.successor(NEW)?;
    let followed = async {
        let _over = over.clone().drop_guard();
        let followed = follow(way, &mut old, &mut new, listening.as_ref()).await?;
        let returned = timeout(PATIENCE, fleet.back()).await.context("not all came back")??;
        anyhow::Ok((followed, returned))
    };
    let (followed, knocks) = tokio::join!(followed, knock(door.address(), &over));
    let ((not_ready, stopped, exit_code), mut returned) = followed?;
    // Each talker goes on with the new one; the controls need not wait for that.
    if findings.is_some() {
        swarm.until_each_more().await;
    }
    let (mut verdict, mut promised) = swarm.settle(&new).await?;
    let (whole, cut) = answers(&mut returned.asked, text.trim_end()).await?;
    let spoken = returned.spoken.len() as u64;
    for talks in [&mut returned.asked, &mut returned.spoken] {
        promised.extend(swarm::promised(talks));
        verdict.add(swarm::compare_all(std::mem::take(talks), &new).await?);
    }
    let calls = check::calls(&model.url).await?;
    let asked = Asked::of(promised.iter().map(|id| (id, true)), &calls);
    if let Some(findings) = findings {
        versions::clients(&new, findings).await?;
        new.terminate().await?;
        drop(listening);
        versions::newer_tables(&mut new, &data, findings).await?;
    }
    new.kill().await?;
    let rows = integrity::rows(&data, &promised).await?;
    Ok(Deploy {
        returned,
        verdict,
        rows,
        asked,
        knocks,
        not_ready,
        stopped,
        exit_code,
        whole,
        cut,
        spoken,
    })
}

/// Stops the old relay and starts the new one; answers how soon the old one was not ready, how long it
/// took to stop, and its exit code.
async fn follow(
    way: Way,
    old: &mut Forecourt,
    new: &mut Forecourt,
    listening: Option<&OwnedFd>,
) -> anyhow::Result<(Duration, Duration, i32)> {
    if way == Way::Killed {
        old.kill().await?;
        let passed = listening.context("the socket is held")?.try_clone()?;
        new.start_on(passed, &[]).await?;
        return Ok((Duration::ZERO, Duration::ZERO, -9));
    }
    let admin = old.admin();
    ensure!(
        is_ready_at(admin).await,
        "a relay that is not asked to stop must say that it is ready"
    );
    let stop = async {
        let (stopped, not_ready) = tokio::join!(old.terminate(), not_ready(admin));
        let (status, time) = stopped?;
        anyhow::Ok((not_ready, time, status.code().unwrap_or(-1)))
    };
    let Some(listening) = listening else {
        let stopped = stop.await?;
        new.start().await?;
        return Ok(stopped);
    };
    // The new one is there first: it opens what it may and waits for the data.
    let passed = listening.try_clone()?;
    let (stopped, started) = tokio::join!(stop, new.start_on(passed, &["--take-over"]));
    started?;
    stopped
}

/// How long a relay says that it is ready, or says anything.
async fn not_ready(admin: SocketAddr) -> Duration {
    let watch = Stopwatch::start();
    while is_ready_at(admin).await {
        sleep(Duration::from_millis(1)).await;
    }
    watch.elapsed()
}

/// What somebody met who knocks again and again.
#[derive(Debug, Default)]
struct Knocks {
    answered: u64,
    refused: u64,
    /// Accepted by a relay that ended before it read anything; browsers try that again by themselves.
    dropped: u64,
    /// The longest wait for an answer.
    longest: Duration,
}

async fn knock(door: SocketAddr, over: &CancellationToken) -> Knocks {
    let mut knocks = Knocks::default();
    while !over.is_cancelled() {
        let watch = Stopwatch::start();
        let answer = tokio::select! {
            answer = raw::body(door, "/healthz") => answer,
            () = over.cancelled() => break,
        };
        match answer {
            Ok(_) => knocks.answered += 1,
            Err(error) if is_refused(&error) => knocks.refused += 1,
            Err(_) => knocks.dropped += 1,
        }
        knocks.longest = knocks.longest.max(watch.elapsed());
        sleep(Duration::from_millis(5)).await;
    }
    knocks
}

fn is_refused(error: &anyhow::Error) -> bool {
    let io = error.downcast_ref::<std::io::Error>();
    io.is_some_and(|error| error.kind() == std::io::ErrorKind::ConnectionRefused)
}

/// How many answers are whole, and how many ended before; what there is must be a beginning.
async fn answers(asked: &mut [Talk], text: &str) -> anyhow::Result<(u64, u64)> {
    let (mut whole, mut cut) = (0, 0);
    for (visitor, _) in asked {
        visitor.settled().await?;
        let answer = visitor.messages.values().find(|m| m.author_kind == AuthorKind::Ai);
        let answer = answer.context("an answer that had begun is gone")?;
        ensure!(text.starts_with(answer.text.trim_end()), "an answer has other words now");
        let is_whole = answer.finish == Some(Finish::Complete) && answer.text.trim_end() == text;
        *(if is_whole { &mut whole } else { &mut cut }) += 1;
    }
    Ok((whole, cut))
}

/// Opens the socket that is passed on from one relay to the next.
fn listen(address: SocketAddr) -> anyhow::Result<OwnedFd> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket.listen(BACKLOG)?.into_std()?.into())
}
