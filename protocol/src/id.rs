//! Typed ids: a prefix that says what it is, and random digits that say nothing.
//!
//! Parse at the edge, pass the type inside. No id derefs to a string, so that a conversation
//! can't be passed where a dealer is wanted.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a text is not an id of the wanted kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdError {
    /// The prefix that was wanted, for example `cnv_`.
    pub wanted: &'static str,
}

impl fmt::Display for IdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a valid id: expected {}… with the right length", self.wanted)
    }
}

impl std::error::Error for IdError {}

/// Lower-case hexadecimal, two digits a byte.
fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}

/// Whether `text` is exactly `prefix` and `digits` lower-case hexadecimal digits.
fn is_prefixed_hex(text: &str, prefix: &str, digits: usize) -> bool {
    text.strip_prefix(prefix).is_some_and(|rest| {
        rest.len() == digits && rest.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    })
}

macro_rules! random_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal, $bytes:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// What each text of this id begins with.
            pub const PREFIX: &'static str = $prefix;
            /// How many random bytes it carries.
            pub const BYTES: usize = $bytes;

            /// Makes the id of these random bytes.
            pub fn from_bytes(bytes: &[u8; $bytes]) -> Self {
                Self(format!(concat!($prefix, "{}"), hex(bytes)))
            }

            /// Reads an id, or says what was wanted.
            pub fn parse(text: &str) -> Result<Self, IdError> {
                if is_prefixed_hex(text, $prefix, $bytes * 2) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(IdError { wanted: $prefix })
                }
            }

            /// The id as text, prefix included.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;

            fn try_from(text: String) -> Result<Self, IdError> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }
    };
}

macro_rules! shown_id {
    ($($name:ident),*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

random_id!(
    /// A dealer, the tenant to whom each row belongs.
    DealerId, "dlr_", 16
);
random_id!(
    /// One conversation of one visitor with one dealer.
    ConversationId, "cnv_", 16
);
random_id!(
    /// One reply while it is being written; survives a broken socket and a restart.
    ReplyId, "rpl_", 16
);
random_id!(
    /// A lead, the details that a visitor chose to leave.
    LeadId, "led_", 16
);
random_id!(
    /// The incarnation of the database: new after a restore, so that no client trusts old places.
    Epoch, "epc_", 16
);
random_id!(
    /// The client's own id of a message or a lead: the same for each try, so a retry is no double.
    ClientMsgId, "msg_", 16
);
random_id!(
    /// What proves that this browser holds the conversation: 256 random bits, minted by the relay.
    ///
    /// Never in a URL, never in a log: `Debug` prints no digit and there is no `Display`.
    SessionToken, "tok_", 32
);
shown_id!(DealerId, ConversationId, ReplyId, LeadId, Epoch, ClientMsgId);

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("tok_[redacted]")
    }
}

/// The public name of one site of a dealer, as it stands in the snippet. Not a secret.
///
/// Chosen by the operator or made at random: `site_` and 4 to 40 of `a-z`, `0-9` and `-`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SiteKey(String);

impl SiteKey {
    /// What each site key begins with.
    pub const PREFIX: &'static str = "site_";

    /// Makes the key of these random bytes.
    pub fn from_bytes(bytes: &[u8; 16]) -> Self {
        Self(format!("site_{}", hex(bytes)))
    }

    /// Reads a site key, or says what was wanted.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let fits = text.strip_prefix(Self::PREFIX).is_some_and(|rest| {
            (4..=40).contains(&rest.len())
                && rest.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'z' | b'-'))
        });
        if fits { Ok(Self(text.to_owned())) } else { Err(IdError { wanted: Self::PREFIX }) }
    }

    /// The key as text, prefix included.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for SiteKey {
    type Error = IdError;

    fn try_from(text: String) -> Result<Self, IdError> {
        Self::parse(&text)
    }
}

impl From<SiteKey> for String {
    fn from(key: SiteKey) -> String {
        key.0
    }
}

shown_id!(SiteKey);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_what_it_printed() {
        let id = ConversationId::from_bytes(&[0xab; 16]);
        assert_eq!(ConversationId::parse(&id.to_string()), Ok(id));
    }

    #[test]
    fn an_id_of_another_kind_is_refused() {
        let dealer = DealerId::from_bytes(&[1; 16]).to_string();
        assert_eq!(ConversationId::parse(&dealer), Err(IdError { wanted: "cnv_" }));
    }

    #[test]
    fn upper_case_short_and_long_ids_are_refused() {
        for bad in [
            "cnv_",
            "cnv_AB",
            &format!("cnv_{}", "A".repeat(32)),
            &format!("cnv_{}", "a".repeat(33)),
        ] {
            assert!(ConversationId::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_token_shows_no_digit_when_it_is_printed() {
        let token = SessionToken::from_bytes(&[7; 32]);
        assert_eq!(format!("{token:?}"), "tok_[redacted]");
    }

    #[test]
    fn a_site_key_may_be_a_name() {
        assert!(SiteKey::parse("site_harbour-cars").is_ok());
        assert!(SiteKey::parse("site_Harbour").is_err());
        assert!(SiteKey::parse("site_abc").is_err());
    }
}
