//! The samples of one kind: lines of its file, and each of its values in other sentences and disguises.

/// A text, and what must become of it.
pub(super) struct Sample {
    pub(super) text: String,
    pub(super) expected: String,
}

/// Sentences for values that are known without a word beside them.
const FRAMES: [&str; 6] = [
    "{}",
    "Hello, here it is: {}. Is the 2019 Golf for £12,995 still there?",
    "{}, please, not after 17:30; the Astra has 45,000 miles",
    "Ja: {} – danke!",
    "هذا هو {} شكرا",
    "Stock AA-10432, 1.5 litre.\n{}\nThanks",
];

/// Kinds whose values are known by a word beside them, or by how they stand.
const IN_CONTEXT: [&str; 4] = ["BIRTH_DATE", "NAME", "PLATE", "ID"];

/// The samples of a kind with this word in its placeholder.
pub(super) fn of(label: &str, file: &str) -> Vec<Sample> {
    let lines = file.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let lines: Vec<String> =
        lines.map(|line| line.replace("\\n", "\n").replace("\\u200b", "\u{200b}")).collect();
    let mut samples: Vec<Sample> = lines.iter().map(|line| marked(label, line)).collect();
    for line in &lines {
        for disguise in [apart, arabic, formula, devanagari, hard_spaces] {
            let disguised = disguise(line);
            if disguised != *line {
                samples.push(marked(label, &disguised));
            }
        }
        let has_word =
            line.split('«').next().is_some_and(|before| before.chars().any(char::is_alphabetic));
        if has_word || IN_CONTEXT.contains(&label) {
            continue;
        }
        for value in line.split('«').skip(1).filter_map(|rest| rest.split('»').next()) {
            let frames = FRAMES.iter().map(|frame| frame.replace("{}", &format!("«{value}»")));
            samples.extend(frames.map(|text| marked(label, &text)));
        }
    }
    samples
}

/// The sample of a line whose values stand between marks.
fn marked(label: &str, line: &str) -> Sample {
    let mut expected = String::new();
    for (n, part) in line.split('«').enumerate() {
        match part.split_once('»') {
            Some((_, after)) if 0 < n => {
                expected.extend(["[", label, "]", after]);
            }
            _ => expected.push_str(part),
        }
    }
    let text = line.replace(['«', '»'], "");
    Sample { expected: seen(&expected), text }
}

/// A text as a redactor shows it where it takes nothing out.
fn seen(text: &str) -> String {
    super::super::clean::visible(text).into_owned()
}

/// The values of a line, changed.
fn in_values(line: &str, change: impl Fn(&str) -> String) -> String {
    let mut out = String::new();
    for (n, part) in line.split('«').enumerate() {
        match part.split_once('»') {
            Some((value, after)) if 0 < n => out.extend(["«", &change(value), "»", after]),
            _ => out.push_str(part),
        }
    }
    out
}

fn apart(line: &str) -> String {
    in_values(line, |value| {
        let mut out = String::new();
        for (n, c) in value.chars().enumerate() {
            if 0 < n && n % 3 == 0 {
                out.push(['\u{200b}', '\u{2060}', '\u{ad}', '\u{feff}'][n / 3 % 4]);
            }
            out.push(c);
        }
        out
    })
}

fn arabic(line: &str) -> String {
    in_digits(line, 0x660)
}

fn formula(line: &str) -> String {
    in_digits(line, 0x1d7f6)
}

fn devanagari(line: &str) -> String {
    in_digits(line, 0x966)
}

fn in_digits(line: &str, zero: u32) -> String {
    let other = |c: char| {
        let value = c.to_digit(10).and_then(|value| char::from_u32(zero + value));
        value.unwrap_or(c)
    };
    in_values(line, |value| value.chars().map(other).collect())
}

fn hard_spaces(line: &str) -> String {
    in_values(line, |value| value.replace(' ', "\u{a0}"))
}
