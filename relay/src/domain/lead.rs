//! A lead is checked here before anything keeps it: what a person typed is trimmed, measured and
//! understood, never corrected behind their back.

use std::fmt;

use email_address::{EmailAddress, Options};
use jiff::{
    ToSpan,
    civil::{Date, Time},
    tz::TimeZone,
};
use protocol::{
    check,
    failure::{FieldProblem, Problem},
    lead::{FieldKind, FormField, LeadFields, LeadKind},
    mask::masked,
    vehicle,
};
use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat, Region};

use crate::{clock::Timestamp, domain::contact::Contact, limits::MAX_EMAIL_CHARS};

/// A lead that may be kept.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct CheckedLead {
    /// What the visitor wants.
    pub kind: LeadKind,
    /// What was typed, trimmed; empty fields are absent.
    pub fields: LeadFields,
    /// The e-mail address in the form in which two spellings of it are the same.
    pub email_normal: Option<String>,
    /// The telephone number as E.164, without an extension; the raw one stays in `fields` (D-60).
    pub phone_e164: Option<String>,
}

/// Prints which fields are filled in, never with what.
impl fmt::Debug for CheckedLead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CheckedLead").field("fields", &self.fields).finish_non_exhaustive()
    }
}

/// Those by which the person of a lead is reached: the address, then the number, in their one form.
pub fn contacts(
    email: Option<&String>,
    phone: Option<&String>,
) -> impl Iterator<Item = Contact> + use<> {
    let email = email.cloned().map(Contact::Email);
    email.into_iter().chain(phone.cloned().map(Contact::Phone))
}

/// Checks a lead against the dealer's form, or tells each field that needs mending.
pub fn check(
    form: &[FormField],
    country: &str,
    fields: &LeadFields,
) -> Result<CheckedLead, Vec<FieldProblem>> {
    let mut lead = CheckedLead::default();
    let mut problems = Vec::new();
    let mut refuse =
        |field: &str, problem| problems.push(FieldProblem { field: field.to_owned(), problem });
    for kind in FieldKind::ALL {
        let Some(value) = fields.get(kind).map(|typed| tidy(kind, typed)).filter(|v| !v.is_empty())
        else {
            continue;
        };
        if !form.iter().any(|field| field.kind == kind) {
            refuse(kind.name(), Problem::Unknown);
        } else if let Some(problem) = check::problem(kind, &value) {
            refuse(kind.name(), problem);
        } else {
            match kind {
                FieldKind::Email => match email(&value) {
                    Some(normal) => lead.email_normal = Some(normal),
                    None => refuse(kind.name(), Problem::NotAnEmail),
                },
                FieldKind::Phone => match phone(country, &value) {
                    Some(e164) => lead.phone_e164 = Some(e164),
                    None => refuse(kind.name(), Problem::NotAPhone),
                },
                FieldKind::Mileage if vehicle::mileage(&value).is_none() => {
                    refuse(kind.name(), Problem::Invalid);
                }
                FieldKind::Day if value.parse::<Date>().is_err() => {
                    refuse(kind.name(), Problem::Invalid);
                }
                FieldKind::Time if value.parse::<Time>().is_err() => {
                    refuse(kind.name(), Problem::Invalid);
                }
                // A VIN whose check digit does not fit is told so to the dealer: a European one needs none.
                _ => {}
            }
            lead.fields.set(kind, Some(value));
        }
    }
    for field in form.iter().filter(|field| field.required) {
        if fields.get(field.kind).is_none_or(|typed| tidy(field.kind, typed).is_empty()) {
            refuse(field.kind.name(), Problem::Missing);
        }
    }
    let reaches = |kind| lead.fields.get(kind).is_some();
    let asked = |problem: &FieldProblem| matches!(problem.field.as_str(), "email" | "phone");
    if !reaches(FieldKind::Email) && !reaches(FieldKind::Phone) && !problems.iter().any(asked) {
        problems.push(FieldProblem { field: "contact".to_owned(), problem: Problem::Missing });
    }
    if problems.is_empty() { Ok(lead) } else { Err(problems) }
}

/// Whether a day was over a day ago or longer where the dealer is: who writes around midnight or from another
/// part of the world means what they see.
pub fn is_over(day: &str, timezone: &str, now: Timestamp) -> bool {
    let zone = TimeZone::get(timezone).unwrap_or(TimeZone::UTC);
    let yesterday = now.to_jiff().to_zoned(zone).date().saturating_sub(1.day());
    day.parse::<Date>().is_ok_and(|day| day < yesterday)
}

/// Trims; takes out what can't be seen; only a message keeps its lines. Where words go, numbers that
/// are none of a dealer's business are masked (B-55).
fn tidy(kind: FieldKind, typed: &str) -> String {
    let lines = matches!(kind, FieldKind::Message);
    let seen = |c: &char| !c.is_control() || (lines && *c == '\n') || c.is_whitespace();
    let text: String = typed
        .replace("\r\n", "\n")
        .chars()
        .filter(seen)
        .map(|c| if c.is_control() && !(lines && c == '\n') { ' ' } else { c })
        .collect();
    if kind.takes_words() { masked(text.trim()).into_owned() } else { text.trim().to_owned() }
}

/// The normal form of an e-mail address; `None` if it is not one that mail can reach.
///
/// Quoted local parts, domain literals and names without a dot are refused: nobody types them,
/// and what looks like them is mostly an attempt at something else.
pub fn email(text: &str) -> Option<String> {
    if MAX_EMAIL_CHARS < text.chars().count() || text.contains(['"', '<', '>', ',', ';']) {
        return None;
    }
    let options =
        Options::default().with_required_tld().without_display_text().without_domain_literal();
    let address = EmailAddress::parse_with_options(text, options).ok()?;
    Some(address.as_str().to_lowercase())
}

/// The E.164 form of a telephone number; `None` if no such number could exist.
///
/// *Possible* is enough: numbers that are merely not assigned, the drama range among them, pass
/// (D-60). A British number has nine or ten digits after the 0; the library also knows shorter
/// ones, and those must be real.
pub fn phone(country: &str, text: &str) -> Option<String> {
    let number = PHONE_NUMBER_UTIL.parse(text, region(country)).ok()?;
    let is_whole = number.country_code != 44 || 100_000_000 <= number.national_number;
    if !PHONE_NUMBER_UTIL.is_possible_number(&number) || !(is_whole || number.is_valid()) {
        return None;
    }
    Some(PHONE_NUMBER_UTIL.format(&number, PhoneNumberFormat::E164).into_owned())
}

/// Whether it is the ISO 3166-1 alpha-2 code of a country with telephones.
pub fn is_country(code: &str) -> bool {
    code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase()) && region(code).is_some()
}

fn region(country: &str) -> Option<Region> {
    let region = Region::from_code(country).ok()?;
    PHONE_NUMBER_UTIL.get_supported_regions().any(|known| known == region).then_some(region)
}

#[cfg(test)]
mod tests;
