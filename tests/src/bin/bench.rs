//! `bench [NAME…] [--json FILE]`: the figures of the design's budgets. Run by `cargo xtask bench`.

#![expect(clippy::print_stdout, reason = "a command speaks on its standard output")]

use std::{net::SocketAddr, path::PathBuf};

use clap::{Parser, Subcommand};
use forecourt_tests::{
    bench::{acknowledgements, first_token, floor, idle, sizes, start},
    measure::Figures,
};
use relay::open_files;

/// All figures, in the order in which they are measured.
const NAMES: [&str; 5] = ["sizes", "idle", "start", "acks", "first-token"];

/// As many sockets as a figure may open in one process.
const SOCKETS: usize = 20_000;

/// Measures the relay beside its floors.
#[derive(Debug, Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Arguments {
    /// Which figures: sizes, idle, start, acks, first-token; all if none is named.
    names: Vec<String>,
    /// Where to write the figures.
    #[arg(long)]
    json: Option<PathBuf>,
    #[command(subcommand)]
    floor: Option<Floor>,
}

/// A bare program, run as a process of its own.
#[derive(Debug, Subcommand)]
enum Floor {
    /// Sockets that only answer.
    #[command(hide = true)]
    FloorSockets {
        /// Where.
        #[arg(long)]
        listen: SocketAddr,
    },
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    // So that no rush is held up by the bench itself.
    open_files::allow(SOCKETS);
    if let Some(Floor::FloorSockets { listen }) = arguments.floor {
        return floor::sockets(listen).await;
    }
    let mut figures = Figures::default();
    let all: Vec<String> = NAMES.map(str::to_owned).to_vec();
    let names = if arguments.names.is_empty() { all } else { arguments.names };
    for name in names {
        println!("{name}");
        match name.as_str() {
            "sizes" => sizes::run(&mut figures)?,
            "idle" => idle::run(&mut figures).await?,
            "start" => start::run(&mut figures).await?,
            "acks" => acknowledgements::run(&mut figures).await?,
            "first-token" => first_token::run(&mut figures).await?,
            _ => anyhow::bail!("no figure {name}: there are {}", NAMES.join(", ")),
        }
    }
    if let Some(path) = &arguments.json {
        figures.write(path)?;
    }
    Ok(())
}
