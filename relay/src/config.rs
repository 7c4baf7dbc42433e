//! What the operator decides: `forecourt.toml`, then `FORECOURT_…` variables, then flags.
//! Read once, checked once; nothing else in the relay reads the environment.

mod keys;
mod network;
mod read;
mod secret;
mod vars;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use thiserror::Error;

use crate::{
    crypt::{OPERATOR_KEY, Source},
    domain::{
        file::Problems,
        mail::MailServer,
        place::{Place, Region},
        record::{Facts, NOT_STATED, Party},
        retention::Bounds,
        target::Allowed,
        view::Recipients,
    },
    limits,
    llm::LlmConfig,
};

pub use crate::telemetry::LogFormat;
pub use keys::{KEYS, Key, SECRETS};
pub use network::Network;
pub use vars::Vars;

/// The whole configuration, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where visitors connect. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// Whether a proxy in front speaks TLS with the visitors; then `public_url` may be anything.
    pub behind_tls_proxy: bool,
    /// Where `/metrics`, `/livez` and `/readyz` are. Never for the public.
    pub admin_listen: SocketAddr,
    /// The origin that visitors see (`https://chat.example`); `None` means `http://` and the
    /// address that `listen` got: see [`Config::public_origin`].
    pub public_url: Option<String>,
    /// The directory of the databases and the lock file.
    pub data: PathBuf,
    /// The directory of the wrapped keys; usually that of the databases.
    pub keys: PathBuf,
    /// From where the operator's keys come.
    pub operator_key: Source,
    /// Who answers.
    pub llm: LlmConfig,
    /// Who runs this relay (A-C1a).
    pub operator: Operator,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    /// To where leads may be delivered beside public addresses (F-11).
    pub private_targets: Allowed,
    /// Who takes the mails that are sent; without it none is.
    pub mail: Option<MailServer>,
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
    /// Who looks after the data with this command, for the trail of what was done (B-44).
    pub by: String,
    /// A known-wrong behaviour by name, for the fault rig's control; always `None` without the
    /// cargo feature `planted`.
    pub planted: Option<String>,
}

/// From where the configuration is read.
#[derive(Debug, Default)]
pub struct Sources {
    /// The file; where it is `None`, `forecourt.toml` in the working directory if there is one.
    pub file: Option<PathBuf>,
    /// The environment.
    pub vars: Vars,
    /// The flags that were given: key, value, name of the flag.
    pub flags: Vec<(&'static str, String, &'static str)>,
}

/// For what the configuration is read: what may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To serve visitors: the operator must be named, and the providers' keys be there.
    Serve,
    /// To show a demonstration: the operator is made up where it is not named.
    Demo,
    /// To look after the data: neither is needed.
    Tool,
}

/// Why there is no configuration.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file can't be read.
    #[error("{}: can't be read: {error}. Check the path after --config and who may read it.", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// Something in it is wrong.
    #[error(transparent)]
    Wrong(#[from] Problems),
}

impl Config {
    /// Reads everything, or tells all that is wrong.
    pub fn load(sources: &Sources, purpose: Purpose) -> Result<Self, ConfigError> {
        let (name, text) = read::file(sources, purpose)?;
        Ok(read::config(&name, &text, sources, purpose)?)
    }

    /// Whether these sources say where the data are.
    pub fn names_data(sources: &Sources, purpose: Purpose) -> Result<bool, ConfigError> {
        let (name, text) = read::file(sources, purpose)?;
        Ok(read::names_data(&name, &text, sources))
    }

    /// Who else gets a visitor's words, for the notice and for whoever asks.
    pub fn recipients(&self) -> Recipients {
        Recipients {
            models: self.llm.recipients(),
            operator: self.operator.name.clone(),
            contact: self.operator.contact.clone(),
        }
    }

    /// Who handles data and where, for the record of processing.
    pub fn facts(&self) -> Facts {
        let Operator { name, contact, address, dpo, representative, place, .. } = &self.operator;
        // A command runs without an operator's name; the record says so.
        let stated = |text: &str| if text.is_empty() { NOT_STATED } else { text }.to_owned();
        Facts {
            operator: Party {
                name: stated(name),
                address: address.clone(),
                contact: stated(contact),
            },
            representative: representative.clone(),
            dpo: dpo.clone(),
            storage: place.clone(),
            models: self.llm.models(&stated(name), place),
            mail: self.mail.as_ref().map(|server| server.host.clone()),
        }
    }

    /// Whether visitors come through a proxy of which nothing is known: then all of them seem to have
    /// its address, and share the bounds of one.
    pub fn lacks_proxy(&self) -> bool {
        self.trusted_proxies.is_empty() && self.is_public()
    }

    /// Whether visitors use https: what stands behind it is no trial on one machine.
    pub fn is_public(&self) -> bool {
        self.public_url.as_deref().is_some_and(|url| url.starts_with("https://"))
    }

    /// The usual values, free ports of this machine and a data directory: for tests.
    pub fn for_tests(data: &Path) -> Self {
        let free = SocketAddr::from(([127, 0, 0, 1], 0));
        Self {
            listen: free,
            admin_listen: free,
            public_url: None,
            behind_tls_proxy: false,
            data: data.to_owned(),
            keys: data.to_owned(),
            operator_key: Source::File(data.join(OPERATOR_KEY)),
            llm: LlmConfig::default(),
            operator: Operator {
                name: limits::DEMO_OPERATOR.to_owned(),
                contact: limits::DEMO_CONTACT.to_owned(),
                ..Operator::default()
            },
            trusted_proxies: Vec::new(),
            private_targets: Allowed::default(),
            mail: None,
            retention_bounds: Bounds::default(),
            limits: Tunables::default(),
            stop_deadline: limits::STOP_DEADLINE,
            log: LogFormat::default(),
            log_filter: limits::LOG_FILTER.to_owned(),
            by: "a test".to_owned(),
            planted: None,
        }
    }

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
    /// The postal address, for the record of processing.
    pub address: Option<String>,
    /// The data-protection officer.
    pub dpo: Option<String>,
    /// Who answers for it where it is no company of the EU or the UK (Art. 27 GDPR).
    pub representative: Option<String>,
    /// Where the data are stored.
    pub place: Place,
    /// The regions beyond which no data go by themselves; empty where no bounds are set (A-C4a).
    pub allowed_regions: Vec<Region>,
}

/// Bounds that depend on the machine and its dealers; each has a default in `limits`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tunables {
    /// How many sockets may be open at once.
    pub max_sockets: usize,
    /// How many sockets may be open at once from one address; counted in memory only.
    pub max_sockets_per_address: usize,
    /// How many sockets may be on their way to their welcome at once.
    pub max_greetings: usize,
    /// How many messages one visitor may send in a minute.
    pub visitor_messages_per_minute: u32,
    /// How many messages one dealer's visitors may send in a minute, all together.
    pub dealer_messages_per_minute: u32,
    /// How long a reply is still written when nobody listens any more, in milliseconds.
    pub abandon_after_ms: u64,
}

impl Default for Tunables {
    fn default() -> Self {
        Self {
            max_sockets: limits::MAX_SOCKETS,
            max_sockets_per_address: limits::MAX_SOCKETS_PER_ADDRESS,
            max_greetings: limits::MAX_GREETINGS,
            visitor_messages_per_minute: limits::VISITOR_MESSAGES_PER_MINUTE,
            dealer_messages_per_minute: limits::DEALER_MESSAGES_PER_MINUTE,
            abandon_after_ms: u64::try_from(limits::ABANDON_AFTER.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

#[cfg(test)]
mod tests;
