//! The bare programs: a socket server that only answers, a table that only commits.

use std::{net::SocketAddr, path::Path, time::Duration};

use axum::{
    Router,
    extract::ws::{Message, WebSocket, WebSocketUpgrade},
    response::Response,
    routing::get,
};
use protocol::limits::MAX_FRAME_BYTES;
use sqlx::{
    Connection, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};

use crate::measure::Stopwatch;

/// Serves sockets that answer each text with itself, with the relay's buffers.
pub async fn sockets(listen: SocketAddr) -> anyhow::Result<()> {
    let router = Router::new().route("/v1/chat", get(upgrade));
    let listener = tokio::net::TcpListener::bind(listen).await?;
    axum::serve(listener, router).await?;
    Ok(())
}

async fn upgrade(upgrade: WebSocketUpgrade) -> Response {
    upgrade
        .read_buffer_size(relay::limits::SOCKET_READ_BYTES)
        .write_buffer_size(0)
        .max_message_size(MAX_FRAME_BYTES)
        .on_upgrade(echo)
}

async fn echo(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        if matches!(message, Message::Text(_)) && socket.send(message).await.is_err() {
            return;
        }
    }
}

/// How many rows one connection commits in a second, one by one, to disk.
pub async fn commits_per_second(dir: &Path, time: Duration) -> anyhow::Result<f64> {
    let options = SqliteConnectOptions::new()
        .filename(dir.join("floor.db"))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    let mut connection = SqliteConnection::connect_with(&options).await?;
    sqlx::query("CREATE TABLE row (id INTEGER PRIMARY KEY, body BLOB NOT NULL)")
        .execute(&mut connection)
        .await?;
    let body = vec![7_u8; 300];
    let watch = Stopwatch::start();
    let mut n_rows = 0_u32;
    while watch.elapsed() < time {
        sqlx::query("INSERT INTO row (body) VALUES ($1)")
            .bind(&body)
            .execute(&mut connection)
            .await?;
        n_rows += 1;
    }
    Ok(f64::from(n_rows) / watch.elapsed().as_secs_f64())
}
