//! Reads a folder of documents, or says what is wrong with which file and what to do.

mod text;

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

use thiserror::Error;

use crate::{
    domain::document::NewDocument,
    knowledge::{markdown::front, passages::shorten},
    limits::{DOCUMENT_BYTES, DOCUMENT_FOLDERS, DOCUMENTS_BYTES, DOCUMENTS_MAX},
};

/// What is wrong with a document.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub struct DocumentError {
    /// The file or folder.
    pub file: PathBuf,
    /// The line, where one is to blame; from 1.
    pub line: Option<usize>,
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub remedy: String,
}

impl fmt::Display for DocumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}. {}.", self.problem, self.remedy)
    }
}

impl DocumentError {
    fn new(file: &Path, problem: impl Into<String>, remedy: &str) -> Self {
        Self { file: file.into(), line: None, problem: problem.into(), remedy: remedy.into() }
    }
}

/// Reads all documents of a folder, in the order of their names. All problems are told at once.
/// Files and folders whose name begins with a dot are passed over.
pub fn read_folder(dir: &Path) -> Result<Vec<NewDocument>, Vec<DocumentError>> {
    let mut reading = Reading { root: dir.into(), ..Reading::default() };
    reading.folder(dir, 0);
    if reading.errors.is_empty() && DOCUMENTS_BYTES < reading.bytes {
        let problem = "the documents are larger than 16 MiB together";
        reading.errors.push(DocumentError::new(dir, problem, "Leave out what no visitor asks for"));
    }
    if reading.errors.is_empty() { Ok(reading.documents) } else { Err(reading.errors) }
}

#[derive(Default)]
struct Reading {
    root: PathBuf,
    documents: Vec<NewDocument>,
    errors: Vec<DocumentError>,
    bytes: u64,
}

impl Reading {
    fn folder(&mut self, dir: &Path, depth: usize) {
        let entries = fs::read_dir(dir).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let mut entries = match entries {
            Ok(entries) => entries,
            Err(error) => {
                let problem = format!("the folder can't be read: {error}");
                let remedy = "Check that it exists and may be read";
                return self.errors.push(DocumentError::new(dir, problem, remedy));
            }
        };
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let path = entry.path();
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            match entry.file_type() {
                Ok(kind) if kind.is_dir() && depth < DOCUMENT_FOLDERS => {
                    self.folder(&path, depth + 1);
                }
                Ok(kind) if kind.is_dir() => {
                    let remedy = "Put its documents into a folder above";
                    self.errors.push(DocumentError::new(&path, "the folder lies too deep", remedy));
                }
                Ok(kind) if kind.is_file() => self.file(&path),
                // A link could lead out of the folder, to what was not meant to be shown.
                _ => {
                    let remedy = "Put the document itself there";
                    self.errors.push(DocumentError::new(
                        &path,
                        "neither a file nor a folder",
                        remedy,
                    ));
                }
            }
        }
    }

    fn file(&mut self, path: &Path) {
        if DOCUMENTS_BYTES < self.bytes {
            // Too much already, which is told at the end: the rest of a disk is not read.
            return;
        }
        if DOCUMENTS_MAX <= self.documents.len() {
            if self.errors.iter().all(|error| error.file != self.root) {
                let remedy = "Join small documents into larger ones";
                let problem = format!("more than {DOCUMENTS_MAX} documents");
                self.errors.push(DocumentError::new(&self.root.clone(), problem, remedy));
            }
            return;
        }
        match read(path) {
            Ok(text) => {
                self.bytes += u64::try_from(text.len()).unwrap_or(u64::MAX);
                let name = path.strip_prefix(&self.root).unwrap_or(path);
                let parts: Vec<_> = name.iter().map(|part| part.to_string_lossy()).collect();
                self.documents.push(document(&parts.join("/"), &text));
            }
            Err(error) => self.errors.push(error),
        }
    }
}

/// The text of a file, if it is one.
fn read(path: &Path) -> Result<String, DocumentError> {
    let extension = path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    if !matches!(extension.as_str(), "md" | "markdown" | "txt") {
        let problem = if extension == "pdf" {
            "a PDF is not read".to_owned()
        } else {
            format!("a file of this kind ({extension:?}) is not read")
        };
        return Err(DocumentError::new(
            path,
            problem,
            "Save its text as .md or .txt, or remove it",
        ));
    }
    let unreadable = |error: io::Error| {
        DocumentError::new(
            path,
            format!("the file can't be read: {error}"),
            "Check its permissions",
        )
    };
    if DOCUMENT_BYTES < fs::metadata(path).map_err(unreadable)?.len() {
        let remedy = "Split it into several documents";
        return Err(DocumentError::new(path, "the file is larger than 1 MiB", remedy));
    }
    text::check(path, fs::read(path).map_err(unreadable)?)
}

