//! Written forms of addresses that are none of a dealer's business, and some that are.

use super::*;

/// Targets that nothing may be sent to, however they are written.
const REFUSED: [&str; 75] = [
    "https://127.0.0.1/",
    "https://127.1/",
    "https://127.0.1/",
    "https://2130706433/",
    "https://017700000001/",
    "https://0x7f.0.0.1/",
    "https://0x7f000001/",
    "https://0177.0.0.1/",
    "https://0/",
    "https://0.0.0.0/",
    "https://10.0.0.1/",
    "https://10.255.255.255/",
    "https://100.64.0.1/",
    "https://100.127.255.254/",
    "https://169.254.169.254/latest/meta-data/",
    "https://0xa9fea9fe/",
    "https://2852039166/",
    "https://169.254.170.2/",
    "https://172.16.0.1/",
    "https://172.31.255.255/",
    "https://192.0.0.192/",
    "https://192.0.2.1/",
    "https://192.88.99.1/",
    "https://192.168.1.1/",
    "https://192.168.257/",
    "https://198.18.0.1/",
    "https://198.19.255.255/",
    "https://198.51.100.7/",
    "https://203.0.113.9/",
    "https://224.0.0.1/",
    "https://239.255.255.250/",
    "https://240.0.0.1/",
    "https://255.255.255.255/",
    "https://[::]/",
    "https://[::1]/",
    "https://[0:0:0:0:0:0:0:1]/",
    "https://[::127.0.0.1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[::ffff:10.0.0.1]/",
    "https://[::ffff:169.254.169.254]/",
    "https://[::ffff:0:127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[64:ff9b::169.254.169.254]/",
    "https://[64:ff9b:1::1]/",
    "https://[100::1]/",
    "https://[2001::1]/",
    "https://[2001:0:7f00:1::]/",
    "https://[2001:10::1]/",
    "https://[2001:db8::1]/",
    "https://[2002:7f00:1::]/",
    "https://[2002:a9fe:a9fe::]/",
    "https://[3fff::1]/",
    "https://[fc00::1]/",
    "https://[fd00:ec2::254]/",
    "https://[fe80::1]/",
    "https://[febf::1]/",
    "https://[fec0::1]/",
    "https://[ff02::1]/",
    "https://localhost/",
    "https://LOCALHOST/",
    "https://localhost./",
    "https://app.localhost/",
    "https://printer.local/",
    "https://metadata.google.internal/computeMetadata/v1/",
    "https://metadata/",
    "https://crm/",
    "https://１２７.０.０.１/",
    "https://127。0。0。1/",
    "https://①②⑦.⓪.⓪.①/",
    "https://ⓛocalhost/",
    "https://%31%32%37.0.0.1/",
    "https://127.0.0.1./",
    "https://0x7f.1./",
    "https://1.0.0.127.in-addr.arpa/",
];

#[test]
fn no_written_form_of_what_lies_beside_the_relay_is_a_target() {
    for target in REFUSED {
        let refused = check(target, &Allowed::default());
        assert!(matches!(refused, Err(Refusal::Private(_))), "{target}: {refused:?}");
        // Neither does another port or scheme help.
        for other in [target.replacen("https", "http", 1), format!(" {target} ")] {
            assert!(check(&other, &Allowed::default()).is_err(), "{other}");
        }
    }
}

#[test]
fn a_naive_guard_would_let_many_of_them_through() {
    // The control of the table: a look at the text alone, as products have shipped it.
    let naive = |target: &str| {
        ["localhost", "127.0.0.1", "10.", "192.168.", "169.254.", "[::1]"]
            .iter()
            .any(|bad| target.contains(bad))
    };
    assert!(30 < REFUSED.iter().filter(|target| !naive(target)).count());
}

#[test]
fn what_is_no_plain_https_target_is_refused_with_its_reason() {
    for (target, wanted) in [
        ("", Refusal::NotAUrl),
        ("crm.example.com/leads", Refusal::NotAUrl),
        ("https://", Refusal::NotAUrl),
        ("mailto:sales@example.com", Refusal::NotAUrl),
        ("http://crm.example.com/", Refusal::NotHttps),
        ("ftp://crm.example.com/", Refusal::NotHttps),
        ("gopher://crm.example.com:70/", Refusal::NotHttps),
        ("file://crm.example.com/etc/passwd", Refusal::NotHttps),
        ("https://user@crm.example.com/", Refusal::Userinfo),
        ("https://:secret@crm.example.com/", Refusal::Userinfo),
        ("https://crm.example.com@127.0.0.1/", Refusal::Userinfo),
        ("https://crm.example.com:8443/", Refusal::Port(8443)),
        ("https://crm.example.com:22/", Refusal::Port(22)),
        ("https://[2606:4700::1111]:6379/", Refusal::Port(6379)),
    ] {
        assert_eq!(check(target, &Allowed::default()).unwrap_err(), wanted, "{target}");
    }
}

#[test]
fn public_targets_are_reached() {
    for target in [
        "https://crm.example.com/leads?dealer=7",
        "https://crm.example.com:443/",
        "https://CRM.Example.com./",
        "https://bücher.example/",
        "https://1.1.1.1/",
        "https://100.63.255.255/",
        "https://172.32.0.1/",
        "https://[2606:4700:4700::1111]/",
        "https://[2a00:1450:4001:81b::200e]/",
    ] {
        assert!(check(target, &Allowed::default()).is_ok(), "{target}");
    }
}

#[test]
fn the_operator_allows_a_host_with_its_port_and_nothing_beside_it() {
    let allowed = Allowed::default().with("127.0.0.1:9000").unwrap();
    let allowed = allowed
        .with("Crm.internal:8080")
        .unwrap()
        .with("crm.corp.example:8443")
        .unwrap()
        .with("[::1]:9001")
        .unwrap();
    for target in [
        "http://127.0.0.1:9000/a",
        "https://127.0.0.1:9000/",
        "http://crm.internal:8080/",
        "http://[::1]:9001/",
    ] {
        assert!(check(target, &allowed).is_ok(), "{target}");
    }
    for target in [
        "http://127.0.0.1:9001/",
        "http://127.0.0.2:9000/",
        "ftp://127.0.0.1:9000/",
        "http://a@127.0.0.1:9000/",
        "https://crm.internal/",
        "https://crm.corp.example/",
        "https://crm.corp.example:8444/",
    ] {
        assert!(check(target, &allowed).is_err(), "{target}");
    }
    for wrong in [
        "",
        "crm",
        "crm:",
        "crm:99999",
        ":80",
        "a b:80",
        "https://crm.internal:8443",
        "10.0.0.0/8:443",
        "u@crm:80",
    ] {
        assert_eq!(Allowed::default().with(wrong), None, "{wrong}");
    }
}
