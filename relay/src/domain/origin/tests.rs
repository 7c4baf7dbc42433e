//! Origins as dealers write them and browsers send them.

use super::*;

#[test]
fn an_origin_takes_the_form_that_a_browser_sends() {
    for (text, sent) in [
        ("https://Harbour.Example", "https://harbour.example"),
        ("https://harbour.example:443", "https://harbour.example"),
        ("http://localhost:8090", "http://localhost:8090"),
        ("http://[::1]:8090", "http://[::1]:8090"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
    ] {
        assert_eq!(Origin::parse(text).map(|origin| origin.to_string()).as_deref(), Ok(sent));
    }
}

#[test]
fn what_is_more_or_less_than_an_origin_is_refused() {
    for bad in [
        "harbour.example",
        "https://",
        "https://harbour.example/",
        "https://*.harbour.example",
        "https://user@harbour.example",
        "ftp://harbour.example",
        "https://harbour.example:99999",
        "https://münchen.example",
        "https://har bour.example",
        "https://-a.example",
        "https://a..b",
        "null",
        "https://[::1",
        "https://harbour.example?x",
    ] {
        assert!(Origin::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn private_and_loopback_hosts_are_told_apart_from_public_ones() {
    let origin = |text: &str| Origin::parse(text).unwrap();
    assert!(origin("http://localhost:1").is_loopback());
    assert!(origin("http://127.3.2.1").is_loopback());
    assert!(origin("http://[::1]").is_loopback());
    assert!(origin("http://10.0.0.4").is_private());
    assert!(!origin("http://8.8.8.8").is_private());
    assert!(!origin("http://localhost.evil.example").is_loopback());
}

#[test]
fn a_web_address_may_have_a_path() {
    assert!(web_address("https://harbour.example/privacy?lang=en#kept").is_ok());
    assert!(web_address("https://harbour.example/my policy").is_err());
    assert!(web_address("javascript:alert(1)").is_err());
}
