//! The addresses: who can reach what, and do they fit together.

use super::Finding;
use crate::config::Config;

const CHECK: &str = "addresses";

pub(super) fn look(config: &Config) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !config.admin_listen.ip().is_loopback() {
        let message = format!("admin_listen is {}, which others may reach", config.admin_listen);
        findings.push(Finding::warn(
            CHECK,
            message,
            "It has no login: use 127.0.0.1, or a firewall",
        ));
    }
    let is_open = !config.listen.ip().is_loopback();
    match &config.public_url {
        None if is_open => findings.push(Finding::warn(
            CHECK,
            format!("listen is {} and there is no public_url", config.listen),
            "Write public_url: the tag and the chat's page are made of it",
        )),
        None => findings.push(Finding::ok(CHECK, "this machine only")),
        Some(url) => {
            if config.lacks_proxy() {
                findings.push(Finding::warn(
                    CHECK,
                    format!("{url} needs a proxy for TLS, and trusted_proxies names none"),
                    "Name it: else all visitors seem to come from one address and share its limit",
                ));
            }
            if is_open && !config.is_public() {
                findings.push(Finding::warn(
                    CHECK,
                    format!("{url} is not https"),
                    "Put a proxy that speaks TLS before it",
                ));
            }
            findings.push(Finding::ok(
                CHECK,
                format!("visitors use {url}, it arrives at {}", config.listen),
            ));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::cli::doctor::Level;

    fn warnings(change: impl FnOnce(&mut Config)) -> usize {
        let mut config = Config::for_tests(Path::new("data"));
        change(&mut config);
        look(&config).iter().filter(|finding| finding.level == Level::Warn).count()
    }

    #[test]
    fn what_does_not_fit_together_is_told() {
        assert_eq!(warnings(|_| ()), 0);
        assert_eq!(warnings(|config| config.admin_listen = ([0, 0, 0, 0], 8081).into()), 1);
        assert_eq!(warnings(|config| config.listen = ([10, 0, 0, 1], 8080).into()), 1);
        assert_eq!(
            warnings(|config| config.public_url = Some("https://chat.example".to_owned())),
            1
        );
    }
}
