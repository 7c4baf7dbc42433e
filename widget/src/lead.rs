//! The form for leaving details: what is filled in, what is wrong with it, how far it has come. No sending.

use protocol::{
    ClientMsgId, check,
    failure::{FieldProblem, Problem},
    lead::{Channel, ConsentAnswer, ConsentOption, FieldKind, LeadFields, LeadForm, LeadKind},
    mask::masked,
};

use crate::kept::KeptLead;

/// The name that a problem has when neither an e-mail nor a phone is given.
pub const CONTACT: &str = "contact";

/// The form as the visitor left it. No `Debug`: it holds a person's details.
#[derive(Clone, Default)]
pub struct LeadDraft {
    /// What the visitor wants, as far as the dealer offers it.
    pub kind: LeadKind,
    /// What is filled in, as typed.
    pub fields: LeadFields,
    /// The boxes that are ticked, each with the version of its text: under another text nobody has ticked
    /// anything. Nothing is ticked beforehand (B-23).
    pub ticks: Vec<(Channel, String)>,
    /// What needs mending.
    pub problems: Vec<FieldProblem>,
    /// How far it has come.
    pub stage: Stage,
}

/// How far the form has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Stage {
    /// It is being filled in.
    #[default]
    Filling,
    /// The visitor sees what will be sent, and to whom (D-53, E-24).
    Reviewing,
    /// It waits or is on its way, under this id.
    Sending(ClientMsgId),
    /// The dealer has it, under this reference.
    Taken(String),
}

impl LeadDraft {
    /// Whether this box is ticked.
    pub fn ticked(&self, option: &ConsentOption) -> bool {
        self.ticks.iter().any(|tick| is_for(tick, option))
    }

    /// Ticks or unticks a box.
    pub fn tick(&mut self, option: &ConsentOption, given: bool) {
        self.ticks.retain(|tick| !is_for(tick, option));
        if given {
            self.ticks.push((option.channel, option.version.clone()));
        }
    }

    /// What stands in the form, as typed; `None` where nothing does or it is on its way.
    pub fn typed(&self) -> Option<KeptLead> {
        let open = matches!(self.stage, Stage::Filling | Stage::Reviewing);
        if !open || (self.ticks.is_empty() && self.fields == LeadFields::default()) {
            return None;
        }
        let consents = self.ticks.iter().map(|(channel, version)| ConsentAnswer {
            channel: *channel,
            given: true,
            version: version.clone(),
        });
        Some(KeptLead {
            kind: self.kind,
            fields: self.fields.clone(),
            consents: consents.collect(),
        })
    }

    /// Takes up what was typed on an earlier page.
    pub fn take_up(&mut self, kept: &KeptLead) {
        self.kind = kept.kind;
        self.fields = kept.fields.clone();
        let given = kept.consents.iter().filter(|consent| consent.given);
        self.ticks = given.map(|consent| (consent.channel, consent.version.clone())).collect();
    }

    /// It was taken: who asks again need not say again how to be reached (E-25).
    pub fn taken(&mut self, reference: &str) {
        for kind in FieldKind::ALL {
            if !matches!(kind, FieldKind::Name | FieldKind::Email | FieldKind::Phone) {
                self.fields.set(kind, None);
            }
        }
        self.kind = LeadKind::default();
        self.ticks.clear();
        self.problems.clear();
        self.stage = Stage::Taken(reference.to_owned());
    }

    /// The problem of a field, if it has one.
    pub fn problem(&self, field: &str) -> Option<Problem> {
        self.problems.iter().find(|p| p.field == field).map(|p| p.problem)
    }

