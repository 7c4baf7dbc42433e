//! `forecourt serve`: from the configuration to the first signal, and from there to the end.

use std::{future::Future, pin::pin, process::ExitCode};

use clap::Args;

use super::Common;
use crate::{
    Deps, Handover, Relay,
    config::{Config, Purpose},
    http::inherited::Inherited,
    lifecycle::Signals,
    open_files,
    store::Store,
    telemetry::{Metrics, start_logs},
};

/// Flags of `serve`.
#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// Where visitors connect [usually: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// Where /metrics, /livez and /readyz are; not for the public [usually: 127.0.0.1:8081]
    #[arg(long, value_name = "ADDRESS")]
    admin_listen: Option<String>,
    /// The origin that visitors see, for example `https://chat.example`
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// Wait until the relay that works on this data has stopped, instead of failing at once
    #[arg(long)]
    take_over: bool,
    #[command(flatten)]
    llm: LlmArgs,
}

/// Who answers. Keys come from variables or files, see docs/operations.md.
#[derive(Clone, Debug, Default, Args)]
pub struct LlmArgs {
    /// documents, openai, anthropic, mistral or openai-compatible [usually: documents]
    #[arg(long, value_name = "NAME")]
    pub llm_provider: Option<String>,
    /// Where the provider is reached, up to and with /v1
    #[arg(long, value_name = "URL")]
    pub llm_base_url: Option<String>,
    /// The model, by the provider's name for it
    #[arg(long, value_name = "NAME")]
    pub llm_model: Option<String>,
}

impl LlmArgs {
    /// The flags that were given, by their keys.
    pub fn flags(&self) -> Vec<(&'static str, String, &'static str)> {
        given([
            ("llm.provider", &self.llm_provider, "--llm-provider"),
            ("llm.base_url", &self.llm_base_url, "--llm-base-url"),
            ("llm.model", &self.llm_model, "--llm-model"),
        ])
    }
}

/// The flags that were given.
pub(crate) fn given<const N: usize>(
    all: [(&'static str, &Option<String>, &'static str); N],
) -> Vec<(&'static str, String, &'static str)> {
    all.into_iter().filter_map(|(key, value, flag)| Some((key, value.clone()?, flag))).collect()
}

pub(super) async fn run(
    common: &Common,
    args: &ServeArgs,
    listeners: Inherited,
) -> anyhow::Result<ExitCode> {
    let mut flags = args.llm.flags();
    flags.extend(given([
        ("listen", &args.listen, "--listen"),
        ("admin_listen", &args.admin_listen, "--admin-listen"),
        ("public_url", &args.public_url, "--public-url"),
    ]));
    let config = Config::load(&common.sources(flags), Purpose::Serve)?;
    start_logs(config.log, &config.log_filter)?;
    open_files::allow(config.limits.max_sockets);
    if config.lacks_proxy() {
        tracing::warn!(
            "trusted_proxies names no proxy: all visitors seem to come from its one address and share that address's {} chats",
            config.limits.max_sockets_per_address
        );
    }
    let metrics = Metrics::install()?;
    let mut signals = Signals::install()?;
    let data = config.data.display().to_string();
    let handover = Handover { listeners, take_over: args.take_over };
    let deps = Deps::system(metrics.clone());
    let start = Relay::start_after(handover, config, deps, async |_: &Store| Ok(()));
    let Some(relay) = start_or_stop(start, &mut signals).await? else {
        return Ok(ExitCode::SUCCESS);
    };
    metrics.keep_small(relay.tasks());
    tracing::info!(
        visitors = %relay.visitors(),
        admin = %relay.admin(),
        public = relay.public_origin(),
        data,
        "Listening for visitors on {}, for the operator on {}",
        relay.visitors(),
        relay.admin(),
    );
    Ok(until_stopped(relay, &mut signals).await)
}

/// Waits for the start, or gives it up at a signal.
pub async fn start_or_stop<T>(
    start: impl Future<Output = anyhow::Result<T>>,
    signals: &mut Signals,
) -> anyhow::Result<Option<T>> {
    tokio::select! {
        started = start => started.map(Some),
        signal = signals.next() => {
            tracing::info!(signal, "Stopping at {signal} before the start was done");
            Ok(None)
        }
    }
}

/// Waits for a signal and stops the relay; a second signal cuts what is left. A relay whose disk
/// failed in a commit stops by itself and fails: whoever supervises it starts it again, and the
/// start reads what the disk really holds.
pub async fn until_stopped(relay: Relay, signals: &mut Signals) -> ExitCode {
    let tasks = relay.tasks().clone();
    tokio::select! {
        signal = signals.next() => {
            tracing::info!(signal, "Stopping at {signal}; once more cuts what still runs");
        }
        () = relay.store().broken() => {
            tracing::error!("Stopping since the disk failed in a commit; start again once it is checked");
            // Nothing that still runs could be kept.
            tasks.kill();
            relay.stop().await;
            return ExitCode::FAILURE;
        }
    }
    let mut stop = pin!(relay.stop());
    let in_time = loop {
        tokio::select! {
            in_time = &mut stop => break in_time,
            signal = signals.next() => {
                tracing::warn!(signal, "Cutting what still runs at a second signal");
                tasks.kill();
            }
        }
    };
    if in_time {
        tracing::info!("Stopped");
        ExitCode::SUCCESS
    } else {
        tracing::warn!("Stopped late: some replies were cut; each is kept as far as it went");
        ExitCode::FAILURE
    }
}
