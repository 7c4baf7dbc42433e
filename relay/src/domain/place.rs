//! Where personal data are handled, and what lets them go there: the place of storage and the place of
//! each model are stated apart (A-C4a, A.3-4).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{closed::words, request::EEA};

words! {
    /// What lets data go to a country of other law (Chapter V GDPR).
    Transfer {
        /// A decision that the country protects data as well: Art. 45.
        Adequacy = "adequacy",
        /// The Commission's standard contractual clauses: Art. 46(2)(c).
        Scc = "scc",
        /// The UK's International Data Transfer Agreement.
        Idta = "idta",
        /// The UK's addendum to the Commission's clauses.
        Addendum = "addendum",
        /// Binding corporate rules: Art. 47.
        Bcr = "bcr",
    }
}

/// A part of the world: `eu`, `eea`, `uk`, `global`, or a country such as `us`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Region(String);

impl Region {
    /// Reads one, or says how it is written.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let is_country = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_lowercase());
        if text == "gb" {
            return Err("write the United Kingdom as \"uk\"");
        }
        if is_country || ["eea", "global"].contains(&text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(
                "write \"eu\", \"eea\", \"uk\", \"global\" or a country's two letters, such as \"us\"",
            )
        }
    }

    /// Whether all of it lies in another one.
    pub fn is_within(&self, other: &Self) -> bool {
        let country = self.0.to_uppercase();
        let is_eea = EEA.contains(&country.as_str());
        let is_eu = is_eea && !["IS", "LI", "NO"].contains(&country.as_str());
        match other.0.as_str() {
            "global" => true,
            wider if wider == self.0 => true,
            "eu" => is_eu,
            "eea" => is_eea || self.0 == "eu",
            _ => false,
        }
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Region {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        Self::parse(&text)
    }
}

impl From<Region> for String {
    fn from(region: Region) -> Self {
        region.0
    }
}

/// Where data are handled and what lets them go there, as far as the operator says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Place {
    /// Where.
    pub region: Option<Region>,
    /// What lets them go there.
    pub transfer: Option<Transfer>,
}

impl Place {
    /// Whether data may go there: it lies in one of these, or something lets them.
    pub fn is_allowed(&self, allowed: &[Region]) -> bool {
        let lies = |region: &Region| allowed.iter().any(|one| region.is_within(one));
        self.transfer.is_some() || self.region.as_ref().is_some_and(lies)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_country_lies_in_its_union_and_a_union_in_no_country() {
        let region = |text: &str| Region::parse(text).unwrap();
        for (inner, outer, is_within) in [
            ("de", "eu", true),
            ("no", "eu", false),
            ("no", "eea", true),
            ("eu", "eea", true),
            ("eea", "eu", false),
            ("eu", "de", false),
            ("uk", "eu", false),
            ("us", "us", true),
            ("us", "eea", false),
            ("global", "eu", false),
        ] {
            assert_eq!(region(inner).is_within(&region(outer)), is_within, "{inner} in {outer}");
        }
        for bad in ["EU", "europe", "gb", "", "u1"] {
            assert!(Region::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_place_outside_needs_something_that_lets_data_go_there() {
        let place = |region: Option<&str>, transfer| Place {
            region: region.map(|region| Region::parse(region).unwrap()),
            transfer,
        };
        let allowed = [Region::parse("eu").unwrap()];
        assert!(place(Some("ie"), None).is_allowed(&allowed));
        assert!(!place(Some("us"), None).is_allowed(&allowed));
        assert!(place(Some("us"), Some(Transfer::Scc)).is_allowed(&allowed));
        assert!(!place(None, None).is_allowed(&allowed), "what nobody states lies nowhere");
    }
}
