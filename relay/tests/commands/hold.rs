//! A legal hold is set, listed and released, as an operator types it.

use super::*;

/// A hold of Harbour Cars with these flags besides.
fn set<'a>(what: &[&'a str], approved_by: &'a str, review: &'a str) -> Vec<&'a str> {
    let mut args = vec!["retention", "hold", "set", "--dealer", "Harbour Cars"];
    args.extend(["--reason", "Claim 7", "--basis", "Art. 17(3)(e) GDPR"]);
    args.extend(["--requested-by", "Ada", "--approved-by", approved_by, "--review", review]);
    args.extend(what);
    args
}

#[test]
fn a_conversation_is_held_beyond_its_end_and_against_an_erasure_until_it_is_released() {
    let dir = dealership();
    let dir = dir.path();
    good(dir, &["dealer", "add", "--file", "dealer.toml"]);
    let now = SystemClock::default().now();
    let day = Duration::from_hours(24);
    kept_at(dir, now.minus(day * 400), 10);
    kept_at(dir, now, 20);
    let (review, far) = (now.plus(day * 80).day(), now.plus(day * 92).day());
    let listed: serde_json::Value =
        serde_json::from_str(&good(dir, &["retention", "sweep", "--dry-run", "--json"])).unwrap();
    let over = ["--conversation", listed[0]["conversation"].as_str().unwrap()];

    let alone = bad(dir, &set(&over, "ada", &review));
    assert!(alone.contains("who asks for a hold can't approve it"), "{alone}");
    let late = bad(dir, &set(&over, "Ben", &far));
    assert!(late.contains("more than 90 days ahead"), "{late}");
    let nobody = ["--conversation", "cnv_00000000000000000000000000000000"];
    let unknown = run(dir, &set(&nobody, "Ben", &review));
    assert!(!unknown.status.success());
    assert_eq!(good(dir, &["retention", "hold", "list"]), "Nothing is held.\n");

    let told = good(dir, &set(&over, "Ben", &review));
    assert!(told.contains("holds 1 conversations of Harbour Cars"), "{told}");
    let dry = good(dir, &["retention", "sweep", "--dry-run"]);
    assert!(
        dry.contains("Nothing is past its end.") && dry.contains("1 are past their end and held")
    );
    let swept = good(dir, &["retention", "sweep"]);
    assert!(swept.contains("Deleted 0 conversations") && swept.contains("1 are past"), "{swept}");
    let list = good(dir, &["retention", "hold", "list"]);
    assert!(list.contains("1 conversations, 1 of them hidden; review by"), "{list}");
    assert!(list.contains("Claim 7 (Art. 17(3)(e) GDPR); asked for by Ada, approved by Ben"));

    let whole = good(dir, &set(&["--whole-dealer"], "Ben", &review));
    let whole = whole.split_whitespace().next().unwrap();
    let found = good(dir, &["subject", "find", "--email", "visitor-20@example.org", "--json"]);
    assert!(found.contains(whole), "{found}");
    let refused = bad(dir, &["subject", "erase", "--email", "visitor-20@example.org", "--yes"]);
    assert!(refused.contains(&format!("is held by {whole} and stays")), "{refused}");
    let refused = bad(dir, &["dealer", "remove", "Harbour Cars", "--yes"]);
    assert!(refused.contains("for a legal reason and stays"), "{refused}");

    let holds: serde_json::Value =
        serde_json::from_str(&good(dir, &["retention", "hold", "list", "--json"])).unwrap();
    let one = holds.as_array().unwrap().iter().find(|hold| hold["id"] != *whole).unwrap();
    let released = good(dir, &["retention", "hold", "release", one["id"].as_str().unwrap()]);
    assert!(released.contains("Deleted 0 conversations"), "the other one holds it: {released}");
    let released = good(dir, &["retention", "hold", "release", whole]);
    assert!(released.contains("Deleted 1 conversations that were past their end"), "{released}");
    assert!(bad(dir, &["retention", "hold", "release", whole]).contains("there is no hold"));
    let (erased, _) =
        told_beside(dir, &["subject", "erase", "--email", "visitor-20@example.org", "--yes"]);
    assert!(erased.contains("1 erased"), "{erased}");
}
