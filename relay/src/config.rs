//! What the operator decides: `forecourt.toml`, then `FORECOURT_…` variables, then flags.
//! Read once, checked once; nothing else in the relay reads the environment.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use crate::{domain::retention::Bounds, llm::LlmConfig};

/// The whole configuration, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where visitors connect. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where `/metrics`, `/livez` and `/readyz` are. Never for the public.
    pub admin_listen: SocketAddr,
    /// The origin that visitors see (`https://chat.example`); `None` means `http://` and the
    /// address that `listen` got: see [`Config::public_origin`].
    pub public_url: Option<String>,
    /// The directory of the databases and the lock file.
    pub data: PathBuf,
    /// Who answers.
    pub llm: LlmConfig,
    /// Who runs this relay (A-C1a).
    pub operator: Operator,
    /// Whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed.
    pub trusted_proxies: Vec<Network>,
    /// Within which a dealer may choose its retention (G-40).
    pub retention_bounds: Bounds,
    /// Bounds that depend on the machine.
    pub limits: Tunables,
    /// How long a stop may take before tasks are killed.
    pub stop_deadline: Duration,
    /// How log lines look.
    pub log: LogFormat,
    /// A filter such as `info,relay::session=debug`; dependencies stay at `warn`.
    pub log_filter: String,
    /// A known-wrong behaviour by name, for the fault rig's control; always `None` without the
    /// cargo feature `planted`.
    pub planted: Option<String>,
}

impl Config {
    /// The origin that visitors see, now that `listen` is bound to `bound`.
    pub fn public_origin(&self, bound: SocketAddr) -> String {
        self.public_url.clone().unwrap_or_else(|| format!("http://{bound}"))
    }
}

/// Who runs this relay: the dealers' processor, named in every notice (A-C1a, B-11).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Operator {
    /// Its legal name.
    pub name: String,
    /// Where to write about personal data.
    pub contact: String,
}

/// A network such as `10.0.0.0/8`, or one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix_bits: u8,
}

/// Bounds that depend on the machine and its dealers; each has a default in `limits`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tunables {
    /// How many sockets may be open at once.
    pub max_sockets: usize,
    /// How many sockets may be open at once from one address; counted in memory only.
    pub max_sockets_per_address: usize,
    /// How many messages one dealer's visitors may send in a minute, all together.
    pub dealer_messages_per_minute: u32,
    /// How long a reply is still written when nobody listens any more, in milliseconds.
    pub abandon_after_ms: u64,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// Words for a terminal.
    #[default]
    Human,
    /// One JSON object a line.
    Json,
}
