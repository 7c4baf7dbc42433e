//! What the doctor says of providers.

use super::*;
use crate::cli::doctor::Level;

#[test]
fn a_refused_key_fails_and_trouble_at_the_provider_warns() {
    for (status, level) in
        [(401, Level::Fail), (404, Level::Warn), (503, Level::Warn), (302, Level::Warn)]
    {
        assert_eq!(judge("GET", StatusCode::from_u16(status).unwrap()).level, level, "{status}");
    }
}

/// A server that answers one request with this body.
async fn served(body: &'static str) -> Vec<Finding> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let router =
        axum::Router::new().route("/v1/models", axum::routing::get(move || async move { body }));
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
