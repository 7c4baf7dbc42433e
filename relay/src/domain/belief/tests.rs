//! Steps of the clock on the wall, and what is believed after each.

use super::*;
use crate::clock::{Clock, ManualClock};

const HOUR: Duration = Duration::from_hours(1);
const START: Timestamp = Timestamp::from_millis(1_795_338_000_000);

struct Stage {
    clock: ManualClock,
    belief: Belief,
}

impl Stage {
    fn new() -> Self {
        let clock = ManualClock::at(START);
        let belief = Belief::begin(reading(&clock));
        Self { clock, belief }
    }

    fn look(&mut self) -> Verdict {
        let (belief, verdict) = self.belief.clone().look(reading(&self.clock));
        self.belief = belief;
        verdict
    }

    fn step(&mut self, wall: Timestamp) -> Verdict {
        self.clock.step(wall);
        self.look()
    }

    fn is_sure(&mut self) -> bool {
        matches!(self.look(), Verdict::Sure(_))
    }
}

fn reading(clock: &ManualClock) -> Reading {
    Reading { wall: clock.now(), machine: clock.machine() }
}

#[test]
fn time_that_passes_is_believed_however_much() {
    let mut stage = Stage::new();
    for hours in [1, 1, 24, 9_600] {
        stage.clock.advance(HOUR * hours);
        assert_eq!(stage.look(), Verdict::Sure(stage.clock.now()), "{hours}");
    }
}

#[test]
fn a_step_ahead_is_believed_after_a_day() {
    let mut stage = Stage::new();
    assert!(matches!(stage.step(START.plus(HOUR * 9_600)), Verdict::Doubt(_)));
    for _ in 0..23 {
        stage.clock.advance(HOUR);
        assert!(!stage.is_sure());
    }
    stage.clock.advance(HOUR);
    assert_eq!(stage.look(), Verdict::Sure(stage.clock.now()));
}

#[test]
fn a_clock_that_keeps_jumping_is_never_believed() {
    let mut stage = Stage::new();
    for hours in 0..60 {
        stage.clock.advance(HOUR);
        let wall = START.plus(HOUR * (9_600 + 5 * hours));
        assert!(matches!(stage.step(wall), Verdict::Doubt(_)));
    }
}

#[test]
fn a_step_back_is_not_believed_until_somebody_says_so() {
    let mut stage = Stage::new();
    let back = START.minus(HOUR * 24 * 3_650);
    let Verdict::Doubt(doubt) = stage.step(back) else { panic!("it is believed") };
    assert_eq!((doubt.wait, doubt.believed), (None, START));
    stage.clock.advance(HOUR * 100);
    assert!(!stage.is_sure());
    stage.belief = Belief::begin(reading(&stage.clock));
    assert!(stage.is_sure());
}

#[test]
fn a_clock_that_is_set_right_again_is_believed_at_once() {
    for wrong in [START.plus(HOUR * 9_600), START.minus(HOUR * 90_000)] {
        let mut stage = Stage::new();
        assert!(matches!(stage.step(wrong), Verdict::Doubt(_)));
        stage.clock.advance(HOUR * 10);
        stage.clock.step(START.plus(HOUR * 10));
        assert_eq!(stage.look(), Verdict::Sure(START.plus(HOUR * 10)));
    }
}

#[test]
fn a_step_of_an_hour_brings_no_deletion_forward_by_more_than_minutes() {
    let mut stage = Stage::new();
    stage.clock.advance(HOUR);
    let Verdict::Sure(until) = stage.step(START.plus(HOUR * 2)) else { panic!("in doubt") };
    assert!(until <= START.plus(HOUR + HOUR / 20), "{until}");
    // Two steps of nearly an hour are one of two hours.
    assert!(matches!(stage.step(START.plus(HOUR * 3)), Verdict::Doubt(_)));
}

#[test]
fn a_step_back_of_an_hour_only_makes_the_sweep_late() {
    let mut stage = Stage::new();
    stage.clock.advance(HOUR * 2);
    assert_eq!(stage.step(START.plus(HOUR)), Verdict::Sure(START.plus(HOUR)));
}

#[test]
fn after_a_start_of_the_machine_weeks_are_believed_and_a_year_or_a_step_back_is_not() {
    for (hours, sure) in
        [(0, true), (49, true), (24 * 21, true), (24 * 60, true), (24 * 61, false), (9_600, false)]
    {
        let mut stage = Stage::new();
        stage.clock.reboot();
        stage.clock.step(START.plus(HOUR * hours));
        assert_eq!(stage.is_sure(), sure, "{hours}");
    }
}

#[test]
fn the_bound_over_a_start_of_the_machine_is_shorter_than_every_preset() {
    for (name, period) in crate::domain::retention::PRESETS {
        assert!(START.plus(CLOCK_DOWN_MAX + CLOCK_JUMP) < period.after(START), "{name}");
    }
}

#[test]
fn a_machine_that_starts_in_1970_is_believed_once_the_clock_is_set() {
    let mut stage = Stage::new();
    stage.clock.reboot();
    assert!(matches!(stage.step(Timestamp::from_millis(0)), Verdict::Doubt(_)));
    stage.clock.advance(HOUR / 60);
    let later = START.plus(HOUR * 30);
    assert_eq!(stage.step(later), Verdict::Sure(later));
}
