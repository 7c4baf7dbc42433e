//! To where a delivery may go at all (F-11, T44): over TLS to public addresses, so that no dealer's webhook
//! reaches what lies beside the relay. The address in the URL is checked, and each address that its
//! name stands for, when the connection is made (`resolve.rs`): what is checked is what is connected to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use crate::domain::target::Allowed;

/// The port that is open to every target.
const HTTPS: u16 = 443;

/// Why nothing is sent to a URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is no URL.
    #[error("it is no URL")]
    NotAUrl,
    /// Without TLS.
    #[error("it does not begin with https://: nothing is sent without TLS")]
    NotHttps,
    /// It holds a name or a password.
    #[error("it holds a name or a password before the host: use a header instead")]
    Userinfo,
    /// Another port than 443.
    #[error("port {0} is not 443: the operator can allow it by `delivery.private_targets`")]
    Port(u16),
    /// An address that is not a public one.
    #[error("{0} is no public address: the operator can allow it by `delivery.private_targets`")]
    Private(String),
}

/// Checks a target as it is written, and answers it as it is called.
pub fn check(text: &str, allowed: &Allowed) -> Result<Url, Refusal> {
    let url = Url::parse(text.trim()).map_err(|_| Refusal::NotAUrl)?;
    let host = url.host().ok_or(Refusal::NotAUrl)?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Refusal::Userinfo);
    }
    let port = url.port_or_known_default().ok_or(Refusal::NotHttps)?;
    if allowed.has(&host.to_string(), port) && ["http", "https"].contains(&url.scheme()) {
        return Ok(url);
    }
    if allowed.has_host(&host.to_string()) {
        // Its name is resolved without a check: nothing but what was allowed, then.
        return Err(Refusal::Port(port));
    }
    if url.scheme() != "https" {
        return Err(Refusal::NotHttps);
    }
    if port != HTTPS {
        return Err(Refusal::Port(port));
    }
    let is_public = match &host {
        Host::Domain(name) => is_public_name(name),
        Host::Ipv4(address) => is_public_v4(*address),
        Host::Ipv6(address) => is_public_v6(*address),
    };
    if is_public { Ok(url) } else { Err(Refusal::Private(host.to_string())) }
}

/// Whether a name may stand for a public address. What it stands for is checked once more by
/// `PublicOnly`.
fn is_public_name(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    let last = name.rsplit('.').next().unwrap_or_default();
    name.contains('.') && !["localhost", "local", "internal", "arpa", "onion"].contains(&last)
}

/// Whether an address is one of the public internet.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// By IANA's registry of special addresses, multicast and the rest of class E.
fn is_public_v4(address: Ipv4Addr) -> bool {
    const SPECIAL: [([u8; 4], u32); 15] = [
        ([0, 0, 0, 0], 8),
        ([10, 0, 0, 0], 8),
        ([100, 64, 0, 0], 10),
        ([127, 0, 0, 0], 8),
        ([169, 254, 0, 0], 16),
        ([172, 16, 0, 0], 12),
        ([192, 0, 0, 0], 24),
        ([192, 0, 2, 0], 24),
        ([192, 88, 99, 0], 24),
        ([192, 168, 0, 0], 16),
        ([198, 18, 0, 0], 15),
        ([198, 51, 100, 0], 24),
        ([203, 0, 113, 0], 24),
        ([224, 0, 0, 0], 4),
        ([240, 0, 0, 0], 4),
    ];
    let bits = address.to_bits();
    let within = |(net, length): &([u8; 4], u32)| {
        (bits ^ u32::from_be_bytes(*net)).leading_zeros() >= *length
    };
    !SPECIAL.iter().any(within)
}

/// Only what is handed out for the internet, 2000::/3, less what leads to an IPv4 address or to
/// nowhere. So mapped, translated (NAT64), local and link-local ones are none.
fn is_public_v6(address: Ipv6Addr) -> bool {
    const GLOBAL: (u128, u32) = (0x2000 << 112, 3);
    const SPECIAL: [(u128, u32); 4] = [
        // Teredo, ORCHID and other protocols.
        (0x2001 << 112, 23),
        // Documentation.
        (0x2001_0db8 << 96, 32),
        (0x3fff << 112, 20),
        // 6to4.
        (0x2002 << 112, 16),
    ];
    let bits = address.to_bits();
    let within = |(net, length): &(u128, u32)| (bits ^ net).leading_zeros() >= *length;
    within(&GLOBAL) && !SPECIAL.iter().any(within)
}

#[cfg(test)]
mod tests;
