//! The doctor, as an operator calls it.

use super::*;

#[test]
fn the_doctor_fails_where_nothing_could_be_served_and_says_why() {
    let dir = dealership();
    let told = run(dir.path(), &["doctor", "--json"]);
    assert_eq!(told.status.code(), Some(1));
    let findings: serde_json::Value = serde_json::from_slice(&told.stdout).unwrap();
    let named = |finding: &serde_json::Value| {
        finding["level"] == "FAIL" && finding["message"].to_string().contains("operator.name")
    };
    assert!(findings.as_array().unwrap().iter().any(named), "{findings}");

    good(dir.path(), &["dealer", "add", "--file", "dealer.toml"]);
    let operator = "[operator]\nname = \"Hosting Ltd\"\ncontact = \"privacy@hosting.example\"\n";
    std::fs::write(dir.path().join("forecourt.toml"), operator).unwrap();
    assert!(good(dir.path(), &["doctor"]).contains("Harbour Cars is complete"));
}
