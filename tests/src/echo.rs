//! Servers that only send back what they get: with the relay's own sockets, and known to be wrong.

use std::{future::pending, net::SocketAddr, process::Stdio};

use anyhow::Context;
use axum::{
    Extension, Router,
    extract::ws::{Message, WebSocket, WebSocketUpgrade},
    response::Response,
    routing::get,
};
use relay::{
    http::{meter::Meter, serve::serve, socket},
    lifecycle::Tasks,
};
use tokio::{net::TcpListener, process::Child};

use crate::process::free_address;

/// The largest message of the conformance suite; the relay's own bound is lower, by the same call.
const LARGEST_BYTES: usize = 16 * 1024 * 1024;

/// How a server treats its sockets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Manner {
    /// As the relay does: its listener, its bounds, its way of reading and closing.
    Relay,
    /// The same, but it drops the socket as soon as it hears of a close.
    BreaksOnClose,
    /// A bare `axum::serve` with axum's own bounds.
    Permissive,
}

/// Serves until the process ends.
pub async fn run(manner: Manner, listen: SocketAddr) -> anyhow::Result<()> {
    let listener = TcpListener::bind(listen).await?;
    let door = match manner {
        Manner::Relay => get(as_the_relay),
        Manner::BreaksOnClose => get(breaks_on_close),
        Manner::Permissive => get(permissive),
    };
    let router = Router::new().route("/v1/chat", door).route("/healthz", get(async || "ok"));
    if manner == Manner::Permissive {
        axum::serve(listener, router).await?;
        return Ok(());
    }
    let tasks = Tasks::new();
    serve(&tasks, "echo", listener, router, tasks.stopping());
    pending().await
}

async fn as_the_relay(meter: Extension<Meter>, upgrade: WebSocketUpgrade) -> Response {
    socket::bounded(upgrade, LARGEST_BYTES).on_upgrade(async move |stream| {
        let Extension(meter) = meter;
        meter.allow(2 * LARGEST_BYTES);
        let mut socket = socket::Socket::new(stream, meter);
        while let Some(message) = socket.message().await {
            let is_words = matches!(message, Message::Text(_) | Message::Binary(_));
            if is_words && socket.write(message).await.is_err() {
                return;
            }
        }
    })
}

async fn breaks_on_close(upgrade: WebSocketUpgrade) -> Response {
    socket::bounded(upgrade, LARGEST_BYTES).on_upgrade(|stream| echo(stream, true))
}

async fn permissive(upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(|stream| echo(stream, false))
}

async fn echo(mut stream: WebSocket, breaks_on_close: bool) {
    while let Some(Ok(message)) = stream.recv().await {
        if breaks_on_close && matches!(message, Message::Close(_)) {
            return;
        }
        let is_words = matches!(message, Message::Text(_) | Message::Binary(_));
        if is_words && stream.send(message).await.is_err() {
            return;
        }
    }
}

/// Such a server as a process of its own: this program, told to be one.
pub struct EchoProcess {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

impl EchoProcess {
    /// Starts it and waits until it answers.
    pub async fn start(manner: Manner) -> anyhow::Result<Self> {
        let address = free_address()?;
        let name = match manner {
            Manner::Relay => "relay",
            Manner::BreaksOnClose => "breaks-on-close",
            Manner::Permissive => "permissive",
        };
        let child = tokio::process::Command::new(std::env::current_exe()?)
            .args(["echo", name, "--listen", &address.to_string()])
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("can't start the echo")?;
        while tokio::net::TcpStream::connect(address).await.is_err() {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        Ok(Self { child, address })
    }

    /// The process, for its figures.
    pub fn pid(&self) -> u32 {
        self.child.id().unwrap_or_default()
    }
}
