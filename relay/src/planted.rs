//! A known-wrong behaviour of the relay, by its name: the controls of the fault rig. Without the
//! cargo feature `planted`, which is in no release, there is none.

use std::sync::Arc;

/// Which wrong behaviour holds, if any.
#[derive(Clone, Debug, Default)]
pub struct Planted(Option<Arc<str>>);

impl Planted {
    /// The wrong behaviour of this name.
    pub fn new(name: Option<&str>) -> Self {
        Self(name.map(Arc::from))
    }

    /// Whether it is this one.
    pub fn is(&self, name: &str) -> bool {
        cfg!(feature = "planted") && self.0.as_deref() == Some(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_planted_holds_in_a_planted_build_only() {
        let planted = Planted::new(Some("double-call"));
        assert_eq!(planted.is("double-call"), cfg!(feature = "planted"));
        assert!(!planted.is("lost-wake-up"));
        assert!(!Planted::default().is("double-call"));
    }
}
