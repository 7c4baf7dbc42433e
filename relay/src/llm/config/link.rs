//! One provider of the chain, and where words and keys may be sent.

use std::{fmt, net::IpAddr};

use reqwest::Url;
use secrecy::SecretString;

use super::{FallbackConfig, LlmConfigError, ProviderKind, wrong};
use crate::domain::view::Recipient;

/// One provider, checked and ready to be called.
#[derive(Clone)]
pub struct Link {
    /// Which wire it speaks and what it accepts.
    pub kind: ProviderKind,
    /// The model.
    pub model: String,
    /// The base URL, without a slash at its end.
    pub base_url: String,
    /// Its host, for people.
    pub host: String,
    /// Who gets the words, as a visitor is told (B-11).
    pub recipient: Recipient,
    /// How long it may think, in its own words, where that was configured.
    pub reasoning_effort: Option<String>,
    /// Its key, if it wants one.
    pub key: Option<SecretString>,
}

/// Prints no key.
impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.generator(), self.host)
    }
}

impl Link {
    /// What stands as `generator` on its answers (C-10).
    pub fn generator(&self) -> String {
        format!("{}/{}", self.kind.word(), self.model)
    }
}

/// One provider, checked; none where it is `documents`.
pub(super) fn link(config: &FallbackConfig, at: &str) -> Result<Option<Link>, LlmConfigError> {
    let kind = config.provider;
    if kind == ProviderKind::Documents {
        return Ok(None);
    }
    let usual = kind.usual();
    let Some(model) = config.model.clone().or_else(|| usual.map(|(_, model)| model.into())) else {
        return Err(wrong(
            format!("{at}model"),
            "missing",
            "Name the model that the server offers",
        ));
    };
    if model.is_empty() || model.chars().any(char::is_control) {
        return Err(wrong(
            format!("{at}model"),
            "no name of a model",
            "Name the model as the provider does",
        ));
    }
    let Some(base_url) = config.base_url.as_deref().or(usual.map(|(url, _)| url)) else {
        return Err(wrong(
            format!("{at}base_url"),
            "missing",
            "Give the server's address, for example http://127.0.0.1:11434/v1",
        ));
    };
    let url = check_url(kind, base_url, &format!("{at}base_url"))?;
    let host = url.host_str().unwrap_or_default().to_owned();
    Ok(Some(Link {
        kind,
        model,
        base_url: url.as_str().trim_end_matches('/').to_owned(),
        recipient: recipient(config, &host),
        reasoning_effort: config.reasoning_effort.clone(),
        host,
        key: config.api_key.clone(),
    }))
}

/// Who gets what is sent to this host: the brand where the host is its own or a gateway near by
/// that speaks for it, the operator for a server of its own, else whoever runs the host.
fn recipient(config: &FallbackConfig, host: &str) -> Recipient {
    if let Some(name) = &config.recipient {
        return Recipient::Named(name.clone());
    }
    let kind = config.provider;
    let usual = kind.usual().and_then(|(url, _)| Url::parse(url).ok());
    let is_usual = usual.is_some_and(|url| url.host_str() == Some(host));
    let is_near = is_loopback(host) || is_private(host);
    match kind.brand() {
        Some(brand) if is_usual || is_near => Recipient::Named(brand.to_owned()),
        None if is_near => Recipient::Operator,
        _ => Recipient::Named(host.to_owned()),
    }
}

/// The address, if words and key may be sent there: by https, or without it to this machine, or to
/// the operator's own network where the operator says that the server is the operator's own.
fn check_url(kind: ProviderKind, text: &str, key: &str) -> Result<Url, LlmConfigError> {
    let bad =
        |problem: &str| wrong(key, problem, "Give an address like https://llm.example.com/v1");
    let url = Url::parse(text).map_err(|_| bad("not a URL"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(bad("holds a user name or a password, which would end in logs"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(bad("holds a query or a fragment"));
    }
    let host = url.host_str().ok_or_else(|| bad("names no host"))?;
    let own = kind == ProviderKind::OpenaiCompatible && is_private(host);
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(host) || own => Ok(url),
        "http" => Err(bad(
            "would send visitors' words and the key unencrypted; http is for this machine, or with openai-compatible for your own network",
        )),
        _ => Err(bad("neither https nor http")),
    }
}

fn address(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || address(host).is_some_and(|address| address.is_loopback())
}

/// Whether the host is in a private network: by its address, or by a name that no public DNS has.
fn is_private(host: &str) -> bool {
    match address(host) {
        Some(IpAddr::V4(address)) => address.is_private() || address.is_link_local(),
        Some(IpAddr::V6(address)) => address.is_unique_local() || address.is_unicast_link_local(),
        None => {
            let local = [".local", ".internal", ".lan", ".home.arpa"];
            !host.contains('.') || local.iter().any(|end| host.ends_with(end))
        }
    }
}
