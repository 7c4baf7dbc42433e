//! Where data are handled: has the operator stated it (A-C4a)?

use super::Finding;
use crate::{config::Config, domain::place::Place};

const CHECK: &str = "places";

pub(super) fn look(config: &Config) -> Vec<Finding> {
    let facts = config.facts();
    let mut findings = Vec::new();
    if facts.storage.region.is_none() {
        findings.push(Finding::warn(
            CHECK,
            "it is not stated where the data are stored",
            "Write region = \"eu\" or the like under [operator]: the record of processing says it",
        ));
    }
    for model in &facts.models {
        if model.place.region.is_none() {
            findings.push(Finding::warn(
                CHECK,
                format!("it is not stated where {} of {} works", model.model, model.party),
                "Write its region under [llm] or its fallback, and transfer where it needs one",
            ));
        }
    }
    if findings.is_empty() {
        let told = |place: &Place| place.region.as_ref().map(ToString::to_string);
        let all = std::iter::once(&facts.storage).chain(facts.models.iter().map(|one| &one.place));
        let all: Vec<String> = all.filter_map(told).collect();
        findings.push(Finding::ok(CHECK, format!("stated: {}", all.join(", "))));
    }
    findings
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::{cli::doctor::Level, domain::place::Region, llm::ProviderKind};

    #[test]
    fn what_nobody_has_stated_is_told_and_a_place_that_is_stated_is_not() {
        let mut config = Config::for_tests(Path::new("data"));
        config.llm.provider = ProviderKind::Openai;
        let levels = |config: &Config| -> Vec<Level> {
            look(config).iter().map(|finding| finding.level).collect()
        };
        assert_eq!(levels(&config), [Level::Warn, Level::Warn]);
        config.operator.place.region = Some(Region::parse("uk").unwrap());
        config.llm.region = Some(Region::parse("us").unwrap());
        assert_eq!(levels(&config), [Level::Ok]);
        assert!(look(&config)[0].message.contains("uk, us"));
    }
}
