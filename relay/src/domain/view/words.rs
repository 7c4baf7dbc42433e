//! The sentences that each language must have; a missing one doesn't compile.

/// All sentences of one language. `{name}` is filled in.
pub(super) struct Words {
    /// Words that say "AI", the most usual first.
    pub(super) ai: &'static [&'static str],
    /// The name of the assistant: `{dealer}`.
    pub(super) assistant: &'static str,
    /// The first line of the transcript: `{assistant}`.
    pub(super) greeting: &'static str,

    // The page before the chat runs.
    /// The heading where the assistant's own name doesn't name the dealer: `{assistant}`, `{dealer}` (C-03).
    pub(super) title: &'static str,
    /// The link to the policy: `{dealer}`.
    pub(super) privacy: &'static str,
    /// Hidden words of a link that opens another tab.
    pub(super) new_tab: &'static str,
    /// The button that closes the chat.
    pub(super) close: &'static str,
    /// The button of the menu, and its heading.
    pub(super) menu: &'static str,
    /// Over the dealer's telephone and e-mail, where the chat can't run (E-30).
    pub(super) unavailable: &'static str,
    /// Where no chat is at an address.
    pub(super) nowhere: &'static str,

    // The first layer, at most `MAX_NOTICE_WORDS` together.
    /// Who speaks, that it is AI, for whom: `{dealer}`.
    pub(super) who: &'static str,
    /// What is kept and until when: `{period}`.
    pub(super) kept: &'static str,
    /// Who gets it, with a model: `{model}`, `{operator}`.
    pub(super) gets_model: &'static str,
    /// Who gets it, without one: `{operator}`.
    pub(super) gets_documents: &'static str,
    /// A model on the operator's own machines: `{operator}`. It stands for `{model}`.
    pub(super) own_model: &'static str,
    /// Where the rest stands.
    pub(super) rights_hint: &'static str,

    // The second layer.
    /// The controller: `{legal_name}`, `{address}`, `{country}`, `{email}`.
    pub(super) controller: &'static str,
    /// Its number in the register: `{number}`.
    pub(super) company_number: &'static str,
    /// Its telephone: `{phone}`.
    pub(super) legal_phone: &'static str,
    /// What the model's provider gets: `{model}`.
    pub(super) model: &'static str,
    /// What is taken out of the visitor's words before that, strictly and as usual, and that nothing is
    /// (B-51).
    pub(super) redacted_strictly: &'static str,
    pub(super) redacted: &'static str,
    pub(super) unredacted: &'static str,
    /// That no model is asked.
    pub(super) no_model: &'static str,
    /// What the operator does and how it is reached: `{operator}`, `{dealer}`, `{contact}` (A-C1a).
    pub(super) operator: &'static str,
    /// When what is deleted: `{period}`.
    pub(super) deletion: &'static str,
    /// That counts without words remain.
    pub(super) counts: &'static str,
    /// B-13.
    pub(super) special: &'static str,
    /// C-50.
    pub(super) age: &'static str,
    /// That an AI errs.
    pub(super) mistakes: &'static str,
    /// Rights and how to use them: `{email}`.
    pub(super) rights: &'static str,
    /// What the browser keeps, each with purpose, duration and reader (B-04).
    pub(super) stored: [&'static str; 3],

    // The forms.
    /// Before the choice of a form.
    pub(super) choice: &'static str,
    /// What a visitor may ask for: as `LeadKind::ALL`.
    pub(super) kinds: [&'static str; 5],
    /// Each field, and what is said where its value is none: as `FieldKind::ALL`. The mileage in miles.
    pub(super) fields: [(&'static str, &'static str); 10],
    /// The mileage in kilometres.
    pub(super) kilometres: &'static str,

    // Consents (B-23): `{legal_name}`.
    pub(super) consent_email: &'static str,
    pub(super) consent_sms: &'static str,
    pub(super) consent_phone: &'static str,
    pub(super) consent_post: &'static str,

    // Hours.
    /// The days, Monday first, short.
    pub(super) days: [&'static str; 7],
    /// A day without spans.
    pub(super) closed: &'static str,
    /// The months, for a date: `{day}` and `{month}` in `date`.
    pub(super) months: [&'static str; 12],
    /// A date of this year or the next.
    pub(super) date: &'static str,
    /// What stands between two things of a list.
    pub(super) comma: &'static str,
    /// A period such as `P12M` in words, as the object of "for".
    pub(super) period: fn(&str) -> String,
}

/// Puts the values into `{name}`. A value is never searched for names itself.
pub(in crate::domain) fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut text = String::with_capacity(template.len() + 64);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let Some((name, after)) = after.split_once('}') else { break };
        let value = values.iter().find(|(known, _)| *known == name);
        text.push_str(value.map_or("", |(_, value)| value));
        rest = after;
    }
    text.push_str(rest);
    text
}

/// The parts of a period: `P1Y2M10D` is 1 year, 2 months and 10 days; weeks count as 7 days.
pub(super) fn parts(period: &str) -> Vec<(u32, Unit)> {
    let mut parts = Vec::new();
    let mut digits = String::new();
    for c in period.chars() {
        let unit = match c {
            '0'..='9' => {
                digits.push(c);
                continue;
            }
            'Y' => Unit::Year,
            'M' => Unit::Month,
            'W' => Unit::Week,
            'D' => Unit::Day,
            _ => continue,
        };
        if let Ok(count) = std::mem::take(&mut digits).parse::<u32>()
            && 0 < count
        {
            parts.push((count, unit));
        }
    }
    parts
}

/// A unit of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Year,
    Month,
    Week,
    Day,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_looks_like_a_name_stays_as_it_is() {
        assert_eq!(fill("{a} and {b}.", &[("a", "{b}"), ("b", "2")]), "{b} and 2.");
    }

    #[test]
    fn a_period_falls_into_its_parts() {
        assert_eq!(parts("P12M"), [(12, Unit::Month)]);
        assert_eq!(parts("P1Y0M10D"), [(1, Unit::Year), (10, Unit::Day)]);
        assert_eq!(parts("P2W"), [(2, Unit::Week)]);
    }
}
