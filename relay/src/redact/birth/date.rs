//! Dates with a day, a month and a year, as people write them.

use crate::redact::scan::{Phrases, Text};

/// The months, by how they begin.
const MONTHS: [&str; 45] = [
    "jan",
    "feb",
    "mar",
    "apr",
    "may",
    "jun",
    "jul",
    "aug",
    "sep",
    "oct",
    "nov",
    "dec",
    "mär",
    "mai",
    "okt",
    "dez",
    "jän",
    "يناير",
    "فبراير",
    "مارس",
    "أبريل",
    "ابريل",
    "إبريل",
    "مايو",
    "يونيو",
    "يوليو",
    "أغسطس",
    "اغسطس",
    "سبتمبر",
    "أكتوبر",
    "اكتوبر",
    "نوفمبر",
    "ديسمبر",
    "كانون",
    "شباط",
    "آذار",
    "نيسان",
    "أيار",
    "حزيران",
    "تموز",
    "آب",
    "أيلول",
    "تشرين",
    "märz",
    "maerz",
];

/// What stands behind the number of a day.
const ORDINALS: Phrases = Phrases::new(&["st", "nd", "rd", "th"]);

/// Where the date ends that stands here, with a day, a month and a year.
pub(super) fn date(text: &Text, at: usize) -> Option<usize> {
    numeric(text, at).or_else(|| day_first(text, at)).or_else(|| month_first(text, at))
}

/// 12/03/1985, 12.3.85, 1985-03-12.
fn numeric(text: &Text, at: usize) -> Option<usize> {
    let (mut groups, mut here) = (Vec::with_capacity(3), at);
    for n in 0..3 {
        let end = text.run(here, 5, |c| c.is_ascii_digit());
        groups.push(here..end);
        here = end;
        if n < 2 {
            here = text.spaces(here);
            let is_sign =
                matches!(text.at(here), '/' | '.' | '-') || here == text.spaces(end) && end < here;
            let signs = usize::from(matches!(text.at(here), '/' | '.' | '-'));
            here = is_sign.then(|| text.spaces(here + signs))?;
        }
    }
    let values: Vec<u32> = groups.iter().map(|group| text.value(group)).collect::<Option<_>>()?;
    let lengths: Vec<usize> = groups.iter().map(ExactSizeIterator::len).collect();
    let is_part = |n: usize| lengths[n] <= 2 && (1..=31).contains(&values[n]);
    let is_year =
        |n: usize| (lengths[n] == 4 && (1900..=2099).contains(&values[n])) || lengths[n] == 2;
    let is_date = (is_part(0) && is_part(1) && is_year(2))
        || (lengths[0] == 4 && is_year(0) && is_part(1) && is_part(2));
    (is_date && !text.at(here).is_alphanumeric()).then_some(here)
}

/// 12 March 1985, 12th of March 85, 12. März 1985.
fn day_first(text: &Text, at: usize) -> Option<usize> {
    let day = day(text, at)?;
    let here = text.run(day, 4, |c| matches!(c, ' ' | '.' | '-' | ','));
    let here = text.phrase(here, "of").map_or(here, |end| text.spaces(end));
    let month = month(text, here)?;
    year(text, text.run(month, 4, |c| matches!(c, ' ' | '.' | '-' | ',' | '/' | '\'')))
}

/// March 12, 1985.
fn month_first(text: &Text, at: usize) -> Option<usize> {
    let month = month(text, at)?;
    let here = text.run(month, 4, |c| matches!(c, ' ' | '.' | '-'));
    let here = text.phrase(here, "the").map_or(here, |end| text.spaces(end));
    let day = day(text, here)?;
    year(text, text.run(day, 4, |c| matches!(c, ' ' | '.' | '-' | ',' | '\'')))
}

fn day(text: &Text, at: usize) -> Option<usize> {
    let end = text.run(at, 3, |c| c.is_ascii_digit());
    text.value(&(at..end)).filter(|day| (1..=31).contains(day))?;
    Some(text.phrases(end, &ORDINALS).unwrap_or(end))
}

fn month(text: &Text, at: usize) -> Option<usize> {
    let end = text.word_end(at);
    let is_letters = (at..end).all(|at| !text.is_digit(at));
    let is_month = |month: &&str| month.chars().enumerate().all(|(n, c)| text.small(at + n) == c);
    (at < end && is_letters && end - at <= 9 && MONTHS.iter().any(is_month)).then_some(end)
}

fn year(text: &Text, at: usize) -> Option<usize> {
    let end = text.run(at, 5, |c| c.is_ascii_digit());
    let year = text.value(&(at..end))?;
    let is_year = end - at == 2 || (end - at == 4 && (1900..=2099).contains(&year));
    (is_year && !text.at(end).is_alphabetic()).then_some(end)
}
