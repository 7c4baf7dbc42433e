//! Knocks at the visitors' door again and again, and notes how long each answer took; asks at the
//! operator's whether the relay is ready.

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context, ensure};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

use crate::{
    measure::{Durations, Stopwatch},
    raw,
};

/// How long between two knocks.
const EVERY: Duration = Duration::from_millis(10);

/// How long an answer may take before the door counts as dead.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long things took.
#[derive(Debug, Default)]
pub struct Waits {
    /// From the moment at which the system had taken the connection to the answer: what the relay
    /// makes of it.
    pub answer: Durations,
    /// Until the system had taken it: longer when connections queue up beyond the backlog.
    pub connect: Durations,
}

/// A probe at work.
pub struct Probe {
    task: JoinSet<anyhow::Result<Waits>>,
    stop: CancellationToken,
}

impl Probe {
    /// Begins to knock.
    pub fn start(door: SocketAddr) -> Self {
        let stop = CancellationToken::new();
        let mut task = JoinSet::new();
        task.spawn(knock(door, stop.clone()));
        Self { task, stop }
    }

    /// Ends, with what it saw.
    pub async fn end(mut self) -> anyhow::Result<Waits> {
        self.stop.cancel();
        let waits = self.task.join_next().await.context("a probe has one task")???;
        ensure!(!waits.answer.is_empty(), "nobody knocked");
        Ok(waits)
    }
}

async fn knock(door: SocketAddr, stop: CancellationToken) -> anyhow::Result<Waits> {
    let mut waits = Waits::default();
    while !stop.is_cancelled() {
        let watch = Stopwatch::start();
        let stream = TcpStream::connect(door).await.context("the door is shut")?;
        waits.connect.push(watch.elapsed());
        let watch = Stopwatch::start();
        tokio::time::timeout(PATIENCE, ask(stream)).await.context("the door is dead")??;
        waits.answer.push(watch.elapsed());
        tokio::time::sleep(EVERY).await;
    }
    Ok(waits)
}

async fn ask(mut stream: TcpStream) -> anyhow::Result<()> {
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: probe\r\nConnection: close\r\n\r\n").await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    ensure!(answer.starts_with("HTTP/1.1 200"), "the door said {answer}");
    Ok(())
}

/// Whether `/readyz` says that the relay goes on and keeps what it is told. That its widget is built it
/// need not say: the rig's relay may have none, and would never be ready.
pub async fn is_ready_at(admin: SocketAddr) -> bool {
    let goes_on = ["\"stopping\":false", "\"store\":\"ok\""];
    let words = raw::body(admin, "/readyz").await;
    words.is_ok_and(|words| goes_on.iter().all(|word| words.contains(word)))
}
