//! What a reply may offer beside its words, after the reply before it. Pure.

use protocol::Offer;

use crate::llm::Intent;

/// An offer is not made twice in a row: who passed over it has seen it. What is asked for is there: a person
/// always (C-20), and a form that was not offered a moment ago.
pub(super) fn in_turn(offer: Offer, before: Offer, intent: Intent) -> Offer {
    let is_asked_for = matches!(offer, Offer::Form(_)) && offer != before;
    if before == Offer::None || intent == Intent::Person || is_asked_for {
        offer
    } else {
        Offer::None
    }
}

#[cfg(test)]
mod tests {
    use protocol::lead::LeadKind;

    use super::*;

    #[test]
    fn nothing_is_offered_twice_in_a_row_unless_it_is_asked_for() {
        let (none, lead, drive) = (Offer::None, Offer::Lead, Offer::Form(LeadKind::TestDrive));
        let (question, person) = (Intent::Question, Intent::Person);
        for (offer, before, intent, shown) in [
            (lead, none, question, lead),
            (lead, lead, question, none),
            (lead, drive, question, none),
            (lead, lead, person, lead),
            (drive, none, question, drive),
            (drive, lead, question, drive),
            (drive, drive, question, none),
            (none, lead, question, none),
            (none, none, person, none),
        ] {
            assert_eq!(in_turn(offer, before, intent), shown, "{offer:?} {before:?} {intent:?}");
        }
    }
}
