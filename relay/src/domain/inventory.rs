//! `inventory.toml`, as this program was built with it: which data there are, what for, on which basis.
//! A test of the store holds it against the tables, so what rests on it is true of this program.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::closed::words;

/// The file.
const TEXT: &str = include_str!("../../../inventory.toml");

words! {
    /// With what a table's rows are deleted.
    Keep {
        /// With the conversation: at the end of the dealer's period.
        Conversation = "conversation",
    }

    /// Whose purpose it is.
    Role {
        /// The dealer's: the operator works on its behalf (A-T1d).
        Dealer = "dealer",
        /// The operator's own.
        Operator = "operator",
    }
}

/// All that it says.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inventory {
    /// What keeps the data safe, in sentences (Art. 32).
    pub security: Vec<String>,
    /// The classes of columns.
    pub class: BTreeMap<String, Class>,
    /// What data are processed for.
    pub purpose: BTreeMap<String, Purpose>,
    /// The tables.
    pub table: BTreeMap<String, Table>,
}

/// A class of columns.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Class {
    /// What it is.
    pub about: String,
    /// Whether it is about a visitor, as a whole or by what it leads to.
    pub personal: bool,
}

/// What data are processed for.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Purpose {
    /// In a sentence.
    pub about: String,
    /// On which basis of law (B-10).
    pub basis: String,
    /// Whose purpose it is.
    pub of: Role,
    /// About whom.
    pub subjects: String,
}

/// A table.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// What it is for, in a sentence.
    pub purpose: String,
    /// For which of the purposes.
    pub purposes: Vec<String>,
    /// How long, in a sentence.
    pub retention: String,
    /// With what its rows are deleted, where that is not said in the sentence alone.
    #[serde(default)]
    pub keep: Option<Keep>,
    /// The columns.
    pub columns: BTreeMap<String, Column>,
}

impl Table {
    /// The classes of its columns.
    pub fn classes(&self) -> BTreeSet<&str> {
        self.columns.values().map(|column| column.class.as_str()).collect()
    }
}

/// A column.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Its class.
    pub class: String,
    /// What it is for.
    pub purpose: String,
    /// Whether it passes `crypt` on its way in and out.
    #[serde(default)]
    pub sealed: bool,
}

impl Inventory {
    /// What this program was built with.
    pub fn embedded() -> Result<Self, toml::de::Error> {
        toml::from_str(TEXT)
    }

    /// The tables that serve a purpose.
    pub fn tables_for<'i>(
        &'i self,
        purpose: &'i str,
    ) -> impl Iterator<Item = (&'i String, &'i Table)> {
        self.table.iter().filter(move |(_, table)| table.purposes.iter().any(|one| one == purpose))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_that_a_table_uses_is_explained_and_every_explanation_is_used() {
        let inventory = Inventory::embedded().unwrap();
        let (mut classes, mut purposes) = (BTreeSet::new(), BTreeSet::new());
        for (name, table) in &inventory.table {
            assert!(!table.purposes.is_empty(), "{name} serves no purpose (A-C3a)");
            classes.extend(table.classes());
            purposes.extend(table.purposes.iter().map(String::as_str));
        }
        assert_eq!(classes, inventory.class.keys().map(String::as_str).collect());
        assert_eq!(purposes, inventory.purpose.keys().map(String::as_str).collect());
        assert!(inventory.purpose.values().all(|purpose| 10 < purpose.basis.len()));
    }

    #[test]
    fn what_belongs_to_a_conversation_says_so_and_goes_with_it() {
        for (name, table) in Inventory::embedded().unwrap().table {
            let is_of_one =
                table.columns.contains_key("conversation_id") || name == "conversations";
            let goes_with_it = table.keep == Some(Keep::Conversation);
            // That one was deleted is remembered after it, and what is held waits for its hold.
            let is_apart = name == "tombstones" || name == "holds";
            assert_eq!(goes_with_it, is_of_one && !is_apart, "{name}");
        }
    }
}
