//! Indexes in memory, the least used forgotten first. Knows no source and reads no clock.

use std::{collections::HashMap, sync::Arc};

use protocol::DealerId;

use crate::{knowledge::index::Index, limits::INDEX_CACHE_BYTES};

/// What an index is of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// Whose documents.
    pub dealer: DealerId,
    /// Which version of them.
    pub version: i64,
    /// In which language they are read.
    pub language: String,
}

#[derive(Debug)]
struct Entry {
    index: Arc<Index>,
    used: u64,
}

/// The indexes, within a limit of memory.
#[derive(Debug)]
pub struct Cache {
    entries: HashMap<Key, Entry>,
    bytes: usize,
    max_bytes: usize,
    /// Counts uses, in place of a clock.
    uses: u64,
}

impl Default for Cache {
    fn default() -> Self {
        Self::with_limit(INDEX_CACHE_BYTES)
    }
}

impl Cache {
    /// A cache of so many bytes, as estimated.
    pub fn with_limit(max_bytes: usize) -> Self {
        Self { entries: HashMap::new(), bytes: 0, max_bytes, uses: 0 }
    }

    /// The index, if it is here.
    pub fn get(&mut self, key: &Key) -> Option<Arc<Index>> {
        self.uses += 1;
        let entry = self.entries.get_mut(key)?;
        entry.used = self.uses;
        Some(Arc::clone(&entry.index))
    }

    /// Keeps an index and forgets the dealer's older versions, then the least used of all. One that
    /// is larger than the limit is not kept: it is made anew each time.
    pub fn put(&mut self, key: Key, index: Arc<Index>) {
        self.uses += 1;
        let (dealer, version) = (key.dealer.clone(), key.version);
        self.entries.retain(|old, _| old.dealer != dealer || old.version == version);
        self.entries.insert(key, Entry { index, used: self.uses });
        self.bytes = self.entries.values().map(|entry| entry.index.bytes()).sum();
        while self.max_bytes < self.bytes {
            let oldest = self.entries.iter().min_by_key(|(_, entry)| entry.used);
            let Some(key) = oldest.map(|(key, _)| key.clone()) else { break };
            if let Some(entry) = self.entries.remove(&key) {
                self.bytes -= entry.index.bytes();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::document::Document;

    fn key(dealer: u8, version: i64) -> Key {
        Key { dealer: DealerId::from_bytes(&[dealer; 16]), version, language: "en".into() }
    }

    fn index() -> Arc<Index> {
        let document = Document {
            name: "a.md".into(),
            title: "A".into(),
            url: None,
            text: "Some words about nothing in particular.".into(),
        };
        Arc::new(Index::new(&[document], "en"))
    }

    #[test]
    fn the_least_used_is_forgotten_first() {
        let mut cache = Cache::with_limit(index().bytes() * 2);
        cache.put(key(1, 1), index());
        cache.put(key(2, 1), index());
        assert!(cache.get(&key(1, 1)).is_some());
        cache.put(key(3, 1), index());
        assert!(cache.get(&key(2, 1)).is_none());
        assert!(cache.get(&key(1, 1)).is_some() && cache.get(&key(3, 1)).is_some());
    }

    #[test]
    fn a_new_version_takes_the_place_of_the_old_one() {
        let mut cache = Cache::default();
        cache.put(key(1, 1), index());
        cache.put(key(1, 2), index());
        assert!(cache.get(&key(1, 1)).is_none() && cache.get(&key(1, 2)).is_some());
    }

    #[test]
    fn what_is_larger_than_the_limit_is_not_kept() {
        let mut cache = Cache::with_limit(1);
        cache.put(key(1, 1), index());
        assert!(cache.get(&key(1, 1)).is_none());
    }
}
