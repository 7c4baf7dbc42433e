//! Postcodes of the United Kingdom.

use std::ops::Range;

use super::words::AREAS;
use crate::redact::scan::Text;

/// Where the full postcode ends that stands here.
pub(super) fn postcode(text: &Text, at: usize) -> Option<usize> {
    if !text.has_digit_within(at, 2) || !text.at(at).is_ascii_alphabetic() {
        return None;
    }
    let area = text.run(at, 3, |c| c.is_ascii_alphabetic());
    let is_area = text.is_one_of(&(at..area), &AREAS);
    let outward = text.run(area, 3, |c| c.is_ascii_digit());
    if !is_area || outward == area || 5 < outward - at || text.before(at).is_alphanumeric() {
        return None;
    }
    [true, false].into_iter().find_map(|has_letter| inward(text, at..area, outward, has_letter))
}

/// The end of the postcode, for an outward code of which these are letters and digits, with or without
/// a letter behind them.
fn inward(text: &Text, area: Range<usize>, digits_end: usize, has_letter: bool) -> Option<usize> {
    // In one piece the last digit belongs to the inward code.
    let ends = [digits_end, digits_end - 1];
    ends.into_iter().find_map(|digits_end| {
        let n_digits = digits_end - area.end;
        let outward = digits_end + usize::from(has_letter);
        let is_outward = (1..=2).contains(&n_digits)
            && (!has_letter || (n_digits == 1 && text.at(digits_end).is_ascii_alphabetic()));
        let start = text.spaces(outward);
        let end = start + 3;
        let is_letter = |at: usize| {
            text.at(at).is_ascii_alphabetic()
                && !matches!(text.small(at), 'c' | 'i' | 'k' | 'm' | 'o' | 'v')
        };
        let is_inward = text.is_digit(start)
            && is_letter(start + 1)
            && is_letter(start + 2)
            && !text.at(end).is_alphanumeric();
        // "M4 2DR": a coupé, and no place in Manchester.
        let is_car =
            area.len() == 1 && text.small(start + 1) == 'd' && text.small(start + 2) == 'r';
        (is_outward && is_inward && !is_car).then_some(end)
    })
}
