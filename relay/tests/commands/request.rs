//! The register of requests, as an operator types it.

use super::*;

fn json(dir: &Path, args: &[&str]) -> serde_json::Value {
    serde_json::from_str(&good(dir, args)).unwrap()
}

/// So many days ago, in UTC.
fn ago(days: u64) -> String {
    SystemClock::default().now().minus(Duration::from_hours(24 * days)).day()
}

#[test]
fn a_request_is_opened_noted_and_closed_and_its_days_are_told() {
    let dir = dealership();
    let dir = dir.path();
    good(dir, &["dealer", "add", "--file", "dealer.toml"]);
    let received = ago(22);
    let open = ["request", "open", "--kind", "access", "--dealer", "site_harbour-cars"];
    let open = [&open[..], &["--channel", "letter", "--received"]].concat();
    let opened = json(dir, &[&open[..], &[&received, "--json"]].concat());
    assert_eq!(opened["jurisdiction"], "uk", "as the dealer's country");
    assert_eq!((&opened["day"], &opened["received"]), (&22.into(), &received.clone().into()));
    let id = opened["request"].as_str().unwrap();
    let left = opened["days_left"].as_i64().unwrap();
    assert_eq!(left, opened["of"].as_i64().unwrap() - 22);
    let listed = good(dir, &["request", "list", "--open"]);
    assert!(listed.contains(id) && listed.contains(&format!("{left} days left")), "{listed}");

    let operator = "[operator]\nname = \"Hosting Ltd\"\ncontact = \"privacy@hosting.example\"\n";
    std::fs::write(dir.join("forecourt.toml"), operator).unwrap();
    let told = good(dir, &["doctor"]);
    assert!(told.contains(&format!("{id} (access): day 22 of")), "{told}");
    assert!(told.contains("nobody has told the dealer"), "{told}");

    let note = ["request", "note", id, "--action"];
    good(dir, &[&note[..], &["forwarded"]].concat());
    let told = bad(dir, &[&note[..], &["paused"]].concat());
    assert!(told.contains("it needs --reason: identity, fee or clarification"), "{told}");
    let paused = good(dir, &[&note[..], &["paused", "--reason", "identity"]].concat());
    assert!(paused.contains("the clock is stopped"), "{paused}");
    let close = ["request", "close", id, "--outcome"];
    let told = bad(dir, &[&close[..], &["refused"]].concat());
    assert!(told.contains("say why with --ground: nothing-kept"), "{told}");
    let closed = good(dir, &[&close[..], &["partly", "--ground", "rights-of-others"]].concat());
    assert!(closed.contains("partly"), "{closed}");
    let shown = good(dir, &["request", "show", id]);
    assert!(shown.contains("rights-of-others, Art. 15(4)"), "{shown}");
    assert!(shown.contains("paused (identity)") && shown.contains("forgets it on"), "{shown}");
    assert!(good(dir, &["request", "list", "--open"]).contains("No requests."));
    assert_eq!(json(dir, &["request", "list", "--json"])[0]["closed"]["outcome"], "partly");
    assert!(good(dir, &["doctor"]).contains("0 open, none of them is due"));
}

#[test]
fn what_is_in_no_list_or_lies_ahead_is_refused_with_what_may_be_said() {
    let dir = dealership();
    let dir = dir.path();
    good(dir, &["dealer", "add", "--file", "dealer.toml"]);
    let open = |kind: &str, day: &str, channel: &str| {
        let args = ["request", "open", "--dealer", "site_harbour-cars", "--kind", kind];
        run(dir, &[&args[..], &["--received", day, "--channel", channel]].concat())
    };
    let told = |output: Output| String::from_utf8(output.stderr).unwrap();
    let wrong = open("access", &ago(1), "Sam rang me");
    assert_eq!(wrong.status.code(), Some(2));
    assert!(told(wrong).contains("choose from mail, form, phone, letter, chat, other"));
    let ahead = SystemClock::default().now().plus(Duration::from_hours(48)).day();
    assert!(told(open("complaint", &ahead, "mail")).contains("lies ahead"));
    assert!(told(open("access", "yesterday", "mail")).contains("write a day as 2026-11-22"));
    assert!(bad(dir, &["request", "show", "req_0"]).contains("there is no request req_0"));
    assert!(good(dir, &["request", "list"]).contains("No requests."));
}
