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
mod tests {
    use super::*;
    use crate::cli::doctor::Level;

    #[test]
    fn a_refused_key_fails_and_trouble_at_the_provider_warns() {
        for (status, level) in
            [(401, Level::Fail), (404, Level::Warn), (503, Level::Warn), (302, Level::Warn)]
        {
            assert_eq!(
                judge("GET", StatusCode::from_u16(status).unwrap()).level,
                level,
                "{status}"
            );
        }
    }

    /// A server that answers one request with this body.
    async fn served(body: &'static str) -> Vec<Finding> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let router = axum::Router::new()
            .route("/v1/models", axum::routing::get(move || async move { body }));
        let config = LlmConfig {
            provider: ProviderKind::OpenaiCompatible,
            model: Some("m".to_owned()),
            base_url: Some(url),
            ..LlmConfig::default()
        };
        tokio::select! {
            _ = axum::serve(listener, router) => Vec::new(),
            findings = look(&config) => findings,
        }
    }

    #[tokio::test]
    async fn the_list_of_models_is_read_as_far_as_it_is_one() {
        for (body, level) in [
            (r#"{"object":"list","data":[{"id":"x","aliases":["m"]}]}"#, Level::Ok),
            (r#"{"object":"list","data":[{"id":"x"}]}"#, Level::Warn),
            (r#"{"data":[{"id":"x"}],"has_more":true}"#, Level::Ok),
            ("<html>", Level::Ok),
        ] {
            assert_eq!(served(body).await[0].level, level, "{body}");
        }
    }

    #[tokio::test]
    async fn a_server_that_is_not_there_is_told_with_what_was_tried() {
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/v1", taken.local_addr().unwrap());
        drop(taken);
        let config = LlmConfig {
            provider: ProviderKind::OpenaiCompatible,
            model: Some("m".to_owned()),
            base_url: Some(url.clone()),
            ..LlmConfig::default()
        };
        let findings = look(&config).await;
        assert_eq!(findings[0].level, Level::Fail);
        assert!(findings[0].message.contains(&format!("GET {url}/models")), "{findings:?}");
    }
}
