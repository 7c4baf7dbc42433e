//! The words by which addresses are known.

use crate::redact::scan::Phrases;

/// The letters with which postcodes begin.
pub(super) const AREAS: [&str; 124] = [
    "ab", "al", "b", "ba", "bb", "bd", "bh", "bl", "bn", "br", "bs", "bt", "ca", "cb", "cf", "ch",
    "cm", "co", "cr", "ct", "cv", "cw", "da", "dd", "de", "dg", "dh", "dl", "dn", "dt", "dy", "e",
    "ec", "eh", "en", "ex", "fk", "fy", "g", "gl", "gu", "gy", "ha", "hb", "hd", "hg", "hp", "hr",
    "hs", "hu", "hx", "ig", "im", "ip", "iv", "je", "ka", "kt", "kw", "ky", "l", "la", "ld", "le",
    "ll", "ln", "ls", "lu", "m", "me", "mk", "ml", "n", "ne", "ng", "nn", "np", "nr", "nw", "ol",
    "ox", "pa", "pe", "ph", "pl", "po", "pr", "rg", "rh", "rm", "s", "sa", "se", "sg", "sk", "sl",
    "sm", "sn", "so", "sp", "sr", "ss", "st", "sw", "sy", "ta", "td", "tf", "tn", "tq", "tr", "ts",
    "tw", "ub", "w", "wa", "wc", "wd", "wf", "wn", "wr", "ws", "wv", "yo",
];

/// Words for a street.
pub(super) const STREETS: [&str; 49] = [
    "street", "st", "str", "road", "rd", "avenue", "ave", "av", "lane", "ln", "close", "cl",
    "drive", "dr", "way", "court", "ct", "crescent", "cres", "place", "pl", "terrace", "gardens",
    "gdns", "grove", "square", "sq", "hill", "park", "row", "view", "mews", "walk", "green",
    "quay", "wharf", "parade", "rise", "broadway", "gate", "house", "cottages", "cottage",
    "villas", "wynd", "brae", "loan", "end", "heights",
];

/// Words behind a number that counts or measures.
pub(super) const MEASURES: [&str; 30] = [
    "months", "month", "miles", "mile", "mi", "km", "k", "years", "year", "days", "day", "weeks",
    "week", "hours", "minutes", "mins", "seats", "seater", "doors", "door", "owners", "owner",
    "keys", "mpg", "cars", "am", "pm", "litre", "l", "bhp",
];

/// Words between a postcode and the house number behind it.
pub(super) const NUMBERS: Phrases = Phrases::new(&[
    "house number",
    "house no",
    "house",
    "number",
    "no",
    "nr",
    "flat",
    "door number",
    "door",
    "unit",
    "apartment",
    "at number",
]);
