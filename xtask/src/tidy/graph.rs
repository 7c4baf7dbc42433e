//! What untrusted text is read with: one JSON parser and one URL parser in the relay (T37, ASVS 1.5.3).
//!
//! Two parsers of one language disagree on some text, and what one checked the other lets mean
//! something else. The target of a request is HTTP's own (`http`), and an `Origin` is compared as it
//! stands; neither is a URL that is read and used.

use anyhow::Result;

use super::Finding;
use crate::{place::Place, shell};

/// The language, the one parser of it, and others that a dependency might bring.
const PARSERS: [(&str, &str, &[&str]); 2] = [
    (
        "JSON",
        "serde_json",
        &[
            "facet-json",
            "gjson",
            "hifijson",
            "jiter",
            "json",
            "json-event-parser",
            "json5",
            "jzon",
            "miniserde",
            "nanoserde",
            "rustc-serialize",
            "serde_jsonc",
            "serde_json5",
            "serde_json_lenient",
            "simd-json",
            "sonic-rs",
            "struson",
            "tinyjson",
            "ujson",
        ],
    ),
    (
        "URL",
        "url",
        &["ada-url", "fluent-uri", "iref", "iri-string", "uriparse", "urlparse", "web-url"],
    ),
];

/// Holds what the relay is built from against the table.
pub(super) fn check(place: &Place) -> Result<Vec<Finding>> {
    let mut cargo = shell::cargo(&place.root);
    cargo.args(["tree", "--package", "relay", "--edges", "normal", "--prefix", "none"]);
    Ok(parsers(&shell::capture(cargo.args(["--format", "{p}"]))?))
}

/// The findings in cargo's list of packages, one a line, `name vVERSION` each.
fn parsers(tree: &str) -> Vec<Finding> {
    let has = |name: &str| tree.lines().any(|line| line.split(' ').next() == Some(name));
    let finding = |what| Finding { path: "relay/Cargo.toml".to_owned(), line: 0, what };
    let mut findings = Vec::new();
    for (language, own, others) in PARSERS {
        if !has(own) {
            findings.push(finding(format!("no {own}: name the one parser of {language} anew")));
        }
        for other in others.iter().filter(|other| has(other)) {
            findings.push(finding(format!("{other} beside {own}: one parser of {language}")));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_parser_is_found_and_one_is_asked_for() {
        let right = "relay v0.1.0 (/x)\nserde_json v1.0.1\nurl v2.5.0 (*)\njson_helper v1.0.0";
        assert!(parsers(right).is_empty());
        let two = format!("{right}\nsimd-json v0.17.0");
        assert_eq!(parsers(&two)[0].what, "simd-json beside serde_json: one parser of JSON");
        assert_eq!(parsers("serde_json v1.0.1").len(), 1);
    }
}
