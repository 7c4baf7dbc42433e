//! Where a visitor comes from, as far as abuse must be held off, and not a bit further.
//!
//! An address is cut to its network (IPv6: /64), keyed with a random key that lives in memory for a
//! day at the most, and only that digest is held, for as long as a socket is open (A-T2d). Nothing
//! of it is written anywhere.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::http::HeaderMap;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::{
    clock::Clock,
    config::Network,
    random::{self, Random},
};

/// How long a key lives: a digest of today says nothing about one of tomorrow (A-T2d).
const KEY_LIFE: Duration = Duration::from_hours(24);

/// How many sockets each address has open.
#[derive(Clone)]
pub struct Addresses(Arc<Inner>);

struct Inner {
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    most: usize,
    state: Mutex<State>,
}

struct State {
    key: [u8; 32],
    since: Duration,
    open: HashMap<[u8; 16], usize>,
}

/// A socket that is counted until this is dropped.
pub struct Counted {
    addresses: Addresses,
    digest: [u8; 16],
}

impl Addresses {
    /// Counts up to `most` sockets of each address.
    pub fn new(most: usize, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        let key = random::bytes(&*random);
        let state = State { key, since: clock.uptime(), open: HashMap::new() };
        Self(Arc::new(Inner { clock, random, most, state: Mutex::new(state) }))
    }

    /// Counts one more socket, or nothing where the address has as many as it may have.
    pub fn count(&self, address: IpAddr) -> Option<Counted> {
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.0.clock.uptime();
        if state.since + KEY_LIFE <= now {
            state.key = random::bytes(&*self.0.random);
            state.since = now;
        }
        let digest = digest(&state.key, address);
        let open = state.open.entry(digest).or_default();
        if self.0.most <= *open {
            return None;
        }
        *open += 1;
        Some(Counted { addresses: self.clone(), digest })
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut state = self.addresses.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = state.open.get_mut(&self.digest) {
            *open = open.saturating_sub(1);
            if *open == 0 {
                state.open.remove(&self.digest);
            }
        }
    }
}

/// The address's network under the key of the day.
fn digest(key: &[u8; 32], address: IpAddr) -> [u8; 16] {
    let network: Vec<u8> = match address.to_canonical() {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets()[..8].to_vec(),
    };
    let mut digest = [0; 16];
    if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) {
        mac.update(&network);
        digest.copy_from_slice(&mac.finalize().into_bytes()[..16]);
    }
    digest
}

/// The visitor's address: the right-most hop that is not a trusted proxy.
///
/// What stands left of it was written by the visitor and proves nothing.
pub fn visitor(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    let hops = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let hops: Vec<&str> = hops.flat_map(|list| list.split(',')).map(str::trim).collect();
    let mut address = peer;
    for hop in hops.iter().rev() {
        if !is_trusted(address) {
            break;
        }
        let Ok(next) = hop.parse::<IpAddr>() else { break };
        address = next;
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        clock::{ManualClock, Timestamp},
        random::SeededRandom,
    };

    fn addresses(most: usize) -> (Addresses, Arc<ManualClock>) {
        let clock = Arc::new(ManualClock::at(Timestamp::from_millis(0)));
        let random = Arc::new(SeededRandom::new(1));
        (Addresses::new(most, Arc::clone(&clock) as Arc<dyn Clock>, random), clock)
    }

    #[test]
    fn one_address_may_have_so_many_sockets_and_no_more() {
        let (addresses, _) = addresses(2);
        let one = "203.0.113.7".parse().unwrap();
        let first = addresses.count(one);
        let _second = addresses.count(one);
        assert!(addresses.count(one).is_none());
        assert!(addresses.count("203.0.113.8".parse().unwrap()).is_some());
        drop(first);
        assert!(addresses.count(one).is_some());
    }

    #[test]
    fn a_household_of_ipv6_counts_as_one() {
        let (addresses, _) = addresses(1);
        let _first = addresses.count("2001:db8::1".parse().unwrap());
        assert!(addresses.count("2001:db8::ffff".parse().unwrap()).is_none());
        assert!(addresses.count("2001:db8:0:1::1".parse().unwrap()).is_some());
    }

    #[test]
    fn the_same_address_has_another_digest_on_another_day() {
        let (addresses, clock) = addresses(9);
        let address = "203.0.113.7".parse().unwrap();
        let today = addresses.count(address).unwrap();
        clock.advance(KEY_LIFE);
        let tomorrow = addresses.count(address).unwrap();
        assert_ne!(today.digest, tomorrow.digest);
    }

    #[test]
    fn only_what_trusted_proxies_wrote_is_believed() {
        let trusted = [Network::parse("10.0.0.0/8").unwrap()];
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", "1.1.1.1, 198.51.100.9, 10.0.0.2".parse().unwrap());
        let seen = |peer: &str, trusted: &[Network]| {
            visitor(peer.parse().unwrap(), &headers, trusted).to_string()
        };
        assert_eq!(seen("10.0.0.1", &trusted), "198.51.100.9");
        assert_eq!(seen("10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(seen("192.0.2.1", &trusted), "192.0.2.1");
    }
}
