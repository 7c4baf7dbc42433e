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
    assert!(
        good(dir.path(), &["doctor"]).contains("Harbour Cars is complete; redaction is balanced")
    );
}

#[test]
fn the_doctor_warns_where_a_model_gets_contact_details() {
    let dir = dealership();
    let file = format!("{HARBOUR}\n[llm]\nredaction = \"off\"\n");
    std::fs::write(dir.path().join("dealer.toml"), file).unwrap();
    good(dir.path(), &["dealer", "add", "--file", "dealer.toml"]);
    let told = "Harbour Cars lets a model have contact details: redaction is off";
    let doctor = || String::from_utf8(run(dir.path(), &["doctor"]).stdout).unwrap();
    assert!(!doctor().contains(told), "no model is asked");
    let llm = "[llm]\nprovider = \"openai-compatible\"\nmodel = \"m\"\nbase_url = \"http://127.0.0.1:9/v1\"\n";
    std::fs::write(dir.path().join("forecourt.toml"), llm).unwrap();
    assert!(doctor().contains(told), "{}", doctor());
}
