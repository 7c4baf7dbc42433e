//! T36: HTTP as no browser speaks it: requests with two meanings, heads without an end, connections
//! that say nothing, bodies that nobody asked for. Each is refused or let go in time, the memory
//! stays bounded, and the relay is as quick as before meanwhile. The controls are a bare
//! `axum::serve`, which a slow head holds for ever, and which answers what should be refused.

mod corpus;

use std::{net::SocketAddr, time::Duration};

use anyhow::Context;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{Findings, Tier};
use crate::{
    echo::{EchoProcess, Manner},
    measure::{Durations, Stopwatch, count, resident_bytes, rounded},
    process::Forecourt,
    raw::head,
};

/// How long a connection that does not get to the point may be held, in seconds.
const HELD_S_MAX: f64 = 10.0;

/// When the run gives up on a connection that is still held.
const PATIENCE: Duration = Duration::from_secs(12);

/// How long the control has for each answer.
const CONTROL_PATIENCE: Duration = Duration::from_secs(3);

/// How much the relay's memory may grow meanwhile, in MB.
const GROWTH_MB_MAX: f64 = 50.0;

/// How soon `/healthz` answers meanwhile, over a new connection each time.
const HEALTH_MS_MAX: f64 = 100.0;

/// How much of a body of 1 GiB may be taken before it is refused: what fits buffers of the system.
const BODY_MB_MAX: f64 = 16.0;

/// What may be answered to a request that is refused.
const REFUSALS: [u16; 8] = [400, 405, 411, 413, 414, 417, 431, 505];

/// What came of one request of the corpus.
struct Refused {
    name: String,
    /// The statuses that were answered; nothing where the connection was held.
    statuses: Option<Vec<u16>>,
    time: Duration,
}

/// Runs the test and its control.
pub async fn run(tier: Tier, findings: &mut Findings) -> anyhow::Result<()> {
    rlimit::increase_nofile_limit(u64::MAX)?;
    let dir = tempfile::tempdir()?;
    let mut relay = Forecourt::named("FORECOURT_BIN", &dir.path().join("data"))?;
    relay.start().await?;
    let (address, pid) = (relay.address(), relay.pid().context("the relay runs")?);
    let before = resident_bytes(pid)?;
    let over = CancellationToken::new();
    let attacks = async {
        let attacked = attack(tier, address, findings).await;
        over.cancel();
        attacked
    };
    let (attacked, watched) = tokio::join!(attacks, watch(address, pid, &over));
    attacked?;
    let (mut health, most) = watched?;
    findings.note("health_probes", health.len());
    findings.fast("health_ms_p99", health.per_mille_ms(990), HEALTH_MS_MAX);
    let grown = count(most.saturating_sub(before)) / 1e6;
    findings.at_most("grown_mb", rounded(grown), GROWTH_MB_MAX);
    let mut visitor = Forecourt::stranger()?;
    relay.greet(&mut visitor).await?;
    findings.exactly("first_seq_afterwards", visitor.say("How long is the warranty?").await?, 1);
    Ok(())
}

/// All attacks; the slow ones side by side with the control.
async fn attack(tier: Tier, address: SocketAddr, findings: &mut Findings) -> anyhow::Result<()> {
    findings.at_most("body_mb_taken", rounded(unasked_bodies(address).await?), BODY_MB_MAX);
    let control = EchoProcess::start(Manner::Permissive).await?;
    let n_silent = tier.pick(1_000, 10_000, 10_000);
    let (refused, silent, slow, control_slow, control_answered) = tokio::join!(
        refused(address),
        silent(address, n_silent),
        slow_head(address),
        slow_head(control.address),
        answered(control.address)
    );
    judge(refused?, findings);
    let (held, mut silent) = silent?;
    findings.note("silent_connections", n_silent);
    findings.exactly("silent_connections_held", held, 0);
    findings.at_most("silent_held_s_max", silent.per_mille_ms(1_000) / 1e3, HELD_S_MAX);
    let slow_s = slow?.map_or(f64::INFINITY, |time| time.as_secs_f64());
    findings.at_most("slow_head_held_s", rounded(slow_s), HELD_S_MAX);
    findings.control("a bare axum::serve holds a slow head", control_slow?.is_none());
    let answered = control_answered?;
    findings.note("control_answered", answered);
    findings.control("a bare axum::serve answers what should be refused", 0 < answered);
    Ok(())
}

/// Sends the corpus, one request a connection, all side by side: some are heads that never end.
async fn refused(address: SocketAddr) -> anyhow::Result<Vec<Refused>> {
    let mut tasks = JoinSet::new();
    for (name, bytes) in corpus::requests() {
        tasks.spawn(async move {
            let watch = Stopwatch::start();
            let statuses = exchange(address, &bytes).await?;
            anyhow::Ok(Refused { name, statuses, time: watch.elapsed() })
        });
    }
    tasks.join_all().await.into_iter().collect()
}

/// How many requests of the corpus a server answers as if nothing were wrong.
async fn answered(address: SocketAddr) -> anyhow::Result<u64> {
    let mut tasks = JoinSet::new();
    for (_, bytes) in corpus::requests() {
        tasks.spawn(async move {
            let mut stream = TcpStream::connect(address).await?;
            let first = async {
                stream.write_all(&bytes).await?;
                head(&mut stream).await
            };
            let first = timeout(CONTROL_PATIENCE, first).await;
            anyhow::Ok(matches!(first, Ok(Ok((head, _))) if head.starts_with("HTTP/1.1 200 ")))
        });
    }
    let all: Vec<bool> = tasks.join_all().await.into_iter().collect::<anyhow::Result<_>>()?;
    Ok(all.into_iter().filter(|is_answered| *is_answered).count() as u64)
}

