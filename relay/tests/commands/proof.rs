//! Receipts, reports and counters, as an operator or a data-protection officer asks for them.

use super::*;

const SITE: &str = "site_harbour-cars";

/// A dealership that anonymises, with a conversation that is past its end and one that is not.
fn with_one_over() -> tempfile::TempDir {
    let dir = dealership();
    let file =
        HARBOUR.replace("preset = \"uk-12m\"", "preset = \"uk-12m\"\naction = \"anonymise\"");
    std::fs::write(dir.path().join("dealer.toml"), file).unwrap();
    let operator = "[operator]\nname = \"Host Ltd\"\ncontact = \"privacy@host.example\"\n";
    std::fs::write(dir.path().join("forecourt.toml"), operator).unwrap();
    good(dir.path(), &["dealer", "add", "--file", "dealer.toml"]);
    let now = SystemClock::default().now();
    kept_at(dir.path(), now.minus(Duration::from_hours(24 * 400)), 10);
    kept_at(dir.path(), now, 20);
    dir
}

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn what_came_to_its_end_has_a_receipt_that_is_listed_with_its_policy() {
    let dir = with_one_over();
    let dir = dir.path();
    assert_eq!(good(dir, &["retention", "receipts"]), "There is no such receipt.\n");
    good(dir, &["retention", "sweep"]);
    let listed = good(dir, &["retention", "receipts", "--dealer", SITE]);
    assert!(listed.contains("expired") && listed.contains("P12M (1)"), "{listed}");
    let all = json(&good(dir, &["retention", "receipts", "--json"]));
    assert_eq!(all.as_array().unwrap().len(), 1, "{all}");
    let body = json(all[0]["body"].as_str().unwrap());
    assert_eq!((&body["format"], &body["action"]), (&3.into(), &"anonymise".into()));
    assert_eq!(body["policy"], serde_json::json!({ "version": 1, "period": "P12M" }));
    // To the day, and no figure of it.
    assert_eq!(
        (body["unreachable_since"].as_str().unwrap().len(), &body["messages"]),
        (10, &().into())
    );
    let today = SystemClock::default().now();
    let (today, later) = (today.day(), today.plus(Duration::from_hours(48)).day());
    let since = |day: &str| good(dir, &["retention", "receipts", "--since", day]);
    assert!(since(&today).contains("expired"));
    assert_eq!(since(&later), "There is no such receipt.\n");
    let removed = ["retention", "receipts", "--dealer", "dlr_00000000000000000000000000000000"];
    assert_eq!(good(dir, &removed), "There is no such receipt.\n");
    assert!(bad(dir, &["retention", "receipts", "--dealer", "Harbor"]).contains("no dealer"));
    let wrong = run(dir, &["retention", "receipts", "--since", "November"]);
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("write a day as 2026-11-01"));
}

#[test]
fn a_small_month_of_what_was_anonymised_is_told_without_its_figures() {
    let dir = with_one_over();
    let dir = dir.path();
    assert!(good(dir, &["retention", "counters"]).contains("Nothing was anonymised"));
    good(dir, &["retention", "sweep"]);
    let told = good(dir, &["retention", "counters", "--dealer", SITE]);
    assert!(told.ends_with("fewer than 10 conversations\n"), "{told}");
    let told = json(&good(dir, &["retention", "counters", "--json"]));
    assert_eq!((told.as_array().unwrap().len(), &told[0]["counted"]), (1, &().into()));
    assert!(bad(dir, &["retention", "counters", "--dealer", "Nobody"]).contains("no dealer"));
}

#[test]
fn whoever_knows_the_public_key_checks_the_proof_without_the_operators() {
    let dir = with_one_over();
    let dir = dir.path();
    good(dir, &["retention", "sweep"]);
    assert_eq!(Demo::serve(dir, &["serve", "--config", "forecourt.toml"]).signal("-TERM"), Some(0));
    let key = json(&good(dir, &["retention", "verify", "--json"]))["key"].clone();
    let key = key.as_str().unwrap();
    std::fs::remove_file(dir.join("forecourt-data/operator.key")).unwrap();
    let proof = json(&good(dir, &["retention", "verify", "--signed-by", key, "--json"]));
    assert_eq!((&proof["is_sound"], &proof["reports"]), (&true.into(), &1.into()));
    let other = key.chars().rev().collect::<String>();
    let told = run(dir, &["retention", "verify", "--signed-by", &other]);
    assert_eq!(told.status.code(), Some(1));
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    assert!(told.contains("signed with none of the keys that are known"), "{told}");
}

#[test]
fn a_report_tells_how_old_the_oldest_is_and_when_the_last_backup_was_made() {
    let dir = with_one_over();
    let dir = dir.path();
    good(dir, &["backup", "--to", "backup"]);
    assert_eq!(Demo::serve(dir, &["serve", "--config", "forecourt.toml"]).signal("-TERM"), Some(0));
    let reports = json(&good(dir, &["retention", "report", "--json"]));
    let body = json(reports[0]["body"].as_str().unwrap());
    let today = SystemClock::default().now().day();
    let (state, of_today) = (&body["state"], |at: &serde_json::Value| {
        at.as_str().is_some_and(|at| at.starts_with(&today))
    });
    assert_eq!(
        (&state["due"], &state["failed"], &state["clock"]),
        (&0.into(), &0.into(), &"ok".into())
    );
    assert!(of_today(&state["last_backup_at"]) && of_today(&state["traces_removed_at"]), "{state}");
    let oldest = &state["oldest"];
    assert!(of_today(&oldest["conversations"]["since"]), "the other is deleted: {oldest}");
    assert!(!of_today(&oldest["conversations"]["end"]), "{oldest}");
    assert!(of_today(&oldest["tombstones"]["since"]), "{oldest}");
    let told = good(dir, &["retention", "report"]);
    assert!(told.contains("0 due and 0 that can't be deleted; clock ok"), "{told}");
    assert!(told.contains("conversations: the first to end is of 20"), "{told}");
}
