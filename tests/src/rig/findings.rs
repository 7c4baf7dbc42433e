//! What one test found: figures, the criteria that were broken, the controls that were caught.

use serde_json::{Value, json};

use super::Tier;
use crate::measure::{Figures, rounded};

/// The findings of one test.
#[derive(Debug, Default)]
pub struct Findings {
    figures: Figures,
    broken: Vec<String>,
    controls: Vec<(String, bool)>,
}

impl Findings {
    /// Notes a figure that no criterion asks about.
    pub fn note(&mut self, name: &str, value: impl Into<Value>) {
        self.figures.note(name, value);
    }

    /// Notes a figure that must not be larger than `bound`.
    pub fn at_most(&mut self, name: &str, value: f64, bound: f64) {
        self.figures.note(name, rounded(value));
        self.hold(value <= bound, || format!("{name} is {value:.3}, at most {bound} is allowed"));
    }

    /// Notes a figure of speed or size that must not be larger than `bound` on a release build.
    /// Debug builds, which run for each change beside everything else, only note it; but measured
    /// it must be on each.
    pub fn fast(&mut self, name: &str, value: f64, bound: f64) {
        if cfg!(debug_assertions) {
            self.figures.note(name, rounded(value));
            self.hold(value.is_finite(), || format!("{name} was never measured"));
        } else {
            self.at_most(name, value, bound);
        }
    }

    /// Notes a figure that must not be smaller than `bound`.
    pub fn at_least(&mut self, name: &str, value: f64, bound: f64) {
        self.figures.note(name, rounded(value));
        self.hold(bound <= value, || {
            format!("{name} is {value:.3}, at least {bound} is asked for")
        });
    }

    /// Notes a count that must be exactly as wanted.
    pub fn exactly(&mut self, name: &str, value: u64, wanted: u64) {
        self.figures.note(name, value);
        self.hold(value == wanted, || format!("{name} is {value}, must be {wanted}"));
    }

    /// Breaks the test with a sentence unless a fact holds.
    pub fn hold(&mut self, fact: bool, otherwise: impl FnOnce() -> String) {
        if !fact {
            let sentence = otherwise();
            self.figures.say(&format!("BROKEN: {sentence}"));
            self.broken.push(sentence);
        }
    }

    /// Notes whether a control, which is known to be wrong, was caught.
    pub fn control(&mut self, name: &str, caught: bool) {
        let word = if caught { "caught" } else { "NOT CAUGHT" };
        self.figures.say(&format!("control {name}: {word}"));
        self.controls.push((name.to_owned(), caught));
    }

    /// Every criterion held, and every control was caught. Without a control a test proves nothing.
    pub fn passed(&self) -> bool {
        self.broken.is_empty()
            && !self.controls.is_empty()
            && self.controls.iter().all(|(_, caught)| *caught)
    }

    /// For the record.
    pub fn json(&self, tier: Tier) -> Value {
        let controls: serde_json::Map<String, Value> =
            self.controls.iter().map(|(name, caught)| (name.clone(), json!(caught))).collect();
        json!({
            "tier": format!("{tier:?}").to_lowercase(),
            "passed": self.passed(),
            "figures": self.figures.json(),
            "broken": self.broken,
            "controls_caught": controls,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_passes_only_with_every_criterion_and_a_caught_control() {
        let mut findings = Findings::default();
        findings.exactly("lost", 0, 0);
        findings.at_most("ready_ms", 20.0, 1_000.0);
        assert!(!findings.passed(), "no control");
        findings.control("acknowledges early", true);
        assert!(findings.passed());
        findings.control("another", false);
        assert!(!findings.passed(), "a control that was not caught");
    }

    #[test]
    fn what_was_never_measured_is_broken_on_any_build() {
        let mut findings = Findings::default();
        findings.control("holds each word back", true);
        findings.fast("ack_ms_p99", f64::INFINITY, 250.0);
        assert!(!findings.passed());
        assert_eq!(findings.json(Tier::Pr)["figures"]["ack_ms_p99"], Value::Null);
    }

    #[test]
    fn one_broken_criterion_is_enough_and_is_named() {
        let mut findings = Findings::default();
        findings.control("acknowledges early", true);
        findings.at_least("acks_per_second", 1_999.0, 2_000.0);
        assert!(!findings.passed());
        let broken = findings.json(Tier::N)["broken"][0].to_string();
        assert!(broken.contains("acks_per_second is 1999.000"), "{broken}");
    }
}
