//! Frames and kept records from values and to JSON, by hand; the shapes and their meaning are `protocol`'s.
//!
//! The derived readers are written for any format and any error: in the widget they weigh more than the chat
//! itself (62 KiB of 100 compressed). Here the browser's `JSON.parse` reads the text and these few
//! functions read the value. The tests hold each of them against protocol's own serde, both ways.

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
