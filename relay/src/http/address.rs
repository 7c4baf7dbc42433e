//! Where a visitor comes from, as far as abuse must be held off, and not a bit further.
//!
//! An address is cut to its network (IPv6: /64), keyed with a random key that lives in memory for a
//! day at the most, and only that digest is held, for as long as a socket is open or its pace still
//! counts (A-T2d). Nothing of it is written anywhere.
//! An address may open so many sockets, and write so much over all of them: who closes a socket and
//! opens another begins with no fresh pace.

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
    limits::UPGRADE_INTERVAL,
    random::{self, Random},
    session::pace::Pace,
};

/// How long a key lives: a digest of today says nothing about one of tomorrow (A-T2d).
const KEY_LIFE: Duration = Duration::from_hours(24);

/// Below so many addresses there is nothing worth forgetting.
const MIN_FORGET: usize = 256;

/// How many sockets each address has open, and how fast it is.
#[derive(Clone)]
pub struct Addresses(Arc<Inner>);

struct Inner {
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    most: usize,
    /// How fast the sockets of one address may write, together.
    words: Pace,
    state: Mutex<State>,
}

struct State {
    key: [u8; 32],
    since: Duration,
    known: HashMap<[u8; 16], Known>,
    /// How many entries there were after the last look for those that count no longer.
    n_before: usize,
}

/// What is known of one address.
struct Known {
    open: usize,
    words: Pace,
    upgrades: Pace,
}

/// Why an address may not open another socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TooMuch {
    /// It has as many open as it may have.
    Open,
    /// It opened too many in too short a time.
    TooFast,
}

/// A socket that is counted until this is dropped.
pub struct Counted {
    addresses: Addresses,
    digest: [u8; 16],
}

impl Addresses {
    /// Counts up to `most` sockets of each address, which write at this pace together.
    pub fn new(most: usize, words: Pace, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        let key = random::bytes(&*random);
        let state = State { key, since: clock.uptime(), known: HashMap::new(), n_before: 0 };
        Self(Arc::new(Inner { clock, random, most, words, state: Mutex::new(state) }))
    }

    /// Lets one request of an address in, unless they come too fast. However many sockets it has open: what
    /// visitors may do with their own chats does not wait for others to leave.
    pub fn knock(&self, address: IpAddr) -> Result<(), TooMuch> {
        self.enter(address, usize::MAX).map(drop)
    }

    /// Counts one more socket, unless the address has or opens too many.
    pub fn count(&self, address: IpAddr) -> Result<Counted, TooMuch> {
        self.enter(address, self.0.most)
    }

    fn enter(&self, address: IpAddr, most: usize) -> Result<Counted, TooMuch> {
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.0.clock.uptime();
        state.forget(now);
        if state.since + KEY_LIFE <= now {
            state.key = random::bytes(&*self.0.random);
            state.since = now;
        }
        let digest = digest(&state.key, address);
        let burst = u32::try_from(self.0.most).unwrap_or(u32::MAX).saturating_mul(2);
        let known = state.known.entry(digest).or_insert_with(|| Known {
            open: 0,
            words: self.0.words.clone(),
            upgrades: Pace::new(burst, UPGRADE_INTERVAL),
        });
        if most <= known.open {
            return Err(TooMuch::Open);
        }
        known.upgrades.take(now).map_err(|_| TooMuch::TooFast)?;
        known.open += 1;
        Ok(Counted { addresses: self.clone(), digest })
    }
}

impl State {
    /// Forgets the addresses that have no socket and could begin anew, now and then.
    fn forget(&mut self, now: Duration) {
        if self.known.len() < 2 * self.n_before.max(MIN_FORGET) {
            return;
        }
        self.known.retain(|_, known| {
            0 < known.open || !known.words.is_full(now) || !known.upgrades.is_full(now)
        });
        self.n_before = self.known.len();
    }
}

