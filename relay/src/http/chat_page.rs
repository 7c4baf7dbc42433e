//! `GET /chat/SITE_KEY`: the iframe's page, also usable alone as a link.
//!
//! Its policy lets in what the page itself needs and nothing else; `frame-ancestors` names this
//! dealer's origins, so the browser decides where the chat may be embedded (D1).

use std::{fmt::Write as _, sync::Arc};

use axum::{
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderName, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use protocol::SiteKey;
use serde::Deserialize;

use crate::{
    domain::{dealer::Dealer, view},
    error::HttpError,
    http::{Doors, assets},
};

/// What the link may say.
#[derive(Debug, Default, Deserialize)]
pub struct Wishes {
    /// The language, a BCP 47 tag.
    lang: Option<String>,
}

/// The page of one site.
pub async fn page(
    State(doors): State<Arc<Doors>>,
    Path(site_key): Path<String>,
    Query(wishes): Query<Wishes>,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    if !assets::widget_is_built() {
        return Err(assets::not_built());
    }
    let site_key = SiteKey::parse(&site_key).map_err(|_| unknown_site())?;
    let sessions = &doors.sessions;
    let dealer = sessions.replier.store.dealer_by_site(&site_key);
    let dealer = dealer.filter(|dealer| dealer.is_active()).ok_or_else(unknown_site)?;
    let language = language(wishes.lang.as_deref(), &headers, &dealer);
    let body = fill(&doors, &dealer, &site_key, &language);
    let fixed = [
        (header::CONTENT_SECURITY_POLICY, policy(&doors.public_origin, &dealer)),
        (header::REFERRER_POLICY, "strict-origin".to_owned()),
        (header::VARY, "accept-language".to_owned()),
        // Framed by the dealer's origins, so it can't ask to be alone with its own.
        (HeaderName::from_static("cross-origin-opener-policy"), "unsafe-none".to_owned()),
        (HeaderName::from_static("cross-origin-resource-policy"), "cross-origin".to_owned()),
    ];
    Ok((fixed, Html(body)).into_response())
}

fn unknown_site() -> HttpError {
    let sentence = "no site has this key, or its dealer is paused; check data-site in the snippet";
    HttpError::new(StatusCode::NOT_FOUND, "unknown_site", sentence)
}

/// The language that the link wishes, else the first that the browser prefers and the dealer has.
fn language(wished: Option<&str>, headers: &HeaderMap, dealer: &Dealer) -> String {
    if let Some(wished) = wished {
        return view::language(dealer, wished).to_owned();
    }
    let preferred = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let tags = preferred.unwrap_or_default().split(',');
    let tags = tags.filter_map(|entry| entry.split(';').next()).map(str::trim);
    for tag in tags.filter(|tag| !tag.is_empty()) {
        let language = view::language(dealer, tag);
        if tag.get(..2).is_some_and(|start| start.eq_ignore_ascii_case(language)) {
            return language.to_owned();
        }
    }
    view::language(dealer, "").to_owned()
}

/// What this page may load, where it may connect, who may frame it.
fn policy(public_origin: &str, dealer: &Dealer) -> String {
    let socket = socket_origin(public_origin);
    let mut ancestors = String::new();
    for origin in dealer.sites.iter().flat_map(|site| &site.origins) {
        // Origins were checked when the dealer was added: no space, no semicolon.
        let _ = write!(ancestors, " {origin}");
    }
    let ancestors = if ancestors.is_empty() { " 'none'" } else { &ancestors };
    format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
         connect-src 'self' {socket}; img-src data:; base-uri 'none'; form-action 'none'; \
         require-trusted-types-for 'script'; frame-ancestors{ancestors}"
    )
}

/// The origin of the socket: the same host, by `wss` where the page came by `https`.
fn socket_origin(public_origin: &str) -> String {
    if let Some(host) = public_origin.strip_prefix("https://") {
        return format!("wss://{host}");
    }
    public_origin.replacen("http://", "ws://", 1)
}

