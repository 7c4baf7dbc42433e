//! The same as tables, for a spreadsheet: RFC 4180, UTF-8. What a spreadsheet would take for a formula
//! is marked as text.

use protocol::lead::FieldKind;

use super::super::dossier::{ConsentEvent, Dossier};

/// A table as a file.
#[derive(Clone, Debug)]
pub struct Table {
    /// Its name, with `.csv`.
    pub name: &'static str,
    /// Its text.
    pub text: String,
}

/// The tables of some conversations: each row names the conversation that it belongs to.
pub fn tables(dossiers: &[Dossier]) -> Vec<Table> {
    let mut messages = vec![cells(["conversation", "seq", "at", "author", "generator", "text"])];
    let mut leads = vec![cells(["conversation", "lead", "at", "field", "value"])];
    let mut consents =
        vec![cells(["conversation", "lead", "at", "channel", "event", "text", "language"])];
    let mut deliveries =
        vec![cells(["conversation", "lead", "delivery", "target", "state", "due_at"])];
    for dossier in dossiers {
        let of = dossier.conversation.id.as_str();
        for said in &dossier.messages {
            let (seq, at) = (said.seq.to_string(), said.at.to_string());
            let generator = said.generator.as_deref().unwrap_or_default();
            messages.push(cells([of, &seq, &at, said.author.word(), generator, &said.text]));
        }
        for left in &dossier.leads {
            let at = left.at.to_string();
            leads.push(cells([of, &left.id, &at, "kind", left.kind.word()]));
            for kind in FieldKind::ALL {
                if let Some(value) = left.fields.get(kind) {
                    leads.push(cells([of, &left.id, &at, kind.name(), value]));
                }
            }
            for record in &left.consents {
                let (at, event) = (record.at.to_string(), word(record.event));
                let channel = record.channel.word();
                let (text, lang) = (record.text.as_str(), record.language.as_str());
                consents.push(cells([of, &left.id, &at, channel, event, text, lang]));
            }
            for delivery in &left.deliveries {
                let due_at = delivery.due_at.to_string();
                deliveries.push(cells([
                    of,
                    &left.id,
                    &delivery.id,
                    &delivery.target,
                    &delivery.state,
                    &due_at,
                ]));
            }
        }
    }
    let table = |name, rows: Vec<String>| Table { name, text: rows.concat() };
    vec![
        table("messages.csv", messages),
        table("leads.csv", leads),
        table("consents.csv", consents),
        table("deliveries.csv", deliveries),
    ]
}

fn word(event: ConsentEvent) -> &'static str {
    match event {
        ConsentEvent::Given => "given",
        ConsentEvent::Refused => "refused",
        ConsentEvent::Withdrawn => "withdrawn",
    }
}

/// A row, with its end.
pub fn cells<'c>(cells: impl IntoIterator<Item = &'c str>) -> String {
    cells.into_iter().map(cell).collect::<Vec<_>>().join(",") + "\r\n"
}

fn cell(text: &str) -> String {
    let mark = if is_formula(text) { "'" } else { "" };
    format!("\"{mark}{}\"", text.replace('"', "\"\""))
}

/// Whether Excel and its kin might calculate it (CWE-1236): whatever stands before the sign that nobody
/// sees or that they drop, and in whichever width the sign is written.
fn is_formula(text: &str) -> bool {
    const SIGNS: [char; 13] =
        ['=', '+', '-', '@', '＝', '＋', '－', '＠', '﹦', '﹢', '﹣', '﹫', '\u{2212}'];
    let is_dropped = |c: char| {
        c.is_whitespace()
            || c.is_control()
            || matches!(c, '"' | '\'' | '\u{ad}' | '\u{feff}')
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}')
    };
    text.starts_with(['\t', '\r', '\n']) || text.trim_start_matches(is_dropped).starts_with(SIGNS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_ends_where_it_ends_and_calculates_nothing() {
        assert_eq!(cells(["a", "say \"hi\", twice\n"]), "\"a\",\"say \"\"hi\"\", twice\n\"\r\n");
        assert_eq!(cell("=cmd|' /C calc'!A0"), "\"'=cmd|' /C calc'!A0\"");
        assert_eq!(cell("+44 131"), "\"'+44 131\"");
    }

    #[test]
    fn nothing_before_a_sign_hides_it_and_no_other_text_is_marked() {
        for before in
            ["", " ", "\u{a0}", "\t", "\r\n", "\0", "\"", "'", "\u{200b}\u{feff}", " \u{202e}\" "]
        {
            for sign in ["=", "+", "-", "@", "＝", "＋", "－", "＠", "\u{2212}"] {
                let text = format!("{before}{sign}cmd|' /C calc'!A0");
                assert!(cell(&text).starts_with("\"'"), "{text:?}");
            }
        }
        for text in
            ["Jürgen Größe", "a=b", "12-34", "sam+car@example.org", "\"quoted\"", " ", "", "نعم"]
        {
            assert!(!cell(text).starts_with("\"'"), "{text:?}");
        }
        assert!(cell("\tx").starts_with("\"'") && cell("\nx").starts_with("\"'"));
    }

    /// The cells of one row as RFC 4180 has them, by a reader that knows nothing of this writer.
    fn read(row: &str) -> Vec<String> {
        let (mut cells, mut cell, mut is_quoted) = (Vec::new(), String::new(), false);
        let mut chars = row.strip_suffix("\r\n").unwrap().chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '"' if is_quoted && chars.peek() == Some(&'"') => {
                    chars.next();
                    cell.push('"');
                }
                '"' => is_quoted = !is_quoted,
                ',' if !is_quoted => cells.push(std::mem::take(&mut cell)),
                c => cell.push(c),
            }
        }
        cells.push(cell);
        cells
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_written_is_read_again_and_never_a_formula(texts in proptest::collection::vec(".*", 1..6)) {
            let found = read(&cells(texts.iter().map(String::as_str)));
            proptest::prop_assert_eq!(found.len(), texts.len());
            for (found, text) in found.iter().zip(&texts) {
                let bare = found.strip_prefix('\'').filter(|_| is_formula(text)).unwrap_or(found);
                proptest::prop_assert_eq!(bare, text);
                proptest::prop_assert!(found.starts_with('\'') || !is_formula(found));
            }
        }
    }
}
