//! The chats' pages as they were last sent, compressed. A page changes with its dealer and with the
//! opening hours, so a kept one counts only as long as it is of the very same text.
//!
//! gzip and not brotli: for a page of a few kilobytes it is a tenth more to download, and its code a
//! tenth of the other's.

use std::{
    collections::HashMap,
    io::Write as _,
    sync::{Mutex, PoisonError},
};

use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use protocol::SiteKey;

use crate::limits::PACKED_PAGES;

/// One compressed page for each site and language.
#[derive(Default)]
pub struct Packed {
    pages: Mutex<HashMap<(SiteKey, String), Page>>,
}

struct Page {
    text: String,
    gzip: Bytes,
}

impl Packed {
    /// This page, compressed; compressed anew only where its text is another than before.
    pub fn gzip(&self, site: &SiteKey, language: &str, text: &str) -> Option<Bytes> {
        let key = (site.clone(), language.to_owned());
        {
            let pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(page) = pages.get(&key).filter(|page| page.text == text) {
                return Some(page.gzip.clone());
            }
        }
        let gzip = compress(text)?;
        let page = Page { text: text.to_owned(), gzip: gzip.clone() };
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        if PACKED_PAGES <= pages.len() && !pages.contains_key(&key) {
            pages.clear();
        }
        pages.insert(key, page);
        Some(gzip)
    }
}

/// `None` only where memory could not be written to.
fn compress(text: &str) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text.as_bytes()).ok()?;
    Some(encoder.finish().ok()?.into())
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use flate2::read::GzDecoder;

    use super::*;

    fn unpacked(gzip: &[u8]) -> String {
        let mut text = String::new();
        GzDecoder::new(gzip).read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn a_page_is_compressed_once_until_its_text_changes() {
        let (packed, site) = (Packed::default(), SiteKey::parse("site_first").unwrap());
        let open = packed.gzip(&site, "en", "We are open.").unwrap();
        assert_eq!(unpacked(&open), "We are open.");
        let again = packed.gzip(&site, "en", "We are open.").unwrap();
        assert_eq!(again.as_ptr(), open.as_ptr(), "the same bytes, not the same work");
        let closed = packed.gzip(&site, "en", "We are closed.").unwrap();
        assert_eq!(unpacked(&closed), "We are closed.");
        let german = packed.gzip(&site, "de", "Wir haben zu.").unwrap();
        assert_eq!(unpacked(&german), "Wir haben zu.");
    }

    #[test]
    fn more_sites_than_are_kept_cost_work_and_no_more_memory() {
        let packed = Packed::default();
        for number in 0..=PACKED_PAGES {
            let site = SiteKey::parse(&format!("site_{number}-cars")).unwrap();
            assert_eq!(unpacked(&packed.gzip(&site, "en", "Cars").unwrap()), "Cars");
            assert!(packed.pages.lock().unwrap().len() <= PACKED_PAGES);
        }
    }
}
