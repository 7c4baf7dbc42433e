//! The program `forecourt`: hands the command line to `relay::cli`, and nothing more.

use std::process::ExitCode;

fn main() -> ExitCode {
    relay::cli::run()
}
