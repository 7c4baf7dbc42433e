//! What may be built in, held against the lists of `deny.toml`: crates that we keep out, and the
//! licences of all others. cargo-deny looks at more (sources, other platforms), but isn't everywhere.

use std::{collections::BTreeSet, fs};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::{place::Place, shell};

/// What we read of `deny.toml`.
#[derive(Deserialize)]
struct Deny {
    licenses: Licences,
    bans: Bans,
}

#[derive(Deserialize)]
struct Licences {
    allow: BTreeSet<String>,
}

#[derive(Deserialize)]
struct Bans {
    deny: Vec<Ban>,
}

#[derive(Deserialize)]
struct Ban {
    #[serde(rename = "crate")]
    name: String,
    reason: String,
}

/// Between a package and its licence in cargo's list.
const APART: &str = " | ";

/// Fails with all that is wrong; answers how many crates were looked at.
pub(super) fn check(place: &Place) -> Result<usize> {
    let deny = fs::read_to_string(place.root.join("deny.toml")).context("deny.toml")?;
    let deny: Deny = toml::from_str(&deny).context("deny.toml")?;
    let mut cargo = shell::cargo(&place.root);
    cargo.args(["tree", "--workspace", "--features", "xtask/pack", "--prefix", "none"]);
    cargo.args(["--edges", "all", "--format", &format!("{{p}}{APART}{{l}}")]);
    let tree = shell::capture(&mut cargo)?;
    let packages: BTreeSet<&str> = tree.lines().filter(|line| !line.ends_with("(*)")).collect();
    let wrong: Vec<String> = packages.iter().filter_map(|line| wrong(line, &deny)).collect();
    if !wrong.is_empty() {
        bail!("{} (deny.toml)", wrong.join("; "));
    }
    Ok(packages.len())
}

/// What is wrong with a package, a line of cargo's: `name vVERSION … | LICENCE`.
fn wrong(line: &str, deny: &Deny) -> Option<String> {
    let (package, licence) = line.split_once(APART)?;
    let name = package.split(' ').next()?;
    if let Some(ban) = deny.bans.deny.iter().find(|ban| ban.name == name) {
        return Some(format!("{name} is kept out: {}", ban.reason));
    }
    let is_allowed = allows(licence, &deny.licenses.allow);
    (!is_allowed).then(|| format!("{package} has the licence {licence:?}, which isn't allowed"))
}

/// Whether one of the choices of a licence is allowed whole. Brackets only repeat what the words say
/// in all that we build; a choice within brackets of an `AND` would be refused, not let through.
fn allows(licence: &str, allowed: &BTreeSet<String>) -> bool {
    let plain = licence.replace(['(', ')'], "").replace('/', " OR ");
    plain.split(" OR ").any(|choice| {
        choice.split(" AND ").all(|part| {
            // An exception only allows more.
            let name = part.split(" WITH ").next().unwrap_or(part).trim();
            allowed.contains(name)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deny() -> Deny {
        toml::from_str(
            "[licenses]\nallow = [\"MIT\", \"ISC\", \"Apache-2.0\"]\n\
             [bans]\ndeny = [{ crate = \"ring\", reason = \"one provider\" }]",
        )
        .unwrap()
    }

    #[test]
    fn a_crate_that_is_kept_out_is_named_with_the_reason() {
        assert_eq!(wrong("ring v0.17.0 | MIT", &deny()).unwrap(), "ring is kept out: one provider");
        assert_eq!(wrong("ringbuffer v1.0.0 | MIT", &deny()), None);
    }

    #[test]
    fn a_licence_is_allowed_by_one_of_its_choices_as_a_whole() {
        for fine in [
            "MIT",
            "GPL-3.0 OR MIT",
            "MIT/Unlicense",
            "ISC AND (MIT OR GPL-3.0)",
            "Apache-2.0 WITH LLVM-exception",
        ] {
            assert_eq!(wrong(&format!("a v1.0.0 | {fine}"), &deny()), None, "{fine}");
        }
        for refused in ["GPL-3.0", "MIT AND GPL-3.0", ""] {
            let told = wrong(&format!("a v1.0.0 | {refused}"), &deny());
            assert!(told.unwrap().contains("isn't allowed"), "{refused}");
        }
    }
}
