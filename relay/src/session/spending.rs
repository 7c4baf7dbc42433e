//! What the replies that are being written may still cost, so that replies that begin together do
//! not each spend the same rest of a dealer's day (T10). In memory: what was spent is in the table.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use protocol::DealerId;

/// The most that running replies may still cost, for each dealer. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Spending(Arc<Mutex<HashMap<DealerId, u64>>>);

/// The most that one reply may cost, set aside until it is kept.
#[derive(Debug)]
pub struct SetAside {
    all: Spending,
    dealer: DealerId,
    tokens: u64,
    /// What was set aside by others when this began.
    pub by_others: u64,
}

impl Spending {
    /// Sets aside the most that a reply may cost.
    pub fn set_aside(&self, dealer: &DealerId, tokens: u64) -> SetAside {
        let mut all = self.list();
        let of_dealer = all.entry(dealer.clone()).or_default();
        let by_others = *of_dealer;
        *of_dealer = by_others.saturating_add(tokens);
        SetAside { all: self.clone(), dealer: dealer.clone(), tokens, by_others }
    }

    fn list(&self) -> std::sync::MutexGuard<'_, HashMap<DealerId, u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for SetAside {
    fn drop(&mut self) {
        let mut all = self.all.list();
        if let Some(of_dealer) = all.get_mut(&self.dealer) {
            *of_dealer = of_dealer.saturating_sub(self.tokens);
            if *of_dealer == 0 {
                all.remove(&self.dealer);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_that_run_together_see_what_the_others_may_cost_and_no_other_dealers() {
        let spending = Spending::default();
        let (one, other) = (DealerId::from_bytes(&[1; 16]), DealerId::from_bytes(&[2; 16]));
        let first = spending.set_aside(&one, 300);
        let second = spending.set_aside(&one, 200);
        assert_eq!((first.by_others, second.by_others), (0, 300));
        assert_eq!(spending.set_aside(&other, 50).by_others, 0);
        drop(first);
        assert_eq!(spending.set_aside(&one, 1).by_others, 200);
        drop(second);
        assert!(spending.list().is_empty());
    }
}
