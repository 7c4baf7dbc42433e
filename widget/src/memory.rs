//! What outlives a page: two keys, written after the visitor has sent something. `www/chat/boot.js` keeps
//! them in `sessionStorage`, and in its own memory where storage is denied or full.

use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

/// Where the session is kept.
pub(crate) const SESSION: &str = "fc:session";

/// Where what is not sent yet is kept.
pub(crate) const OUTBOX: &str = "fc:outbox";

#[wasm_bindgen]
extern "C" {
    /// Reads a key, as JSON; what can't be read is as if it were not there.
    pub(crate) fn recall(key: &str) -> JsValue;

    /// Writes a key, or removes it where there is no text.
    pub(crate) fn keep(key: &str, text: &str);
}
