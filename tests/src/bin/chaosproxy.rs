//! The chaos proxy as a program, for tests in other languages: prints its address, then does what
//! each line of its input says and answers with how things stand. It ends with its input.

use std::{io::Write, net::SocketAddr};

use anyhow::Context;
use clap::Parser;
use forecourt_tests::chaos::{ChaosProxy, Order};
use serde_json::json;
use tokio::io::{AsyncBufReadExt, BufReader};

/// Mistreats TCP connections, for tests.
#[derive(Parser)]
struct Options {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Where connections go.
    #[arg(long)]
    target: SocketAddr,
    /// From what its numbers are drawn.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let proxy = ChaosProxy::listen(options.listen, options.target, options.seed)
        .await
        .with_context(|| format!("can't listen on {}", options.listen))?;
    writeln!(std::io::stdout(), "{}", proxy.address())?;
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        let answer = match serde_json::from_str::<Order>(&line) {
            Ok(order) => json!(proxy.order(order)),
            Err(error) => json!({ "problem": error.to_string() }),
        };
        writeln!(std::io::stdout(), "{answer}")?;
    }
    Ok(())
}
