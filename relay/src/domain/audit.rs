//! Who of the staff did what with the data, and when; no word of it (B-44, T68). Pure: rows are elsewhere.
//!
//! Each entry holds the hash of the one before, so who alters, removes or moves one would have to write all
//! later ones anew, and what the keys remember of the last one.

use serde::{Deserialize, Serialize};

use crate::domain::proof::hash;

/// What somebody did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// 1 is the first.
    pub entry: u64,
    /// When, in UTC.
    pub at: String,
    /// Who, as the machine knows them or as they said.
    pub who: String,
    /// What: a closed list of words such as `subject.export`.
    pub what: String,
    /// Whose data, where it was one dealer's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dealer: Option<String>,
    /// Ids of what it was done with: conversations, leads, receipts, keys. Never a name or an address.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub about: Vec<String>,
    /// Which release of the program.
    pub version: String,
    /// The hash of the entry before; empty for the first.
    pub previous: String,
}

/// A place in the trail: the number of an entry and the hash of its text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// The number; 0 before the first.
    pub number: u64,
    /// The hash; empty before the first.
    pub hash: String,
}

impl Mark {
    /// Of an entry's text.
    pub fn of(number: u64, body: &str) -> Self {
        Self { number, hash: hash(body) }
    }

    /// Of an entry's text, which says its number itself; `None` where it can't be read.
    pub fn of_body(body: &str) -> Option<Self> {
        let entry: Entry = serde_json::from_str(body).ok()?;
        Some(Self::of(entry.entry, body))
    }

    /// Reads what `to_text` has written.
    pub fn read(text: &str) -> Option<Self> {
        let (number, hash) = text.split_once(' ')?;
        Some(Self { number: number.parse().ok()?, hash: hash.to_owned() })
    }

    /// As it is kept.
    pub fn to_text(&self) -> String {
        format!("{} {}", self.number, self.hash)
    }
}

/// Goes along the trail, the oldest first, and keeps what is wrong with it.
#[derive(Debug, Default)]
pub struct Trail {
    last: Mark,
    /// How many entries there are.
    pub entries: u64,
    /// What is wrong, in sentences.
    pub faults: Vec<String>,
}

impl Trail {
    /// From a place on: what came before was dropped when its time was up.
    pub fn after(start: Mark) -> Self {
        Self { last: start, ..Self::default() }
    }

    /// Looks at the next row: its number, moment and dealer, and the text that must say the same.
    pub fn take(&mut self, number: u64, at: &str, dealer: Option<&str>, body: &str) {
        self.entries += 1;
        let last = std::mem::replace(&mut self.last, Mark::of(number, body));
        if number != last.number + 1 {
            self.fault(number, &format!("stands after {}: one was removed or moved", last.number));
        }
        let Ok(entry) = serde_json::from_str::<Entry>(body) else {
            return self.fault(number, "can't be read");
        };
        if entry.entry != number || entry.at != at || entry.dealer.as_deref() != dealer {
            self.fault(number, "is not the one that was written");
        }
        if entry.previous != last.hash {
            self.fault(number, "does not follow from the one before");
        }
    }

    /// The end: the last entry, as the keys remember it. One that is missing is put back by the next: a
    /// crash came between the keys and the rows, or somebody took it away.
    pub fn end(&mut self, remembered: Option<Mark>) {
        let Some(known) = remembered else {
            if 0 < self.last.number {
                self.faults
                    .push("the keys know of no entry: keys.db was restored or replaced".into());
            }
            return;
        };
        if self.last.number < known.number {
            let told = format!("{} were written, the last is {}", known.number, self.last.number);
            self.faults.push(told);
        } else if self.last != known {
            self.fault(self.last.number, "is not the last one that was written");
        }
    }

    fn fault(&mut self, number: u64, what: &str) {
        self.faults.push(format!("entry {number} {what}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{self, Random, SeededRandom};

    type Row = (u64, String, Option<String>, String);

    fn trail() -> Vec<Row> {
        let mut rows: Vec<Row> = Vec::new();
        for number in 1..=20 {
            let dealer = (number % 3 == 0).then(|| format!("dlr_{number}"));
            let entry = Entry {
                entry: number,
                at: format!("2026-11-2{}T01:00:00Z", number % 10),
                who: "pat".to_owned(),
                what: "lead.read".to_owned(),
                dealer: dealer.clone(),
                about: vec![format!("led_{number}")],
                version: "1".to_owned(),
                previous: rows.last().map(|row| hash(&row.3)).unwrap_or_default(),
            };
            rows.push((number, entry.at.clone(), dealer, serde_json::to_string(&entry).unwrap()));
        }
        rows
    }

    fn faults(rows: &[Row]) -> Vec<String> {
        let known = trail();
        let mut checked = Trail::default();
        for (number, at, dealer, body) in rows {
            checked.take(*number, at, dealer.as_deref(), body);
        }
        checked.end(known.last().map(|row| Mark::of(row.0, &row.3)));
        checked.faults
    }

    /// One edit that somebody might try, somewhere.
    fn edit(rows: &mut Vec<Row>, random: &dyn Random) {
        let below = |n: usize| usize::try_from(random::below(random, n as u64)).unwrap();
        let at = below(rows.len());
        match below(6) {
            0 => drop(rows.remove(at)),
            1 => {
                let other = (at + 1 + below(rows.len() - 1)) % rows.len();
                rows.swap(at, other);
            }
            2 => rows[at].1 = rows[at].1.replace("01:", "02:"),
            3 => rows[at].2 = Some("dlr_x".to_owned()),
            4 => rows.insert(at, rows[at].clone()),
            _ => {
                // Any letter or digit of the text becomes another one.
                let mut body: Vec<char> = rows[at].3.chars().collect();
                let places: Vec<usize> =
                    (0..body.len()).filter(|at| body[*at].is_ascii_alphanumeric()).collect();
                let place = places[below(places.len())];
                body[place] = if body[place] == 'x' { 'y' } else { 'x' };
                rows[at].3 = body.into_iter().collect();
            }
        }
    }

    #[test]
    fn each_of_a_thousand_edits_is_told_and_no_edit_is_told_where_there_is_none() {
        assert_eq!(faults(&trail()), Vec::<String>::new());
        let random = SeededRandom::new(68);
        for n in 0..1_000 {
            let mut rows = trail();
            edit(&mut rows, &random);
            assert!(!faults(&rows).is_empty(), "edit {n}: {rows:?}");
        }
    }

    #[test]
    fn a_trail_whose_beginning_was_dropped_goes_on_from_there() {
        let rows = trail();
        let mut checked = Trail::after(Mark::of(rows[4].0, &rows[4].3));
        for (number, at, dealer, body) in &rows[5..] {
            checked.take(*number, at, dealer.as_deref(), body);
        }
        checked.end(rows.last().map(|row| Mark::of(row.0, &row.3)));
        assert_eq!(checked.faults, Vec::<String>::new());
        let mark = Mark::of(7, "text");
        assert_eq!(Mark::read(&mark.to_text()), Some(mark));
    }
}
