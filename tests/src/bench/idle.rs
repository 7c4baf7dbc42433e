//! What a visitor costs who has the chat open and says nothing, beside a bare axum socket; and what
//! the relay costs at rest.

use std::{process::Stdio, time::Duration};

use anyhow::{Context, ensure};
use futures_util::StreamExt;
use tokio::process::Command;
use tokio_tungstenite::connect_async;

use crate::{
    measure::{Figures, resident_bytes, rounded},
    process::{Forecourt, free_address},
};

/// How many sockets are opened.
const SOCKETS: u32 = 4_000;

/// What else an end has open.
const FILES_BESIDE: u64 = 100;

/// How soon a relay must be ready, in ms; what it may hold at rest, in MB; what each socket may
/// cost, in kB.
pub(super) const START_MS: f64 = 1_000.0;
const REST_MB: f64 = 20.0;
const IDLE_KB: f64 = 10.0;

/// How long the bare server may take to listen.
const PATIENCE: Duration = Duration::from_secs(30);

/// Measures and notes.
pub async fn run(figures: &mut Figures) -> anyhow::Result<()> {
    let allowed = rlimit::increase_nofile_limit(u64::MAX)?;
    let wanted = u64::from(SOCKETS) + FILES_BESIDE;
    ensure!(wanted <= allowed, "{wanted} open files are needed, {allowed} allowed: ulimit -Hn");
    let dir = tempfile::tempdir()?;
    let mut relay = Forecourt::named("FORECOURT_BIN", &dir.path().join("data"))?.without_paces();
    let ready = relay.start().await?;
    figures.against("start_ms", ready.as_secs_f64() * 1_000.0, START_MS);
    let pid = relay.pid().unwrap_or_default();
    let at_rest = resident_bytes(pid)?;
    figures.against("rest_mb", megabytes(at_rest), REST_MB);
    let mut visitors = Vec::new();
    for _ in 0..SOCKETS {
        let mut visitor = Forecourt::stranger()?;
        relay.greet(&mut visitor).await?;
        visitors.push(visitor);
    }
    let each = per_socket_kb(resident_bytes(pid)? - at_rest);
    figures.against("idle_kb_per_socket", each, IDLE_KB);
    drop(visitors);
    let floor = floor().await?;
    figures.note("idle_floor_kb_per_socket", rounded(floor));
    figures.note("idle_to_floor", rounded(each / floor));
    Ok(())
}

/// The same with a bare server.
async fn floor() -> anyhow::Result<f64> {
    let listen = free_address()?;
    let mut child = Command::new(std::env::current_exe()?)
        .args(["floor-sockets", "--listen", &listen.to_string()])
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    let url = format!("ws://{listen}/v1/chat");
    let knocking = async {
        loop {
            if let Ok((socket, _)) = connect_async(&url).await {
                return socket;
            }
            tokio::task::yield_now().await;
        }
    };
    let first = tokio::time::timeout(PATIENCE, knocking).await;
    let mut sockets = vec![first.context("the bare server never listened")?];
    let pid = child.id().unwrap_or_default();
    let before = resident_bytes(pid)?;
    for _ in 0..SOCKETS {
        let (mut socket, _) = connect_async(&url).await?;
        futures_util::SinkExt::send(&mut socket, "hello".into()).await?;
        socket.next().await;
        sockets.push(socket);
    }
    let each = per_socket_kb(resident_bytes(pid)? - before);
    child.kill().await?;
    Ok(each)
}

#[expect(clippy::cast_precision_loss, reason = "bytes of a process fit a float")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

fn per_socket_kb(bytes: u64) -> f64 {
    megabytes(bytes) * 1_000.0 / f64::from(SOCKETS)
}
