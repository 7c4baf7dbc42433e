//! A dealer's file and its folder of documents, read from disk and checked as a whole.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail, ensure};

use crate::{
    domain::{
        dealer::{
            Dealer,
            file::{DealerFile, Folder},
        },
        document::NewDocument,
        file::File,
        retention::Bounds,
    },
    knowledge::{memory, read_folder},
    limits::{INDEX_CACHE_BYTES, MAX_CONFIG_BYTES},
    random::OsRandom,
    store::Store,
};

/// A dealer that is not kept yet, with its documents.
#[derive(Clone)]
pub(crate) struct Read {
    file: DealerFile,
    documents: Vec<NewDocument>,
}

impl Read {
    /// Reads both, or tells all that is wrong with either.
    pub(crate) fn from_disk(path: &Path, bounds: &Bounds) -> anyhow::Result<Self> {
        let name = path.display().to_string();
        let size = fs::metadata(path).with_context(|| format!("can't read {name}"))?.len();
        ensure!(size <= MAX_CONFIG_BYTES, "{name} is larger than a dealer's file can be");
        let bytes = fs::read(path).with_context(|| format!("can't read {name}"))?;
        let text = File::text_of(&name, &bytes)?;
        let folder = path.parent().unwrap_or(Path::new("."));
        Self::from_text(&name, text, folder, bounds)
    }

    /// The same with the text at hand; documents are looked for beside `folder`.
    pub(crate) fn from_text(
        name: &str,
        text: &str,
        folder: &Path,
        bounds: &Bounds,
    ) -> anyhow::Result<Self> {
        let file = DealerFile::read(name, text, bounds)?;
        let documents = match &file.documents {
            None => Vec::new(),
            Some(below) => match read_folder(&place(below, folder)?) {
                Ok(documents) => documents,
                Err(errors) => {
                    let lines: Vec<_> = errors.iter().map(ToString::to_string).collect();
                    bail!("{}", lines.join("\n"));
                }
            },
        };
        let bytes = memory(&documents, file.languages());
        if let Some(below) = file.documents.as_ref().filter(|_| INDEX_CACHE_BYTES < bytes) {
            // Their indexes would be made anew for each question.
            bail!(
                "{}: `documents` holds more than can be searched: about {} MiB of memory in {} languages, at most {}. Leave out what no visitor asks for.",
                below.at,
                bytes >> 20,
                file.languages().len(),
                INDEX_CACHE_BYTES >> 20
            );
        }
        Ok(Self { file, documents })
    }

    /// Makes the dealer, or the next version of `known`.
    pub(crate) fn into_parts(self, known: Option<&Dealer>) -> (Dealer, Vec<NewDocument>) {
        let Self { file, mut documents } = self;
        let dealer = file.into_dealer(known, &OsRandom);
        resolve(&mut documents, &dealer);
        (dealer, documents)
    }
}

/// Where the documents are; a folder that is not there is a mistake of the line that names it.
fn place(below: &Folder, folder: &Path) -> anyhow::Result<PathBuf> {
    let path = folder.join(&below.path);
    let (at, shown) = (&below.at, path.display());
    ensure!(
        path.is_dir(),
        "{at}: `documents` names {shown}, which is no folder. Make it beside the file and put the documents there, or remove the line."
    );
    Ok(path)
}

/// Keeps a dealer and its documents, all or nothing.
pub(crate) async fn keep(
    store: &Store,
    dealer: &Dealer,
    documents: Vec<NewDocument>,
    is_new: bool,
) -> anyhow::Result<()> {
    Ok(store.put_dealer(dealer, Some(documents), is_new).await?)
}

/// A page that a document names without a host is one of the dealer's first site.
fn resolve(documents: &mut [NewDocument], dealer: &Dealer) {
    let Some(origin) = dealer.sites.iter().find_map(|site| site.origins.first()) else { return };
    for document in documents {
        if let Some(url) = document.url.as_mut().filter(|url| url.starts_with('/')) {
            url.insert_str(0, origin);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HARBOUR: &str = include_str!("../../domain/dealer/file/harbour.toml");

    fn read(document: Option<&str>) -> anyhow::Result<Read> {
        let dir = tempfile::tempdir().unwrap();
        if let Some(text) = document {
            fs::create_dir(dir.path().join("documents")).unwrap();
            fs::write(dir.path().join("documents/a.md"), text).unwrap();
        }
        fs::write(dir.path().join("dealer.toml"), HARBOUR).unwrap();
        Read::from_disk(&dir.path().join("dealer.toml"), &Bounds::default())
    }

    #[test]
    fn a_page_without_a_host_is_one_of_the_dealers_site() {
        for (url, page) in [
            ("/warranty", "https://www.harbour-cars.example/warranty"),
            ("//evil.example", "https://www.harbour-cars.example//evil.example"),
            ("https://other.example/w", "https://other.example/w"),
        ] {
            let text = format!("---\nurl: {url}\n---\nWords.");
            let (_, documents) = read(Some(&text)).unwrap().into_parts(None);
            assert_eq!(documents[0].url.as_deref(), Some(page));
        }
    }

    #[test]
    fn a_folder_that_is_not_there_is_told_at_the_line_that_names_it() {
        let told = read(None).err().unwrap().to_string();
        assert!(told.contains("dealer.toml:7:13: `documents` names"), "{told}");
        assert!(told.contains("which is no folder. Make it beside the file"), "{told}");
    }

    #[test]
    fn documents_that_would_not_fit_into_the_memory_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("documents")).unwrap();
        let words = |from: usize| (0..).map(move |n| format!("w{from}x{n} ")).take(60_000);
        for file in 0..12 {
            let text: String = words(file).collect();
            fs::write(dir.path().join(format!("documents/{file}.txt")), text).unwrap();
        }
        let told = Read::from_text("d.toml", HARBOUR, dir.path(), &Bounds::default());
        let told = told.err().unwrap().to_string();
        assert!(
            told.contains("d.toml:7:13: `documents` holds more than can be searched"),
            "{told}"
        );
    }

    #[test]
    fn a_file_that_is_no_text_is_told_with_its_place() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("dealer.toml");
        fs::write(&path, b"name = \"a\"\nlanguages = [\"\xFF\"]").unwrap();
        let told = Read::from_disk(&path, &Bounds::default()).err().unwrap().to_string();
        assert!(told.contains("dealer.toml:2:15: is not UTF-8. Save it in UTF-8"), "{told}");
    }
}
