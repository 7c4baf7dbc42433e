//! `forecourt retention scan`: looks for markers in the raw bytes of all files (G-52), so that anybody can
//! see for themselves that what was deleted is gone.

use std::{
    collections::BTreeSet,
    io::{self, Read},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail, ensure};
use clap::Args;
use serde_json::json;

use crate::{
    cli::output::Out,
    config::Config,
    limits::{SCAN_INPUT_BYTES, SCAN_TOLD},
    scan::{self, Hit, Markers},
};

/// What is looked for, and where besides the data.
#[derive(Debug, Args)]
pub(in crate::cli) struct ScanArgs {
    /// A text that must stand nowhere; `-` reads one from each line of the standard input, so that it
    /// stands in no list of processes either
    #[arg(long, value_name = "TEXT", required_unless_present = "pattern")]
    canary: Vec<String>,
    /// Bytes that must stand nowhere, in hexadecimal; `-` as above
    #[arg(long, value_name = "HEX")]
    pattern: Vec<String>,
    /// Look in this directory too: backups, logs
    #[arg(long, value_name = "DIR")]
    also: Vec<PathBuf>,
    /// For a script
    #[arg(long)]
    json: bool,
}

/// What was found.
#[derive(Debug, Default)]
struct Found {
    files: u64,
    bytes: u64,
    hits: u64,
    /// The first of them: file, marker, offset.
    told: Vec<(PathBuf, Hit)>,
}

/// Answers whether nothing was found.
pub(super) fn run(config: &Config, args: &ScanArgs, out: &Out) -> anyhow::Result<bool> {
    let markers = Markers::new(&args.markers(io::stdin().lock())?)?;
    let mut found = Found::default();
    for file in args.files(config)? {
        let looked = markers.look_in(&file, |hit| found.note(&file, hit));
        match looked {
            Ok(bytes) => (found.files, found.bytes) = (found.files + 1, found.bytes + bytes),
            // A log that was cut and a backup that was deleted meanwhile hold nothing any more.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => {
                return Err(error).with_context(|| format!("can't read {}", file.display()));
            }
        }
    }
    found.print(args.json, out)?;
    Ok(found.hits == 0)
}

impl ScanArgs {
    /// All markers: texts first.
    fn markers(&self, stdin: impl Read) -> anyhow::Result<Vec<Vec<u8>>> {
        let from_stdin = |given: &[String]| given.iter().any(|one| one == "-");
        let (texts, patterns) = (from_stdin(&self.canary), from_stdin(&self.pattern));
        ensure!(!(texts && patterns), "only one of --canary and --pattern can read `-`");
        let mut typed = String::new();
        if texts || patterns {
            let read = stdin.take(SCAN_INPUT_BYTES).read_to_string(&mut typed);
            read.context("can't read markers from the standard input")?;
        }
        let lines = || typed.lines().map(str::trim_end).filter(|line| !line.is_empty());
        let given = |all: &[String], reads: bool| {
            let named = all.iter().filter(|one| *one != "-").cloned();
            let read = lines().filter(|_| reads).map(str::to_owned);
            named.chain(read).collect::<Vec<_>>()
        };
        let mut markers: Vec<_> =
            given(&self.canary, texts).into_iter().map(String::into_bytes).collect();
        for pattern in given(&self.pattern, patterns) {
            // Not the pattern itself: it may be a secret.
            let bytes = bytes(&pattern);
            markers.push(bytes.with_context(|| {
                format!("marker {} is not hexadecimal, two digits a byte", markers.len() + 1)
            })?);
        }
        Ok(markers)
    }

    /// All files to be looked at, each once.
    fn files(&self, config: &Config) -> anyhow::Result<BTreeSet<PathBuf>> {
        let mut files = BTreeSet::new();
        let own = [&config.data, &config.keys];
        for dir in own.into_iter().chain(&self.also) {
            if !dir.is_dir() {
                bail!("{} is no directory: name the one to look in", dir.display());
            }
            let dir = dir.canonicalize().unwrap_or_else(|_| dir.clone());
            let below = scan::files_below(&dir);
            files.extend(below.with_context(|| format!("can't read {}", dir.display()))?);
        }
        Ok(files)
    }
}

/// The bytes that hexadecimal digits stand for.
fn bytes(hex: &str) -> Option<Vec<u8>> {
    let hex = hex.trim();
    let digits = hex.bytes().all(|digit| digit.is_ascii_hexdigit()) && hex.len().is_multiple_of(2);
    let pairs = (0..hex.len()).step_by(2);
    let all = || pairs.map(|at| u8::from_str_radix(&hex[at..at + 2], 16).ok()).collect();
    digits.then(all).flatten()
}

impl Found {
    fn note(&mut self, file: &Path, hit: Hit) {
        self.hits += 1;
        if self.told.len() < SCAN_TOLD {
            self.told.push((file.to_owned(), hit));
        }
    }

    fn print(&self, as_json: bool, out: &Out) -> anyhow::Result<()> {
        if as_json {
            let one = |(file, hit): &(PathBuf, Hit)| json!({ "file": file, "marker": hit.marker + 1, "offset": hit.offset });
            return out.json(&json!({
                "files": self.files,
                "bytes": self.bytes,
                "hits": self.hits,
                "found": self.told.iter().map(one).collect::<Vec<_>>(),
            }));
        }
        for (file, hit) in &self.told {
            let place = file.display();
            out.line(format!("{place}: marker {} at byte {}", hit.marker + 1, hit.offset));
        }
        if self.told.len() < usize::try_from(self.hits).unwrap_or(usize::MAX) {
            out.line("…");
        }
        out.line(format!(
            "Looked through {} files with {} bytes: found {} times.",
            self.files, self.bytes, self.hits
        ));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(canary: &[&str], pattern: &[&str], stdin: &str) -> Result<Vec<Vec<u8>>, String> {
        let all = |given: &[&str]| given.iter().map(ToString::to_string).collect();
        let args =
            ScanArgs { canary: all(canary), pattern: all(pattern), also: Vec::new(), json: false };
        args.markers(stdin.as_bytes()).map_err(|error| error.to_string())
    }

    #[test]
    fn markers_are_typed_or_read_and_no_error_tells_one() {
        assert_eq!(
            read(&["ab c"], &["00fF"], "not read").unwrap(),
            [b"ab c".as_slice(), &[0, 255]]
        );
        assert_eq!(
            read(&["-", "x"], &[], "one\r\n\ntwo\n").unwrap(),
            [b"x".as_slice(), b"one", b"two"]
        );
        assert_eq!(read(&[], &["-"], "0a0b\n").unwrap(), [[10, 11]]);
        for wrong in ["secret", "abc", "0 1", "ä"] {
            let told = read(&["x"], &[wrong], "").unwrap_err();
            assert!(told.starts_with("marker 2 is not hexadecimal") && !told.contains(wrong));
        }
        assert!(read(&["-"], &["-"], "").unwrap_err().contains("only one"));
    }
}
