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

#[cfg(test)]
mod tests {
    use protocol::DealerId;

    use super::*;
    use crate::{cli::doctor::Level, domain::hold::NewHold};

    #[test]
    fn a_hold_past_its_review_is_a_warning_with_its_name_and_none_is_no_line() {
        let review_at = Timestamp::from_millis(1_000);
        let text = || "x".to_owned();
        let hold = Hold {
            id: "hold_7".to_owned(),
            dealer: DealerId::from_bytes(&[1; 16]),
            what: NewHold {
                conversation: None,
                reason: text(),
                basis: text(),
                requested_by: text(),
                approved_by: text(),
                review_at,
            },
            set_at: Timestamp::from_millis(0),
            restricts: false,
            conversations: 0,
            past_end: 0,
        };
        let holds = [hold];
        let before = look(&holds, Timestamp::from_millis(999));
        assert_eq!(before[0].level, Level::Ok);
        let late = look(&holds, review_at);
        assert!(late[0].level == Level::Warn && late[0].message.contains("hold_7"), "{late:?}");
        assert!(look(&[], review_at).is_empty());
    }
}
