//! The section `[mail]`: what is wrong with it is told with its place, and nothing is sent in clear.

use super::{LEAST, Vars, load, problem};
use crate::domain::mail::MailTls;

#[test]
fn each_bad_value_is_told_with_its_place_and_its_remedy() {
    for (text, told) in [
        (
            "[mail]\nserver = \"mail.example\"\nfrom = \"a@b.example\"\n",
            "forecourt.toml:2:10: `mail.server` is no address of a mail server. Write \"smtps://",
        ),
        ("[mail]\nserver = \"smtp://u:p@mail.example\"\n", "`mail.server` is no address"),
        ("[mail]\nfrom = \"a@b.example\"\n", "`mail.from` stands without a server"),
        ("[mail]\nserver = \"smtps://m.example\"\n", "`mail` says not from which address"),
        (
            "[mail]\nserver = \"smtps://m.example\"\nfrom = \"me\"\n",
            "`mail.from` is not an e-mail address",
        ),
        (
            "[mail]\nserver = \"smtp://m.example\"\nfrom = \"a@b.example\"\nuser = \"u\"\n",
            "`mail.user` has no password. Put it into FORECOURT_MAIL_PASSWORD",
        ),
        (
            "[mail]\nserver = \"smtps://m.example\"\nfrom = \"a@b.example\"\nroots = \"/nowhere\"\n",
            "`mail.roots` names /nowhere, which can't be read",
        ),
    ] {
        let found = problem(&format!("{text}{LEAST}"), Vars::default());
        assert!(found.contains(told), "{text}\nshould tell: {told}\nbut tells: {found}");
    }
}

#[test]
fn the_way_of_tls_and_the_port_are_those_of_the_address() {
    for (address, tls, port) in [
        ("smtps://mail.example", MailTls::Implicit, 465),
        ("smtp://mail.example", MailTls::StartTls, 587),
        ("smtps://mail.example:2465/", MailTls::Implicit, 2_465),
    ] {
        let text = format!("{LEAST}[mail]\nserver = \"{address}\"\nfrom = \"a@b.example\"\n");
        let server = load(&text, Vars::default(), &[]).unwrap().mail.unwrap();
        assert_eq!((server.host.as_str(), server.tls, server.port), ("mail.example", tls, port));
    }
}
