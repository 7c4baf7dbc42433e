//! Requests that could mean two things are refused before any route sees them.
//!
//! A proxy and a relay that read one stream of bytes differently can be made to see different
//! requests in it (request smuggling). No door takes a body, so none is read: a request that
//! announces one is refused and its connection closed, whatever follows on it.

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, StatusCode, Uri, Version, header, uri::Authority},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::error::HttpError;

/// Passes a request on if it can mean one thing only.
pub async fn check(request: Request, next: Next) -> Response {
    match refusal(&request) {
        None => next.run(request).await,
        Some(error) => {
            let close = (header::CONNECTION, HeaderValue::from_static("close"));
            ([close], error).into_response()
        }
    }
}

fn refusal(request: &Request) -> Option<HttpError> {
    let headers = request.headers();
    if announces_a_body(headers) {
        let sentence = "no door here takes a body";
        return Some(HttpError::new(StatusCode::PAYLOAD_TOO_LARGE, "no_body", sentence));
    }
    if request.version() == Version::HTTP_10 && !headers.contains_key(header::HOST) {
        // The health checks of some load balancers; nothing here depends on the name.
        return None;
    }
    if names_one_host(headers, request.uri()) {
        return None;
    }
    let sentence = "one `Host` must say where the request goes (RFC 9112, 3.2)";
    Some(HttpError::new(StatusCode::BAD_REQUEST, "bad_host", sentence))
}

fn announces_a_body(headers: &HeaderMap) -> bool {
    headers.contains_key(header::TRANSFER_ENCODING)
        || headers.get_all(header::CONTENT_LENGTH).iter().any(|length| length.as_bytes() != b"0")
}

/// Whether there is one host, and the request's own target, where it names one, names the same.
fn names_one_host(headers: &HeaderMap, target: &Uri) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
    let Ok(host) = Authority::try_from(host.as_bytes()) else { return false };
    !host.as_str().contains('@') && target.authority().is_none_or(|named| *named == host)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn status(target: &str, headers: &[(&str, &str)]) -> Option<u16> {
        let mut request = Request::builder().uri(target);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        refusal(&request.body(Body::empty()).unwrap()).map(|error| error.status().as_u16())
    }

    #[test]
    fn a_request_without_a_body_and_with_one_host_passes() {
        let own = ("host", "chat.example:8443");
        assert_eq!(status("/widget.js", &[own]), None);
        assert_eq!(status("/widget.js", &[own, ("content-length", "0")]), None);
        assert_eq!(status("http://chat.example:8443/widget.js", &[own]), None);
        assert_eq!(status("/", &[("host", "[::1]:8080")]), None);
    }

    #[test]
    fn a_body_is_refused_however_it_is_announced() {
        let own = ("host", "chat.example");
        for body in [
            ("content-length", "4"),
            ("content-length", "00"),
            ("transfer-encoding", "chunked"),
            ("transfer-encoding", "x"),
        ] {
            assert_eq!(status("/", &[own, body]), Some(413), "{body:?}");
        }
    }

    #[test]
    fn no_host_two_hosts_and_a_host_that_is_none_are_refused() {
        for hosts in [
            &[][..],
            &[("host", "a.example"), ("host", "a.example")],
            &[("host", "")],
            &[("host", "a b")],
            &[("host", "user@a.example")],
            &[("host", "a.example/x")],
        ] {
            assert_eq!(status("/", hosts), Some(400), "{hosts:?}");
        }
        assert_eq!(status("http://b.example/", &[("host", "a.example")]), Some(400));
    }

    #[test]
    fn a_health_check_of_http_1_0_needs_no_host() {
        let request = Request::builder().version(Version::HTTP_10).uri("/healthz");
        assert!(refusal(&request.body(Body::empty()).unwrap()).is_none());
    }
}
