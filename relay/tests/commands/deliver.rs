//! Leads reach the dealer's systems, as an operator sees it: a sample, the ledger, another try, the secret.

use std::io::{Read, Write};

use super::*;

const SITE: &str = "site_harbour-cars";

/// A system that takes one delivery after the other and answers it so; answers where it listens.
fn system(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            read_whole(&mut BufReader::new(&stream));
            let _ = write!(
                stream,
                "HTTP/1.1 {answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            );
        }
    });
    address
}

/// Reads a request to its end: a connection that is closed before is reset.
fn read_whole(stream: &mut BufReader<&std::net::TcpStream>) {
    let (mut line, mut length) = (String::new(), 0);
    while stream.read_line(&mut line).is_ok_and(|read| 2 < read) {
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        line.clear();
    }
    let _ = stream.read_exact(&mut vec![0; length]);
}

/// A dealership that has its leads delivered there.
fn delivering(to: &str, allowed: bool) -> tempfile::TempDir {
    let dir = dealership();
    let more = format!(
        "\n[[deliver]]\nname = \"crm\"\nwebhook = \"http://{to}/leads\"\n\n[[deliver]]\nname = \"dms\"\nadf = \"http://{to}/adf\"\n"
    );
    std::fs::write(dir.path().join("dealer.toml"), format!("{HARBOUR}{more}")).unwrap();
    let allowed =
        if allowed { format!("[delivery]\nprivate_targets = [\"{to}\"]\n") } else { String::new() };
    let operator = "[operator]\nname = \"Host Ltd\"\ncontact = \"privacy@host.example\"\n";
    std::fs::write(dir.path().join("forecourt.toml"), format!("{allowed}{operator}")).unwrap();
    good(dir.path(), &["dealer", "add", "--file", "dealer.toml"]);
    let early = bad(dir.path(), &["lead", "secret", SITE, "crm"]);
    assert!(early.contains("which a first start of the server makes"), "{early}");
    kept_at(dir.path(), SystemClock::default().now(), 20);
    dir
}

#[test]
fn a_sample_is_sent_and_the_whole_exchange_is_told() {
    let dir = delivering(&system("204 No Content"), true);
    let told = good(dir.path(), &["lead", "test", SITE]);
    assert!(told.contains("crm: POST http://127.0.0.1:"), "{told}");
    assert!(told.contains("webhook-signature: v1,") && told.contains("\"test\":true"), "{told}");
    assert!(told.contains("| <adf>") && told.contains("TEST - please delete"), "{told}");
    assert_eq!(told.matches("  accepted: answered 204").count(), 2, "{told}");
    let one = good(dir.path(), &["lead", "test", SITE, "--target", "dms"]);
    assert!(!one.contains("webhook"), "{one}");
    assert!(
        bad(dir.path(), &["lead", "test", SITE, "--target", "fax"]).contains("no system called")
    );

    let dir = delivering(&system("500 Oh no"), true);
    let refused = run(dir.path(), &["lead", "test", SITE]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8(refused.stdout).unwrap().contains("NOT accepted: answered 500"));

    let dir = delivering(&system("204 No Content"), false);
    let refused = run(dir.path(), &["lead", "test", SITE]);
    let told = String::from_utf8(refused.stdout).unwrap();
    assert_eq!(told.matches("NOT accepted: not sent: it does not begin with https://").count(), 2);
}

#[test]
fn a_dealer_without_systems_is_told_where_its_leads_are() {
    let dir = dealership();
    good(dir.path(), &["dealer", "add", "--file", "dealer.toml"]);
    let told = bad(dir.path(), &["lead", "test", SITE]);
    assert!(told.contains("no [[deliver]] in its file"), "{told}");
    assert_eq!(good(dir.path(), &["lead", "deliveries", "--dealer", SITE]), "No deliveries.\n");
}

#[test]
fn what_is_owed_is_listed_and_delivered_once_a_server_runs() {
    let dir = delivering(&system("204 No Content"), true);
    let dir = dir.path();
    let list = || {
        let told = good(dir, &["lead", "deliveries", "--dealer", SITE, "--json"]);
        serde_json::from_str::<serde_json::Value>(&told).unwrap()
    };
    let owed = list();
    assert_eq!(owed.as_array().unwrap().len(), 2);
    assert!(owed.as_array().unwrap().iter().all(|one| one["state"] == "pending"), "{owed}");
    let server = Demo::serve(dir, &["serve", "--config", "forecourt.toml"]);
    let mut done = list();
    while done.as_array().unwrap().iter().any(|one| one["state"] == "pending") {
        done = list();
    }
    assert_eq!(server.signal("-TERM"), Some(0));
    assert!(done.as_array().unwrap().iter().all(|one| one["answer"] == "answered 204"), "{done}");
    let lead = done[0]["lead"].as_str().unwrap();
    let told = good(dir, &["lead", "deliveries", "--dealer", SITE, "--lead", lead]);
    assert!(told.contains("delivered") && !told.contains("visitor-20"), "{told}");
    let delivery = done[0]["delivery"].as_str().unwrap();
    good(dir, &["lead", "resend", "--dealer", SITE, delivery]);
    assert_eq!(
        list().as_array().unwrap().iter().filter(|one| one["state"] == "pending").count(),
        1
    );
    let again = bad(dir, &["lead", "resend", "--dealer", SITE, delivery]);
    assert!(again.contains("no delivery") && again.contains("that is done"), "{again}");
}

#[test]
fn a_secret_is_the_same_until_it_is_changed_and_outlives_a_new_file() {
    let dir = delivering("127.0.0.1:9", true);
    let dir = dir.path();
    let secret = |more: &[&str]| good(dir, &[&["lead", "secret", SITE, "crm"], more].concat());
    let first = secret(&[]);
    assert!(first.starts_with("whsec_") && first.lines().count() == 1, "{first}");
    assert_eq!(secret(&[]), first);
    let rotated = secret(&["--rotate"]);
    let lines: Vec<_> = rotated.lines().collect();
    assert_eq!(lines.len(), 2, "{rotated}");
    assert_ne!(lines[0], first.trim());
    assert!(lines[1].starts_with(first.trim()) && lines[1].contains("24 hours"), "{rotated}");
    let again = bad(dir, &["lead", "secret", SITE, "crm", "--rotate"]);
    assert!(again.contains("less than 24 hours ago"), "{again}");
    good(dir, &["dealer", "set", SITE, "--file", "dealer.toml"]);
    assert_eq!(secret(&[]), rotated);
    assert!(bad(dir, &["lead", "secret", SITE, "dms"]).contains("is no webhook"));
    assert!(bad(dir, &["lead", "secret", SITE, "fax"]).contains("no system is called"));
}
