//! `GET /chat/SITE_KEY`: the iframe's page, also usable alone as a link.
//!
//! Its policy lets in what the page itself needs and nothing else; `frame-ancestors` names this
//! dealer's origins, so the browser decides where the chat may be embedded (D1).

use std::{fmt::Write as _, sync::Arc};

use axum::{
    extract::{
        Path, Query, State,
        rejection::{PathRejection, QueryRejection},
    },
    http::{HeaderMap, HeaderName, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use protocol::{
    SiteKey,
    dealer::{Contact, Theme},
};
use serde::Deserialize;

use crate::{
    domain::{
        dealer::Dealer,
        html::{direction, escape},
        view,
    },
    error::HttpError,
    http::{
        Doors, assets,
        html::{preferred, substitute},
        nowhere,
    },
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
    site_key: Result<Path<String>, PathRejection>,
    wishes: Result<Query<Wishes>, QueryRejection>,
    headers: HeaderMap,
) -> Response {
    // A wish that can't be read is none, a key that can't be read is nobody's.
    let wishes = wishes.map(|Query(wishes)| wishes).unwrap_or_default();
    let site_key = site_key.map(|Path(key)| key).unwrap_or_default();
    answer(&doors, &site_key, wishes.lang.as_deref(), &headers)
        .unwrap_or_else(|refusal| nowhere::page(refusal, &headers))
}

fn answer(
    doors: &Doors,
    site_key: &str,
    wished: Option<&str>,
    headers: &HeaderMap,
) -> Result<Response, HttpError> {
    if !assets::widget_is_built() {
        return Err(assets::not_built());
    }
    let site_key = SiteKey::parse(site_key).map_err(|_| unknown_site())?;
    let sessions = &doors.sessions;
    let dealer = sessions.replier.store.dealer_by_site(&site_key);
    let dealer = dealer.filter(|dealer| dealer.is_active()).ok_or_else(unknown_site)?;
    let language = language(wished, headers, &dealer);
    let body = fill(doors, &dealer, &site_key, &language);
    let fixed = [
        (header::CONTENT_SECURITY_POLICY, policy(&doors.public_origin, &dealer)),
        (header::REFERRER_POLICY, "strict-origin".to_owned()),
        (header::VARY, "accept-language, accept-encoding".to_owned()),
        // Framed by the dealer's origins, so it can't ask to be alone with its own.
        (HeaderName::from_static("cross-origin-opener-policy"), "unsafe-none".to_owned()),
        (HeaderName::from_static("cross-origin-resource-policy"), "cross-origin".to_owned()),
    ];
    let takes_gzip = assets::accepts(headers, "gzip");
    let packed = takes_gzip.then(|| doors.pages.gzip(&site_key, &language, &body)).flatten();
    Ok(match packed {
        Some(packed) => (fixed, [(header::CONTENT_ENCODING, "gzip")], Html(packed)).into_response(),
        None => (fixed, Html(body)).into_response(),
    })
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
    for tag in preferred(headers) {
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
    let said = view::page_words(&view);
    let socket = format!("{}/v1/chat", socket_origin(&doors.public_origin));
    let asset = |path: &str| format!("/{path}");
    let values = [
        ("{{LANG}}", escape(language)),
        ("{{DIR}}", direction(language).to_owned()),
        ("{{TITLE}}", escape(&said.title)),
        ("{{CLOSE}}", escape(said.close)),
        ("{{MENU}}", escape(said.menu)),
        ("{{THEME}}", colours(&view.theme)),
        ("{{NOTICE}}", escape(&view.notice.text)),
        ("{{DETAILS}}", view.notice.details.iter().map(|text| item(text)).collect()),
        ("{{PRIVACY_URL}}", escape(&view.privacy_url)),
        ("{{PRIVACY}}", escape(&said.privacy)),
        ("{{NEW_TAB}}", escape(said.new_tab)),
        ("{{SITE_KEY}}", escape(site_key.as_str())),
        ("{{SOCKET_URL}}", escape(&socket)),
        ("{{CSS}}", asset(assets::CHAT_CSS)),
        ("{{JS}}", asset(assets::CHAT_JS)),
        ("{{WASM}}", asset(assets::CHAT_WASM)),
        ("{{WORDS}}", asset(words(assets::CHAT_LANGS, language))),
        ("{{FALLBACK}}", fallback(&view.contact, said.unavailable)),
    ];
    substitute(assets::CHAT_PAGE, &values)
}

/// The dealer's colours, in the order in which `www/chat/boot.js` sets them.
fn colours(theme: &Theme) -> String {
    let Theme { accent, on_accent, ink_light, ink_dark } = theme;
    let all = [accent, on_accent, ink_light, ink_dark].map(|colour| colour.as_deref());
    all.map(Option::unwrap_or_default).join(" ").trim().to_owned()
}

/// A sentence of the notice's second layer.
fn item(text: &str) -> String {
    format!("<li dir=\"auto\">{}</li>", escape(text))
}

/// The path of the widget's words in a language; of its English words where it has none.
fn words<'a>(langs: &[(&str, &'a str)], language: &str) -> &'a str {
    let of = |wanted: &str| langs.iter().find(|(lang, _)| *lang == wanted).map(|(_, path)| *path);
    of(language).or_else(|| of("en")).unwrap_or_default()
}

/// How to reach the dealer where the chat can't run (E-30).
fn fallback(contact: &Contact, unavailable: &str) -> String {
    let mut html = format!("<p class=\"why\">{}</p>", escape(unavailable));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_without_words_gets_the_english_ones() {
        let langs = [("de", "assets/d"), ("en", "assets/e")];
        assert_eq!(words(&langs, "de"), "assets/d");
        assert_eq!(words(&langs, "fr"), "assets/e");
        assert_eq!(words(&[], "de"), "");
    }

    #[test]
    fn a_theme_that_is_left_out_is_nothing_at_all() {
        assert_eq!(colours(&Theme::default()), "");
        let accent = Some("#0b5c7a".to_owned());
        assert_eq!(colours(&Theme { accent, ..Theme::default() }), "#0b5c7a");
    }

    #[test]
    fn the_socket_is_secure_where_the_page_is() {
        assert_eq!(socket_origin("https://chat.example"), "wss://chat.example");
        assert_eq!(socket_origin("http://127.0.0.1:8080"), "ws://127.0.0.1:8080");
    }
}
