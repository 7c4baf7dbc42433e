//! A dealer's file and its folder of documents, read from disk and checked as a whole.

use std::{fs, path::Path};

use anyhow::{Context, bail, ensure};

use crate::{
    domain::{
        dealer::{Dealer, file::DealerFile},
        document::NewDocument,
        retention::Bounds,
    },
    knowledge::read_folder,
    limits::MAX_CONFIG_BYTES,
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
        let text = fs::read_to_string(path).with_context(|| format!("can't read {name}"))?;
        let folder = path.parent().unwrap_or(Path::new("."));
        Self::from_text(&name, &text, folder, bounds)
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
            Some(below) => match read_folder(&folder.join(below)) {
                Ok(documents) => documents,
                Err(errors) => {
                    let lines: Vec<_> = errors.iter().map(ToString::to_string).collect();
                    bail!("{}", lines.join("\n"));
                }
            },
        };
        Ok(Self { file, documents })
    }

    /// Makes the dealer, or the next version of `known`.
    pub(crate) fn into_parts(self, known: Option<&Dealer>) -> (Dealer, Vec<NewDocument>) {
        (self.file.into_dealer(known, &OsRandom), self.documents)
    }
}

/// Keeps a dealer and its documents; a new dealer whose documents can't be kept is not kept either.
pub(crate) async fn keep(
    store: &Store,
    dealer: &Dealer,
    documents: Vec<NewDocument>,
    is_new: bool,
) -> anyhow::Result<()> {
    if !is_new {
        // The documents first: a site that is opened anew must not answer from old ones.
        store.dealer(&dealer.id).replace_documents(documents).await?;
        return Ok(store.update_dealer(dealer).await?);
    }
    store.add_dealer(dealer).await?;
    if let Err(error) = store.dealer(&dealer.id).replace_documents(documents).await {
        store.remove_dealer(&dealer.id).await.context("can't take back a half-added dealer")?;
        return Err(error.into());
    }
    Ok(())
}
