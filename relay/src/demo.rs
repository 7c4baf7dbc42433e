//! `forecourt demo`: a relay with two made-up dealers and the first one's site on a second origin,
//! as a visitor would meet them. For one machine; not a way to serve the public.

mod dealers;
mod site;

use std::{net::SocketAddr, path::PathBuf, process::ExitCode};

use anyhow::Context;
use clap::Args;
use tokio::net::TcpListener;

use crate::{
    Deps, Handover, Relay,
    cli::{LlmArgs, Out, given, start_or_stop, until_stopped},
    config::{Config, Purpose, Sources},
    crypt::Source,
    http::inherited::Inherited,
    lifecycle::Signals,
    limits::SITE_LISTEN,
    open_files,
    random::{self, OsRandom},
    store::Store,
    telemetry::{Metrics, start_logs},
};

/// Flags of `demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Where visitors connect [usually: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// Where /metrics, /livez and /readyz are [usually: 127.0.0.1:8081]
    #[arg(long, value_name = "ADDRESS")]
    admin_listen: Option<String>,
    /// Where the made-up dealer has its site
    #[arg(long, value_name = "ADDRESS", default_value_t = SITE_LISTEN)]
    site_listen: SocketAddr,
    /// Wait until the relay that works on this data has stopped, instead of failing at once
    #[arg(long)]
    take_over: bool,
    #[command(flatten)]
    llm: LlmArgs,
}

impl DemoArgs {
    /// The flags that were given, by their keys.
    pub fn flags(&self) -> Vec<(&'static str, String, &'static str)> {
        let mut flags = self.llm.flags();
        flags.extend(given([
            ("listen", &self.listen, "--listen"),
            ("admin_listen", &self.admin_listen, "--admin-listen"),
        ]));
        flags
    }
}

/// Runs the demonstration until a signal comes.
pub async fn run(
    mut sources: Sources,
    args: &DemoArgs,
    listeners: Inherited,
    out: Out,
) -> anyhow::Result<ExitCode> {
    let is_named = Config::names_data(&sources, Purpose::Demo)?;
    let scratch = if is_named { None } else { Some(Scratch::new()?) };
    if let Some(scratch) = &scratch {
        sources.flags.push(("data", scratch.0.display().to_string(), "--data"));
    }
    let mut config = Config::load(&sources, Purpose::Demo)?;
    if scratch.is_some() {
        config.operator_key = Source::unkept(&OsRandom);
    }
    start_logs(config.log, &config.log_filter)?;
    open_files::allow(config.limits.max_sockets);
    let metrics = Metrics::install()?;
    let mut signals = Signals::install()?;
    let handover = Handover { listeners, take_over: args.take_over };
    let starting = Box::pin(start(config, args, handover, metrics.clone()));
    let started = start_or_stop(starting, &mut signals).await?;
    let Some((relay, site)) = started else { return Ok(ExitCode::SUCCESS) };
    metrics.keep_small(relay.tasks());

    out.line("");
    out.line(format!("Dealer's site: {site}/"));
    // From this line on a program may take the relay for ready.
    out.line(format!("Relay: {}/", relay.public_origin()));
    out.line(format!("Chat alone: {}/chat/{}", relay.public_origin(), dealers::SITE_KEY));
    if scratch.is_some() {
        out.line("Nothing is kept: the data is removed at the end. Give --data DIR to keep it.");
    }
    out.line("Stop with Ctrl-C.");
    Ok(until_stopped(relay, &mut signals).await)
}

/// Starts the relay with the dealers added or renewed, serves the site; answers the site's origin.
async fn start(
    config: Config,
    args: &DemoArgs,
    handover: Handover,
    metrics: Metrics,
) -> anyhow::Result<(Relay, String)> {
    let listener = TcpListener::bind(args.site_listen).await.with_context(|| {
        format!(
            "can't listen on {}: is another demo running there? Give another --site-listen",
            args.site_listen
        )
    })?;
    let port = listener.local_addr()?.port();
    let bounds = config.retention_bounds;
    let prepare = async |store: &Store| dealers::put(store, &bounds, port).await;
    let relay = Relay::start_after(handover, config, Deps::system(metrics), prepare).await?;
    site::serve(relay.tasks(), listener, site::router(relay.public_origin()));
    Ok((relay, format!("http://localhost:{port}")))
}

/// A directory that is removed when it is dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> anyhow::Result<Self> {
        let name = u64::from_le_bytes(random::bytes(&OsRandom));
        let path = std::env::temp_dir().join(format!("forecourt-demo-{name:016x}"));
        let mut builder = std::fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        // Fails if somebody else made it first: nobody may wait there with a link.
        builder.create(&path).with_context(|| format!("can't make {}", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, "Left the demo's data at {}", self.0.display());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Vars;

    #[test]
    fn a_scratch_directory_is_private_and_gone_afterwards() {
        let scratch = Scratch::new().unwrap();
        let path = scratch.0.clone();
        std::fs::write(path.join("forecourt.db"), "x").unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o700);
        }
        drop(scratch);
        assert!(!path.exists());
    }

    #[test]
    fn data_that_somebody_named_is_never_taken_for_scratch() {
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = dir.path().join(name);
            std::fs::write(&path, text).unwrap();
            Sources { file: Some(path), ..Sources::default() }
        };
        let has_data = |sources: &Sources| Config::names_data(sources, Purpose::Demo).unwrap();
        // What a file says of other things leaves the operator's usual directory alone.
        for none in [Sources::default(), file("other.toml", "stop_seconds = 5\n")] {
            assert!(!has_data(&none), "{none:?}");
        }
        let flag =
            Sources { flags: vec![("data", "d".to_owned(), "--data")], ..Sources::default() };
        let variable =
            Sources { vars: Vars::from([("FORECOURT_DATA", "d")]), ..Sources::default() };
        for named in [flag, variable, file("data.toml", "data = \"d\"\n")] {
            assert!(has_data(&named), "{named:?}");
        }
    }
}
