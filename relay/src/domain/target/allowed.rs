//! Targets in the operator's own network.

use std::collections::BTreeSet;

use url::Host;

/// What the operator allows beyond the rule: targets in its own network, `host:port`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allowed(BTreeSet<(String, u16)>);

impl Allowed {
    /// Reads `crm.internal:8080`; `None` where that is no host with a port.
    pub fn with(mut self, target: &str) -> Option<Self> {
        let (host, port) = target.rsplit_once(':')?;
        let host = Host::parse(host).ok()?.to_string();
        self.0.insert((host, port.parse().ok()?));
        Some(self)
    }

    /// Whether a host is allowed on this port.
    pub fn has(&self, host: &str, port: u16) -> bool {
        self.0.contains(&(host.to_owned(), port))
    }

    /// Whether a host is allowed on any port.
    pub fn has_host(&self, host: &str) -> bool {
        self.0.iter().any(|(known, _)| known == host)
    }
}
