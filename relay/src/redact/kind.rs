//! What is looked for, and how much of it a dealer wants to be taken out (B-51).

use serde::{Deserialize, Serialize};

/// How much is taken out of what a model is sent. The stricter one is the greater.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Redaction {
    /// The numbers that are masked before storage, and nothing else: the dealer's own instruction.
    Off,
    /// Contact details, dates of birth and postal addresses, too.
    #[default]
    Balanced,
    /// Names, postcodes and registration plates, too.
    Strict,
}

impl Redaction {
    /// All of them, the strictest first.
    pub const ALL: [Self; 3] = [Self::Strict, Self::Balanced, Self::Off];

    /// Its name in a dealer's file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Balanced => "balanced",
            Self::Strict => "strict",
        }
    }

    /// What is taken out, in words for an operator.
    pub fn tells(self) -> &'static str {
        match self {
            Self::Off => "numbers of cards, accounts and papers only",
            Self::Balanced => {
                "numbers of cards, accounts and papers, contact details, dates of birth, addresses"
            }
            Self::Strict => {
                "numbers of cards, accounts and papers, contact details, dates of birth, addresses, \
                 postcodes, plates, names"
            }
        }
    }
}

/// A kind of value that gets a placeholder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Email,
    Phone,
    Birth,
    Address,
    Postcode,
    Plate,
    Name,
}

impl Kind {
    /// All of them.
    pub(super) const ALL: [Self; 7] = [
        Self::Email,
        Self::Phone,
        Self::Birth,
        Self::Address,
        Self::Postcode,
        Self::Plate,
        Self::Name,
    ];

    /// The word in its placeholder.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Email => "EMAIL",
            Self::Phone => "PHONE",
            Self::Birth => "BIRTH_DATE",
            Self::Address => "ADDRESS",
            Self::Postcode => "POSTCODE",
            Self::Plate => "PLATE",
            Self::Name => "NAME",
        }
    }

    /// The least mode in which it is taken out.
    fn since(self) -> Redaction {
        match self {
            Self::Email | Self::Phone | Self::Birth | Self::Address => Redaction::Balanced,
            Self::Postcode | Self::Plate | Self::Name => Redaction::Strict,
        }
    }
}

/// Which kinds are looked for.
#[derive(Clone, Debug)]
pub(super) struct Kinds {
    finds: Vec<Kind>,
    /// Whether the numbers are masked that are masked before storage, too.
    pub(super) masks: bool,
}

impl Kinds {
    pub(super) fn of(redaction: Redaction) -> Self {
        let finds = Kind::ALL.into_iter().filter(|kind| kind.since() <= redaction).collect();
        Self { finds, masks: true }
    }

    pub(super) fn finds(&self, kind: Kind) -> bool {
        self.finds.contains(&kind)
    }

    pub(super) fn finds_nothing(&self) -> bool {
        self.finds.is_empty()
    }

    /// The same without one, or without the mask: for the control of the corpus.
    #[cfg(test)]
    pub(super) fn without(mut self, kind: Option<Kind>) -> Self {
        self.finds.retain(|one| Some(*one) != kind);
        self.masks &= kind.is_some();
        self
    }
}
