//! Origins and web addresses, read strictly: what a browser compares as an `Origin`, no more.

use std::{fmt, net::IpAddr};

/// Scheme, host and port, in the form in which a browser sends them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    /// `https` rather than `http`.
    pub secure: bool,
    /// The host in lower case; an IPv6 address in its brackets.
    pub host: String,
    /// The port, where it is not the scheme's own.
    pub port: Option<u16>,
}

impl Origin {
    /// Reads an origin, or says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let (origin, rest) = split(text)?;
        if rest.is_empty() { Ok(origin) } else { Err("has a path, and an origin has none") }
    }

    /// Whether it can only mean this machine.
    pub fn is_loopback(&self) -> bool {
        self.host == "localhost"
            || self.host.ends_with(".localhost")
            || self.address().is_some_and(|address| address.is_loopback())
    }

    /// Whether it lies in a network of one's own: RFC 1918, link-local or unique local.
    pub fn is_private(&self) -> bool {
        self.address().is_some_and(is_private)
    }

    fn address(&self) -> Option<IpAddr> {
        self.host.trim_start_matches('[').trim_end_matches(']').parse().ok()
    }
}

/// Whether an address lies in a network of one's own.
pub fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_private() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", if self.secure { "https" } else { "http" }, self.host)?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

/// Reads a web address; answers its origin.
pub fn web_address(text: &str) -> Result<Origin, &'static str> {
    let (origin, rest) = split(text)?;
    let fits = rest.is_empty() || rest.starts_with(['/', '?', '#']);
    if fits
        && rest.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '"' | '<' | '>' | '\\' | '`'))
    {
        Ok(origin)
    } else {
        Err("is not a web address: it has a space or a sign that must be written as %XX")
    }
}

/// The origin and what follows it.
fn split(text: &str) -> Result<(Origin, &str), &'static str> {
    let (scheme, rest) = text.split_once("://").ok_or("has no scheme: https://…")?;
    let secure = match scheme.to_ascii_lowercase().as_str() {
        "https" => true,
        "http" => false,
        _ => return Err("is neither https:// nor http://"),
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, after) = rest.split_at(end);
    if authority.contains('@') {
        return Err("has a user name or a password in it");
    }
    let (host, port) = host_and_port(authority)?;
    let own = if secure { 443 } else { 80 };
    Ok((Origin { secure, host, port: port.filter(|port| *port != own) }, after))
}

/// Host and port of `host`, `host:port`, `[v6]` or `[v6]:port`.
fn host_and_port(authority: &str) -> Result<(String, Option<u16>), &'static str> {
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let port = match port.map(str::parse) {
        None => None,
        Some(Ok(port)) => Some(port),
        Some(Err(_)) => return Err("has a port that is not a number up to 65535"),
    };
    let host = host.to_ascii_lowercase();
    let v6 = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let fits = match v6 {
        Some(v6) => v6.parse::<std::net::Ipv6Addr>().is_ok(),
        None => host.len() <= 253 && host.split('.').all(is_label),
    };
    if fits {
        Ok((host, port))
    } else {
        Err(
            "has a host that is not a name: international names are written as xn--…, wildcards are not allowed",
        )
    }
}

/// One part of a host name.
fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

#[cfg(test)]
mod tests;
