//! Connections that the relay waits for: who has said nothing yet, or says it slowly, or reads its
//! answer slowly. There is room for so many; when another comes, the one that has waited longest
//! goes. So a flood of silent connections costs a bounded memory and keeps nobody out: a visitor's
//! request stands complete long before those who came after it have filled the room.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio_util::sync::CancellationToken;

/// The room. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Waiting(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    most: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    next: u64,
    places: BTreeMap<u64, CancellationToken>,
}

/// One connection's place in the room; given back when this is dropped.
#[derive(Debug)]
pub struct Place {
    room: Waiting,
    number: Mutex<Option<u64>>,
    gone: CancellationToken,
}

impl Waiting {
    /// A room for so many.
    pub fn new(most: usize) -> Self {
        Self(Arc::new(Inner { most, state: Mutex::default() }))
    }

    /// Takes a place in the room.
    pub fn enter(&self) -> Place {
        let gone = CancellationToken::new();
        let place = Place { room: self.clone(), number: Mutex::default(), gone };
        place.wait();
        place
    }

    /// Makes room: the one that has waited longest goes.
    pub fn shed(&self) {
        let longest = self.state().places.pop_first();
        if let Some((_, gone)) = longest {
            gone.cancel();
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Waits from now on, behind all the others.
    pub fn wait(&self) {
        self.leave();
        let mut state = self.room.state();
        let number = state.next;
        state.next += 1;
        state.places.insert(number, self.gone.clone());
        let is_full = self.room.0.most < state.places.len();
        drop(state);
        *self.number.lock().unwrap_or_else(PoisonError::into_inner) = Some(number);
        if is_full {
            self.room.shed();
        }
    }

    /// Waits no more: its request is being answered.
    pub fn leave(&self) {
        let number = self.number.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(number) = number {
            self.room.state().places.remove(&number);
        }
    }

    /// Cancelled when the place was needed for another.
    pub fn gone(&self) -> &CancellationToken {
        &self.gone
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.leave();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_waited_longest_goes_and_who_is_served_stays() {
        let room = Waiting::new(2);
        let served = room.enter();
        served.leave();
        let (first, second, third) = (room.enter(), room.enter(), room.enter());
        assert!(first.gone().is_cancelled());
        assert!([&second, &third, &served].iter().all(|place| !place.gone().is_cancelled()));
        // Who waits again waits behind the others.
        second.wait();
        let _fourth = room.enter();
        assert!(third.gone().is_cancelled() && !second.gone().is_cancelled());
    }

    #[test]
    fn a_place_is_given_back() {
        let room = Waiting::new(1);
        drop(room.enter());
        let place = room.enter();
        assert!(!place.gone().is_cancelled());
        assert_eq!(room.state().places.len(), 1);
    }
}
