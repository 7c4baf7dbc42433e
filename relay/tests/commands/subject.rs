//! A person is found and erased, and keys are looked after, as an operator types it.

use super::*;

/// A dealership with two conversations, each of somebody who left an address.
fn with_visitors() -> tempfile::TempDir {
    let dir = dealership();
    good(dir.path(), &["dealer", "add", "--file", "dealer.toml"]);
    let now = SystemClock::default().now();
    kept_at(dir.path(), now, 1);
    kept_at(dir.path(), now, 3);
    dir
}

#[test]
fn a_person_is_found_by_an_address_and_erased_once_that_is_confirmed() {
    let dir = with_visitors();
    let dir = dir.path();
    let by = ["--email", "Visitor-1@Example.org"];
    let found = |args: &[&str]| good(dir, &[&["subject"], args].concat());
    let list = found(&["find", by[0], by[1], "--json"]);
    let list: serde_json::Value = serde_json::from_str(&list).unwrap();
    assert_eq!(list.as_array().unwrap().len(), 1, "{list}");
    assert_eq!((&list[0]["messages"], &list[0]["leads"]), (&1.into(), &1.into()));
    assert!(!list.to_string().contains("example.org"), "no word of it is told");
    assert!(found(&["find", "--email", "nobody@example.org"]).contains("Nothing is kept"));
    let wrong = bad(dir, &["subject", "find", "--phone", "soon"]);
    assert!(wrong.contains("that is no telephone number"), "{wrong}");

    let told = found(&["erase", by[0], by[1]]);
    assert!(told.contains("1 would be erased; nothing was"), "{told}");
    assert!(found(&["find", by[0], by[1]]).contains("1 found"));
    let (answer, beside) = told_beside(dir, &["subject", "erase", by[0], by[1], "--yes"]);
    assert!(answer.contains("1 erased"), "{answer}");
    let mut words = beside.split_whitespace().map(|word| word.trim_end_matches(':'));
    let receipt = words.find(|word| word.starts_with("rcp_")).unwrap().to_owned();
    let signed: serde_json::Value =
        serde_json::from_str(&good(dir, &["retention", "receipt", &receipt])).unwrap();
    let body: serde_json::Value = serde_json::from_str(signed["body"].as_str().unwrap()).unwrap();
    assert_eq!((&body["receipt"], &body["reason"]), (&receipt.into(), &"erasure".into()));
    assert!(bad(dir, &["retention", "receipt", "rcp_0"]).contains("there is no receipt rcp_0"));
    let proof = good(dir, &["retention", "verify"]);
    assert!(
        proof.contains("1 receipts since the last one") && proof.contains("Nothing is wrong"),
        "{proof}"
    );
    assert!(good(dir, &["retention", "report"]).contains("There is no report yet"));
    assert!(found(&["find", by[0], by[1]]).contains("Nothing is kept"));
    let leads = good(dir, &["lead", "list", "--dealer", "site_harbour-cars", "--json"]);
    assert!(leads.contains("visitor-3@") && !leads.contains("visitor-1@"), "{leads}");
}

#[test]
fn a_person_is_restricted_and_only_they_are_served_until_it_is_released() {
    let dir = with_visitors();
    let dir = dir.path();
    let review = SystemClock::default().now().plus(Duration::from_hours(24 * 30)).day();
    let restrict = |flags: &[&str]| {
        let person = ["subject", "restrict", "--email", "visitor-1@example.org"];
        let why = ["--ground", "accuracy", "--by", "Ada", "--review", &*review];
        good(dir, &[&person, &why[..], flags].concat())
    };
    assert!(restrict(&[]).contains("1 would be restricted; nothing was"));
    let leads = ["lead", "list", "--dealer", "site_harbour-cars", "--json"];
    assert!(good(dir, &leads).contains("visitor-1@"));
    let told = restrict(&["--yes"]);
    assert!(told.contains("of Harbour Cars is restricted by hold_"), "{told}");
    assert!(restrict(&["--yes"]).contains("is restricted already, by hold_"));
    let list = good(dir, &leads);
    assert!(list.contains("visitor-3@") && !list.contains("visitor-1@"), "{list}");
    let found = good(dir, &["subject", "find", "--email", "visitor-1@example.org", "--json"]);
    assert!(found.contains("hold_"), "{found}");
    let export = ["subject", "export", "--email", "visitor-1@example.org", "--to", "sam.zip"];
    good(dir, &export);
    let refused = bad(dir, &["subject", "erase", "--email", "visitor-1@example.org", "--yes"]);
    assert!(refused.contains("is held by hold_"), "{refused}");

    let holds = good(dir, &["retention", "hold", "list"]);
    assert!(
        holds.contains("of dlr_") && holds.contains(", restricted, 1 conversations"),
        "{holds}"
    );
    assert!(holds.contains("Its accuracy is contested (Art. 18(1)(a) GDPR)"), "{holds}");
    let hold = holds.split(':').next().unwrap();
    good(dir, &["retention", "hold", "release", hold]);
    assert!(good(dir, &leads).contains("visitor-1@"), "it is as it was");
    let trail = good(dir, &["audit", "list"]);
    assert!(trail.contains("subject.restrict") && trail.contains("hold.release"), "{trail}");
}