/// Holds what came of the corpus against what should.
fn judge(all: Vec<Refused>, findings: &mut Findings) {
    findings.note("requests", all.len());
    let mut times = Durations::default();
    for Refused { name, statuses, time } in all {
        times.push(time);
        findings.hold(statuses.is_some(), || format!("{name} was held open"));
        let statuses = statuses.unwrap_or_default();
        let fine = statuses.iter().all(|status| REFUSALS.contains(status)) && statuses.len() <= 1;
        findings.hold(fine, || format!("{name} was answered with {statuses:?}"));
    }
    findings.note("refused_ms_p50", rounded(times.per_mille_ms(500)));
    findings.at_most("refused_s_max", times.per_mille_ms(1_000) / 1e3, HELD_S_MAX);
}

/// Sends bytes and reads until the connection ends; the statuses, or nothing if it stays open.
async fn exchange(address: SocketAddr, bytes: &[u8]) -> anyhow::Result<Option<Vec<u16>>> {
    let mut stream = TcpStream::connect(address).await?;
    let (mut read, mut write) = stream.split();
    let mut answer = Vec::new();
    let whole = async {
        // Who is refused early can't send the rest; the answer may be there all the same.
        let sending = async {
            let _ = write.write_all(bytes).await;
        };
        let reading = async { while let Ok(1..) = read.read_buf(&mut answer).await {} };
        tokio::join!(sending, reading)
    };
    if timeout(PATIENCE, whole).await.is_err() {
        return Ok(None);
    }
    let text = String::from_utf8_lossy(&answer).into_owned();
    let lines = text.split("HTTP/1.1 ").skip(1);
    Ok(Some(lines.map(|line| line.get(..3).and_then(|s| s.parse().ok()).unwrap_or(0)).collect()))
}

/// Sends bodies of a gigabyte until they are refused; answers how many MB went through at most.
async fn unasked_bodies(address: SocketAddr) -> anyhow::Result<f64> {
    let gigabyte = 1_u64 << 30;
    let mut most = 0;
    for body in [format!("content-length: {gigabyte}"), "transfer-encoding: chunked".to_owned()] {
        let mut stream = TcpStream::connect(address).await?;
        let request = format!("POST /v1/chat HTTP/1.1\r\nhost: {address}\r\n{body}\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let chunk = [b"fff0\r\n".as_slice(), &b"x".repeat(0xfff0), b"\r\n"].concat();
        let mut taken = 0_u64;
        while taken < gigabyte && timeout(PATIENCE, stream.write_all(&chunk)).await?.is_ok() {
            taken += chunk.len() as u64;
        }
        most = most.max(taken);
    }
    Ok(count(most) / 1e6)
}

/// Opens connections that begin a request and say no more; answers how many are still held when
/// the time is up, and how long the others were.
async fn silent(address: SocketAddr, n_silent: usize) -> anyhow::Result<(u64, Durations)> {
    let mut tasks = JoinSet::new();
    for _ in 0..n_silent {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(b"GET /healthz HTTP/1.1\r\n").await?;
        let watch = Stopwatch::start();
        tasks.spawn(async move {
            let mut answer = Vec::new();
            let ended = timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
            ended.is_ok().then(|| watch.elapsed())
        });
    }
    let (mut held, mut times) = (0, Durations::default());
    while let Some(ended) = tasks.join_next().await {
        match ended? {
            Some(time) => times.push(time),
            None => held += 1,
        }
    }
    Ok((held, times))
}

/// Sends a head a byte a second; answers when the connection ended, if it did.
async fn slow_head(address: SocketAddr) -> anyhow::Result<Option<Duration>> {
    let mut stream = TcpStream::connect(address).await?;
    let watch = Stopwatch::start();
    let (mut read, mut write) = stream.split();
    let sending = async {
        for byte in b"GET /healthz HTTP/1.1\r\nhost: slow.example\r\n" {
            if write.write_all(&[*byte]).await.is_err() {
                break;
            }
            sleep(Duration::from_secs(1)).await;
        }
        std::future::pending::<()>().await;
    };
    let mut answer = Vec::new();
    let reading = async { while let Ok(1..) = read.read_buf(&mut answer).await {} };
    tokio::select! {
        () = reading => Ok(Some(watch.elapsed())),
        () = sending => Ok(None),
        () = sleep(PATIENCE) => Ok(None),
    }
}

/// Asks for health and looks at the memory until all is over.
async fn watch(
    address: SocketAddr,
    pid: u32,
    over: &CancellationToken,
) -> anyhow::Result<(Durations, u64)> {
    let (mut health, mut most) = (Durations::default(), 0);
    while !over.is_cancelled() {
        let watch = Stopwatch::start();
        let mut stream = TcpStream::connect(address).await?;
        let request = format!("GET /healthz HTTP/1.1\r\nhost: {address}\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let (answer, _) = timeout(PATIENCE, head(&mut stream)).await??;
        anyhow::ensure!(answer.starts_with("HTTP/1.1 200 "), "not healthy: {answer}");
        health.push(watch.elapsed());
        most = most.max(resident_bytes(pid)?);
        sleep(Duration::from_millis(20)).await;
    }
    Ok((health, most))
}
