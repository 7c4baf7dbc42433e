//! The doors: each response's headers, each wrong request's typed answer.

use forecourt_tests::{relay::TestRelay, visitor::Visitor};
use protocol::SiteKey;
use reqwest::{Method, StatusCode};

#[expect(clippy::expect_used, reason = "a test without a client is no test")]
fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().expect("a client without a proxy")
}

#[tokio::test]
async fn the_chat_page_may_be_framed_by_its_dealers_origins_alone() -> anyhow::Result<()> {
    let relay = TestRelay::start().await?;
    let response = client().get(format!("{}/chat/site_first", relay.origin())).send().await?;
    assert_eq!(response.status(), StatusCode::OK, "{}", response.text().await?);
    let policy = response.headers()["content-security-policy"].to_str()?.to_owned();
    assert!(policy.ends_with("frame-ancestors https://cars.example"), "{policy}");
    assert!(policy.starts_with("default-src 'none'; script-src 'self' 'wasm-unsafe-eval'"));
    let body = response.text().await?;
    assert!(body.contains("First Cars") && !body.contains("{{"), "{body}");
    Ok(())
}

#[tokio::test]
async fn an_unknown_site_a_wrong_method_and_a_wrong_path_are_typed_errors() -> anyhow::Result<()> {
    let relay = TestRelay::start().await?;
    let cases = [
        (Method::GET, "/chat/site_nowhere", StatusCode::NOT_FOUND, "unknown_site"),
        (Method::GET, "/chat/%3Cscript%3E", StatusCode::NOT_FOUND, "unknown_site"),
        (Method::GET, "/chat/%FF", StatusCode::NOT_FOUND, "unknown_site"),
        (Method::GET, "/chat/nobody?lang=a&lang=b", StatusCode::NOT_FOUND, "unknown_site"),
        (Method::GET, "/assets/%FF", StatusCode::NOT_FOUND, "not_found"),
        (Method::POST, "/chat/site_first", StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"),
        (Method::GET, "/admin", StatusCode::NOT_FOUND, "not_found"),
        (Method::GET, "/metrics", StatusCode::NOT_FOUND, "not_found"),
    ];
    for (method, path, status, code) in cases {
        let response = client().request(method, format!("{}{path}", relay.origin())).send().await?;
        assert_eq!(response.status(), status, "{path}");
        let body: serde_json::Value = response.json().await?;
        assert_eq!(body["code"], code, "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn who_follows_a_dead_link_to_a_chat_reads_a_page_in_their_language() -> anyhow::Result<()> {
    let relay = TestRelay::start().await?;
    for (languages, sentence) in [
        ("fr, de-AT;q=0.8, en;q=0.5", "Unter dieser Adresse gibt es keinen Chat."),
        ("fr", "There is no chat at this address."),
    ] {
        let asked = client().get(format!("{}/chat/site_nowhere", relay.origin()));
        let asked = asked.header("accept", "text/html,*/*;q=0.8");
        let response = asked.header("accept-language", languages).send().await?;
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
        assert_eq!(response.headers()["content-type"], "text/html; charset=utf-8");
        assert!(response.headers()["content-security-policy"].to_str()?.contains("'none'"));
        assert!(response.text().await?.contains(sentence), "{languages}");
    }
    Ok(())
}

#[tokio::test]
async fn the_page_of_a_chat_holds_the_notice_before_any_script_runs() -> anyhow::Result<()> {
    let relay = TestRelay::start().await?;
    let page = client().get(format!("{}/chat/site_first", relay.origin())).send().await?;
    let page = page.text().await?;
    let notice = page.find("You are writing to the AI assistant of First Cars").expect("a notice");
    assert!(notice < page.find("<textarea").expect("a place to type"));
    assert!(page.contains("Privacy policy of First Cars"), "{page}");
    assert!(!page.contains("First Cars · First Cars"));
    Ok(())
}

#[tokio::test]
async fn only_the_relays_own_origin_opens_a_socket() -> anyhow::Result<()> {
    let relay = TestRelay::start().await?;
    let own = relay.origin().to_owned();
    let wrong = [
        "null".to_owned(),
        "https://cars.example".to_owned(),
        format!("{own}.evil.example"),
        own.replacen("http://", "https://", 1),
        own.to_uppercase(),
        format!("{own}/"),
    ];
    for origin in wrong {
        let mut visitor = Visitor::new(SiteKey::parse("site_first")?);
        assert!(visitor.connect(relay.address(), &origin).await.is_err(), "{origin}");
    }
    let missing = client().get(format!("{own}/v1/chat")).send().await?;
    assert_eq!(missing.status(), StatusCode::FORBIDDEN);
    relay.visitor().await.map(drop)
}

#[tokio::test]
async fn the_operators_doors_say_alive_ready_and_what_was_counted() -> anyhow::Result<()> {
    let relay = TestRelay::start().await?;
    let mut visitor = relay.visitor().await?;
    visitor.ask("How long is the warranty?").await?;
    let get =
        async |path: &str| client().get(format!("http://{}{path}", relay.admin())).send().await;
    assert_eq!(get("/livez").await?.text().await?, "ok");
    assert_eq!(get("/readyz").await?.status(), StatusCode::OK);
    assert_eq!(get("/metrics").await?.status(), StatusCode::OK);
    Ok(())
}
