//! To which of a dealer's targets a lead goes: by its kind and by the hours.

use protocol::lead::LeadKind;

use super::Target;

/// The name of the target that is the dealer's own address.
pub const PEOPLE: &str = "";

/// The names of those that a lead goes to. One that none of them takes goes to the dealer's own address, lest
/// it is read by nobody; a dealer without targets reads its leads in `forecourt lead list`.
pub fn route(targets: &[Target], kind: LeadKind, is_open: Option<bool>) -> Vec<String> {
    let takers = targets.iter().filter(|target| target.takes(kind, is_open));
    let names: Vec<String> = takers.map(|target| target.name.clone()).collect();
    if names.is_empty() && !targets.is_empty() { vec![PEOPLE.to_owned()] } else { names }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::target::{MailFormat, TargetChannel, When};

    #[test]
    fn a_lead_goes_to_those_who_take_its_kind_at_its_time_and_else_to_people() {
        let mail = || TargetChannel::Mail { to: Vec::new(), format: MailFormat::Text };
        let adf = || TargetChannel::Adf { url: String::new() };
        let target = |name: &str, channel, kinds: &[LeadKind], when| Target {
            kinds: kinds.to_vec(),
            when,
            ..Target::new(name.to_owned(), channel)
        };
        let targets = [
            target("crm", adf(), &[], None),
            target("workshop", mail(), &[LeadKind::Service], None),
            target("desk", mail(), &[LeadKind::TestDrive, LeadKind::CallBack], Some(When::Open)),
            target("night", mail(), &[LeadKind::CallBack], Some(When::Closed)),
        ];
        for (kind, is_open, wanted) in [
            (LeadKind::Enquiry, Some(true), vec!["crm"]),
            (LeadKind::Service, None, vec!["workshop"]),
            (LeadKind::TestDrive, Some(true), vec!["crm", "desk"]),
            (LeadKind::TestDrive, Some(false), vec!["crm"]),
            (LeadKind::CallBack, Some(false), vec!["crm", "night"]),
            // Without hours nobody is left out by the time.
            (LeadKind::CallBack, None, vec!["crm", "desk", "night"]),
        ] {
            assert_eq!(route(&targets, kind, is_open), wanted, "{kind:?} {is_open:?}");
        }
        assert_eq!(route(&targets[..1], LeadKind::Service, None), [PEOPLE]);
        assert_eq!(route(&[], LeadKind::Service, None), Vec::<String>::new());
    }
}
