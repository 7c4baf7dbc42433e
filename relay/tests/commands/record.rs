//! The record of processing, as an operator asks for it.

use super::*;

const CONFIG: &str = "[operator]\nname = \"Hosting Ltd\"\ncontact = \"privacy@hosting.example\"\nregion = \"eu\"\n\
     [llm]\nprovider = \"mistral\"\n";

fn json(dir: &Path, args: &[&str]) -> serde_json::Value {
    serde_json::from_str(&good(dir, args)).unwrap()
}

#[test]
fn the_record_follows_the_configuration_and_the_dealers_file() {
    let dir = dealership();
    let dir = dir.path();
    std::fs::write(dir.join("forecourt.toml"), CONFIG).unwrap();
    good(dir, &["dealer", "add", "--file", "dealer.toml"]);
    let of_dealer = ["record", "--for", "site_harbour-cars"];
    let before = json(dir, &[&of_dealer[..], &["--json"]].concat());
    assert_eq!(before["recipients"][0]["party"], "Mistral AI");
    assert_eq!(before["recipients"][0]["region"], "not stated");
    let kept =
        |record: &serde_json::Value| record["purposes"][0]["kept"].as_str().unwrap().to_owned();
    assert!(kept(&before).starts_with("P12M after"), "{before}");

    let other =
        format!("{CONFIG}region = \"us\"\ntransfer = \"scc\"\n").replace("mistral", "openai");
    std::fs::write(dir.join("forecourt.toml"), other).unwrap();
    let shorter = HARBOUR.replace("uk-12m", "eu-90d");
    assert_ne!(shorter, HARBOUR);
    std::fs::write(dir.join("dealer.toml"), shorter).unwrap();
    good(dir, &["dealer", "set", "site_harbour-cars", "--file", "dealer.toml"]);
    let after = json(dir, &[&of_dealer[..], &["--json"]].concat());
    assert!(kept(&after).starts_with("P90D after"), "{after}");
    let asked = &after["recipients"][0];
    assert_eq!((&asked["party"], &asked["host"]), (&"OpenAI".into(), &"api.openai.com".into()));
    assert_eq!((&asked["region"], &asked["transfer"]), (&"us".into(), &"scc".into()));

    let text = good(dir, &["record", "--for", "operator"]);
    for part in ["Art. 30(2)", "Harbour Cars", "P90D", "Art. 6(1)(b)", "OpenAI", "Security"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let csv = good(dir, &["record", "--for", "operator", "--csv"]);
    assert!(csv.starts_with("\"section\",\"row\",\"column\",\"value\"\r\n"), "{csv}");
    assert!(csv.contains("\"recipients\",\"1\",\"party\",\"OpenAI\""));
    let html = good(dir, &[&of_dealer[..], &["--html"]].concat());
    assert!(html.starts_with("<!doctype html>") && html.trim_end().ends_with("</html>"));
    let subs = good(dir, &["record", "--sub-processors"]);
    assert!(subs.contains("OpenAI") && !subs.contains("Harbour"), "{subs}");
    let flow = json(dir, &["record", "--data-flow"]);
    assert_eq!(
        (&flow["storage"]["region"], &flow["inference"][0]["region"]),
        (&"eu".into(), &"us".into())
    );
    assert!(bad(dir, &["record", "--for", "nobody"]).contains("no dealer is called"));
}
