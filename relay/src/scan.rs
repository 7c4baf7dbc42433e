//! Looks for markers in the raw bytes of files, whatever these are: rows, free pages, logs, backups
//! (G-52). It knows no form of a file, so it misses nothing that stands there as it was written.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use aho_corasick::AhoCorasick;

use crate::limits::{SCAN_MARKER_MIN, SCAN_READ};

/// What is looked for.
#[derive(Debug)]
pub struct Markers {
    automaton: AhoCorasick,
    longest: usize,
}

/// A marker in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Which marker, from 0.
    pub marker: usize,
    /// Where it begins.
    pub offset: u64,
}

/// Why markers can't be looked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MarkerProblem {
    /// None at all.
    #[error("there is nothing to look for: name a marker")]
    None,
    /// So short that it stands somewhere by chance.
    #[error(
        "marker {0} has less than {SCAN_MARKER_MIN} bytes and would be found by chance: name a longer one"
    )]
    TooShort(usize),
    /// Too many, or too long together.
    #[error("these markers are too many to be looked for at once: {0}")]
    TooMany(String),
}

impl Markers {
    /// Prepares these; the first is marker 0.
    pub fn new<M: AsRef<[u8]>>(markers: &[M]) -> Result<Self, MarkerProblem> {
        let longest = markers.iter().map(|marker| marker.as_ref().len()).max();
        let longest = longest.ok_or(MarkerProblem::None)?;
        if let Some(short) = markers.iter().position(|one| one.as_ref().len() < SCAN_MARKER_MIN) {
            return Err(MarkerProblem::TooShort(short + 1));
        }
        let automaton =
            AhoCorasick::new(markers).map_err(|error| MarkerProblem::TooMany(error.to_string()))?;
        Ok(Self { automaton, longest })
    }

    /// Tells each place in which a marker stands, also where one stands in another; answers how many
    /// bytes there were.
    pub fn look(&self, mut from: impl Read, mut found: impl FnMut(Hit)) -> io::Result<u64> {
        // What was read last goes before what is read next: a marker may stand on both.
        let mut bytes = Vec::with_capacity(self.longest + SCAN_READ);
        let mut begins = 0;
        loop {
            let n_known = bytes.len();
            let n_read = from.by_ref().take(SCAN_READ as u64).read_to_end(&mut bytes)?;
            if n_read == 0 {
                return Ok(begins + bytes.len() as u64);
            }
            for hit in self.automaton.find_overlapping_iter(&bytes) {
                if n_known < hit.end() {
                    let offset = begins + hit.start() as u64;
                    found(Hit { marker: hit.pattern().as_usize(), offset });
                }
            }
            let n_gone = bytes.len().saturating_sub(self.longest);
            bytes.drain(..n_gone);
            begins += n_gone as u64;
        }
    }

    /// The same in a file.
    pub fn look_in(&self, file: &Path, found: impl FnMut(Hit)) -> io::Result<u64> {
        self.look(File::open(file)?, found)
    }
}

/// All files in a directory and below it, in order; links to directories are not followed.
pub fn files_below(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut entries = fs::read_dir(dir)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let (kind, path) = (entry.file_type()?, entry.path());
        if kind.is_dir() {
            files.extend(files_below(&path)?);
        } else if kind.is_file() || path.is_file() {
            files.push(path);
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(markers: &[&str], bytes: &[u8]) -> Vec<(usize, u64)> {
        let mut all = Vec::new();
        let markers = Markers::new(markers).unwrap();
        let n_bytes = markers.look(bytes, |hit| all.push((hit.marker, hit.offset))).unwrap();
        assert_eq!(n_bytes, bytes.len() as u64);
        all.sort_unstable();
        all
    }

    #[test]
    fn each_place_is_told_once_wherever_it_lies_between_two_reads() {
        for begins in [0, 1, SCAN_READ - 5, SCAN_READ - 4, SCAN_READ, 2 * SCAN_READ - 1] {
            let mut bytes = vec![b'.'; 3 * SCAN_READ];
            bytes[begins..begins + 5].copy_from_slice(b"heron");
            assert_eq!(found(&["kingfisher", "heron"], &bytes), [(1, begins as u64)], "{begins}");
        }
        assert_eq!(found(&["heron"], &[]), []);
    }

    #[test]
    fn a_marker_within_another_is_told_too() {
        assert_eq!(found(&["kingfisher", "fish"], b"a kingfisher"), [(0, 2), (1, 6)]);
        assert_eq!(found(&["aaaa"], b"aaaaaa"), [(0, 0), (0, 1), (0, 2)]);
    }

    #[test]
    fn a_marker_that_would_be_found_by_chance_is_refused() {
        assert_eq!(Markers::new(&["long enough", "abc"]).unwrap_err(), MarkerProblem::TooShort(2));
        assert_eq!(Markers::new::<&str>(&[]).unwrap_err(), MarkerProblem::None);
    }

    #[test]
    fn files_are_looked_for_in_all_directories_below() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("b/c")).unwrap();
        for name in ["z", "b/c/a", "b/d"] {
            fs::write(dir.path().join(name), "heron").unwrap();
        }
        let wanted = ["b/c/a", "b/d", "z"].map(|name| dir.path().join(name));
        assert_eq!(files_below(dir.path()).unwrap(), wanted);
    }
}
