//! The model providers: can they be reached, do they take the key, do they have the model. Sends
//! no visitor's word.

use reqwest::{StatusCode, redirect};
use secrecy::ExposeSecret;

use super::{Finding, models};
use crate::{
    limits::DOCTOR_TIMEOUT,
    llm::{LlmConfig, ProviderKind, config::Link},
};

pub(super) const CHECK: &str = "provider";

pub(super) async fn look(config: &LlmConfig) -> Vec<Finding> {
    let links = match config.chain() {
        Ok(links) => links,
        Err(error) => return vec![Finding::fail(CHECK, error.to_string(), "")],
    };
    if links.is_empty() {
        return vec![Finding::ok(CHECK, "documents: answers need no network")];
    }
    let client = reqwest::Client::builder()
        .timeout(DOCTOR_TIMEOUT)
        .redirect(redirect::Policy::none())
        .no_proxy()
        .build();
    let client = match client {
        Ok(client) => client,
        Err(error) => return vec![Finding::fail(CHECK, format!("no HTTP client: {error}"), "")],
    };
    let mut findings = Vec::new();
    for link in &links {
        findings.push(ask(&client, link).await);
    }
    findings
}

/// Asks for the list of models, the one question that costs nothing.
async fn ask(client: &reqwest::Client, link: &Link) -> Finding {
    let url = format!("{}/models", link.base_url);
    let mut request = client.get(&url);
    if let Some(key) = &link.key {
        let key = key.expose_secret();
        request = match link.kind {
            ProviderKind::Anthropic => {
                request.header("x-api-key", key).header("anthropic-version", "2023-06-01")
            }
            _ => request.bearer_auth(key),
        };
    }
    let did = format!("GET {url}");
    match request.send().await {
        Ok(response) if response.status().is_success() => {
            let message = format!("{did}: {}", response.status());
            let listed = models::read(response).await;
            models::judge(message, &link.model, listed.as_deref())
        }
        Ok(response) => judge(&did, response.status()),
        // The error's own words hold the URL, never the key.
        Err(error) if error.is_timeout() => Finding::fail(
            CHECK,
            format!("{did}: no answer in time"),
            "Check the network; documents answer until then",
        ),
        Err(_) => Finding::fail(
            CHECK,
            format!("{did}: can't be reached"),
            "Check base_url, DNS and the firewall; documents answer until then",
        ),
    }
}

fn judge(did: &str, status: StatusCode) -> Finding {
    let message = format!("{did}: {status}");
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Finding::fail(
            CHECK,
            message,
            "The key is refused: check it, and that the account may use the API",
        ),
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => Finding::warn(
            CHECK,
            message,
            "Something answers but lists no models: check that base_url ends with /v1",
        ),
        StatusCode::TOO_MANY_REQUESTS => Finding::warn(
            CHECK,
            message,
            "The account is at its limit: look at the provider's console",
        ),
        status if status.is_server_error() => {
            Finding::warn(CHECK, message, "The provider has trouble: look at its status page")
        }
        _ => Finding::warn(CHECK, message, "Unexpected: check base_url"),
    }
}

#[cfg(test)]
mod tests;
