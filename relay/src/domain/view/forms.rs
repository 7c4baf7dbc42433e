//! The forms as a visitor sees them: which there are, with the words of each field in the language of the
//! notice. Nothing is checked here.

use protocol::lead::{FieldKind, FieldLabel, KindForm, LeadForm, LeadKind};

use super::{consents, words, words::Words};
use crate::domain::{
    dealer::{Dealer, WishForm},
    handover::mileage_unit,
};

/// The forms of a dealer.
pub(super) fn lead_form(dealer: &Dealer, lang: &str) -> LeadForm {
    let words = words(lang);
    let asked = dealer.all_fields();
    let labels = FieldKind::ALL.into_iter().zip(words.fields);
    let labels = labels.filter(|(kind, _)| asked.iter().any(|field| field.kind == *kind));
    let label = |(kind, (label, wrong)): (FieldKind, (&str, &str))| FieldLabel {
        kind,
        label: match kind {
            FieldKind::Mileage if mileage_unit(&dealer.country) == "km" => words.kilometres,
            _ => label,
        }
        .to_owned(),
        wrong: wrong.to_owned(),
    };
    let has_choice = !dealer.forms.is_empty();
    LeadForm {
        fields: dealer.form.clone(),
        consents: consents(dealer, lang),
        kinds: if has_choice { kinds(dealer, words) } else { Vec::new() },
        choice: if has_choice { words.choice.to_owned() } else { String::new() },
        labels: labels.map(label).collect(),
    }
}

fn kinds(dealer: &Dealer, words: &Words) -> Vec<KindForm> {
    let enquiry = WishForm { kind: LeadKind::Enquiry, fields: dealer.form.clone() };
    let forms = std::iter::once(&enquiry).chain(&dealer.forms);
    let form = |form: &WishForm| KindForm {
        kind: form.kind,
        title: title(words, form.kind).to_owned(),
        fields: form.fields.clone(),
    };
    forms.map(form).collect()
}

fn title(words: &Words, kind: LeadKind) -> &'static str {
    let known = LeadKind::ALL.into_iter().zip(words.kinds);
    known.filter(|(known, _)| *known == kind).map(|(_, title)| title).next().unwrap_or_default()
}

/// What a visitor asked for, in a language.
pub(in crate::domain) fn kind_title(lang: &str, kind: LeadKind) -> &'static str {
    title(words(lang), kind)
}