    /// What would be sent: the fields of the chosen form, trimmed, the empty left out, numbers that are none of a dealer's business
    /// masked, each box as it stands.
    pub fn to_send(&self, form: &LeadForm) -> KeptLead {
        let mut fields = LeadFields::default();
        for field in form.fields_of(self.kind) {
            let value = self.fields.get(field.kind).map(str::trim).filter(|v| !v.is_empty());
            let masks = field.kind.takes_words();
            let sent = |value: &str| {
                if masks { masked(value).into_owned() } else { value.to_owned() }
            };
            fields.set(field.kind, value.map(sent));
        }
        let consents = form.consents.iter().map(|option| ConsentAnswer {
            channel: option.channel,
            given: self.ticked(option),
            version: option.version.clone(),
        });
        // What the dealer offers no longer is an enquiry.
        let kind = form.of(self.kind).map(|form| form.kind).unwrap_or_default();
        KeptLead { kind, fields, consents: consents.collect() }
    }

    /// What needs mending before it is worth sending. The relay checks again, and better.
    pub fn check(&self, form: &LeadForm) -> Vec<FieldProblem> {
        let lead = self.to_send(form);
        let mut problems = Vec::new();
        for field in form.fields_of(self.kind) {
            let problem = match lead.fields.get(field.kind) {
                None => field.required.then_some(Problem::Missing),
                Some(value) => check::problem(field.kind, value),
            };
            if let Some(problem) = problem {
                problems.push(FieldProblem { field: field.kind.name().to_owned(), problem });
            }
        }
        if lead.fields.email.is_none() && lead.fields.phone.is_none() && problems.is_empty() {
            let field = CONTACT.to_owned();
            problems.push(FieldProblem { field, problem: Problem::Missing });
        }
        problems
    }
}

fn is_for((channel, version): &(Channel, String), option: &ConsentOption) -> bool {
    *channel == option.channel && *version == option.version
}

#[cfg(test)]
mod tests {
    use protocol::{
        lead::{Channel, ConsentOption, FormField, KindForm},
        limits::MAX_FIELD_CHARS,
    };

    use super::*;

    fn a_form() -> LeadForm {
        let field = |kind, required| FormField { kind, required };
        let fields = vec![
            field(FieldKind::Name, true),
            field(FieldKind::Email, false),
            field(FieldKind::Phone, false),
        ];
        let of = |kind, fields| KindForm { kind, title: String::new(), fields };
        let drive = vec![field(FieldKind::Email, false), field(FieldKind::Day, true)];
        LeadForm {
            kinds: vec![of(LeadKind::Enquiry, fields.clone()), of(LeadKind::TestDrive, drive)],
            choice: String::new(),
            labels: Vec::new(),
            fields,
            consents: vec![ConsentOption {
                channel: Channel::Email,
                text: "E-mail me offers".to_owned(),
                version: "v1".to_owned(),
            }],
        }
    }

    fn filled(name: &str, email: &str, phone: &str) -> LeadDraft {
        let mut draft = LeadDraft::default();
        draft.fields.set(FieldKind::Name, Some(name.to_owned()));
        draft.fields.set(FieldKind::Email, Some(email.to_owned()));
        draft.fields.set(FieldKind::Phone, Some(phone.to_owned()));
        draft
    }

    fn problems(draft: &LeadDraft) -> Vec<(String, Problem)> {
        draft.check(&a_form()).into_iter().map(|p| (p.field, p.problem)).collect()
    }

    #[test]
    fn no_box_is_ticked_before_the_visitor_ticks_it() {
        let mut draft = filled("Ada", "ada@example.com", "");
        assert!(draft.to_send(&a_form()).consents.iter().all(|c| !c.given));
        draft.tick(&a_form().consents[0], true);
        let consents = draft.to_send(&a_form()).consents;
        assert_eq!((consents.len(), consents[0].given), (1, true));
        assert_eq!(consents[0].version, "v1");
    }

    #[test]
    fn a_tick_counts_for_the_text_that_it_stood_beside_and_for_no_other() {
        let mut draft = filled("Ada", "ada@example.com", "");
        draft.tick(&a_form().consents[0], true);
        let kept = draft.typed().expect("something is typed");
        let mut form = a_form();
        form.consents[0].version = "v2".to_owned();
        let mut next = LeadDraft::default();
        next.take_up(&kept);
        assert!(next.to_send(&a_form()).consents[0].given);
        assert!(!next.to_send(&form).consents[0].given);
        next.tick(&a_form().consents[0], false);
        assert!(!next.to_send(&a_form()).consents[0].given);
    }

