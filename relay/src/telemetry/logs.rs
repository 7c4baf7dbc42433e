//! Log lines: one subscriber for the process, and a panic hook that keeps words to itself.

use std::{io::IsTerminal, panic::PanicHookInfo};

use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::FilterFn,
    fmt::{self, MakeWriter},
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// Words for a terminal.
    #[default]
    Human,
    /// One JSON object a line.
    Json,
}

/// Why there are no logs.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter of the configuration, or of `RUST_LOG`.
    #[error(
        "the log filter `{filter}` is wrong: {why}; write for example `info` or `info,relay::session=debug`"
    )]
    Filter {
        /// The filter.
        filter: String,
        /// What is wrong with it.
        why: String,
    },
    /// Something else in this process logs already.
    #[error("logs or metrics were started twice in one process")]
    Twice,
}

/// Starts the logs of this process, on standard error: standard output is for answers.
pub fn start_logs(format: LogFormat, filter: &str) -> Result<(), TelemetryError> {
    let colours = std::io::stderr().is_terminal();
    subscriber(format, filter, colours, std::io::stderr)?
        .try_init()
        .map_err(|_| TelemetryError::Twice)?;
    hide_panic_messages();
    Ok(())
}

/// What the logs go through, into `writer`.
pub fn subscriber<W>(
    format: LogFormat,
    filter: &str,
    colours: bool,
    writer: W,
) -> Result<impl Subscriber + Send + Sync + use<W>, TelemetryError>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let own = EnvFilter::try_new(filter).map_err(|error| TelemetryError::Filter {
        filter: filter.to_owned(),
        why: error.to_string(),
    })?;
    let layer = match format {
        LogFormat::Human => fmt::layer().with_ansi(colours).with_writer(writer).boxed(),
        LogFormat::Json => fmt::layer()
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_writer(writer)
            .boxed(),
    };
    Ok(tracing_subscriber::registry().with(layer.with_filter(own).with_filter(safe())))
}

/// Dependencies speak only when something is wrong, whatever the filter says: below `warn` a
/// WebSocket library prints frames and a database driver prints statements (G-33).
fn safe() -> FilterFn {
    FilterFn::new(|metadata: &Metadata<'_>| {
        let target = metadata.target();
        let ours = |name: &str| {
            target.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
        };
        *metadata.level() <= Level::WARN || ours("relay") || ours("forecourt")
    })
}

/// Tells where a panic was. Its message only if it is a literal of the program: any other may
/// hold the text that was at hand, for example the one that was cut in the middle of a letter.
pub fn hide_panic_messages() {
    std::panic::set_hook(Box::new(|info: &PanicHookInfo<'_>| {
        let place = info.location().map_or_else(String::new, ToString::to_string);
        let message = info.payload().downcast_ref::<&'static str>().copied();
        let message = message.unwrap_or("[message hidden: it may hold a visitor's words]");
        tracing::error!(place, message, "Panicked");
    }));
}
