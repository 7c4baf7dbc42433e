//! Each door's status and headers, all of them: what is not in the table must not be sent.

use std::collections::BTreeMap;

use forecourt_tests::relay::TestRelay;
use relay::http::assets;
use reqwest::Client;

/// What every response says unless its row says otherwise.
const EVERYWHERE: [(&str, &str); 7] = [
    ("cache-control", "no-store"),
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
];

/// What says nothing of a door: the time and the length of the body.
const UNTOLD: [&str; 3] = ["date", "content-length", "transfer-encoding"];

const JSON: (&str, &str) = ("content-type", "application/json");
const TEXT: (&str, &str) = ("content-type", "text/plain; charset=utf-8");
const SCRIPT: (&str, &str) = ("content-type", "text/javascript; charset=utf-8");
const HTML: (&str, &str) = ("content-type", "text/html; charset=utf-8");
const BY_ENCODING: (&str, &str) = ("vary", "accept-encoding");
const BROTLI: (&str, &str) = ("content-encoding", "br");
const GZIP: (&str, &str) = ("content-encoding", "gzip");
const FOR_OTHERS: (&str, &str) = ("cross-origin-resource-policy", "cross-origin");
const MINUTES: (&str, &str) =
    ("cache-control", "public, max-age=300, stale-while-revalidate=86400");
const FOR_EVER: (&str, &str) = ("cache-control", "public, max-age=31536000, immutable");
/// The hash of a file's content: another with each build.
const ETAG: (&str, &str) = ("etag", "");

/// What is asked, which encodings are taken, and what is answered beside what stands everywhere.
type Row<'a> = (&'a str, &'a str, u16, &'a [(&'a str, &'a str)]);

/// Asks each door of a listener and compares all that it says.
async fn hold(listener: &str, more: &[(&str, &str)], rows: &[Row<'_>]) -> anyhow::Result<()> {
    let client = Client::builder().no_proxy().build()?;
    for (path, encodings, status, own) in rows {
        let asked = client.get(format!("{listener}{path}")).header("accept-encoding", *encodings);
        let response = asked.send().await?;
        let case = format!("{path}, taking {encodings:?}");
        assert_eq!(response.status(), *status, "{case}");
        let mut wanted: BTreeMap<&str, &str> = EVERYWHERE.into();
        wanted.extend(more.iter().chain(*own).copied());
        let mut said = BTreeMap::new();
        for (name, value) in response.headers() {
            if !UNTOLD.contains(&name.as_str()) {
                // What the table leaves open must only be there.
                let is_open = wanted.get(name.as_str()) == Some(&"");
                let value = if is_open { "" } else { value.to_str()? };
                assert_eq!(said.insert(name.as_str(), value), None, "{case}: {name} twice");
            }
        }
        assert_eq!(said, wanted, "{case}");
    }
    Ok(())
}

/// What the chat's page may do, of a relay that is reached at this origin.
fn page_policy(origin: &str) -> String {
    let socket = origin.replacen("http", "ws", 1);
    format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
         connect-src 'self' {socket}; img-src data:; base-uri 'none'; form-action 'none'; \
         require-trusted-types-for 'script'; frame-ancestors https://cars.example"
    )
}

/// Every public door, in every encoding.
async fn hold_public(relay: &TestRelay, more: &[(&str, &str)]) -> anyhow::Result<()> {
    let script = format!("/{}", assets::CHAT_JS);
    let policy = page_policy(relay.origin());
    let page = [
        HTML,
        ("content-security-policy", policy.as_str()),
        ("cross-origin-opener-policy", "unsafe-none"),
        FOR_OTHERS,
        ("referrer-policy", "strict-origin"),
        ("vary", "accept-language, accept-encoding"),
    ];
    let packed: Vec<_> = page.into_iter().chain([GZIP]).collect();
    let loader = [SCRIPT, MINUTES, ETAG, BY_ENCODING, FOR_OTHERS];
    let with = |encoding| loader.into_iter().chain([encoding]).collect::<Vec<_>>();
    let (small, smaller) = (with(GZIP), with(BROTLI));
    let rows: [Row<'_>; 16] = [
        ("/widget.js", "identity", 200, &loader),
        ("/widget.js", "gzip", 200, &small),
        ("/widget.js", "gzip, br", 200, &smaller),
        (&script, "identity", 200, &[SCRIPT, FOR_EVER, ETAG, BY_ENCODING]),
        (&script, "br;q=0, gzip", 200, &[SCRIPT, FOR_EVER, ETAG, BY_ENCODING, GZIP]),
        (&script, "br", 200, &[SCRIPT, FOR_EVER, ETAG, BY_ENCODING, BROTLI]),
        ("/chat/site_first", "identity", 200, &page),
        ("/chat/site_first", "br", 200, &page),
        ("/chat/site_first", "gzip, br", 200, &packed),
        ("/chat/site_nowhere", "gzip, br", 404, &[JSON]),
        ("/assets/gone.js", "gzip, br", 404, &[JSON]),
        ("/v1/chat", "gzip, br", 403, &[JSON]),
        ("/healthz", "gzip, br", 200, &[TEXT]),
        ("/.well-known/gpc.json", "gzip, br", 200, &[JSON]),
        ("/v1/dataflow.json", "gzip, br", 200, &[JSON]),
        ("/nothing", "gzip, br", 404, &[JSON]),
    ];
    hold(&format!("http://{}", relay.address()), more, &rows).await
}

#[tokio::test]
async fn every_public_door_sends_these_headers_and_no_others() -> anyhow::Result<()> {
    hold_public(&TestRelay::start().await?, &[]).await
}

#[tokio::test]
async fn behind_tls_they_say_so_and_nothing_else_is_different() -> anyhow::Result<()> {
    let relay = TestRelay::with(|config| {
        config.public_url = Some("https://chat.example".to_owned());
        config.behind_tls_proxy = true;
    })
    .await?;
    let tls = ("strict-transport-security", "max-age=31536000; includeSubDomains");
    hold_public(&relay, &[tls]).await
}

#[tokio::test]
async fn every_door_of_the_operator_sends_these_headers_and_no_others() -> anyhow::Result<()> {
    let relay = TestRelay::start().await?;
    let rows: [Row<'_>; 6] = [
        ("/livez", "gzip, br", 200, &[TEXT]),
        ("/healthz", "gzip, br", 200, &[TEXT]),
        ("/readyz", "gzip, br", 200, &[JSON]),
        ("/metrics", "gzip, br", 200, &[("content-type", "text/plain; version=0.0.4")]),
        ("/widget.js", "gzip, br", 404, &[JSON]),
        ("/nothing", "identity", 404, &[JSON]),
    ];
    hold(&format!("http://{}", relay.admin()), &[], &rows).await
}
