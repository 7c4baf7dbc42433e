//! What is left of a visitor in the raw bytes of all files, as an operator looks for it.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::*;

/// The hash of a visitor's token, as `kept_at` draws it, in hexadecimal: what a row holds of it.
fn trace(number: u8) -> String {
    let token = SessionToken::from_bytes(&[number; 32]);
    Sha256::digest(token.as_str()).iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}

/// Looks for what is written to the standard input; answers the exit code and what was told.
fn scan(dir: &Path, more: &[&str], input: &str) -> (Option<i32>, String) {
    let args = [&["retention", "scan"], more].concat();
    let mut command = forecourt(dir, &args);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn a_trace_is_found_before_the_sweep_and_afterwards_in_the_backup_alone() {
    let dir = dealership();
    let dir = dir.path();
    good(dir, &["dealer", "add", "--file", "dealer.toml"]);
    let now = SystemClock::default().now();
    kept_at(dir, now.minus(Duration::from_hours(24 * 400)), 10);
    let (code, told) = scan(dir, &["--pattern", "-"], &trace(10));
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("forecourt.db: marker 1 at byte ") && told.contains("found "), "{told}");
    assert!(!told.contains(&trace(10)), "it is not told what was looked for");

    good(dir, &["backup", "--to", "copy"]);
    good(dir, &["retention", "sweep"]);
    let (code, told) = scan(dir, &["--pattern", "-"], &trace(10));
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("found 0 times"), "{told}");
    let (code, told) = scan(dir, &["--pattern", "-", "--also", "copy", "--json"], &trace(10));
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!((code, &told["hits"]), (Some(1), &told["found"].as_array().unwrap().len().into()));
    for found in told["found"].as_array().unwrap() {
        assert!(found["file"].as_str().unwrap().contains("/copy/"), "{found}");
    }

    // The words themselves stood nowhere, at no time; the dealer's own documents do.
    let (code, _) = scan(dir, &["--canary", "-", "--also", "copy"], "Is it red?\n");
    assert_eq!(code, Some(0));
    let (code, _) = scan(dir, &["--canary", "warranty of twelve months"], "");
    assert_eq!(code, Some(1));
    let wrong = bad(dir, &["retention", "scan", "--canary", "abc"]);
    assert!(wrong.contains("would be found by chance"), "{wrong}");
    let nowhere = bad(dir, &["retention", "scan", "--canary", "heron", "--also", "nowhere"]);
    assert!(nowhere.contains("nowhere is no directory"), "{nowhere}");
}
