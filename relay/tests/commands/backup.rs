//! Backup and restore, as an operator types them.

use super::*;

#[test]
fn a_backup_is_made_beside_a_server_and_restored_without_one() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let operator = "[operator]\nname = \"Hosting Ltd\"\ncontact = \"privacy@hosting.example\"\n";
    std::fs::write(dir.join("operator.toml"), operator).unwrap();
    let demo = Demo::start(dir, &["--data", "kept"]);
    let told = good(dir, &["backup", "--data", "kept", "--to", "saved"]);
    assert!(told.contains("Backed up 0 conversations"), "{told}");
    // A command that ends does not take the logs from under the server.
    good(dir, &["doctor", "--data", "kept", "--json", "--config", "operator.toml"]);
    for log in ["forecourt.db-wal", "keys.db-wal"] {
        assert!(dir.join("kept").join(log).exists(), "{log}");
    }
    #[cfg(unix)]
    for (name, mode) in
        [("saved", 0o700), ("saved/forecourt.db", 0o600), ("saved/backup.json", 0o600)]
    {
        use std::os::unix::fs::PermissionsExt;
        let found = std::fs::metadata(dir.join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!(found, mode, "{name}");
    }
    let mut files: Vec<_> = std::fs::read_dir(dir.join("saved"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    assert_eq!(files, ["backup.json", "forecourt.db"]);
    assert!(
        bad(dir, &["backup", "--data", "kept", "--to", "saved"]).contains("it is there already")
    );
    assert!(
        bad(dir, &["backup", "--data", "none", "--to", "more"]).contains("there is no database")
    );
    assert!(!dir.join("more").exists() && !dir.join("none").exists());

    let refused = bad(dir, &["restore", "--data", "kept", "--from", "saved"]);
    assert!(refused.contains("another relay works on this data"), "{refused}");
    assert_eq!(demo.signal("-TERM"), Some(0));
    let told = good(dir, &["restore", "--data", "kept", "--from", "saved"]);
    assert!(told.contains("What was there before lies in kept/replaced-"), "{told}");
    assert!(good(dir, &["dealer", "list", "--data", "kept"]).contains("Harbour Cars"));
    // Into a directory that is not there yet, too, once its keys are.
    let refused = bad(dir, &["restore", "--data", "new", "--from", "saved"]);
    assert!(
        refused.contains("keys.db is missing") && !dir.join("new/keys.db").exists(),
        "{refused}"
    );
    for key in ["keys.db", "operator.key"] {
        std::fs::copy(dir.join("kept").join(key), dir.join("new").join(key)).unwrap();
    }
    good(dir, &["restore", "--data", "new", "--from", "saved", "--discard-replaced"]);
    assert!(good(dir, &["dealer", "list", "--data", "new"]).contains("Harbour Cars"));
}

#[test]
fn a_damaged_backup_is_refused_and_a_restore_that_was_cut_off_is_told() {
    let dir = dealership();
    let dir = dir.path();
    good(dir, &["dealer", "add", "--file", "dealer.toml"]);
    good(dir, &["backup", "--to", "saved"]);
    let path = dir.join("saved/forecourt.db");
    let whole = std::fs::read(&path).unwrap();
    let mut harmed = whole.clone();
    harmed[5_000] ^= 1;
    std::fs::write(&path, harmed).unwrap();
    let told = bad(dir, &["restore", "--from", "saved"]);
    assert!(told.contains("is not the one that was backed up"), "{told}");
    std::fs::write(&path, whole).unwrap();

    std::fs::write(dir.join("forecourt-data/forecourt.restoring"), "").unwrap();
    let told = bad(dir, &["dealer", "list"]);
    assert!(told.contains("a restore was cut off"), "{told}");
    good(dir, &["restore", "--from", "saved"]);
    assert!(good(dir, &["dealer", "list"]).contains("Harbour Cars"));
}
