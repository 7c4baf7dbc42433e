//! What reaches a person, in the one form in which two spellings of it are the same; and where it
//! stands in words that somebody typed (B-31).

use std::collections::BTreeSet;

use crate::{
    domain::lead,
    limits::{MAX_CANDIDATES, MAX_CONTACTS},
    redact,
};

/// An e-mail address or a telephone number.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Contact {
    /// An address in lower case.
    Email(String),
    /// A number as E.164.
    Phone(String),
}

/// Prints what it is, never which.
impl std::fmt::Debug for Contact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.kind())
    }
}

impl Contact {
    /// The word for what it is.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Email(_) => "email",
            Self::Phone(_) => "phone",
        }
    }

    /// The address or the number itself.
    pub fn value(&self) -> &str {
        let (Self::Email(value) | Self::Phone(value)) = self;
        value
    }

    /// Every contact in a text, of each kind at most `MAX_CONTACTS`. `country`: where a number without
    /// a country belongs. A number that is none may be among them: it finds nobody.
    pub fn in_words(text: &str, country: &str) -> BTreeSet<Self> {
        let emails = redact::emails_in(text).take(MAX_CANDIDATES).filter_map(lead::email);
        let phones = redact::phones_in(text).take(MAX_CANDIDATES);
        let phones = phones.filter_map(|run| lead::phone(country, run));
        let emails: BTreeSet<_> = emails.map(Self::Email).collect();
        let phones: BTreeSet<_> = phones.map(Self::Phone).collect();
        emails.into_iter().take(MAX_CONTACTS).chain(phones.into_iter().take(MAX_CONTACTS)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let contacts = Contact::in_words(text, "GB");
        contacts.iter().map(|contact| contact.value().to_owned()).collect()
    }

    #[test]
    fn a_contact_is_found_in_the_midst_of_words_in_its_one_form() {
        for (text, wanted) in [
            ("Write to Sam.Miller@Example.ORG, please", vec!["sam.miller@example.org"]),
            ("<sam@example.org>", vec!["sam@example.org"]),
            ("ring 0131 496 0123 after six", vec!["+441314960123"]),
            ("(+44) 131 496-0123", vec!["+441314960123"]),
            ("+44 131 496 0123 or sam@example.org", vec!["sam@example.org", "+441314960123"]),
            ("+49 30 901820", vec!["+4930901820"]),
            ("٠١٣١ ٤٩٦ ٠١٢٣", vec!["+441314960123"]),
            ("Email:sam@example.org", vec!["sam@example.org"]),
            ("mailto:sam@example.org", vec!["sam@example.org"]),
            (
                "a@x.example,b@x.example;c@x.example",
                vec!["a@x.example", "b@x.example", "c@x.example"],
            ),
            ("0131 496 0123/0131 496 0124", vec!["+441314960123", "+441314960124"]),
        ] {
            // Between two numbers there may seem to stand a third.
            let found = found(text);
            assert!(
                wanted.iter().all(|one| found.iter().any(|two| one == two)),
                "{text}: {found:?}"
            );
            assert!(found.len() <= wanted.len() + 1, "{text}: {found:?}");
        }
    }

    #[test]
    fn a_number_without_a_leading_zero_is_found_where_numbers_have_none() {
        let found = |text: &str, country: &str| {
            let contacts = Contact::in_words(text, country);
            contacts.iter().map(|contact| contact.value().to_owned()).collect::<Vec<_>>()
        };
        for (text, country, wanted) in [
            ("ring 32 12 34 56", "DK", "+4532123456"),
            ("ring 212 456 7890", "US", "+12124567890"),
            ("45 07700 900123", "GB", "+447700900123"),
            (&"0131 496 0123 ".repeat(30), "GB", "+441314960123"),
        ] {
            assert!(found(text, country).contains(&wanted.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_is_no_contact_is_none() {
        for text in [
            "It costs 12,500 and has 45 000 miles, from 2019",
            "stock number 0012",
            "me@home",
            "VIN WVWZZZ1JZXW000001",
            "",
        ] {
            assert!(found(text).is_empty(), "{text}: {:?}", found(text));
        }
    }

    #[test]
    fn there_are_never_too_many_and_none_is_printed() {
        let many: Vec<_> = (0..200).map(|n| format!("a{n}@example.org")).collect();
        let contacts = Contact::in_words(&many.join(" "), "GB");
        assert_eq!(contacts.len(), MAX_CONTACTS);
        assert!(!format!("{contacts:?}").contains("example"));
    }
}
