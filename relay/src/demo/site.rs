//! The made-up dealer's site: the embedded pages, on an origin of their own. Nothing of the relay.

use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    http::{Method, StatusCode, Uri, header},
    response::{IntoResponse, Redirect, Response},
};
use tokio::net::TcpListener;

use super::dealers::{FOLDERS, SITE_KEY};
use crate::{
    http::{self, assets::demo_file},
    lifecycle::Tasks,
};

/// What the pages are filled in with.
struct Site {
    relay: String,
}

/// The pages, with the relay's origin filled in.
pub(super) fn router(relay: &str) -> Router {
    Router::new().fallback(page).with_state(Arc::new(Site { relay: relay.to_owned() }))
}

/// Serves the pages until the relay stops.
pub(super) fn serve(tasks: &Tasks, listener: TcpListener, router: Router) {
    http::serve::serve(tasks, "demo site", listener, router, tasks.stopping());
}

async fn page(State(site): State<Arc<Site>>, method: Method, uri: Uri) -> Response {
    if method != Method::GET && method != Method::HEAD {
        return (StatusCode::METHOD_NOT_ALLOWED, "Only GET and HEAD.").into_response();
    }
    if matches!(uri.path(), "/meadow" | "/meadow/") {
        return Redirect::temporary("/meadow.html").into_response();
    }
    let found = file_of(uri.path()).and_then(|path| Some((path.clone(), demo_file(&path)?)));
    let Some((path, body)) = found else {
        let kind = [(header::CONTENT_TYPE, content_type(".html"))];
        return (StatusCode::NOT_FOUND, kind, NOT_FOUND).into_response();
    };
    let kind = content_type(&path);
    let is_page = kind.starts_with("text/html");
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "no-cache"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    match std::str::from_utf8(body) {
        Ok(text) if is_page => (headers, site.fill(text)).into_response(),
        _ => (headers, body).into_response(),
    }
}

/// The page for what isn't there.
const NOT_FOUND: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
    <meta name=\"viewport\" content=\"width=device-width\"><title>Not found</title>\
    <h1>There is no such page</h1><p><a href=\"/\">To the start</a></p></html>";

impl Site {
    fn fill(&self, text: &str) -> String {
        text.replace("{{RELAY}}", &self.relay).replace("{{SITE_KEY}}", SITE_KEY)
    }
}

/// The embedded file of a path; none for what a visitor of the site has no business with.
fn file_of(path: &str) -> Option<String> {
    let path = path.strip_prefix('/')?;
    let path = if path.is_empty() || path.ends_with('/') {
        format!("{path}index.html")
    } else {
        path.to_owned()
    };
    let mut parts = path.split('/');
    let is_dealer = parts.clone().next().is_some_and(|first| FOLDERS.contains(&first));
    let is_odd =
        |part: &str| part.is_empty() || part.starts_with('.') || part.contains(['\\', '%']);
    (!is_dealer && !parts.any(is_odd)).then_some(path)
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "txt" | "md" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_to_a_page_and_never_behind_the_site() {
        assert_eq!(file_of("/").as_deref(), Some("index.html"));
        assert_eq!(file_of("/cars/mini-cooper.html").as_deref(), Some("cars/mini-cooper.html"));
        for bad in [
            "/dealer/dealer.toml",
            "/dealer2/documents/a.md",
            "/.env",
            "/a/../b",
            "/a//b",
            "/%2e%2e/x",
            "x",
        ] {
            assert_eq!(file_of(bad), None, "{bad}");
        }
    }

    #[test]
    fn placeholders_are_filled_in() {
        let site = Site { relay: "http://127.0.0.1:8080".to_owned() };
        assert_eq!(
            site.fill("<script src=\"{{RELAY}}/widget.js\" data-site=\"{{SITE_KEY}}\">"),
            "<script src=\"http://127.0.0.1:8080/widget.js\" data-site=\"site_harbour-cars\">"
        );
    }
}
