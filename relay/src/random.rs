//! Randomness as an argument: nothing else in the relay draws any (D8).

use std::sync::Mutex;

/// Where random bytes come from.
pub trait Random: Send + Sync + 'static {
    /// Fills `bytes`; each bit independent and unpredictable, except in tests.
    fn fill(&self, bytes: &mut [u8]);
}

/// `N` random bytes.
pub fn bytes<const N: usize>(random: &dyn Random) -> [u8; N] {
    let mut bytes = [0; N];
    random.fill(&mut bytes);
    bytes
}

/// An id that nothing has had: a prefix and 128 random bits, such as `rcp_00ff…`.
pub fn id(random: &dyn Random, prefix: &str) -> String {
    format!("{prefix}_{:032x}", u128::from_be_bytes(bytes(random)))
}

/// A number evenly spread over `0..bound`; 0 where the bound is 0. For jitter, not for secrets.
pub fn below(random: &dyn Random, bound: u64) -> u64 {
    let drawn = u64::from_le_bytes(bytes(random));
    u64::try_from((u128::from(drawn) * u128::from(bound)) >> 64).unwrap_or(0)
}

/// The operating system's generator.
#[derive(Debug, Default)]
pub struct OsRandom;

impl Random for OsRandom {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that draws randomness")]
    #[expect(clippy::panic, reason = "without randomness there are no secret tokens: stop at once")]
    fn fill(&self, bytes: &mut [u8]) {
        if let Err(error) = getrandom::fill(bytes) {
            panic!("the operating system gives no random bytes: {error}");
        }
    }
}

/// A generator that repeats itself: the same seed, the same bytes. For tests only.
#[derive(Debug)]
pub struct SeededRandom(Mutex<u64>);

impl SeededRandom {
    /// The generator of this seed.
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(seed))
    }
}

impl Random for SeededRandom {
    /// SplitMix64: small, well spread, not secret.
    fn fill(&self, bytes: &mut [u8]) {
        let mut state = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for chunk in bytes.chunks_mut(8) {
            *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut word = *state;
            word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            word ^= word >> 31;
            chunk.copy_from_slice(&word.to_le_bytes()[..chunk.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_below_a_bound_stays_below_it() {
        let random = SeededRandom::new(1);
        assert!((0..1_000).all(|_| below(&random, 7) < 7));
        assert_eq!(below(&random, 0), 0);
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes() {
        let one: [u8; 32] = bytes(&SeededRandom::new(9));
        assert_eq!(one, bytes(&SeededRandom::new(9)));
        assert_ne!(one, bytes(&SeededRandom::new(10)));
    }
}
