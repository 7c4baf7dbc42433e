//! Dealers are added, changed, ended and removed, as an operator types it.

use super::*;

fn version(dir: &Path) -> String {
    good(dir, &["dealer", "show", "site_harbour-cars"])
}

#[test]
fn a_dealer_is_added_shown_changed_and_removed() {
    let dir = dealership();
    let dir = dir.path();
    let added = good(dir, &["dealer", "add", "--file", "dealer.toml"]);
    assert!(added.contains(
        r#"<script async src="http://127.0.0.1:8080/widget.js" data-site="site_harbour-cars"></script>"#
    ));
    assert!(added.contains("http://127.0.0.1:8080/chat/site_harbour-cars"), "{added}");
    assert!(bad(dir, &["dealer", "add", "--file", "dealer.toml"]).contains("exists already"));

    let list: serde_json::Value =
        serde_json::from_str(&good(dir, &["dealer", "list", "--json"])).unwrap();
    assert_eq!(list[0]["name"], "Harbour Cars");
    assert!(good(dir, &["dealer", "show", "Harbour Cars"]).contains("kept for 12 months"));

    let shorter = HARBOUR.replace("uk-12m", "eu-90d");
    std::fs::write(dir.join("dealer.toml"), &shorter).unwrap();
    kept_at(dir, SystemClock::default().now().minus(Duration::from_hours(24 * 100)), 10);
    let preview = ["dealer", "set", "site_harbour-cars", "--file", "dealer.toml", "--dry-run"];
    let told = good(dir, &preview);
    assert!(told.contains("1 conversations that are kept would be under it, and 1 of them hidden"));
    assert!(good(dir, &["dealer", "show", "Harbour Cars"]).contains("kept for 12 months"));
    let set = good(dir, &["dealer", "set", "site_harbour-cars", "--file", "dealer.toml"]);
    assert!(set.contains("1 conversations end sooner"), "{set}");
    assert!(good(dir, &preview).contains("Retention stays P90D"));
    assert!(set.contains("Retention is P90D, then delete now, was P12M, then delete"), "{set}");
    assert!(
        version(dir).contains("P90D after the last message, then delete; version 2 of the policy")
    );
    // What says nothing new of it is no new version.
    std::fs::write(dir.join("dealer.toml"), shorter.replace("Harbour Cars", "Harbor Cars"))
        .unwrap();
    good(dir, &["dealer", "set", "site_harbour-cars", "--file", "dealer.toml"]);
    assert!(version(dir).contains("version 2 of the policy"));
    std::fs::write(dir.join("dealer.toml"), shorter.replace("eu-90d", "uk-12m")).unwrap();
    good(dir, &["dealer", "set", "site_harbour-cars", "--file", "dealer.toml"]);
    let shown = version(dir);
    assert!(shown.contains("P12M after the last message, then delete; version 3"), "{shown}");
    assert!(shown.contains("version 1: P12M, then delete; until 20"), "{shown}");
    assert!(shown.contains("version 2: P90D, then delete; until 20"), "{shown}");
    std::fs::write(dir.join("dealer.toml"), shorter).unwrap();
    good(dir, &["dealer", "set", "site_harbour-cars", "--file", "dealer.toml"]);
    assert!(good(dir, &["dealer", "show", "Harbour Cars"]).contains("kept for 90 days"));

    assert!(bad(dir, &["dealer", "remove", "Harbour Cars"]).contains("--yes"));
    good(dir, &["dealer", "remove", "Harbour Cars", "--yes"]);
    assert!(bad(dir, &["dealer", "show", "Harbour Cars"]).contains("no dealer is called"));
}

#[test]
fn a_bad_dealer_or_document_is_told_and_leaves_no_trace() {
    let dir = dealership();
    let dir = dir.path();
    let wrong = HARBOUR.replace("\"GB\"", "\"UK\"").replace("\"#0b5c7a\"", "\"teal\"");
    std::fs::write(dir.join("wrong.toml"), wrong).unwrap();
    let told = bad(dir, &["dealer", "add", "--file", "wrong.toml"]);
    assert!(told.contains("wrong.toml:4:11: `country`"), "{told}");
    assert!(told.contains("wrong.toml:27:10: `theme.accent`"), "{told}");
    assert_eq!(told.matches("`country`").count(), 1, "{told}");

    std::fs::write(dir.join("documents/price.md"), b"%PDF-1.7\0").unwrap();
    let told = bad(dir, &["dealer", "add", "--file", "dealer.toml"]);
    assert!(told.contains("price.md"), "{told}");
    assert!(!dir.join("forecourt-data").exists(), "a bad file made a database");
    assert!(bad(dir, &["dealer", "add", "--file", "none.toml"]).contains("none.toml"));
}

#[test]
fn a_dealer_is_shown_with_the_notice_that_visitors_get_though_no_key_is_at_hand() {
    let dir = dealership();
    let dir = dir.path();
    good(dir, &["dealer", "add", "--file", "dealer.toml"]);
    let models = "[llm]\nprovider = \"openai\"\n[[llm.fallback]]\nprovider = \"mistral\"\n";
    std::fs::write(dir.join("forecourt.toml"), models).unwrap();
    let shown = good(dir, &["dealer", "show", "Harbour Cars"]);
    assert!(shown.contains("OpenAI, Mistral AI generates the answers"), "{shown}");
    assert!(shown.contains("tokens     0 today (UTC), no limit"), "{shown}");
    assert!(shown.contains("redaction  balanced: numbers of cards"), "{shown}");
}

#[test]
fn an_account_that_ends_is_closed_shown_with_its_last_day_and_gone_on_with() {
    let dir = dealership();
    let dir = dir.path();
    good(dir, &["dealer", "add", "--file", "dealer.toml"]);
    let site = "site_harbour-cars";
    assert!(bad(dir, &["dealer", "resume", site]).contains("has not ended"));
    let told = good(dir, &["dealer", "end", site]);
    assert!(told.contains("its chat is closed") && told.contains("dealer resume"), "{told}");
    assert!(good(dir, &["dealer", "show", site]).contains("all of it is deleted on"));
    assert!(good(dir, &["dealer", "list"]).contains("ended"));
    assert!(bad(dir, &["dealer", "end", site]).contains("has ended already"));
    // A new file opens nothing again.
    good(dir, &["dealer", "set", site, "--file", "dealer.toml"]);
    assert!(good(dir, &["dealer", "list"]).contains("ended"));
    assert!(good(dir, &["dealer", "resume", site]).contains("goes on"));
    assert!(good(dir, &["dealer", "list"]).contains("active"));
}