#[test]
fn keys_are_shown_replaced_backed_up_and_missed() {
    let dir = with_visitors();
    let dir = dir.path();
    let held = |id: &str| good(dir, &["keys", "show"]).contains(id);
    let shown: serde_json::Value =
        serde_json::from_str(&good(dir, &["keys", "show", "--json"])).unwrap();
    let first = shown["held"][0].as_str().unwrap().to_owned();
    assert_eq!(shown["held"], shown["needed"]);
    assert!(good(dir, &["keys", "rotate"]).contains("keys of dealers with the operator"));
    assert!(held("wraps the dealers' keys") && held(&first));
    let told = good(dir, &["keys", "rotate", "--dealer", "site_harbour-cars"]);
    assert!(told.contains("Harbour Cars has a fresh key"), "{told}");
    assert!(good(dir, &["keys", "forget"]).contains(&first) && !held(&first));
    assert!(good(dir, &["keys", "forget"]).contains("none that nothing needs"));
    let lead = ["lead", "list", "--dealer", "site_harbour-cars"];
    assert!(good(dir, &lead).contains("visitor-1@"));

    good(dir, &["keys", "backup", "--to", "keys"]);
    assert!(bad(dir, &["keys", "backup", "--to", "keys"]).contains("it is there already"));
    let fresh = good(dir, &["keys", "new"]);
    assert!(fresh.starts_with("fok_") && fresh.trim().len() == 68, "{fresh}");
    // Without them nothing is read, and nothing is made in their place.
    let data = dir.join("forecourt-data");
    std::fs::remove_file(data.join("keys.db")).unwrap();
    assert!(bad(dir, &lead).contains("keys.db is missing") && !data.join("keys.db").exists());
    // What was backed up is as good, wherever it lies.
    std::fs::rename(data.join("operator.key"), dir.join("keys/operator.key")).unwrap();
    assert!(good(dir, &[&lead[..], &["--keys-dir", "keys"]].concat()).contains("visitor-1@"));
}

#[test]
fn what_is_kept_of_a_person_is_handed_over_in_one_file() {
    let dir = with_visitors();
    let dir = dir.path();
    let export = ["subject", "export", "--email", "visitor-1@example.org", "--to", "sam.zip"];
    let told = good(dir, &export);
    assert!(told.contains("1 conversations are in sam.zip"), "{told}");
    assert!(bad(dir, &export).contains("is it there already?"));
    let file = std::fs::File::open(dir.join("sam.zip")).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o077, 0, "nobody else's");
    }
    let mut zip = zip::ZipArchive::new(file).unwrap();
    let names: Vec<String> = zip.file_names().map(|name| name.unwrap().into_owned()).collect();
    let mut read = |name: &str| {
        let mut text = String::new();
        let mut file = zip.by_name(name).unwrap();
        std::io::Read::read_to_string(&mut file, &mut text).unwrap();
        text
    };
    let data = names.iter().find(|name| name.ends_with("/export.json")).unwrap();
    let data: serde_json::Value = serde_json::from_str(&read(data)).unwrap();
    assert_eq!(data["leads"][0]["fields"]["email"], "visitor-1@example.org");
    let page = names.iter().find(|name| name.ends_with("/chat.html")).unwrap();
    assert!(read(page).contains("visitor-1@example.org"));
    assert!(read("tables/leads.csv").contains("visitor-1@example.org"));
    assert!(read("about.txt").contains("Your rights") && read("schema.json").contains("$defs"));
    assert_eq!(names.len(), 8);
    let nobody = bad(dir, &["subject", "export", "--email", "no@example.org", "--to", "no.zip"]);
    assert!(nobody.contains("nothing is kept") && !dir.join("no.zip").exists(), "{nobody}");
}

