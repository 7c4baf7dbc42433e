//! Names of targets are resolved to public addresses alone (F-11, T44): the address that is checked is the
//! one that is connected to, so no second answer of a name server changes it.

use std::{error::Error, fmt, net::SocketAddr, sync::Arc};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::guard::is_public;
use crate::domain::target::Allowed;

/// Resolves names to public addresses alone, but for those that the operator allows.
#[derive(Clone, Debug, Default)]
pub struct PublicOnly {
    allowed: Arc<Allowed>,
    /// What every name stands for, in a test.
    fixed: Option<SocketAddr>,
}

impl PublicOnly {
    /// With what the operator allows beyond the rule.
    pub fn new(allowed: Allowed) -> Self {
        Self { allowed: Arc::new(allowed), fixed: None }
    }

    /// The same where every name stands for one address.
    #[cfg(test)]
    pub(super) fn answering(allowed: Allowed, address: SocketAddr) -> Self {
        Self { fixed: Some(address), ..Self::new(allowed) }
    }
}

/// That a name stands for no public address.
#[derive(Debug)]
pub(super) struct NotPublic(String);

impl fmt::Display for NotPublic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} stands for no public address", self.0)
    }
}

impl Error for NotPublic {}

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let is_allowed = self.allowed.has_host(name.as_str());
        let fixed = self.fixed;
        Box::pin(async move {
            let found: Vec<SocketAddr> = match fixed {
                Some(address) => vec![address],
                None => tokio::net::lookup_host((name.as_str(), 0)).await?.collect(),
            };
            let kept: Vec<SocketAddr> =
                found.into_iter().filter(|found| is_allowed || is_public(found.ip())).collect();
            if kept.is_empty() {
                return Err(NotPublic(name.as_str().to_owned()).into());
            }
            Ok(Box::new(kept.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_name_that_stands_for_a_private_address_is_not_resolved() {
        let resolve = async |guard: PublicOnly| {
            let name: Name = "localhost".parse().unwrap();
            guard.resolve(name).await.map(Iterator::count).map_err(|error| error.to_string())
        };
        let refused = resolve(PublicOnly::default()).await.unwrap_err();
        assert_eq!(refused, "localhost stands for no public address");
        let allowed = Allowed::default().with("localhost:9000").unwrap();
        assert!(resolve(PublicOnly::new(allowed)).await.unwrap() >= 1, "the control");
    }
}
