//! The words by which addresses are known that are spelled out.

use crate::redact::scan::Phrases;

/// Words for the sign.
pub(super) const AT_WORDS: Phrases = Phrases::new(&["at", "ät", "klammeraffe", "آت"]);

/// What stands for it in brackets.
pub(super) const IN_BRACKETS: Phrases = Phrases::new(&["at", "ät", "@", "a"]);

/// Words for the dot.
pub(super) const DOT_WORDS: Phrases = Phrases::new(&["dot", "punkt", "نقطة", "دوت"]);

/// Words for what else may stand in an address.
pub(super) const JOINING_WORDS: [&str; 9] =
    ["dot", "punkt", "underscore", "unterstrich", "dash", "hyphen", "bindestrich", "minus", "نقطة"];

/// Words before "at" that are no names: "look at autotrader dot com".
pub(super) const NO_NAMES: [&str; 44] = [
    "a",
    "advertised",
    "and",
    "are",
    "available",
    "be",
    "bought",
    "car",
    "cars",
    "dealer",
    "directly",
    "find",
    "found",
    "from",
    "garage",
    "he",
    "her",
    "here",
    "him",
    "in",
    "is",
    "it",
    "listed",
    "look",
    "looking",
    "me",
    "mich",
    "not",
    "now",
    "on",
    "online",
    "or",
    "out",
    "price",
    "prices",
    "seen",
    "site",
    "that",
    "them",
    "this",
    "us",
    "website",
    "you",
    "uns",
];

/// Providers of mail that people name without a word for the dot.
pub(super) const PROVIDERS: [&str; 32] = [
    "aol",
    "btinternet",
    "eircom",
    "fastmail",
    "freenet",
    "gmail",
    "gmx",
    "googlemail",
    "hotmail",
    "hushmail",
    "icloud",
    "live",
    "mac",
    "mail",
    "mailbox",
    "me",
    "msn",
    "ntlworld",
    "outlook",
    "posteo",
    "proton",
    "protonmail",
    "rocketmail",
    "sky",
    "t-online",
    "talktalk",
    "tiscali",
    "virginmedia",
    "web",
    "yahoo",
    "yandex",
    "ymail",
];

/// Ends of domains that may stand apart from their dot.
pub(super) const ENDS: [&str; 12] =
    ["com", "org", "net", "uk", "co", "de", "ie", "eu", "info", "example", "scot", "fr"];
