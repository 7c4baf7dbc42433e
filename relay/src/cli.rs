//! The command line, written for an operator: what may be asked, one file for each command.

mod audit;
mod backup;
pub(crate) mod dealer;
mod doctor;
mod keys;
mod lead;
mod output;
mod record;
mod request;
mod retention;
mod serve;
mod store;
mod subject;

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};

pub use output::Out;
pub(crate) use serve::given;
pub use serve::{LlmArgs, start_or_stop, until_stopped};

use crate::{
    config::{Config, Purpose, Sources, Vars},
    core_dumps, demo,
    http::inherited::Inherited,
    telemetry::start_logs,
};

/// An AI chat for car dealers: the relay that answers, keeps and forgets.
#[derive(Debug, Parser)]
#[command(
    name = "forecourt",
    version,
    after_help = "Every key of forecourt.toml has a variable too (FORECOURT_LISTEN, FORECOURT_DATA, …);\n\
                  a flag beats a variable, a variable beats the file. See docs/operations.md.\n\
                  To look around: forecourt demo"
)]
struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

/// What every command takes.
#[derive(Clone, Debug, Default, Args)]
struct Common {
    /// The configuration [usually: forecourt.toml in this directory, if there is one]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The directory of the data [usually: ./forecourt-data]
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<String>,
    /// The directory of the wrapped keys [usually: that of the data]
    #[arg(long, global = true, value_name = "DIR")]
    keys_dir: Option<String>,
    /// Who you are, for the trail of what was done [usually: the account that runs this]
    #[arg(long, global = true, value_name = "NAME")]
    by: Option<String>,
    /// How log lines look: human or json [usually: human]
    #[arg(long, global = true, value_name = "FORMAT")]
    log_format: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve visitors until a signal comes (SIGTERM, Ctrl-C)
    Serve(serve::ServeArgs),
    /// Show it all with a made-up dealer on this machine
    Demo(demo::DemoArgs),
    /// Add, list, show, change and remove dealers
    #[command(subcommand)]
    Dealer(dealer::DealerCommand),
    /// Read the leads that visitors left
    #[command(subcommand)]
    Lead(lead::LeadCommand),
    /// Delete what is past its end, or see what would be
    #[command(subcommand)]
    Retention(retention::RetentionCommand),
    /// Find a person's conversations, and delete them for good
    #[command(subcommand)]
    Subject(subject::SubjectCommand),
    /// Who of the staff did what with the data, and whether anybody has changed that
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Keep the register of what people ask for under data-protection law, with its deadlines
    #[command(subcommand)]
    Request(request::RequestCommand),
    /// The record of processing (Art. 30 GDPR), the sub-processors, where data go; as it is now
    Record(record::RecordArgs),
    /// Look after the keys that everything is sealed with
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Copy everything to another directory, while the server runs or not
    Backup(backup::BackupArgs),
    /// Put a backup in the place of the data; no server may run
    Restore(backup::RestoreArgs),
    /// Check this installation, line by line, with remedies; exit code 1 if something fails
    Doctor(doctor::DoctorArgs),
}

/// Runs the command line of this process.
pub fn run() -> ExitCode {
    core_dumps::forbid();
    let cli = Cli::parse();
    // Before there are threads: this reads and cleans the environment.
    let listeners = match Inherited::of_process() {
        Ok(listeners) => listeners,
        Err(error) => {
            return fail(&anyhow::anyhow!(
                "what was passed on as LISTEN_FDS is no TCP socket: {error}"
            ));
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&anyhow::anyhow!("can't start threads: {error}")),
    };
    match runtime.block_on(act(cli, listeners)) {
        Ok(code) => code,
        Err(error) => fail(&error),
    }
}

async fn act(cli: Cli, listeners: Inherited) -> anyhow::Result<ExitCode> {
    let Cli { common, command } = cli;
    let out = Out::stdout();
    match command {
        Command::Serve(args) => serve::run(&common, &args, listeners).await,
        Command::Demo(args) => {
            let sources = common.sources(args.flags());
            demo::run(sources, &args, listeners, out).await
        }
        Command::Dealer(command) => dealer::run(&common.tool()?, command, out).await,
        Command::Lead(command) => lead::run(&common.tool()?, &command, out).await,
        Command::Retention(command) => retention::run(&common.tool()?, &command, out).await,
        Command::Subject(command) => subject::run(&common.tool()?, &command, out).await,
        Command::Audit(command) => audit::run(&common.tool()?, &command, out).await,
        Command::Request(command) => request::run(&common.tool()?, &command, out).await,
        Command::Record(args) => record::run(&common.tool()?, &args, out).await,
        Command::Keys(command) => keys::run(&common.tool()?, &command, out).await,
        Command::Backup(args) => backup::back_up(&common.tool()?, &args, out).await,
        Command::Restore(args) => backup::restore(&common.tool()?, &args, out).await,
        Command::Doctor(args) => doctor::run(&common.sources(Vec::new()), &args, out).await,
    }
}

