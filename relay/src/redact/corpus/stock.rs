//! A thousand sentences about stock: a file of them as they are, and frames that a fixed row of random
//! numbers fills in.

use super::{samples::Sample, values::VALUES};

/// The sentences before they are filled in, each another one.
pub(super) fn frames() -> Vec<&'static str> {
    lines(include_str!("stock.txt")).collect()
}

/// A thousand of which nothing may be taken out: those as they are, then the frames in turn.
pub(super) fn sentences() -> Vec<Sample> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let frames = frames();
    let sentences = lines(include_str!("plain.txt")).chain(frames.into_iter().cycle()).take(1_000);
    let filled = sentences.map(|frame| {
        let text = filled(frame, &mut state);
        Sample { expected: super::super::clean::visible(&text).into_owned(), text }
    });
    filled.collect()
}

fn lines(file: &'static str) -> impl Iterator<Item = &'static str> {
    file.lines().filter(|line| !line.starts_with('#') && !line.is_empty())
}

fn filled(frame: &str, state: &mut u64) -> String {
    let mut out = String::new();
    let mut rest = frame;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').unwrap();
        out.push_str(before);
        out.push_str(&value(name, state));
        rest = after;
    }
    out.push_str(rest);
    out
}

fn value(name: &str, state: &mut u64) -> String {
    // Weights and lengths are numbers of four digits, with and without a sign between them.
    let measure = |n: u64| {
        [
            format!("{n}"),
            format!("{},{:03}", n / 1000, n % 1000),
            format!("{} {:03}", n / 1000, n % 1000),
        ]
    };
    if matches!(name, "kg" | "kg2" | "mm" | "mm2") {
        let n = 1_000 + drawn(state, 4_000) as u64;
        return measure(n)[drawn(state, 3)].clone();
    }
    let (_, values) =
        VALUES.iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("{name}"));
    values[drawn(state, values.len())].to_owned()
}

/// The next number of a fixed row, below a bound (xorshift).
fn drawn(state: &mut u64, below: usize) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    usize::try_from(*state >> 11).unwrap() % below
}
