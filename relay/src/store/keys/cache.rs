//! Keys of conversations that were used a short while ago.

use std::{collections::HashMap, time::Duration};

use crate::{
    crypt::Key,
    limits::{KEY_CACHE, KEY_CACHE_TIME},
};

/// Keys by their conversation, each with its dealer and the moment of its last use. Wiped when they
/// leave.
#[derive(Debug, Default)]
pub(super) struct Cache(HashMap<String, Used>);

#[derive(Debug)]
struct Used {
    dealer: String,
    key: Key,
    at: Duration,
}

impl Cache {
    /// The key, if it is this dealer's and was used within `KEY_CACHE_TIME`.
    pub(super) fn get(&mut self, dealer: &str, conversation: &str, now: Duration) -> Option<Key> {
        let used = self.0.get_mut(conversation).filter(|used| used.dealer == dealer)?;
        if used.at + KEY_CACHE_TIME < now {
            self.0.remove(conversation);
            return None;
        }
        used.at = now;
        Some(used.key.clone())
    }

    /// Keeps a key; where there is no room, those leave that were used least lately.
    pub(super) fn put(&mut self, dealer: &str, conversation: &str, key: &Key, now: Duration) {
        if KEY_CACHE <= self.0.len() && !self.0.contains_key(conversation) {
            let mut uses: Vec<_> = self.0.values().map(|used| used.at).collect();
            let middle = uses.len() / 2;
            let (_, half, _) = uses.select_nth_unstable(middle);
            let (half, oldest) = (*half, now.saturating_sub(KEY_CACHE_TIME));
            self.0.retain(|_, used| half < used.at && oldest <= used.at);
        }
        let used = Used { dealer: dealer.to_owned(), key: key.clone(), at: now };
        self.0.insert(conversation.to_owned(), used);
    }

    /// Wipes all of them.
    #[cfg(test)]
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Wipes what was not used within `KEY_CACHE_TIME`.
    pub(super) fn forget_unused(&mut self, now: Duration) {
        self.0.retain(|_, used| now <= used.at + KEY_CACHE_TIME);
    }

    /// Wipes a key.
    pub(super) fn remove(&mut self, conversation: &str) {
        self.0.remove(conversation);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SeededRandom;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_key_leaves_once_it_was_not_used_for_a_while() {
        let (mut cache, key) = (Cache::default(), Key::draw(&SeededRandom::new(1)));
        cache.put("dlr_1", "cnv_1", &key, Duration::ZERO);
        assert!(cache.get("dlr_1", "cnv_1", KEY_CACHE_TIME).is_some());
        assert!(cache.get("dlr_1", "cnv_1", 2 * KEY_CACHE_TIME).is_some());
        assert!(cache.get("dlr_1", "cnv_1", 3 * KEY_CACHE_TIME + SECOND).is_none());
        assert!(cache.0.is_empty());
        cache.put("dlr_1", "cnv_1", &key, Duration::ZERO);
        cache.forget_unused(KEY_CACHE_TIME);
        assert_eq!(cache.0.len(), 1);
        cache.forget_unused(KEY_CACHE_TIME + SECOND);
        assert!(cache.0.is_empty());
    }

    #[test]
    fn a_key_is_given_to_its_own_dealer_only() {
        let (mut cache, key) = (Cache::default(), Key::draw(&SeededRandom::new(1)));
        cache.put("dlr_1", "cnv_1", &key, SECOND);
        assert!(cache.get("dlr_2", "cnv_1", SECOND).is_none());
        assert!(cache.get("dlr_1", "cnv_1", SECOND).is_some());
    }

    #[test]
    fn there_are_never_more_than_the_bound_and_the_latest_stay() {
        let (mut cache, key) = (Cache::default(), Key::draw(&SeededRandom::new(1)));
        for n in 0..3 * KEY_CACHE {
            let now = Duration::from_millis(n as u64);
            cache.put("dlr_1", &format!("cnv_{n}"), &key, now);
            assert!(cache.0.len() <= KEY_CACHE);
            assert!(cache.get("dlr_1", &format!("cnv_{n}"), now).is_some());
        }
        // All of one moment make room too.
        let (mut cache, now) = (Cache::default(), SECOND);
        (0..=KEY_CACHE).for_each(|n| cache.put("dlr_1", &format!("cnv_{n}"), &key, now));
        assert!(cache.0.len() <= KEY_CACHE);
    }
}
