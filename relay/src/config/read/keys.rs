//! The section `[keys]`: where the wrapped keys are, and from where the operator's come.

use std::path::{Path, PathBuf};

use secrecy::SecretString;

use crate::{
    config::Vars,
    crypt::{OPERATOR_KEY, Ring, Source},
    domain::file::{Place, Section},
};

/// The variable that holds the operator's keys, and the one that names their file.
const VARIABLES: [&str; 2] = ["FORECOURT_OPERATOR_KEY", "FORECOURT_OPERATOR_KEY_FILE"];

/// The directory of the wrapped keys, and from where the operator's come.
pub(super) fn read(section: &Section<'_, '_>, vars: &Vars, data: &Path) -> (PathBuf, Source) {
    let dir = section.text("dir").map_or_else(|| data.to_owned(), |dir| dir.value.into());
    let given = vars.get(VARIABLES[0]).inspect(|text| check(section, text));
    let named: [(String, Option<Source>); 4] = [
        (
            VARIABLES[0].to_owned(),
            given.map(|text| Source::Given(SecretString::from(text.to_owned()))),
        ),
        (VARIABLES[1].to_owned(), vars.get(VARIABLES[1]).map(|path| Source::File(path.into()))),
        (
            "keys.operator_file".to_owned(),
            section.text("operator_file").map(|path| Source::File(path.value.into())),
        ),
        ("keys.operator_command".to_owned(), command(section)),
    ];
    section.finish();
    let mut named = named.into_iter().filter_map(|(name, source)| Some((name, source?)));
    let Some((first, source)) = named.next() else {
        let usual = Source::File(dir.join(OPERATOR_KEY));
        return (dir, usual);
    };
    if let Some((second, _)) = named.next() {
        let what = format!("stands beside {second}");
        section.file().note(
            &Place::Named(first),
            "",
            &what,
            "Name one place of the operator's key",
        );
    }
    (dir, source)
}

/// The command that prints the operator's keys.
fn command(section: &Section<'_, '_>) -> Option<Source> {
    let words = section.texts("operator_command")?;
    if words.is_empty() {
        let at = section.locate("operator_command").with(());
        let remedy = "Write the program and its words: [\"/usr/bin/kms\", \"read\", \"forecourt\"]";
        section.file().problem(&at, "names no program", remedy);
    }
    Some(Source::Command(words.into_iter().map(|word| word.value).collect()))
}

/// What is no key is told at once, without its text.
fn check(section: &Section<'_, '_>, text: &str) {
    if let Err(what) = Ring::parse(text) {
        let remedy = "Make one with `forecourt keys new`";
        section.file().note(&Place::Named(VARIABLES[0].to_owned()), "", &what, remedy);
    }
}