/// The document of a text; without a title of its own it is called like its file.
pub fn document(name: &str, text: &str) -> NewDocument {
    let front = front(text);
    let title = front.title.unwrap_or_else(|| title_of(name));
    let title = shorten(&title);
    NewDocument { name: name.into(), title, url: front.url, text: front.body }
}

/// `terms/part-exchange.md` is "Part exchange".
fn title_of(name: &str) -> String {
    let file = name.rsplit('/').next().unwrap_or(name);
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    let words = stem.replace(['-', '_'], " ");
    let mut chars = words.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::document::Document, limits::SOURCE_TITLE_CHARS};

    fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        dir
    }

    #[test]
    fn documents_are_read_in_order_with_title_and_page() {
        let dir = folder(&[
            ("part-exchange.txt", b"We take your car."),
            ("a/warranty.md", b"---\ntitle: Our warranty\nurl: /warranty\n---\nWords."),
            (".hidden", b"%PDF-1.7"),
        ]);
        let documents = read_folder(dir.path()).unwrap();
        let seen: Vec<_> = documents
            .iter()
            .map(|d| (d.name.as_str(), d.title.as_str(), d.url.as_deref()))
            .collect();
        assert_eq!(
            seen,
            [
                ("a/warranty.md", "Our warranty", Some("/warranty")),
                ("part-exchange.txt", "Part exchange", None),
            ]
        );
    }

    #[test]
    fn each_bad_file_is_named_with_reason_and_remedy() {
        let dir = folder(&[
            ("a.md", b"%PDF-1.7 pretending"),
            ("b.txt", b"one\ntwo \xFF three"),
            ("c.txt", b"one\n\ntw\0o"),
            ("d.pdf", b"%PDF-1.7"),
            ("e.md", b" \n"),
            ("f.txt", b"\xFF\xFEh\0i\0"),
            ("g.docx", b"PK\x03\x04"),
            ("h.md", &vec![b'x'; 1024 * 1024 + 1]),
            ("i.md", b"good"),
            ("j.txt", b"{\\rtf1\\ansi words}"),
            ("k.md", b"\n <!DOCTYPE html><p>words"),
            ("l.md", b"<HTML lang=en>"),
        ]);
        let errors = read_folder(dir.path()).unwrap_err();
        let lines: Vec<Option<usize>> = errors.iter().map(|error| error.line).collect();
        assert_eq!(lines, [None, Some(2), Some(3), None, None, None, None, None, None, None, None]);
        for (error, name) in errors.iter().zip([
            "a.md", "b.txt", "c.txt", "d.pdf", "e.md", "f.txt", "g.docx", "h.md", "j.txt", "k.md",
            "l.md",
        ]) {
            assert!(error.file.ends_with(name) && !error.remedy.is_empty(), "{error}");
        }
        assert!(
            errors[0].to_string().contains("a.md: not a text but a PDF. Save"),
            "{}",
            errors[0]
        );
    }

    #[test]
    fn a_title_has_an_end() {
        let long = "x".repeat(30_000);
        let named = document("a.md", &format!("# {long}\n\n## {long}\n\nWords."));
        assert!(named.title.chars().count() <= SOURCE_TITLE_CHARS);
        let document =
            Document { name: named.name, title: named.title, url: None, text: named.text };
        for piece in crate::knowledge::passages::split(&document) {
            assert!(piece.title().chars().count() <= SOURCE_TITLE_CHARS, "{}", piece.title().len());
        }
    }

    #[test]
    fn what_is_over_the_limit_of_all_together_is_not_read() {
        let mut reading = Reading { bytes: DOCUMENTS_BYTES + 1, ..Reading::default() };
        reading.file(Path::new("/nowhere/a.md"));
        assert!(reading.errors.is_empty() && reading.documents.is_empty());
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(read_folder(&dir.path().join("none")).unwrap_err().len(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_not_followed() {
        let dir = folder(&[("a.md", b"good")]);
        std::os::unix::fs::symlink("/etc/hostname", dir.path().join("b.md")).unwrap();
        assert!(read_folder(dir.path()).unwrap_err()[0].problem.contains("neither"));
    }
}
