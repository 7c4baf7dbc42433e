//! Text, variables and flags → `Config`: every key with its default and its check.

mod keys;
mod llm;
mod mail;
mod places;

use std::{
    fs,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use super::{Config, ConfigError, KEYS, LogFormat, Network, Operator, Purpose, Sources, Tunables};
use crate::{
    domain::{
        file::{File, Located, Override, Problems, Section},
        lead,
        origin::{self, Origin},
        retention::{Bounds, Period},
        target::Allowed,
    },
    limits,
};

/// The file that is read where none is named.
const USUAL_FILE: &str = "forecourt.toml";

/// Name and text of the file; an empty text where there is none and none was named.
/// A demonstration reads none that isn't named: an operator's own directory must not get its dealers.
pub(super) fn file(sources: &Sources, purpose: Purpose) -> Result<(String, String), ConfigError> {
    let named =
        sources.file.clone().or_else(|| sources.vars.get("FORECOURT_CONFIG").map(PathBuf::from));
    let path = named.clone().unwrap_or_else(|| PathBuf::from(USUAL_FILE));
    let name = path.display().to_string();
    if named.is_none() && purpose == Purpose::Demo {
        return Ok((name, String::new()));
    }
    let too_large = || std::io::Error::other("it is larger than a configuration can be");
    match fs::metadata(&path) {
        Ok(metadata) if limits::MAX_CONFIG_BYTES < metadata.len() => {
            Err(ConfigError::Unreadable { path, error: too_large() })
        }
        Ok(_) => match fs::read(&path) {
            Ok(bytes) => {
                let text = File::text_of(&name, &bytes)?.to_owned();
                Ok((name, text))
            }
            Err(error) => Err(ConfigError::Unreadable { path, error }),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && named.is_none() => {
            Ok((format!("{name} (there is none)"), String::new()))
        }
        Err(error) => Err(ConfigError::Unreadable { path, error }),
    }
}

/// The configuration, or all that is wrong with it.
pub(super) fn config(
    name: &str,
    text: &str,
    sources: &Sources,
    purpose: Purpose,
) -> Result<Config, Problems> {
    let file = overridden(name, text, sources);
    sources.vars.refuse_misspelt(&file);
    let table = file.parse();
    let top = file.top(&table);
    let config = from_section(&top, sources, purpose);
    top.finish();
    drop(top);
    debug_assert!(file.asked().iter().all(|key| is_known(key)), "a key is missing in KEYS");
    let problems = file.problems();
    if problems.0.is_empty() { Ok(config) } else { Err(problems) }
}

/// Whether anything says where the data are. What is wrong with the rest is told when it is read.
pub(super) fn names_data(name: &str, text: &str, sources: &Sources) -> bool {
    let file = overridden(name, text, sources);
    let table = file.parse();
    file.top(&table).text("data").is_some()
}

/// The file, with what variables and flags say over it.
fn overridden<'t>(name: &'t str, text: &'t str, sources: &Sources) -> File<'t> {
    let mut file = File::new(name, text);
    sources.vars.apply(&mut file);
    for (key, value, flag) in &sources.flags {
        file.set(key, Override { value: value.clone(), name: (*flag).to_owned() });
    }
    file
}

/// Whether a key that is asked for stands in the list of keys, or is a table of such.
fn is_known(path: &str) -> bool {
    let table = format!("{path}.");
    path.starts_with("llm.fallback")
        || KEYS.iter().any(|key| key.path == path || key.path.starts_with(&table))
}

fn from_section(top: &Section<'_, '_>, sources: &Sources, purpose: Purpose) -> Config {
    let listen = address(top, "listen", limits::LISTEN);
    let behind_tls_proxy = top.flag("behind_tls_proxy").is_some_and(|flag| flag.value);
    let log = top.section("log");
    let (format, filter) = (log_format(&log), log_filter(&log, sources));
    log.finish();
    let data: PathBuf =
        top.text("data").map_or_else(|| limits::DATA_DIR.into(), |data| data.value.into());
    let delivery = top.section("delivery");
    let private_targets = private_targets(&delivery);
    delivery.finish();
    let mail = mail::read(&top.section("mail"), &sources.vars, purpose);
    let operator_section = top.section("operator");
    let operator = operator(&operator_section, purpose);
    let llm = llm::read(&top.section("llm"), sources, purpose);
    places::check(&operator_section, &operator, &llm, purpose);
    let (keys, operator_key) = keys::read(&top.section("keys"), &sources.vars, &data);
    Config {
        listen,
        behind_tls_proxy,
        admin_listen: address(top, "admin_listen", limits::ADMIN_LISTEN),
        public_url: public_url(top, listen, behind_tls_proxy, purpose),
        data,
        keys,
        operator_key,
        llm,
        operator,
        trusted_proxies: trusted_proxies(top),
        private_targets,
        mail,
        retention_bounds: bounds(&top.section("retention")),
        limits: tunables(&top.section("limits")),
        stop_deadline: ranged(top, "stop_deadline_s", 1..=600)
            .map_or(limits::STOP_DEADLINE, Duration::from_secs),
        log: format,
        log_filter: filter,
        by: account(sources),
        planted: sources
            .vars
            .get("FORECOURT_PLANTED")
            .filter(|_| cfg!(feature = "planted"))
            .map(ToOwned::to_owned),
    }
}

/// To where leads may be delivered beside public addresses (F-11).
fn private_targets(section: &Section<'_, '_>) -> Allowed {
    let mut allowed = Allowed::default();
    for text in section.texts("private_targets").unwrap_or_default() {
        match allowed.clone().with(&text.value) {
            Some(with) => allowed = with,
            None => section.file().problem(
                &text,
                &format!("has \"{}\", which is no host with a port", text.value),
                "Write for example \"crm.internal:8443\"",
            ),
        }
    }
    allowed
}

/// Who runs this, as far as the machine knows.
fn account(sources: &Sources) -> String {
    sources.vars.account().unwrap_or("unknown").to_owned()
}

fn address(top: &Section<'_, '_>, key: &str, usual: SocketAddr) -> SocketAddr {
    let Some(text) = top.text(key) else { return usual };
    text.value.parse().unwrap_or_else(|_| {
        let what = format!("is \"{}\", which is no address with a port", text.value);
        top.file().problem(&text, &what, &format!("Write for example \"{usual}\""));
        usual
    })
}

/// A-C4b: no words over the open net without TLS.
fn public_url(
    top: &Section<'_, '_>,
    listen: SocketAddr,
    behind_tls_proxy: bool,
    purpose: Purpose,
) -> Option<String> {
    let Some(url) = top.text("public_url") else {
        if purpose == Purpose::Serve && !is_near(listen.ip()) {
            let at = top.locate("listen").with(());
            let what = "is reached from outside, and no public_url says by which https:// address";
            top.file().problem(&at, what, "Write public_url = \"https://chat.example\"");
        }
        return None;
    };
    match Origin::parse(url.value.trim_end_matches('/')) {
        Ok(origin) if origin.secure || origin.is_loopback() || origin.is_private() || behind_tls_proxy => {
            return Some(origin.to_string());
        }
        Ok(_) => top.file().problem(&url, "is http:// on a public host", "Use https:// and a proxy that speaks TLS; or set behind_tls_proxy = true if there is one already"),
        Err(what) => top.file().problem(&url, what, "Write scheme, host and port: \"https://chat.example\""),
    }
    None
}

/// Whether an address is reached from this machine or a private network only.
fn is_near(ip: IpAddr) -> bool {
    let ip = ip.to_canonical();
    ip.is_loopback() || origin::is_private(ip)
}

/// A-C1a: the server refuses to serve a widget without a name and a contact.
fn operator(section: &Section<'_, '_>, purpose: Purpose) -> Operator {
    let read = |key: &str, remedy: &str| {
        if purpose == Purpose::Serve { section.required(key, remedy) } else { section.text(key) }
    };
    let name = read("name", "Name who runs this relay: every visitor is told (A-C1a)");
    let contact =
        read("contact", "Write an e-mail address for questions about personal data (A-C1a)");
    let stated = Operator {
        address: places::statement(section, "address"),
        dpo: places::statement(section, "dpo"),
        representative: places::statement(section, "representative"),
        place: places::place(section),
        allowed_regions: places::allowed(section),
        ..Operator::default()
    };
    section.finish();
    if let Some(name) = &name
        && (limits::MAX_NAME_WORDS < name.value.split_whitespace().count()
            || limits::MAX_NAME_CHARS < name.value.chars().count())
    {
        let what = format!(
            "has more than {} words or {} characters",
            limits::MAX_NAME_WORDS,
            limits::MAX_NAME_CHARS
        );
        section.file().problem(name, &what, "Shorten it: it stands in the notice");
    }
    if let Some(contact) = &contact
        && lead::email(&contact.value).is_none()
    {
        section.file().problem(
            contact,
            "is not an e-mail address",
            "Write for example \"privacy@operator.example\"",
        );
    }
    let or = |value: Option<Located<String>>, made_up: &str| match value {
        Some(value) => value.value,
        None if purpose == Purpose::Demo => made_up.to_owned(),
        None => String::new(),
    };
    Operator {
        name: or(name, limits::DEMO_OPERATOR),
        contact: or(contact, limits::DEMO_CONTACT),
        ..stated
    }
}

fn trusted_proxies(top: &Section<'_, '_>) -> Vec<Network> {
    let mut networks = Vec::new();
    for text in top.texts("trusted_proxies").unwrap_or_default() {
        match Network::parse(&text.value) {
            Ok(network) => networks.push(network),
            Err(what) => top.file().problem(
                &text,
                &format!("has \"{}\", which {what}", text.value),
                "Write addresses or networks: [\"127.0.0.1\", \"10.0.0.0/8\"]",
            ),
        }
    }
    networks
}

fn bounds(section: &Section<'_, '_>) -> Bounds {
    let usual = Bounds::default();
    let period = |key: &str| {
        let text = section.text(key)?;
        match Period::parse(&text.value) {
            Ok(period) => Some(period),
            Err(error) => {
                let remedy = "P12M is twelve months, P90D ninety days";
                section.file().problem(&text, &format!("is wrong: {error}"), remedy);
                None
            }
        }
    };
    let bounds =
        Bounds { min: period("min").unwrap_or(usual.min), max: period("max").unwrap_or(usual.max) };
    section.finish();
    if let Err(error) = bounds.check(bounds.min) {
        section.file().problem(&section.here(), &format!("is wrong: {error}"), "Swap min and max");
    }
    bounds
}

fn tunables(section: &Section<'_, '_>) -> Tunables {
    let usual = Tunables::default();
    let size = |key: &str, usual: usize| {
        ranged(section, key, 1..=10_000_000).and_then(|n| usize::try_from(n).ok()).unwrap_or(usual)
    };
    let pace = |key: &str, usual: u32| {
        ranged(section, key, 1..=10_000_000).and_then(|n| u32::try_from(n).ok()).unwrap_or(usual)
    };
    let tunables = Tunables {
        max_sockets: size("max_sockets", usual.max_sockets),
        max_sockets_per_address: size("max_sockets_per_address", usual.max_sockets_per_address),
        max_greetings: size("max_greetings", usual.max_greetings),
        visitor_messages_per_minute: pace(
            "visitor_messages_per_minute",
            usual.visitor_messages_per_minute,
        ),
        dealer_messages_per_minute: pace(
            "dealer_messages_per_minute",
            usual.dealer_messages_per_minute,
        ),
        abandon_after_ms: ranged(section, "abandon_after_ms", 1_000..=3_600_000)
            .unwrap_or(usual.abandon_after_ms),
    };
    section.finish();
    tunables
}

fn ranged(
    section: &Section<'_, '_>,
    key: &str,
    range: std::ops::RangeInclusive<u64>,
) -> Option<u64> {
    let number = section.number(key)?;
    if !range.contains(&number.value) {
        let remedy = format!("Write {} to {}", range.start(), range.end());
        section.file().problem(&number, "is out of range", &remedy);
    }
    Some(number.value)
}

fn log_format(section: &Section<'_, '_>) -> LogFormat {
    let Some(text) = section.text("format") else { return LogFormat::default() };
    match text.value.as_str() {
        "human" => LogFormat::Human,
        "json" => LogFormat::Json,
        _ => {
            section.file().problem(
                &text,
                "is neither human nor json",
                "Write \"human\" or \"json\"",
            );
            LogFormat::default()
        }
    }
}

/// `RUST_LOG` wins, as people expect of a Rust program.
fn log_filter(section: &Section<'_, '_>, sources: &Sources) -> String {
    let text = section.text("filter");
    if let Some(filter) = sources.vars.get("RUST_LOG") {
        return filter.to_owned();
    }
    let Some(text) = text else { return limits::LOG_FILTER.to_owned() };
    if tracing_subscriber::EnvFilter::try_new(&text.value).is_err() {
        section.file().problem(
            &text,
            "is not a filter",
            "Write for example \"info\" or \"info,relay::session=debug\"",
        );
    }
    text.value
}
