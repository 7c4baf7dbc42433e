//! Ports for the processes of the tests.

use std::{
    collections::BTreeSet,
    net::{SocketAddr, TcpListener},
    sync::{Mutex, PoisonError},
};

use anyhow::bail;
use relay::random::{self, OsRandom};

/// An address that is free now, below the range from which the system lends ports. One process is
/// given each only once: a relay's doors are all named before the first of them is opened.
pub fn free_address() -> anyhow::Result<SocketAddr> {
    const FIRST: u16 = 12_000;
    const PORTS: u16 = 18_000;
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    for _ in 0..200 {
        let port = FIRST + u16::try_from(random::below(&OsRandom, u64::from(PORTS)))?;
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let is_new = GIVEN.lock().unwrap_or_else(PoisonError::into_inner).insert(port);
        if is_new && TcpListener::bind(address).is_ok() {
            return Ok(address);
        }
    }
    bail!("no free port from {FIRST} on")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_port_is_given_twice() {
        let mut seen = BTreeSet::new();
        for _ in 0..1_000 {
            assert!(seen.insert(free_address().unwrap()));
        }
    }
}
