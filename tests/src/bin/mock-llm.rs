//! The scripted LLM server as a program: prints its address when it is ready, ends at Ctrl-C.

use std::{io::Write, net::SocketAddr, path::PathBuf};

use anyhow::Context;
use clap::Parser;
use forecourt_tests::llm::{MockLlm, control::scripts};
use relay::open_files;

/// How many may ask at once.
const SOCKETS: usize = 10_000;

/// A language model that does what it is told, for tests and demos.
#[derive(Parser)]
struct Options {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// A JSON file with a script, a list of scripts (the last is played for all further requests),
    /// or {"named": "…"}.
    #[arg(long)]
    script: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    // So that no rush of questions is held up here.
    open_files::allow(SOCKETS);
    let server = MockLlm::listen(options.listen)
        .await
        .with_context(|| format!("can't listen on {}: take another port", options.listen))?;
    if let Some(path) = &options.script {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("can't read {}", path.display()))?;
        let mut scripts = scripts(&serde_json::from_str(&text)?).map_err(anyhow::Error::msg)?;
        if let Some(last) = scripts.pop() {
            server.usually(last);
        }
        for script in scripts {
            server.script(script);
        }
    }
    writeln!(std::io::stdout(), "{}", server.url())?;
    tokio::signal::ctrl_c().await?;
    Ok(())
}
