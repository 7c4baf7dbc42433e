//! Frames and kept records to JSON and back, by hand; the shapes and their meaning are `protocol`'s.
//!
//! Only what the loader is told is written by serde-wasm-bindgen (`effect::Tell`). The derived readers, one for
//! each type and without a tagged enum, weigh 17.5 KiB more to download (10.8 KiB of it for what a tab keeps and
//! the page's options alone) and refuse a frame for one word that a newer relay may say; derived writers weigh
//! 2 KiB more. The browser's `JSON.parse` reads the text and these few functions read the value. The
//! tests hold each of them against protocol's own serde.

pub mod read;
pub mod write;

/// A JSON value, whoever parsed it: the browser in the widget, a JSON library in the tests.
pub trait Value: Sized {
    /// A member of an object; `None` where it is absent or null.
    fn get(&self, name: &str) -> Option<Self>;
    /// A text.
    fn text(&self) -> Option<String>;
    /// A whole number within 53 bits.
    fn whole(&self) -> Option<i64>;
    /// True or false.
    fn truth(&self) -> Option<bool>;
    /// The items of a list.
    fn items(&self) -> Option<Vec<Self>>;
}

#[cfg(test)]
mod tests;
