//! What an answer has cost so far, with all that was asked in vain for it: a call that fails after
//! it was read costs as much as one that answers. Whoever cuts the answer short reads it here.

use std::sync::{Arc, Mutex, PoisonError};

use crate::llm::wire::estimate_tokens;

/// Tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// What was sent to models.
    pub prompt: u64,
    /// What models wrote.
    pub completion: u64,
}

impl Cost {
    /// Both together.
    pub fn sum(self) -> u64 {
        self.prompt.saturating_add(self.completion)
    }

    fn plus(self, other: Self) -> Self {
        Self {
            prompt: self.prompt.saturating_add(other.prompt),
            completion: self.completion.saturating_add(other.completion),
        }
    }
}

#[derive(Debug, Default)]
struct State {
    settled: Cost,
    /// The tokens of a prompt that is being answered, as estimated.
    open: Option<u64>,
}

/// The meter of one answer. Clones read the same.
#[derive(Clone, Debug, Default)]
pub struct Meter(Arc<Mutex<State>>);

impl Meter {
    /// A prompt of about so many tokens leaves for a model.
    pub fn send(&self, prompt: u64) {
        self.with(|state| state.open = Some(prompt));
    }

    /// The call has ended and has cost this.
    pub fn settle(&self, cost: Cost) {
        self.with(|state| {
            state.open = None;
            state.settled = state.settled.plus(cost);
        });
    }

    /// What was spent so far.
    pub fn total(&self) -> Cost {
        self.with(|state| {
            let prompt = state.open.unwrap_or(0);
            state.settled.plus(Cost { prompt, completion: 0 })
        })
    }

    /// What the answer has cost where it is cut after these words: the provider's own counts come
    /// with its end only.
    pub fn of_cut(&self, said: &str) -> Cost {
        let is_open = self.with(|state| state.open.is_some());
        let completion = if is_open { estimate_tokens(said.chars().count()) } else { 0 };
        self.total().plus(Cost { prompt: 0, completion })
    }

    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_failed_is_counted_and_what_is_open_is_estimated() {
        let meter = Meter::default();
        meter.send(100);
        assert_eq!(meter.of_cut(""), Cost { prompt: 100, completion: 0 });
        meter.settle(Cost { prompt: 90, completion: 7 });
        meter.send(100);
        assert_eq!(meter.of_cut("six chars"), Cost { prompt: 190, completion: 10 });
        meter.settle(Cost::default());
        assert_eq!(meter.of_cut("words of the documents").sum(), 97);
    }
}
