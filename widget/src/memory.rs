//! `sessionStorage`: two keys, written after the visitor has sent something. Absent storage is a normal state.

use wasm_bindgen::JsValue;
use web_sys::Storage;

use crate::dom;

/// Where the session is kept.
pub(crate) const SESSION: &str = "fc:session";

/// Where what is not sent yet is kept.
pub(crate) const OUTBOX: &str = "fc:outbox";

fn storage() -> Option<Storage> {
    web_sys::window()?.session_storage().ok().flatten()
}

/// Reads a key; what can't be read is as if it were not there.
pub(crate) fn recall(key: &str) -> Option<JsValue> {
    let text = storage()?.get_item(key).ok().flatten()?;
    dom::from_json(&text)
}

/// Writes a key. Where storage is denied or full, memory has to do.
pub(crate) fn keep(key: &str, text: &str) {
    if let Some(storage) = storage() {
        let _ = storage.set_item(key, text);
    }
}

/// Removes a key.
pub(crate) fn forget(key: &str) {
    if let Some(storage) = storage() {
        let _ = storage.remove_item(key);
    }
}
