//! Old clients with this relay, and this relay with a database of the future.

use std::path::Path;

use anyhow::{Context, ensure};
use protocol::{ClientMessage, FailureCode, ServerMessage, version::OLDEST_SUPPORTED};
use serde_json::Value;
use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::{
    process::Forecourt,
    rig::Findings,
    visitor::{Heard, Visitor},
};

/// What the oldest client that is still answered says after its greeting, with a member in each
/// frame that only a later client would send.
const SAID: [&str; 5] = [
    include_str!("../../../../protocol/golden/client/ping.json"),
    include_str!("../../../../protocol/golden/client/say.json"),
    include_str!("../../../../protocol/golden/client/stop.json"),
    include_str!("../../../../protocol/golden/client/retry.json"),
    include_str!("../../../../protocol/golden/client/lead.json"),
];

const HELLO: &str = include_str!("../../../../protocol/golden/client/hello-resume.json");

/// A step of the tables that no relay of today knows.
const FUTURE: i64 = 99_990_101;

/// Every golden frame is understood, whether its client is older or newer than the relay.
pub(super) async fn clients(relay: &Forecourt, findings: &mut Findings) -> anyhow::Result<()> {
    let mut visitor: Visitor = Forecourt::stranger()?;
    visitor.connect(relay.address(), &relay.origin()).await?;
    let mut hello = with_more(HELLO)?;
    hello["protocol"] = OLDEST_SUPPORTED.into();
    visitor.send_text(hello.to_string()).await?;
    let ServerMessage::Welcome(welcome) = visitor.frame().await? else {
        anyhow::bail!("the oldest client was not welcomed")
    };
    findings.exactly("answered_in_version", welcome.protocol.into(), OLDEST_SUPPORTED.into());
    let mut closed = 0;
    for text in SAID {
        let frame = with_more(text)?;
        // A close is no answer to any of them, and to the last no less.
        if !goes_on_after(&frame, &mut visitor).await? {
            closed = 1;
            break;
        }
    }
    let bad = visitor.failures.iter().filter(|f| f.code == FailureCode::BadFrame).count() as u64;
    findings.exactly("golden_frames_not_understood", bad, 0);
    findings.exactly("closed_after_a_golden_frame", closed, 0);
    Ok(())
}

/// Whether the relay, once it has taken in this frame, still answers a ping: the frame itself, or one
/// that follows it.
async fn goes_on_after(frame: &Value, visitor: &mut Visitor) -> anyhow::Result<bool> {
    let mut said = visitor.send_text(frame.to_string()).await;
    if said.is_ok() && frame["type"] != "ping" {
        said = visitor.send(&ClientMessage::Ping).await;
    }
    if said.is_err() {
        return Ok(false);
    }
    loop {
        match visitor.heard().await? {
            Heard::Frame(ServerMessage::Pong) => return Ok(true),
            Heard::Frame(_) => {}
            Heard::Closed(_) => return Ok(false),
        }
    }
}

/// The frame with a member that this relay does not know.
fn with_more(text: &str) -> anyhow::Result<Value> {
    let mut frame: Value = serde_json::from_str(text)?;
    frame["added_later"] = serde_json::json!({ "x": [1, null] });
    Ok(frame)
}

/// A database that a newer relay has changed is refused in words and stays as it is.
pub(super) async fn newer_tables(
    relay: &mut Forecourt,
    data: &Path,
    findings: &mut Findings,
) -> anyhow::Result<()> {
    let options = SqliteConnectOptions::new().filename(data.join("forecourt.db"));
    let mut conn = SqliteConnection::connect_with(&options).await?;
    let step = "INSERT INTO _sqlx_migrations \
        (version, description, installed_on, success, checksum, execution_time) \
        VALUES ($1, 'of the future', CURRENT_TIMESTAMP, TRUE, x'00', 1)";
    sqlx::query(step).bind(FUTURE).execute(&mut conn).await?;
    conn.close().await?;
    let (status, told) = relay.fail().await?;
    findings.exactly("newer_tables_exit_code", status.unsigned_abs().into(), 1);
    findings.hold(told.contains("a newer relay"), || format!("newer tables were told as: {told}"));
    let mut conn = SqliteConnection::connect_with(&options).await?;
    let undone = sqlx::query("DELETE FROM _sqlx_migrations WHERE version = $1");
    let removed = undone.bind(FUTURE).execute(&mut conn).await?.rows_affected();
    ensure!(removed == 1, "the step of the future was not left alone");
    conn.close().await?;
    relay.start().await.context("what was refused is fine again")?;
    Ok(())
}
