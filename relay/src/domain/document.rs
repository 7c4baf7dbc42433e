//! A document of a dealer, as the dealer wrote it; splitting and ranking are in `knowledge`.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One document of a dealer.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// The file's place in the dealer's folder, with `/`; unique within the dealer.
    pub name: String,
    /// What it is called where it is named as a source.
    pub title: String,
    /// The page on the dealer's site that says the same, if the dealer named one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Its whole text: data, never instructions (C-60).
    pub text: String,
}

/// A document on its way into the store; it is the same before and after.
pub type NewDocument = Document;

/// Prints which document it is and how long, not what it says.
impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document")
            .field("name", &self.name)
            .field("text_bytes", &self.text.len())
            .finish_non_exhaustive()
    }
}
