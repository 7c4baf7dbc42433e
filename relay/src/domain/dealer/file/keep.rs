//! How long the dealer's conversations are kept.

use crate::domain::{
    file::{Located, Section},
    retention::{Action, Bounds, Period, RetentionPolicy},
};

/// How a period is written.
const PERIOD_REMEDY: &str = "P12M is twelve months, P90D ninety days";

/// Where the file says nothing: the preset of the dealer's law.
fn usual_preset(country: Option<&str>) -> &'static str {
    if country == Some("GB") { "uk-12m" } else { "eu-90d" }
}

pub(super) fn read(
    section: &Section<'_, '_>,
    country: Option<&str>,
    bounds: &Bounds,
) -> Option<RetentionPolicy> {
    let preset = section.text("preset");
    let period = section.text("period");
    let action = action(section);
    section.finish();
    let file = section.file();
    let (at, mut policy) = match (preset, period) {
        (Some(preset), None) => {
            let Some(policy) = RetentionPolicy::preset(&preset.value) else {
                let what = format!("is \"{}\", which is no preset", preset.value);
                let remedy = "Use \"uk-12m\" or \"eu-90d\", or write period = \"P90D\" instead";
                file.problem(&preset, &what, remedy);
                return None;
            };
            (preset, policy)
        }
        (None, Some(period)) => {
            let own = own_period(section, &period)?;
            (period, RetentionPolicy::own(own, Action::Delete))
        }
        (Some(preset), Some(_)) => {
            file.problem(&preset, "stands beside a period", "Keep one of the two");
            return None;
        }
        (None, None) => {
            let usual = usual_preset(country);
            (section.here().with(usual.to_owned()), RetentionPolicy::preset(usual)?)
        }
    };
    if let Err(error) = bounds.check(policy.period) {
        let remedy = "Or ask the operator, who sets the bounds (G-40)";
        file.problem(&at, &format!("is refused: {error}"), remedy);
        return None;
    }
    policy.action = action.unwrap_or(policy.action);
    Some(policy)
}

fn own_period(section: &Section<'_, '_>, period: &Located<String>) -> Option<Period> {
    match Period::parse(&period.value) {
        Ok(read) => Some(read),
        Err(error) => {
            section.file().problem(period, &format!("is wrong: {error}"), PERIOD_REMEDY);
            None
        }
    }
}

fn action(section: &Section<'_, '_>) -> Option<Action> {
    let action = section.text("action")?;
    let read = Action::of(&action.value);
    if read.is_none() {
        let remedy = "Write \"delete\" or \"anonymise\"";
        section.file().problem(&action, "is neither delete nor anonymise", remedy);
    }
    read
}
