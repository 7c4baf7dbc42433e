//! A frame that is not of the documented shape, looked at as far as it helps to say what is wrong.
//! Pure.

use protocol::{ClientMessage, PROTOCOL_VERSION, SiteKey, version::OLDEST_SUPPORTED};
use serde::Deserialize;

/// Why a frame could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadFrame {
    /// A binary frame; the protocol has none.
    Binary,
    /// Text that is not JSON of the documented shape.
    Shape,
    /// A `type` that this relay does not know: a newer client's, perhaps.
    UnknownType,
    /// A `hello` of a version that this relay does not speak, whatever else it says.
    OtherVersion,
    /// A `hello` with what can be no site key.
    NoSiteKey,
}

/// What matters of a frame whose shape is unknown.
#[derive(Deserialize)]
struct Loose {
    r#type: String,
    protocol: Option<u32>,
    site_key: Option<String>,
}

impl BadFrame {
    /// What is wrong with a text that is no frame of this version.
    pub fn of(text: &str) -> Self {
        let Ok(loose) = serde_json::from_str::<Loose>(text) else { return Self::Shape };
        if !ClientMessage::TYPES.contains(&loose.r#type.as_str()) {
            return Self::UnknownType;
        }
        if loose.r#type != "hello" {
            return Self::Shape;
        }
        let spoken = OLDEST_SUPPORTED..=PROTOCOL_VERSION;
        if loose.protocol.is_some_and(|version| !spoken.contains(&version)) {
            return Self::OtherVersion;
        }
        let is_key = |key: String| SiteKey::parse(&key).is_ok();
        if loose.site_key.is_some_and(is_key) { Self::Shape } else { Self::NoSiteKey }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_told_as_closely_as_the_text_allows() {
        let cases = [
            ("", BadFrame::Shape),
            ("[]", BadFrame::Shape),
            (r#"{"type":"say"}"#, BadFrame::Shape),
            (r#"{"type":"sing","loud":true}"#, BadFrame::UnknownType),
            (r#"{"type":"hello","protocol":2,"who":"a later client"}"#, BadFrame::OtherVersion),
            (r#"{"type":"hello","protocol":1,"site_key":"!"}"#, BadFrame::NoSiteKey),
            (r#"{"type":"hello","protocol":1}"#, BadFrame::NoSiteKey),
            (r#"{"type":"hello","protocol":1,"site_key":"site_harbour-cars"}"#, BadFrame::Shape),
        ];
        for (text, wrong) in cases {
            assert_eq!(BadFrame::of(text), wrong, "{text}");
        }
    }
}
