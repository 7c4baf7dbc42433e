//! Which addresses may be followed from a reply or from the relay: a short list, everything else is text.

use crate::{limits::MAX_HREF_BYTES, strings};

/// An address that may stand in a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Href {
    /// The address.
    pub address: String,
    /// What tells a reader where it leads: the host, the mail address or the number.
    pub shows: String,
}

/// Checks an address. `None` for any scheme but `https`, `http`, `mailto` and `tel`, for an
/// address that hides its host, and for anything that is not plain ASCII without blanks.
pub fn check(address: &str) -> Option<Href> {
    let address = address.split_ascii_whitespace().next()?;
    let address = address.strip_prefix('<').and_then(|a| a.strip_suffix('>')).unwrap_or(address);
    let plain =
        address.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'\\' | b'"' | b'<' | b'>'));
    if !plain || MAX_HREF_BYTES < address.len() {
        return None;
    }
    let (scheme, rest) = address.split_once(':')?;
    let (scheme, shows) = match scheme.to_ascii_lowercase().as_str() {
        "https" => ("https:", host(rest)?),
        "http" => ("http:", host(rest)?),
        "mailto" => ("mailto:", mailbox(rest)?),
        "tel" => ("tel:", number(rest)?),
        _ => return None,
    };
    let rest = if scheme == "mailto:" { shows } else { rest };
    Some(Href { address: strings::join(&[scheme, rest]), shows: shows.to_owned() })
}

/// The host of `//host/path`. A user name before it is refused: it can only deceive.
fn host(rest: &str) -> Option<&str> {
    let rest = rest.strip_prefix("//")?;
    let host = rest.split(['/', '?', '#']).next()?;
    let fits = host
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']'));
    (fits && host.bytes().any(|b| b.is_ascii_alphanumeric())).then_some(host)
}

/// The mail address, without the headers that could follow it.
fn mailbox(rest: &str) -> Option<&str> {
    let mailbox = rest.split('?').next()?;
    let (name, domain) = mailbox.split_once('@')?;
    let fits = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'+'))
    };
    (fits(name) && fits(domain)).then_some(mailbox)
}

/// The telephone number.
fn number(rest: &str) -> Option<&str> {
    let fits =
        rest.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'(' | b')'));
    (fits && rest.bytes().any(|b| b.is_ascii_digit())).then_some(rest)
}

/// The `tel:` address of a number as people write it.
pub fn of_phone(written: &str) -> Option<String> {
    let digits: String = written.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
    (!digits.is_empty()).then(|| strings::join(&["tel:", &digits]))
}

/// The `mailto:` address of a mailbox.
pub fn of_mailbox(written: &str) -> Option<String> {
    check(&strings::join(&["mailto:", written])).map(|href| href.address)
}
