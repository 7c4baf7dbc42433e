//! The section `[mail]`: the operator's mail server.

use std::fs;

use url::Url;

use crate::{
    config::{Purpose, Vars, secret},
    domain::{
        file::{File, Located, Section},
        lead,
        mail::{MailServer, MailTls},
    },
    limits::MAX_CONFIG_BYTES,
};

/// The variable that holds the password.
const PASSWORD: &str = "FORECOURT_MAIL_PASSWORD";

pub(super) fn read(section: &Section<'_, '_>, vars: &Vars, purpose: Purpose) -> Option<MailServer> {
    let (server, from) = (section.text("server"), section.text("from"));
    let (user, roots) = (section.text("user"), section.text("roots"));
    section.finish();
    let Some(server) = server else {
        if let Some(other) = [&from, &user, &roots].into_iter().flatten().next() {
            let remedy = "Write server = \"smtps://mail.example\"";
            section.file().problem(other, "stands without a server", remedy);
        }
        return None;
    };
    let (tls, host, port) = address(section, &server)?;
    let roots = roots.and_then(|path| certificates(section, &path));
    let login = user.and_then(|user| {
        // A command sends mails where it may read the password, and needs none else.
        let unheard = File::new("", "");
        let is_tool = purpose == Purpose::Tool;
        let file = if is_tool { &unheard } else { section.file() };
        let password = secret::find(vars, PASSWORD, file);
        if password.is_none() && !is_tool {
            let remedy = format!("Put it into {PASSWORD}, or its path into {PASSWORD}_FILE");
            section.file().problem(&user, "has no password", &remedy);
        }
        Some((user.value, password?))
    });
    let Some(from) = from else {
        let remedy = "Write from = \"chat@operator.example\": an address of yours";
        section.file().problem(&section.here(), "says not from which address mails come", remedy);
        return None;
    };
    if lead::email(&from.value).is_none() || !from.value.is_ascii() {
        let remedy = "Write an address of yours, such as \"chat@operator.example\"";
        section.file().problem(&from, "is not an e-mail address", remedy);
        return None;
    }
    Some(MailServer { host, port, tls, login, from: from.value, roots })
}

/// `smtps://host` begins with TLS, `smtp://host` by STARTTLS; there is no way without.
fn address(section: &Section<'_, '_>, text: &Located<String>) -> Option<(MailTls, String, u16)> {
    let url = Url::parse(text.value.trim()).ok();
    let read = url.and_then(|url| {
        let (tls, usual) = match url.scheme() {
            "smtps" => (MailTls::Implicit, 465),
            "smtp" => (MailTls::StartTls, 587),
            _ => return None,
        };
        let is_bare = url.username().is_empty()
            && url.password().is_none()
            && ["", "/"].contains(&url.path())
            && url.query().is_none();
        let host = url.host_str().filter(|host| is_bare && !host.is_empty())?;
        Some((tls, host.to_owned(), url.port().unwrap_or(usual)))
    });
    if read.is_none() {
        let remedy = "Write \"smtps://mail.example\" (TLS, port 465) or \"smtp://mail.example\" (STARTTLS, port 587); the name and the password have places of their own";
        section.file().problem(text, "is no address of a mail server", remedy);
    }
    read
}

fn certificates(section: &Section<'_, '_>, path: &Located<String>) -> Option<Vec<u8>> {
    let problem = match fs::metadata(&path.value) {
        Ok(found) if MAX_CONFIG_BYTES < found.len() => "is too large for certificates".to_owned(),
        _ => match fs::read(&path.value) {
            Ok(pem) if pem.windows(27).any(|part| part == b"-----BEGIN CERTIFICATE-----") => {
                return Some(pem);
            }
            Ok(_) => "holds no certificate".to_owned(),
            Err(error) => format!("can't be read: {error}"),
        },
    };
    let what = format!("names {}, which {problem}", path.value);
    section.file().problem(path, &what, "Name a file of certificates in PEM");
    None
}