/// Fills the template of `www/chat/index.html`.
fn fill(doors: &Doors, dealer: &Dealer, site_key: &SiteKey, language: &str) -> String {
    let now = doors.sessions.clock.now();
    let view = view::view(dealer, language, &doors.sessions.recipients, now);
    let direction = if language == "ar" { "rtl" } else { "ltr" };
    let socket = format!("{}/v1/chat", socket_origin(&doors.public_origin));
    let asset = |path: &str| format!("/{path}");
    let values = [
        ("{{LANG}}", escape(language)),
        ("{{DIR}}", direction.to_owned()),
        ("{{TITLE}}", escape(&format!("{} · {}", view.assistant, view.name))),
        ("{{ASSISTANT}}", escape(&view.assistant)),
        ("{{DEALER}}", escape(&view.name)),
        ("{{SITE_KEY}}", escape(site_key.as_str())),
        ("{{SOCKET_URL}}", escape(&socket)),
        ("{{CSS}}", asset(assets::CHAT_CSS)),
        ("{{JS}}", asset(assets::CHAT_JS)),
        ("{{WASM}}", asset(assets::CHAT_WASM)),
        ("{{WORDS}}", asset(words(assets::CHAT_LANGS, language))),
        ("{{FALLBACK}}", fallback(&view.contact)),
    ];
    substitute(assets::CHAT_PAGE, &values)
}

/// The path of the widget's words in a language; of its English words where it has none.
fn words<'a>(langs: &[(&str, &'a str)], language: &str) -> &'a str {
    let of = |wanted: &str| langs.iter().find(|(lang, _)| *lang == wanted).map(|(_, path)| *path);
    of(language).or_else(|| of("en")).unwrap_or_default()
}

/// Replaces each placeholder in one pass: what a value holds is never read as a placeholder.
fn substitute(template: &str, values: &[(&str, String)]) -> String {
    let mut page = String::with_capacity(template.len() + 1024);
    let mut rest = template;
    while let Some(start) = rest.find("{{") {
        page.push_str(&rest[..start]);
        rest = &rest[start..];
        let known = values.iter().find(|(name, _)| rest.starts_with(name));
        let (name, value) = known.map_or(("{{", "{{"), |(name, value)| (*name, value.as_str()));
        page.push_str(value);
        rest = &rest[name.len()..];
    }
    page.push_str(rest);
    page
}

/// How to reach the dealer where the chat can't run (E-30).
fn fallback(contact: &protocol::dealer::Contact) -> String {
    let mut html = String::new();
    if let Some(phone) = &contact.phone {
        let dialled: String = phone.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
        let shown = escape(phone);
        let _ = write!(html, "<p><a href=\"tel:{dialled}\">{shown}</a></p>");
    }
    if let Some(email) = &contact.email {
        let email = escape(email);
        let _ = write!(html, "<p><a href=\"mailto:{email}\">{email}</a></p>");
    }
    html
}

/// Text as it may stand in HTML, between tags or in a quoted attribute.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_never_read_as_a_placeholder() {
        let values = [("{{A}}", "{{B}}".to_owned()), ("{{B}}", "two".to_owned())];
        assert_eq!(substitute("{{A}} {{B}} {{C}} {", &values), "{{B}} two {{C}} {");
    }

    #[test]
    fn a_language_without_words_gets_the_english_ones() {
        let langs = [("de", "assets/d"), ("en", "assets/e")];
        assert_eq!(words(&langs, "de"), "assets/d");
        assert_eq!(words(&langs, "fr"), "assets/e");
        assert_eq!(words(&[], "de"), "");
    }

    #[test]
    fn a_dealers_name_can_not_leave_its_place_in_the_page() {
        assert_eq!(escape("\"><script>'&"), "&quot;&gt;&lt;script&gt;&#39;&amp;");
    }

    #[test]
    fn the_socket_is_secure_where_the_page_is() {
        assert_eq!(socket_origin("https://chat.example"), "wss://chat.example");
        assert_eq!(socket_origin("http://127.0.0.1:8080"), "ws://127.0.0.1:8080");
    }
}
