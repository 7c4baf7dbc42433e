//! The headers that every response carries (T59). A door that needs another value sets it first.

use axum::{
    http::{HeaderName, HeaderValue, header},
    response::Response,
};

/// What every response says unless its door said otherwise.
const DEFAULTS: [(HeaderName, &str); 7] = [
    (header::CACHE_CONTROL, "no-store"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    ),
];

/// A year, for this host and those below it: asked for only where the relay is reached by TLS.
const HSTS: &str = "max-age=31536000; includeSubDomains";

/// Adds what is missing. `async` because that is what the middleware takes.
#[expect(clippy::unused_async, reason = "the signature that map_response asks for")]
pub async fn secure(mut response: Response, tls: bool) -> Response {
    let headers = response.headers_mut();
    for (name, value) in DEFAULTS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if tls {
        headers.entry(header::STRICT_TRANSPORT_SECURITY).or_insert(HeaderValue::from_static(HSTS));
    }
    response
}
