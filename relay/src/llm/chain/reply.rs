//! A provider's answer as it comes: cut at its length, counted at its end.

use protocol::{Finish, limits::MAX_REPLY_BYTES};

use super::count;
use crate::{
    limits::LLM_TOLD_FACTOR,
    llm::{
        Author, Piece,
        breaker::Permit,
        client::{Live, Step},
        error::LlmError,
        meter::{Cost, Meter},
        wire::{Stop, estimate_tokens},
    },
    redact::Restorer,
};

/// A provider's answer so far.
pub(super) struct Reply {
    pub(super) live: Live,
    /// Held until the end: a stream that breaks counts against the provider.
    pub(super) permit: Permit,
    pub(super) generator: String,
    pub(super) bounds: Bounds,
    pub(super) meter: Meter,
    pub(super) bytes: usize,
    /// What the model wrote, before values took the place of placeholders.
    pub(super) chars: usize,
    /// Puts the visitor's own details back where the model names their placeholders (B-51).
    pub(super) restorer: Restorer,
    /// See `Shared`.
    pub(super) trusts_any_end: bool,
}

/// What a call can cost, by what was sent and asked for.
#[derive(Clone, Copy)]
pub(super) struct Bounds {
    /// The tokens of the prompt, as estimated.
    pub(super) prompt: u64,
    /// The most tokens that were asked for.
    pub(super) completion: u64,
}

impl Bounds {
    /// What a call has cost, by the provider's counts where it told any. A count far beyond what
    /// was asked for is a lie or a mistake, and must not spend a dealer's day.
    pub(super) fn cost(self, prompt: Option<u64>, completion: Option<u64>) -> Cost {
        let most = |usual: u64| usual.max(1).saturating_mul(LLM_TOLD_FACTOR);
        Cost {
            prompt: prompt.unwrap_or(self.prompt).min(most(self.prompt)),
            completion: completion.unwrap_or(0).min(most(self.completion)),
        }
    }
}

impl Reply {
    pub(super) fn author(&self) -> Author {
        Author { generator: self.generator.clone() }
    }

    /// The next words, the end, or both.
    pub(super) async fn next(&mut self) -> (Option<Piece>, Option<Finish>) {
        match self.live.next().await {
            Ok(Step::Text(text)) => {
                self.chars += text.chars().count();
                let text = self.restorer.push(text);
                let (piece, is_full) = self.fitting(text);
                (piece, is_full.then(|| self.end(Finish::Truncated)))
            }
            Ok(Step::End(Stop::Finished)) => self.last(Finish::Complete),
            Ok(Step::End(Stop::Length)) => self.last(Finish::Truncated),
            Ok(Step::End(Stop::BrokenOff)) => self.last(Finish::Interrupted),
            Err(LlmError::Cut) if self.trusts_any_end => self.last(Finish::Complete),
            Err(error) => {
                self.permit.fail(&error);
                count(&self.generator, error.word());
                // An event over the limit is a limit of length like any other.
                let is_length = error == LlmError::Oversize;
                self.last(if is_length { Finish::Truncated } else { Finish::Interrupted })
            }
        }
    }

    /// The end, with what waited for the rest of a placeholder.
    fn last(&mut self, finish: Finish) -> (Option<Piece>, Option<Finish>) {
        let held = self.restorer.finish();
        let (piece, is_full) = self.fitting(held);
        (piece, Some(self.end(if is_full { Finish::Truncated } else { finish })))
    }

    /// As much of a text as the reply has room for, and whether it is full.
    fn fitting(&mut self, mut text: String) -> (Option<Piece>, bool) {
        let room = MAX_REPLY_BYTES - self.bytes;
        let is_full = room < text.len();
        text.truncate(text.floor_char_boundary(room));
        self.bytes += text.len();
        ((!text.is_empty()).then_some(Piece::Text(text)), is_full)
    }

    /// The counts at the end. Where the stream broke off the provider's last word on them may be
    /// of its beginning, so the larger one holds.
    fn end(&self, finish: Finish) -> Finish {
        let guess = estimate_tokens(self.chars);
        let told = self.live.completion_tokens;
        let completion = match finish {
            Finish::Complete => told.unwrap_or(guess),
            _ => told.unwrap_or(0).max(guess),
        };
        self.meter.settle(self.bounds.cost(self.live.prompt_tokens, Some(completion)));
        finish
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_beyond_all_measure_is_cut_to_what_could_have_been() {
        let bounds = Bounds { prompt: 400, completion: 180 };
        assert_eq!(bounds.cost(Some(412), Some(90)), Cost { prompt: 412, completion: 90 });
        assert_eq!(bounds.cost(None, None), Cost { prompt: 400, completion: 0 });
        let lie = bounds.cost(Some(u64::MAX), Some(u64::MAX));
        assert_eq!(lie, Cost { prompt: 4_000, completion: 1_800 });
    }
}