    #[test]
    fn after_a_lead_the_name_and_the_ways_to_reach_stay_and_nothing_else() {
        let mut draft = filled("Ada", "ada@example.com", "");
        for kind in [FieldKind::Message, FieldKind::Registration, FieldKind::Day] {
            draft.fields.set(kind, Some("Is it red?".to_owned()));
        }
        draft.tick(&a_form().consents[0], true);
        draft.taken("led_1");
        assert!(draft.typed().is_none());
        draft.stage = Stage::Filling;
        let kept = draft.typed().expect("the name stays");
        assert_eq!(kept.fields.name.as_deref(), Some("Ada"));
        let left = FieldKind::ALL.into_iter().filter(|kind| kept.fields.get(*kind).is_some());
        let reach = [FieldKind::Name, FieldKind::Email, FieldKind::Phone];
        assert!(left.eq(reach) && kept.consents.is_empty());
    }

    #[test]
    fn one_way_to_reach_the_visitor_is_needed() {
        let found = problems(&filled("Ada", " ", ""));
        assert_eq!(found, [(CONTACT.to_owned(), Problem::Missing)]);
        assert!(problems(&filled("Ada", "", "0131 496 0123")).is_empty());
    }

    #[test]
    fn each_field_says_what_is_wrong_with_it() {
        let long = "x".repeat(MAX_FIELD_CHARS + 1);
        assert_eq!(
            problems(&filled("", "a@b.example", "")),
            [("name".to_owned(), Problem::Missing)]
        );
        assert_eq!(problems(&filled(&long, "a@b.example", ""))[0].1, Problem::TooLong);
        assert_eq!(problems(&filled("A", "ada", ""))[0].1, Problem::NotAnEmail);
        assert_eq!(problems(&filled("A", "", "call me"))[0].1, Problem::NotAPhone);
    }

    #[test]
    fn what_is_sent_is_trimmed_and_holds_only_what_the_form_asks_for() {
        let mut draft = filled(" Ada ", "ada@example.com", "  ");
        draft.fields.set(FieldKind::Message, Some("not asked".to_owned()));
        let lead = draft.to_send(&a_form());
        assert_eq!(lead.fields.name.as_deref(), Some("Ada"));
        assert!(lead.fields.phone.is_none() && lead.fields.message.is_none());
    }

    #[test]
    fn another_wish_keeps_what_was_typed_and_sends_only_its_own_fields() {
        let mut draft = filled("Ada", "ada@example.com", "0131 496 0123");
        draft.kind = LeadKind::TestDrive;
        assert_eq!(problems(&draft), [("day".to_owned(), Problem::Missing)]);
        draft.fields.set(FieldKind::Day, Some("tomorrow".to_owned()));
        assert_eq!(problems(&draft), [("day".to_owned(), Problem::Invalid)]);
        draft.fields.set(FieldKind::Day, Some("2026-11-28".to_owned()));
        assert!(problems(&draft).is_empty());
        let lead = draft.to_send(&a_form());
        let sent = FieldKind::ALL.into_iter().filter(|kind| lead.fields.get(*kind).is_some());
        assert!(sent.eq([FieldKind::Email, FieldKind::Day]));
        assert_eq!(lead.kind, LeadKind::TestDrive);
        draft.kind = LeadKind::Enquiry;
        let lead = draft.to_send(&a_form());
        assert_eq!(lead.fields.name.as_deref(), Some("Ada"));
        assert!(lead.fields.day.is_none());
    }

    #[test]
    fn a_wish_that_the_dealer_does_not_offer_is_sent_as_an_enquiry() {
        let mut draft = filled("Ada", "ada@example.com", "");
        draft.kind = LeadKind::Service;
        let lead = draft.to_send(&a_form());
        assert!(lead.kind == LeadKind::Enquiry && lead.fields.name.is_some());
    }
}