impl Common {
    /// From where the configuration is read, with the flags of one command.
    fn sources(&self, mut flags: Vec<(&'static str, String, &'static str)>) -> Sources {
        let own = [
            ("data", &self.data, "--data"),
            ("keys.dir", &self.keys_dir, "--keys-dir"),
            ("log.format", &self.log_format, "--log-format"),
        ];
        for (key, value, flag) in own {
            flags.extend(value.clone().map(|value| (key, value, flag)));
        }
        Sources { file: self.config.clone(), vars: Vars::of_process(), flags }
    }

    /// The configuration for a command that looks after the data, and its logs.
    fn tool(&self) -> anyhow::Result<Config> {
        let mut config = Config::load(&self.sources(Vec::new()), Purpose::Tool)?;
        if let Some(by) = &self.by {
            config.by.clone_from(by);
        }
        start_logs(config.log, &config.log_filter)?;
        Ok(config)
    }
}

/// Tells what went wrong, on standard error.
fn fail(error: &anyhow::Error) -> ExitCode {
    Out::stderr().line(format!("forecourt: {}", told(error)));
    ExitCode::FAILURE
}

/// The error and its causes; a cause that the sentence before holds already is told once.
fn told(error: &anyhow::Error) -> String {
    let mut sentence = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if sentence.is_empty() {
            sentence = cause;
        } else if !sentence.contains(&cause) {
            sentence = format!("{sentence}: {cause}");
        }
    }
    sentence
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_commands_that_people_rely_on_are_there() {
        for line in [
            "serve --listen 127.0.0.1:0 --admin-listen 127.0.0.1:0 --data d",
            "serve --take-over",
            "demo --listen 127.0.0.1:0 --admin-listen 127.0.0.1:0 --site-listen 127.0.0.1:0 --data d \
             --llm-provider openai-compatible --llm-base-url http://127.0.0.1:1/v1 --llm-model m",
            "dealer add --file dealer.toml",
            "dealer list --json",
            "dealer show site_harbour-cars",
            "dealer set site_harbour-cars --file dealer.toml",
            "dealer remove site_harbour-cars --yes",
            "lead list --dealer site_harbour-cars --json",
            "retention sweep --dry-run",
            "retention confirm",
            "request open --kind access --dealer site_harbour-cars --received 2026-11-22 --channel mail",
            "request list --open --json",
            "request note req_1 --action paused --reason identity",
            "record --for operator --html",
            "record --for site_harbour-cars --csv",
            "record --sub-processors --json",
            "record --data-flow",
            "request close req_1 --outcome refused --ground unfounded",
            "doctor --json",
            "backup --to d2 --data d --damaged --json",
            "restore --from d2 --data d",
            "restore --from d2 --discard-replaced --json",
            "--data d dealer list",
        ] {
            let words = std::iter::once("forecourt").chain(line.split_whitespace());
            assert!(Cli::try_parse_from(words).is_ok(), "{line}");
        }
        for line in ["serve --lisen x", "record", "record --for operator --data-flow"] {
            let words = std::iter::once("forecourt").chain(line.split_whitespace());
            assert!(Cli::try_parse_from(words).is_err(), "{line}");
        }
    }

    #[test]
    fn a_cause_is_told_once() {
        let disk = anyhow::anyhow!("disk full").context("can't write a: disk full").context("no");
        assert_eq!(told(&disk), "no: can't write a: disk full");
    }

    #[test]
    fn no_secret_can_be_given_by_a_flag() {
        fn flags(command: &clap::Command) -> Vec<String> {
            let own = command.get_arguments().map(|arg| arg.get_id().to_string());
            own.chain(command.get_subcommands().flat_map(flags)).collect()
        }
        let mut all = flags(&Cli::command());
        // A directory of wrapped ones.
        all.retain(|flag| flag != "keys_dir");
        assert!(!all.iter().any(|flag| flag.contains("key") || flag.contains("secret")), "{all:?}");
    }
}
