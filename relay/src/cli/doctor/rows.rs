//! Whether each row is what was written, read by read: the look that takes the longest.

use super::Finding;
use crate::store::Verified;

/// The name of this check in the answer.
const CHECK: &str = "rows";

const REMEDY: &str = "The disk does not hold what was written: check it (smartctl, dmesg), then `forecourt restore` from a backup; what is not named here is sound and is served";

pub(super) fn look(verified: &Verified) -> Vec<Finding> {
    let Verified { conversations, messages, leads, damaged, pages } = verified;
    if verified.is_sound() {
        let sound = format!(
            "read and right: {conversations} conversations, {messages} messages, {leads} leads"
        );
        return vec![Finding::ok(CHECK, sound)];
    }
    let lines = damaged.iter().chain(pages);
    lines.map(|line| Finding::fail(CHECK, line.clone(), REMEDY)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::Level;

    #[test]
    fn each_damage_is_a_line_and_none_is_one_too() {
        let sound = look(&Verified { conversations: 3, ..Verified::default() });
        assert_eq!(sound[0].level, Level::Ok);
        assert!(sound[0].message.contains("3 conversations"));
        let damaged = Verified {
            damaged: vec!["cnv_1".into()],
            pages: vec!["row 7 missing from index x".into()],
            ..Verified::default()
        };
        let found = look(&damaged);
        assert!(found.iter().all(|finding| finding.level == Level::Fail));
        assert_eq!(found.len(), 2);
    }
}
