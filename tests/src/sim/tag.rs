//! What each word of a simulated world begins with: whose it is.

use std::fmt;

/// Whose words they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tag {
    /// The number of the dealer.
    pub dealer: usize,
    /// The number of the visitor.
    pub visitor: usize,
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "d{} v{}", self.dealer, self.visitor)
    }
}

impl Tag {
    /// The tag that a text begins with.
    pub fn of(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let dealer = words.next()?.strip_prefix('d')?.parse().ok()?;
        let visitor = words.next()?.strip_prefix('v')?.parse().ok()?;
        Some(Self { dealer, visitor })
    }
}
