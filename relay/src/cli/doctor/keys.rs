//! Whether the operator's keys are there that everything is sealed with.

use super::Finding;
use crate::store::{KeysInUse, StoreError};

/// The name of this check in the answer.
const CHECK: &str = "keys";

pub(super) fn look(keys: Result<KeysInUse, StoreError>) -> Vec<Finding> {
    let KeysInUse { held, needed } = match keys {
        Ok(keys) => keys,
        Err(error) => {
            let remedy = "Nothing that visitors said can be read without it, and no server starts";
            return vec![Finding::fail(CHECK, error.to_string(), remedy)];
        }
    };
    let missing: Vec<_> = needed.iter().filter(|id| !held.contains(id)).cloned().collect();
    if !missing.is_empty() {
        let what = format!("the operator's key {} is needed and not there", missing.join(", "));
        return vec![Finding::fail(CHECK, what, "Put it back; see `forecourt keys show`")];
    }
    let older = held.len().saturating_sub(1);
    if 0 < older {
        let what = format!("{older} of the operator's keys are older than the one that wraps");
        let remedy =
            "Once no backup of keys.db from before the rotation is left: forecourt keys forget";
        return vec![Finding::warn(CHECK, what, remedy)];
    }
    if held.is_empty() {
        return vec![Finding::ok(CHECK, "there is none yet: the first start makes it")];
    }
    vec![Finding::ok(CHECK, "the operator's key is there; keep a copy apart from the data")]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::Level;

    #[test]
    fn a_key_that_is_missing_is_a_failure_and_one_too_many_a_warning() {
        let keys = |held: &[&str], needed: &[&str]| {
            let all = |ids: &[&str]| ids.iter().map(ToString::to_string).collect();
            look(Ok(KeysInUse { held: all(held), needed: all(needed) }))[0].level
        };
        assert_eq!(keys(&["a"], &["a"]), Level::Ok);
        assert_eq!(keys(&["a"], &[]), Level::Ok);
        assert_eq!(keys(&[], &[]), Level::Ok);
        assert_eq!(keys(&["b", "a"], &["b"]), Level::Warn);
        assert_eq!(keys(&["b"], &["a"]), Level::Fail);
        assert_eq!(look(Err(StoreError::Closed))[0].level, Level::Fail);
    }
}
