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
mod tests;
