//! What visitors are shown of the dealers, one copy for all who are shown the same.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use protocol::{DealerId, dealer::DealerView};

/// The latest view of each dealer in each language. As many as there are dealers and languages.
#[derive(Debug, Default)]
pub struct Views(Mutex<HashMap<(DealerId, String), Arc<DealerView>>>);

impl Views {
    /// The copy that all share, if it is still true; else `view` becomes it.
    pub fn share(&self, dealer: &DealerId, view: DealerView) -> Arc<DealerView> {
        let key = (dealer.clone(), view.notice.lang.clone());
        let mut views = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match views.get(&key) {
            Some(known) if **known == view => Arc::clone(known),
            _ => {
                let view = Arc::new(view);
                views.insert(key, Arc::clone(&view));
                view
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::tests::view;

    #[test]
    fn equal_views_are_one_and_a_change_makes_a_new_one() {
        let views = Views::default();
        let dealer = DealerId::from_bytes(&[1; 16]);
        let first = views.share(&dealer, view());
        assert!(Arc::ptr_eq(&first, &views.share(&dealer, view())));
        let renamed = DealerView { name: "Quay Cars".to_owned(), ..view() };
        assert_eq!(views.share(&dealer, renamed).name, "Quay Cars");
        assert_eq!(first.name, view().name);
    }
}
