//! Where no chat is: a page for people, since whoever follows a dead link is no program.

use axum::{
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};

use crate::{
    domain::{
        html::{direction, escape},
        view,
    },
    error::HttpError,
    http::html::preferred,
};

/// A refusal as a page where a browser asks for one: the sentence for people, the reason for the dealer.
pub(super) fn page(refusal: HttpError, headers: &HeaderMap) -> Response {
    let accepts = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    if !accepts.is_some_and(|types| types.contains("text/html")) {
        return refusal.into_response();
    }
    let known = |tag: &&str| tag.get(..2).is_some_and(|start| view::LANGUAGES.contains(&start));
    let language = preferred(headers).find(known).and_then(|tag| tag.get(..2)).unwrap_or("en");
    let sentence = escape(view::nowhere(language));
    let direction = direction(language);
    let reason = escape(refusal.message());
    let page = format!(
        "<!doctype html><html lang=\"{language}\" dir=\"{direction}\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><meta name=\"robots\" content=\"noindex\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>{sentence}</title>\
         <h1>{sentence}</h1><p lang=\"en\" dir=\"ltr\">{reason}</p></html>"
    );
    let mut response = refusal.into_response();
    response.headers_mut().remove(header::CONTENT_LENGTH);
    let html = HeaderValue::from_static("text/html; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, html);
    *response.body_mut() = page.into();
    response
}
