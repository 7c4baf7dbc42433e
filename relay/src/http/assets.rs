//! The loader, the widget's files and the demo site, as `cargo xtask widget` made them and
//! `build.rs` embedded them.

use axum::{
    extract::{Path, Request, rejection::PathRejection},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::error::HttpError;

/// One embedded file.
#[derive(Debug)]
pub struct File {
    /// Where it is asked for, without the leading slash.
    pub path: &'static str,
    /// Its media type.
    pub content_type: &'static str,
    /// The hash of its content, in quotes.
    pub etag: &'static str,
    /// Whether its name holds its hash, so that it never changes.
    pub immutable: bool,
    /// Its content.
    pub body: &'static [u8],
    /// Its content, compressed with brotli.
    pub brotli: Option<&'static [u8]>,
    /// Its content, compressed with gzip.
    pub gzip: Option<&'static [u8]>,
}

mod embedded {
    #![expect(unreachable_pub, missing_docs, reason = "made by build.rs")]

    use super::File;

    include!(concat!(env!("OUT_DIR"), "/embedded.rs"));
}

pub use embedded::{BUILD, CHAT_CSS, CHAT_JS, CHAT_LANGS, CHAT_PAGE, CHAT_WASM};

/// How long a browser may use the loader without asking: a fix reaches everybody within that.
const LOADER_CACHE: &str = "public, max-age=300, stale-while-revalidate=86400";

/// A file whose name holds its hash never changes.
const IMMUTABLE_CACHE: &str = "public, max-age=31536000, immutable";

/// Whether the widget was built before the relay was.
pub fn widget_is_built() -> bool {
    !CHAT_WASM.is_empty()
}

/// `GET /widget.js`: the one tag.
pub async fn loader(request: Request) -> Result<Response, HttpError> {
    let file = find("widget.js").ok_or_else(not_built)?;
    let mut response = serve(file, request.headers());
    // The loader is the one file that other origins load.
    let name = "cross-origin-resource-policy";
    response.headers_mut().insert(name, HeaderValue::from_static("cross-origin"));
    Ok(response)
}

/// `GET /assets/NAME`: what the chat page loads.
pub async fn asset(
    name: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, HttpError> {
    let name = name.map(|Path(name)| name).unwrap_or_default();
    if let Some(file) = find(&format!("assets/{name}")) {
        return Ok(serve(file, request.headers()));
    }
    if !widget_is_built() {
        return Err(not_built());
    }
    let sentence = "there is no such file in this build of the widget; load the page anew";
    Err(HttpError::new(StatusCode::NOT_FOUND, "not_found", sentence))
}

/// All files of the demo site: path below `www/demo` and content.
pub fn demo_files() -> impl Iterator<Item = (&'static str, &'static [u8])> {
    embedded::DEMO.iter().copied()
}

/// One file of the demo site.
pub fn demo_file(path: &str) -> Option<&'static [u8]> {
    demo_files().find(|(known, _)| *known == path).map(|(_, body)| body)
}

/// What is answered while the widget is not built.
pub fn not_built() -> HttpError {
    HttpError::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "widget_not_built",
        "the widget is not built: run `cargo xtask widget`, then build the relay again",
    )
}

fn find(path: &str) -> Option<&'static File> {
    embedded::FILES.iter().find(|file| file.path == path)
}

fn serve(file: &'static File, request: &HeaderMap) -> Response {
    let cache = if file.immutable { IMMUTABLE_CACHE } else { LOADER_CACHE };
    let fixed = [
        (header::CONTENT_TYPE, file.content_type),
        (header::CACHE_CONTROL, cache),
        (header::ETAG, file.etag),
        (header::VARY, "accept-encoding"),
    ];
    if has(request, header::IF_NONE_MATCH, file.etag) {
        return (StatusCode::NOT_MODIFIED, fixed).into_response();
    }
    let choices = [("br", file.brotli), ("gzip", file.gzip)];
    let chosen = choices
        .into_iter()
        .find_map(|(name, body)| body.filter(|_| accepts(request, name)).map(|body| (name, body)));
    match chosen {
        Some((name, body)) => (fixed, [(header::CONTENT_ENCODING, name)], body).into_response(),
        None => (fixed, file.body).into_response(),
    }
}

/// Whether a list header names this entity tag.
fn has(request: &HeaderMap, name: header::HeaderName, etag: &str) -> bool {
    let lists = request.get_all(name).iter().filter_map(|value| value.to_str().ok());
    lists
        .flat_map(|list| list.split(','))
        .any(|entry| matches!(entry.trim(), "*") || entry.trim().trim_start_matches("W/") == etag)
}

/// Whether the client takes this encoding (RFC 9110, 12.5.3); `;q=0` means no.
pub(super) fn accepts(request: &HeaderMap, encoding: &str) -> bool {
    let lists = request.get_all(header::ACCEPT_ENCODING).iter();
    lists.filter_map(|value| value.to_str().ok()).flat_map(|list| list.split(',')).any(|entry| {
        let mut parts = entry.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(encoding));
        let refused = parts.any(|part| {
            part.strip_prefix("q=").and_then(|q| q.parse::<f32>().ok()).is_some_and(|q| q <= 0.0)
        });
        named && !refused
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    static FILE: File = File {
        path: "assets/a.js",
        content_type: "text/javascript",
        etag: "\"abc\"",
        immutable: true,
        body: b"plain",
        brotli: Some(b"br"),
        gzip: Some(b"gz"),
    };

    fn asked(name: header::HeaderName, value: &'static str) -> Response {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_static(value));
        serve(&FILE, &headers)
    }

    #[test]
    fn the_smallest_encoding_that_the_client_takes_is_served() {
        let encoding = |value| {
            let response = asked(header::ACCEPT_ENCODING, value);
            let header = response.headers().get(header::CONTENT_ENCODING);
            header.map(|value| value.to_str().unwrap().to_owned())
        };
        assert_eq!(encoding("gzip, deflate, br"), Some("br".to_owned()));
        assert_eq!(encoding("gzip;q=0.5, br;q=0"), Some("gzip".to_owned()));
        assert_eq!(encoding("identity"), None);
    }

    #[test]
    fn a_file_that_the_client_has_is_not_sent_again() {
        let status = |value| asked(header::IF_NONE_MATCH, value).status();
        assert_eq!(status("\"x\", W/\"abc\""), StatusCode::NOT_MODIFIED);
        assert_eq!(status("\"x\""), StatusCode::OK);
    }
}
