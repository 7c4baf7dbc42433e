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
pub(in crate::domain) fn cells<const N: usize>(cells: [&str; N]) -> String {
    cells.map(cell).join(",") + "\r\n"
}

fn cell(text: &str) -> String {
    // Excel and its kin calculate what begins so (CWE-1236).
    let mark = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    format!("\"{mark}{}\"", text.replace('"', "\"\""))
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
}
