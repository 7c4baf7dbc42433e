//! One walk through a text, with all finders.

mod phrases;
mod plain;
mod text;

use std::ops::Range;

use super::{
    address, birth, email,
    kind::{Kind, Kinds},
    name, phone, plate,
};
pub(super) use phrases::Phrases;
pub(super) use plain::{digit, plain};
pub(super) use text::Text;

/// A value that was found: what it is, and which characters of the text.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) kind: Kind,
    pub(super) chars: Range<usize>,
}

/// Looks for a value at a place: what it says there may also be the word beside a value.
type Finder = fn(&Text, usize) -> Option<Range<usize>>;

/// The more exact forms first.
const FINDERS: [(Kind, Finder); 8] = [
    (Kind::Email, email::find),
    (Kind::Birth, birth::find),
    (Kind::Address, address::find),
    (Kind::Phone, phone::find),
    (Kind::Phone, phone::find_named),
    (Kind::Postcode, address::find_postcode),
    (Kind::Plate, plate::find),
    (Kind::Name, name::find),
];

/// All values of these kinds, in order, none within another; those alone that can be found from
/// within a few ranges of characters, if any are named.
pub(super) fn find(text: &Text, kinds: &Kinds, within: Option<&[Range<usize>]>) -> Vec<Found> {
    let finders: Vec<_> = FINDERS.iter().filter(|(kind, _)| kinds.finds(*kind)).collect();
    let mut all: Vec<Found> = Vec::new();
    let mut ranges = within.unwrap_or_default().iter();
    let mut range = if within.is_some() { ranges.next() } else { None };
    let mut at = 0;
    while at < text.len() {
        if within.is_some() {
            match range {
                Some(one) if one.end <= at => {
                    range = ranges.next();
                    continue;
                }
                Some(one) => at = at.max(one.start),
                None => break,
            }
        }
        if !text.is_start(at) {
            at += 1;
            continue;
        }
        let free = all.last().map_or(0, |last| last.chars.end);
        let found = finders.iter().find_map(|(kind, finder)| {
            let chars = finder(text, at)?;
            (free <= chars.start && chars.start < chars.end).then_some((*kind, chars))
        });
        match found {
            Some((kind, chars)) => {
                at = chars.end.max(at + 1);
                all.push(Found { kind, chars });
            }
            None => at += 1,
        }
    }
    all
}