impl Counted {
    /// Takes a permit to write, shared by all sockets of the address, or says how long to wait.
    pub fn take(&self, now: Duration) -> Result<(), Duration> {
        let mut state = self.addresses.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.known.get_mut(&self.digest).map_or(Ok(()), |known| known.words.take(now))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut state = self.addresses.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = state.known.get_mut(&self.digest) {
            known.open = known.open.saturating_sub(1);
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

    const SECOND: Duration = Duration::from_secs(1);

    fn addresses(most: usize) -> (Addresses, Arc<ManualClock>) {
        let clock = Arc::new(ManualClock::at(Timestamp::from_millis(0)));
        let random = Arc::new(SeededRandom::new(1));
        let pace = Pace::new(2, SECOND);
        (Addresses::new(most, pace, Arc::clone(&clock) as Arc<dyn Clock>, random), clock)
    }

    #[test]
    fn one_address_may_have_so_many_sockets_and_no_more() {
        let (addresses, _) = addresses(2);
        let one = "203.0.113.7".parse().unwrap();
        let first = addresses.count(one);
        let _second = addresses.count(one);
        assert_eq!(addresses.count(one).err(), Some(TooMuch::Open));
        assert!(addresses.count("203.0.113.8".parse().unwrap()).is_ok());
        drop(first);
        assert!(addresses.count(one).is_ok());
    }

    #[test]
    fn a_household_of_ipv6_counts_as_one() {
        let (addresses, _) = addresses(1);
        let _first = addresses.count("2001:db8::1".parse().unwrap());
        assert!(addresses.count("2001:db8::ffff".parse().unwrap()).is_err());
        assert!(addresses.count("2001:db8:0:1::1".parse().unwrap()).is_ok());
    }

    #[test]
    fn who_opens_another_socket_begins_with_no_fresh_pace() {
        let (addresses, clock) = addresses(9);
        let (one, now) = ("203.0.113.7".parse().unwrap(), clock.uptime());
        let first = addresses.count(one).unwrap();
        assert!(first.take(now).is_ok() && first.take(now).is_ok());
        drop(first);
        let second = addresses.count(one).unwrap();
        assert_eq!(second.take(now), Err(SECOND));
        let other = addresses.count("203.0.113.8".parse().unwrap()).unwrap();
        assert!(other.take(now).is_ok());
        assert!(second.take(now + SECOND).is_ok());
    }

    #[test]
    fn who_opens_and_closes_sockets_without_end_is_held_up() {
        let (addresses, clock) = addresses(3);
        let one = "203.0.113.7".parse().unwrap();
        let n_opened = (0..100).filter(|_| addresses.count(one).is_ok()).count();
        assert_eq!(n_opened, 6);
        assert_eq!(addresses.count(one).err(), Some(TooMuch::TooFast));
        clock.advance(UPGRADE_INTERVAL);
        assert!(addresses.count(one).is_ok());
    }

    #[test]
    fn whoever_asks_for_the_own_chat_waits_for_no_open_socket_and_may_not_ask_without_end() {
        let (addresses, clock) = addresses(2);
        let one = "203.0.113.7".parse().unwrap();
        let _open = [addresses.count(one), addresses.count(one)];
        assert_eq!(addresses.count(one).err(), Some(TooMuch::Open));
        assert_eq!(addresses.knock(one), Ok(()));
        assert_eq!((0..100).filter(|_| addresses.knock(one).is_ok()).count(), 1);
        assert_eq!(addresses.knock(one), Err(TooMuch::TooFast));
        clock.advance(UPGRADE_INTERVAL);
        assert_eq!(addresses.knock(one), Ok(()));
    }

    #[test]
    fn an_address_that_is_gone_and_whose_pace_counts_no_longer_is_forgotten() {
        let (addresses, clock) = addresses(1);
        for n in 0..u32::try_from(2 * MIN_FORGET).unwrap() {
            drop(addresses.count(IpAddr::from(n.to_be_bytes())));
        }
        clock.advance(Duration::from_hours(1));
        let _one = addresses.count("203.0.113.7".parse().unwrap());
        assert_eq!(addresses.0.state.lock().unwrap().known.len(), 1);
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