#[test]
fn whoever_reads_hands_over_deletes_or_changes_something_stands_in_the_trail() {
    let dir = with_visitors();
    let dir = dir.path();
    let by = ["--email", "visitor-1@example.org"];
    let pat = |args: &[&str]| good(dir, &[args, &["--by", "pat"]].concat());
    pat(&["subject", "find", by[0], by[1]]);
    pat(&["subject", "export", by[0], by[1], "--to", "one.zip"]);
    pat(&["lead", "list", "--dealer", "site_harbour-cars"]);
    pat(&["subject", "erase", by[0], by[1]]);
    pat(&["subject", "erase", by[0], by[1], "--yes"]);
    pat(&["dealer", "set", "site_harbour-cars", "--file", "dealer.toml"]);
    pat(&["keys", "rotate"]);
    pat(&["backup", "--to", "copy"]);
    let list: serde_json::Value =
        serde_json::from_str(&good(dir, &["audit", "list", "--json"])).unwrap();
    let entries = list.as_array().unwrap();
    let told: Vec<(&str, usize)> = entries
        .iter()
        .filter(|entry| entry["who"].as_str().unwrap().starts_with("pat (uid "))
        .map(|entry| {
            (entry["what"].as_str().unwrap(), entry["about"].as_array().map_or(0, Vec::len))
        })
        .collect();
    // What was only looked at before an erasure is a search, and the leads that were read were two.
    let wanted = [
        ("subject.find", 1),
        ("subject.export", 1),
        ("lead.read", 2),
        ("subject.find", 1),
        ("subject.erase", 1),
        ("dealer.set", 0),
        ("keys.rotate", 0),
        ("backup", 0),
    ];
    assert_eq!(told, wanted);
    assert!(entries.iter().any(|entry| entry["what"] == "dealer.add"));
    assert!(!list.to_string().contains("example.org"), "no content");
    assert!(good(dir, &["audit", "list", "--since", "2999-01-01"]).lines().count() == 1);
    assert!(good(dir, &["audit", "verify"]).contains("nothing is wrong"));
    let database = dir.join("forecourt-data/forecourt.db");
    let mut bytes = std::fs::read(&database).unwrap();
    let at = bytes.windows(14).position(|window| window == b"subject.export").unwrap();
    bytes[at..at + 14].copy_from_slice(b"subject.expand");
    std::fs::write(&database, bytes).unwrap();
    assert!(bad(dir, &["audit", "verify"]).is_empty());
}

#[test]
fn a_lead_is_put_right_from_standard_input_and_what_is_wrong_is_said() {
    let dir = with_visitors();
    let dir = dir.path();
    let list = ["lead", "list", "--dealer", "site_harbour-cars", "--json"];
    let leads: serde_json::Value = serde_json::from_str(&good(dir, &list)).unwrap();
    let lead = leads[0]["lead"].as_str().unwrap();
    let rectify = |value: &str| {
        let args = [
            "subject",
            "rectify",
            "--dealer",
            "site_harbour-cars",
            "--lead",
            lead,
            "--field",
            "email",
        ];
        let mut command = forecourt(dir, &args);
        let piped = Stdio::piped;
        command.stdin(piped()).stdout(piped()).stderr(piped());
        let mut child = command.spawn().unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), value.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    };
    let wrong = rectify("kim@\n");
    assert_eq!(wrong.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("email is no e-mail address"));
    let right = rectify("kim@example.org\n");
    assert!(right.status.success(), "{}", String::from_utf8_lossy(&right.stderr));
    assert!(good(dir, &list).contains("kim@example.org"));
    let unknown = bad(
        dir,
        &[
            "subject",
            "rectify",
            "--dealer",
            "site_harbour-cars",
            "--lead",
            "led_00000000000000000000000000000000",
            "--field",
            "name",
        ],
    );
    assert!(unknown.contains("there is no lead"), "{unknown}");
}
