//! The environment, as far as it is ours. Read once, in `main`; everything else takes it as an
//! argument.

use std::{collections::BTreeMap, fmt};

use super::KEYS;
use crate::{
    domain::file::{File, Override, Place, nearest},
    llm::config::KEY_SUFFIX,
};

/// The prefix of the variables that override keys.
const PREFIX: &str = "FORECOURT_";

/// Variables with this prefix that are no keys: read elsewhere, or by the tests.
const OTHERS: [&str; 8] = [
    "FORECOURT_CONFIG",
    "FORECOURT_MAIL_PASSWORD",
    "FORECOURT_MAIL_PASSWORD_FILE",
    "FORECOURT_OPERATOR_KEY",
    "FORECOURT_OPERATOR_KEY_FILE",
    "FORECOURT_PLANTED",
    "FORECOURT_BIN",
    "FORECOURT_PLANTED_BIN",
];

/// Whose account runs a command: the person before `sudo`, the account itself.
const ACCOUNT: [&str; 2] = ["SUDO_USER", "USER"];

/// The variables that concern us.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Vars(BTreeMap<String, String>);

/// Prints names only: a value may be a key.
impl fmt::Debug for Vars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.keys()).finish()
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Vars {
    fn from(pairs: [(&str, &str); N]) -> Self {
        Self(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into())
    }
}

impl Vars {
    /// The environment of this process. Values that are not Unicode are left out.
    pub fn of_process() -> Self {
        let ours = |name: &str| {
            name.starts_with(PREFIX)
                || ACCOUNT.contains(&name)
                || name == "RUST_LOG"
                || name.strip_suffix("_FILE").unwrap_or(name).ends_with(KEY_SUFFIX)
        };
        let pairs = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        Self(pairs.filter(|(name, _)| ours(name)).collect())
    }

    /// A value; an empty one counts as none, as in a compose file that passes on what is unset.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Who runs this command, as far as the machine knows.
    pub fn account(&self) -> Option<&str> {
        ACCOUNT.iter().find_map(|name| self.get(name))
    }

    /// Lets the variables stand in for the keys of the file.
    pub(super) fn apply(&self, file: &mut File<'_>) {
        for key in KEYS {
            if let Some(value) = self.get(key.variable) {
                file.set(
                    key.path,
                    Override { value: value.to_owned(), name: key.variable.to_owned() },
                );
            }
        }
    }

    /// Refuses what looks like a misspelt variable. One that resembles none is another program's:
    /// Kubernetes sets FORECOURT_PORT for a service called forecourt.
    pub(super) fn refuse_misspelt(&self, file: &File<'_>) {
        let known = || KEYS.iter().map(|key| key.variable).chain(OTHERS);
        for name in self.0.keys().filter(|name| name.starts_with(PREFIX)) {
            if known().any(|known| known == name) {
                continue;
            }
            let rest = |name: &'static str| name.strip_prefix(PREFIX).unwrap_or(name);
            let word = name.strip_prefix(PREFIX).unwrap_or(name);
            if let Some(near) = nearest(word, known().map(rest)) {
                let remedy = format!("Did you mean {PREFIX}{near}?");
                file.note(&Place::Named(name.clone()), "", "is not a known variable", &remedy);
            }
        }
    }
}
