//! Whether a legal hold is to be looked at again (G-29): nothing is held because somebody forgot it.

use super::Finding;
use crate::{clock::Timestamp, domain::hold::Hold};

/// The name of this check in the answer.
const CHECK: &str = "holds";

pub(super) fn look(holds: &[Hold], now: Timestamp) -> Vec<Finding> {
    let late = holds.iter().filter(|hold| hold.is_to_review(now));
    let late: Vec<_> = late.map(|hold| hold.id.as_str()).collect();
    if !late.is_empty() {
        let what = format!("{} was to be looked at again by now", late.join(", "));
        let remedy = "Set another hold if it must stay, and run `forecourt retention hold release`";
        return vec![Finding::warn(CHECK, what, remedy)];
    }
    if holds.is_empty() {
        return Vec::new();
    }
    vec![Finding::ok(CHECK, format!("{} legal holds, none past its review", holds.len()))]
}
