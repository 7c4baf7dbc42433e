//! `dealer.toml` → what a dealer is to be. Reads a text and finds all that is wrong with it;
//! ids, the documents and the database come later, in `cli/dealer.rs`.

mod deliver;
mod form;
mod identity;
mod keep;
mod looks;

use std::{collections::BTreeMap, path::PathBuf};

use protocol::{DealerId, SiteKey};

use super::{Dealer, DealerContact, DealerStatus, Legal, Site};
use crate::{
    domain::{
        file::{File, Problems, Section},
        retention::Bounds,
        target::Target,
    },
    random::{self, Random},
};

/// A dealer that has no id yet, and the place of its documents.
#[derive(Clone, Debug)]
pub struct DealerFile {
    /// All but the ids: the dealer's own and those of sites without a key of their own are made
    /// by `into_dealer`.
    draft: Draft,
    /// The folder of its documents; `None` where it has none.
    pub documents: Option<Folder>,
}

/// A folder that a file names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    /// The folder, relative to the file.
    pub path: PathBuf,
    /// Where it is named: `dealer.toml:7:13`.
    pub at: String,
}

/// The fields of a dealer that a file decides.
#[derive(Clone, Debug)]
struct Draft {
    identity: identity::Identity,
    looks: looks::Looks,
    form: form::Form,
    deliver: Vec<Target>,
    sites: Vec<SiteDraft>,
    legal: Legal,
    contact: DealerContact,
}

/// A site that may have no key yet.
#[derive(Clone, Debug)]
struct SiteDraft {
    key: Option<SiteKey>,
    name: String,
    origins: Vec<String>,
}

impl DealerFile {
    /// Reads the text of a `dealer.toml` called `name`, or tells all that is wrong with it.
    pub fn read(name: &str, text: &str, bounds: &Bounds) -> Result<Self, Problems> {
        let file = File::new(name, text);
        let table = file.parse();
        let top = file.top(&table);
        let found = Self::from_section(&top, bounds);
        top.finish();
        drop(top);
        let problems = file.problems();
        match found {
            Some(found) if problems.0.is_empty() => Ok(found),
            _ => Err(problems),
        }
    }

    fn from_section(top: &Section<'_, '_>, bounds: &Bounds) -> Option<Self> {
        // Each part is read before any is given up, so that all problems are found.
        let identity = identity::read(top, bounds);
        let looks = looks::read(top);
        let form = form::read(top);
        let deliver = deliver::read(top);
        let sites = identity::sites(top);
        let legal = identity::legal(top);
        let contact = identity::contact(top);
        let documents = top
            .text("documents")
            .map(|folder| Folder { at: top.file().at(&folder.place), path: folder.value.into() });
        let draft = Draft {
            identity: identity?,
            looks,
            form: form?,
            deliver,
            sites,
            legal: legal?,
            contact,
        };
        Some(Self { draft, documents })
    }

    /// The languages of its chat.
    pub fn languages(&self) -> &[String] {
        &self.draft.identity.languages
    }

    /// Makes the dealer: a new one, or the next version of `known`, which keeps its id and the keys
    /// of its sites (by name, since a key in a snippet outlives the file that left it out).
    pub fn into_dealer(self, known: Option<&Dealer>, random: &dyn Random) -> Dealer {
        let Draft { identity, looks, form, deliver, sites, legal, contact } = self.draft;
        let id = known
            .map_or_else(|| DealerId::from_bytes(&random::bytes(random)), |known| known.id.clone());
        let key_of = |site: &SiteDraft| {
            let same = known.and_then(|known| known.sites.iter().find(|old| old.name == site.name));
            site.key
                .clone()
                .or_else(|| same.map(|old| old.key.clone()))
                .unwrap_or_else(|| SiteKey::from_bytes(&random::bytes(random)))
        };
        let (before, secrets) = known
            .map_or((&[][..], BTreeMap::new()), |known| (&known.deliver, known.secrets.clone()));
        let sites = sites
            .into_iter()
            .map(|site| Site { key: key_of(&site), name: site.name, origins: site.origins })
            .collect();
        Dealer {
            id,
            name: identity.name,
            languages: identity.languages,
            country: identity.country,
            timezone: identity.timezone,
            privacy_url: identity.privacy_url,
            legal,
            contact,
            sites,
            theme: looks.theme,
            hours: looks.hours,
            assistant: looks.assistant,
            notice_extra: looks.notice_extra,
            greeting: looks.greeting,
            suggestions: looks.suggestions,
            form: form.fields,
            forms: form.forms,
            marketing: form.marketing,
            deliver: deliver.into_iter().map(|target| target.following(before, &secrets)).collect(),
            secrets,
            retention: identity.retention,
            provider: form.provider,
            redaction: form.redaction,
            tokens_per_day: form.tokens_per_day,
            status: identity
                .status
                .unwrap_or_else(|| known.map_or(DealerStatus::Active, |known| known.status)),
            ended_at: known.and_then(|known| known.ended_at),
        }
    }
}

/// Reads a text that a visitor sees: trimmed, not too long, no control characters.
fn shown_text(section: &Section<'_, '_>, key: &str, max_chars: usize) -> Option<String> {
    let text = section.text(key)?;
    let value = text.value.trim();
    if value.is_empty() {
        section.file().problem(&text, "is empty", "Write something, or remove the key");
    } else if max_chars < value.chars().count() {
        let what = format!("is longer than {max_chars} characters");
        section.file().problem(&text, &what, "Shorten it: it is shown on a phone");
    } else if value.chars().any(char::is_control) {
        section.file().problem(
            &text,
            "has a line break or a control character",
            "Write it on one line",
        );
    } else {
        return Some(value.to_owned());
    }
    None
}

#[cfg(test)]
mod tests;
