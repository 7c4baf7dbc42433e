//! Secrets from a variable or from a file that it names; from nowhere else, and into no print.

use std::{fs, path::Path};

use secrecy::SecretString;

use super::Vars;
use crate::{
    domain::file::{File, Place},
    limits::MAX_SECRET_BYTES,
};

/// The secret of this name. What is wrong with it becomes a problem of `file`.
pub(super) fn find(vars: &Vars, name: &str, file: &File<'_>) -> Option<SecretString> {
    let path_name = format!("{name}_FILE");
    let text = match (vars.get(name), vars.get(&path_name)) {
        (None, None) => return None,
        (Some(_), Some(_)) => {
            file.note(
                &Place::Named(name.to_owned()),
                "",
                &format!("stands beside {path_name}"),
                "Set one of the two",
            );
            return None;
        }
        (Some(value), None) => value.to_owned(),
        (None, Some(path)) => match from_file(Path::new(path)) {
            Ok(text) => text,
            Err((what, remedy)) => {
                file.note(
                    &Place::Named(path_name),
                    "",
                    &format!("names {path}, which {what}"),
                    &remedy,
                );
                return None;
            }
        },
    };
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_graphic()) {
        file.note(
            &Place::Named(name.to_owned()),
            "",
            "is empty or has a space or a line break in it",
            "Put in the key and nothing else",
        );
        return None;
    }
    Some(SecretString::from(text))
}

/// The text of a secret file without one newline at its end.
fn from_file(path: &Path) -> Result<String, (String, String)> {
    let unreadable = |error: std::io::Error| {
        (format!("can't be read: {error}"), "Check the path and who may read it".to_owned())
    };
    let metadata = fs::metadata(path).map_err(unreadable)?;
    if is_readable_by_all(&metadata) {
        let remedy = format!("chmod 600 {}, or give the secret mode 0400", path.display());
        return Err(("every user of this machine can read".to_owned(), remedy));
    }
    if MAX_SECRET_BYTES < metadata.len() {
        return Err((
            "is too large for a key".to_owned(),
            "Name the file that holds only the key".to_owned(),
        ));
    }
    let text = fs::read_to_string(path).map_err(unreadable)?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(text.strip_suffix('\r').unwrap_or(text).to_owned())
}

#[cfg(unix)]
fn is_readable_by_all(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;

    metadata.permissions().mode() & 0o004 != 0
}

#[cfg(not(unix))]
fn is_readable_by_all(_: &fs::Metadata) -> bool {
    false
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use secrecy::ExposeSecret;

    use super::*;

    fn key_file(text: &str, mode: u32) -> (tempfile::TempDir, String) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let path = path.to_str().unwrap().to_owned();
        (dir, path)
    }

    fn found(vars: &Vars) -> (Option<String>, String) {
        let file = File::new("forecourt.toml", "");
        let secret = find(vars, "OPENAI_API_KEY", &file);
        (secret.map(|secret| secret.expose_secret().to_owned()), file.problems().to_string())
    }

    #[test]
    fn a_secret_file_loses_one_newline_and_no_more() {
        for (text, kept) in
            [("sk-1\n", Some("sk-1")), ("sk-1\r\n", Some("sk-1")), ("sk-1\n\n", None)]
        {
            let (_dir, path) = key_file(text, 0o600);
            let vars = Vars::from([("OPENAI_API_KEY_FILE", path.as_str())]);
            assert_eq!(found(&vars).0.as_deref(), kept, "{text:?}");
        }
    }

    #[test]
    fn a_secret_file_that_everybody_can_read_is_refused() {
        let (_dir, path) = key_file("sk-canary", 0o644);
        let (secret, problems) = found(&Vars::from([("OPENAI_API_KEY_FILE", path.as_str())]));
        assert_eq!(secret, None);
        assert!(problems.contains("every user of this machine can read"), "{problems}");
        assert!(problems.contains("chmod 600") && !problems.contains("sk-canary"), "{problems}");
    }

    #[test]
    fn a_secret_in_two_places_or_in_none_that_exists_is_refused() {
        let both =
            Vars::from([("OPENAI_API_KEY", "sk-1"), ("OPENAI_API_KEY_FILE", "/nowhere/key")]);
        assert!(found(&both).1.contains("stands beside OPENAI_API_KEY_FILE"));
        let nowhere = Vars::from([("OPENAI_API_KEY_FILE", "/nowhere/key")]);
        assert!(found(&nowhere).1.contains("can't be read"));
        assert_eq!(found(&Vars::from([("OPENAI_API_KEY", "")])), (None, String::new()));
        assert_eq!(found(&Vars::from([("OPENAI_API_KEY", "sk-1")])).0.as_deref(), Some("sk-1"));
    }
}
