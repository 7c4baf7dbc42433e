//! What the page tells the widget at its start; read once, checked, never changed.

use protocol::SiteKey;

use crate::strings::{self, Strings};

/// The attributes of `<main id="chat">`, checked.
#[derive(Clone)]
pub struct Options {
    /// Which site the chat speaks for.
    pub site: SiteKey,
    /// The relay's socket.
    pub socket: String,
    /// The language of the chat as the relay chose it, for `hello` and for dates.
    pub locale: String,
    /// The words of that language.
    pub strings: &'static Strings,
    /// Whether a loader holds this page in a frame; else the page stands alone.
    pub embedded: bool,
    /// The origin of the page around the frame, with a slash behind it; else empty.
    pub home: String,
}

impl Options {
    /// Checks the attributes. `None` where the chat could not work: then the fallback stays.
    pub fn read(
        site: &str,
        socket: &str,
        lang: &str,
        home: Option<String>,
        strings: &'static Strings,
    ) -> Option<Self> {
        if !(socket.starts_with("wss://") || socket.starts_with("ws://")) {
            return None;
        }
        let locale = if is_tag(lang) { lang } else { strings.lang };
        Some(Self {
            site: SiteKey::parse(site).ok()?,
            socket: socket.to_owned(),
            locale: locale.to_owned(),
            strings,
            embedded: home.is_some(),
            home: home.unwrap_or_default(),
        })
    }

    /// Whether an address is one of the page around the frame.
    pub fn is_home(&self, href: &str) -> bool {
        !self.home.is_empty() && strings::join(&[href, "/"]).starts_with(&self.home)
    }
}

/// Whether `lang` has the shape of a BCP 47 tag; a date formatter throws at anything else.
fn is_tag(lang: &str) -> bool {
    let mut parts = lang.split('-');
    let language = parts.next().unwrap_or_default();
    (2..=3).contains(&language.len())
        && language.bytes().all(|b| b.is_ascii_alphabetic())
        && parts.all(|part| {
            (2..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
        })
        && lang.len() <= protocol::limits::MAX_LOCALE_CHARS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strings::english;

    fn read(site: &str, socket: &str, lang: &str) -> Option<Options> {
        Options::read(site, socket, lang, Some("https://dealer.example/".to_owned()), english())
    }

    #[test]
    fn a_page_without_a_site_or_a_socket_gives_no_chat() {
        assert!(read("", "wss://relay.example/v1/chat", "en").is_none());
        assert!(read("site_harbour", "https://relay.example", "en").is_none());
        assert!(read("site_harbour", "", "en").is_none());
    }

    #[test]
    fn only_pages_of_the_origin_around_the_frame_are_at_home() {
        let mut options =
            read("site_harbour", "wss://relay.example", "en").expect("these attributes are good");
        for own in ["https://dealer.example", "https://dealer.example/cars/1?a#b"] {
            assert!(options.is_home(own), "{own}");
        }
        for other in
            ["https://dealer.example.evil/", "http://dealer.example/", "tel:1", "https://d.example"]
        {
            assert!(!options.is_home(other), "{other}");
        }
        // Without a referrer nothing is known to be.
        options.home.clear();
        assert!(!options.is_home("https://dealer.example/"));
    }

    #[test]
    fn a_language_without_words_of_its_own_keeps_its_dates() {
        let options = read("site_harbour", "wss://relay.example", "fr-CA");
        let options = options.expect("these attributes are good");
        assert_eq!(options.strings.lang, "en");
        assert_eq!(options.locale, "fr-CA");
    }

    #[test]
    fn a_tag_that_would_make_a_date_formatter_throw_is_not_used() {
        for bad in ["", "e", "en_GB", "en-", "en-x\u{e9}", "1234", "en-abcdefghi"] {
            let options = read("site_harbour", "ws://relay.example", bad);
            assert_eq!(options.expect("the rest is good").locale, "en", "{bad}");
        }
    }
}
