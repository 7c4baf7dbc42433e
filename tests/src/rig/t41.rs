//! T41: what visitors type and dealers open in a spreadsheet calculates nothing, in whichever way the sign
//! is hidden. The control is a guard that looks at the first character alone, which several products had.

use relay::domain::export::csv_row;

use super::Findings;

/// What may stand before the sign: nothing, spaces of several kinds, controls, quotes, what nobody sees.
const BEFORE: [&str; 16] = [
    "", " ", "   ", "\u{a0}", "\u{2003}", "\u{3000}", "\t", "\r", "\n", "\r\n", "\0", "\u{7f}",
    "\"", "'", "\u{200b}", "\u{feff}",
];

/// The sign, in each width.
const SIGNS: [&str; 9] =
    ["=", "+", "-", "@", "\u{ff1d}", "\u{ff0b}", "\u{ff0d}", "\u{ff20}", "\u{2212}"];

/// What follows it.
const AFTER: [&str; 4] =
    ["cmd|' /C calc'!A0", "HYPERLINK(\"http://evil.example\",\"a\")", "1+1", "49 30 901820"];

/// What people rightly type, and may not be marked.
const HARMLESS: [&str; 8] = [
    "Jürgen Größe",
    "O’Neil",
    "Łukasz",
    "sam+car@example.org",
    "0131 496 0123",
    "a=b",
    "نعم",
    "12-34",
];

/// Runs the test and its control.
pub fn run(findings: &mut Findings) {
    let (mut cells, mut live, mut live_by_first) = (0_u64, 0, 0);
    for before in BEFORE {
        for sign in SIGNS {
            for after in AFTER {
                let text = format!("{before}{sign}{after}");
                cells += 1;
                live += u64::from(is_live(&csv_row([text.as_str()]), &text));
                live_by_first += u64::from(is_live(&by_first(&text), &text));
            }
        }
    }
    findings.note("cells", cells);
    findings.exactly("cells_that_would_be_calculated", live, 0);
    let marked = HARMLESS.iter().filter(|text| csv_row([**text]).starts_with("\"'")).count();
    findings.exactly("harmless_cells_that_are_marked", marked as u64, 0);
    findings.control("a guard that looks at the first character", 0 < live_by_first);
}

/// Whether a spreadsheet might calculate a cell: it is not marked as text, and a sign is the first in it
/// that counts.
fn is_live(row: &str, typed: &str) -> bool {
    let cell = row.trim_end_matches("\r\n").trim_matches('"');
    // A quote that was typed marks nothing: some programs drop it.
    let marks = cell.chars().take_while(|c| *c == '\'').count();
    if typed.chars().take_while(|c| *c == '\'').count() < marks {
        return false;
    }
    let counts = |c: char| c.is_alphanumeric() || SIGNS.iter().any(|sign| sign.starts_with(c));
    let first = cell.chars().find(|c| counts(*c));
    first.is_some_and(|first| SIGNS.iter().any(|sign| sign.starts_with(first)))
}

/// As several products did it: CVE-2021-25960, CVE-2026-55154.
fn by_first(text: &str) -> String {
    let mark = if text.starts_with(['=', '+', '-', '@']) { "'" } else { "" };
    format!("\"{mark}{}\"\r\n", text.replace('"', "\"\""))
}
