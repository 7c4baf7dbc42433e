//! What is on its way: how many to each target, and in all. A place is taken before anything is claimed, so
//! that no claim grows old while it waits.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use protocol::DealerId;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use crate::limits::{DELIVERIES, MAILS, TARGET_DELIVERIES};

/// What is on its way.
pub(super) struct Out {
    /// How many to each target.
    count: Mutex<BTreeMap<(DealerId, String), usize>>,
    /// Room for those that are sent in one moment, over all dealers.
    places: Arc<Semaphore>,
    /// The same for mails: a mail server is slower than others.
    mails: Arc<Semaphore>,
    /// Told when one has come back.
    pub(super) back: Notify,
}

impl Out {
    /// Nothing is on its way.
    pub(super) fn new() -> Self {
        let [places, mails] = [DELIVERIES, MAILS].map(|most| Arc::new(Semaphore::new(most)));
        Self { count: Mutex::default(), places, mails, back: Notify::new() }
    }

    /// Takes places for as many as may go to a target now.
    pub(super) fn places(
        &self,
        to: &(DealerId, String),
        is_mail: bool,
    ) -> Vec<OwnedSemaphorePermit> {
        let places = if is_mail { &self.mails } else { &self.places };
        let take = || Arc::clone(places).try_acquire_owned().ok();
        std::iter::from_fn(take).take(self.room(to)).collect()
    }

    /// How many more may go to a target.
    fn room(&self, to: &(DealerId, String)) -> usize {
        let count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        TARGET_DELIVERIES - count.get(to).copied().unwrap_or(0).min(TARGET_DELIVERIES)
    }

    fn leave(&self, to: &(DealerId, String)) {
        let mut count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        *count.entry(to.clone()).or_default() += 1;
    }

    fn come_back(&self, to: &(DealerId, String)) {
        let mut count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(n @ 2..) = count.get_mut(to) {
            *n -= 1;
        } else {
            count.remove(to);
        }
        drop(count);
        self.back.notify_one();
    }
}

/// Lets a delivery count as come back however it ends.
pub(super) struct OnItsWay {
    out: Arc<Out>,
    to: (DealerId, String),
    place: Option<OwnedSemaphorePermit>,
}

impl OnItsWay {
    pub(super) fn new(out: &Arc<Out>, to: (DealerId, String), place: OwnedSemaphorePermit) -> Self {
        out.leave(&to);
        Self { out: Arc::clone(out), to, place: Some(place) }
    }
}

impl Drop for OnItsWay {
    fn drop(&mut self) {
        // Its place is free before anybody is told.
        drop(self.place.take());
        self.out.come_back(&self.to);
    }
}
