//! T42: whatever a visitor types comes through every channel readable and harmless: by mail to people, as ADF
//! by mail and by HTTP, and by webhook. Two parsers that know nothing of ours (xmllint, quick-xml) read each
//! ADF file, a third reads the mails; recipients and headers are always the same. Controls: ADF that is put
//! together by hand is refused by both parsers, and a mail put together by hand gains a recipient.

use std::{collections::BTreeSet, path::Path, process::Stdio};

use anyhow::{Context, ensure};
use mail_parser::MessageParser;
use protocol::lead::{LeadFields, LeadKind};
use quick_xml::{Reader, events::Event};
use relay::{
    domain::{
        mail::MailTls,
        target::{Allowed, MailFormat, Payload, Target, TargetChannel},
    },
    outbox::adf::SCHEMA,
};
use serde_json::Value;
use tokio::process::Command;

use super::{Findings, Tier, on_a_thread, weeks::Weeks};
use crate::{sink::Sink, smtp::MailSink};

/// What is typed into the fields of words.
const TYPED: [&str; 12] = [
    "=cmd|' /C calc'!A0",
    "a ]]> b",
    "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]>&b;",
    "Sam\r\nBcc: everyone@evil.example",
    "Sam\r\n.\r\nMAIL FROM:<evil@evil.example>\r\n",
    "a\0b\u{7}c\u{1b}[2J",
    "a\u{2028}b\u{2029}c",
    "👩\u{200d}🔧 Łukasz O’Neil",
    "مرحبا \u{202e}txet\u{202c}",
    "=?utf-8?q?=0d=0aBcc:_everyone@evil.example?=",
    "& < > \" ' &amp; &#0; &#xFFFE; \u{fffe}",
    "--\r\nContent-Type: text/html\r\n\r\n<b>bold</b>",
];

const PEOPLE: &str = "sales@dealer.example";
const SYSTEM: &str = "leads@vendor.example";

/// What came of one text.
#[derive(Default)]
struct Seen {
    leads: u64,
    refused_by_xmllint: u64,
    refused_by_quick_xml: u64,
    unreadable: u64,
    foreign: u64,
    mails: u64,
    heads: BTreeSet<String>,
}

/// Runs the test and its controls.
pub async fn run(_: Tier, findings: &mut Findings) -> anyhow::Result<()> {
    let seen = on_a_thread(through_all).await?;
    findings.note("leads", seen.leads);
    findings.exactly("files_that_xmllint_refuses", seen.refused_by_xmllint, 0);
    findings.exactly("files_that_quick_xml_refuses", seen.refused_by_quick_xml, 0);
    findings.exactly("values_that_came_otherwise", seen.unreadable, 0);
    findings.exactly("mails", seen.mails, 2 * seen.leads);
    findings.exactly("recipients_that_nobody_configured", seen.foreign, 0);
    findings.exactly("heads_of_mails", seen.heads.len() as u64, 2);
    let by_hand = "<?xml version=\"1.0\"?><adf><name>a ]]> b & c</name></adf>";
    let refused = !is_accepted(by_hand).await? && texts(by_hand).is_err();
    findings.control("ADF that is put together by hand", refused);
    let mail = format!("Subject: Lead of {}\r\n\r\nhello\r\n", TYPED[3]);
    let read = MessageParser::default().parse(mail.as_bytes()).context("no mail")?;
    findings.control("a mail that is put together by hand", read.bcc().is_some());
    Ok(())
}

async fn through_all() -> anyhow::Result<Seen> {
    let (sink, mails) = (Sink::start().await?, MailSink::start(MailTls::Implicit).await?);
    let allowed = Allowed::default().with(&sink.target()).unwrap_or_default();
    let server = mails.server();
    let change = |config: &mut relay::config::Config| {
        (config.mail, config.private_targets) = (Some(server), allowed);
    };
    let mut weeks = Weeks::start(change, targets(&sink)).await?;
    let mut seen = Seen::default();
    let long = "x".repeat(499);
    for typed in TYPED.into_iter().chain([long.as_str()]) {
        // Each kind in turn, with all that a form may ask for.
        let kind = LeadKind::ALL[usize::try_from(seen.leads)? % LeadKind::ALL.len()];
        let text = |text: &str| Some(text.to_owned());
        let fields = LeadFields {
            name: text(typed),
            email: text("sam@example.org"),
            phone: text("07700 900123"),
            interest: text(typed),
            registration: text("ab12 cde"),
            mileage: text("45,000"),
            vin: text("1M8GDM9AXKP042788"),
            day: text("2030-12-05"),
            time: text("10:30"),
            message: Some(format!("{typed}\n{typed}")),
        };
        let (before, mailed) = (sink.came().len(), mails.came().len());
        let lead = weeks.leave_of(kind, &fields).await?;
        weeks.settled().await?;
        let (came, mailed) = (&sink.came()[before..], &mails.came()[mailed..]);
        ensure!(came.len() == 2 && mailed.len() == 2, "{} and {} came", came.len(), mailed.len());
        let kept = weeks.rows.lead(&lead).await?.context("the lead is gone")?.lead.fields;
        let name = kept.name.as_deref().unwrap_or_default();
        let hook = came.iter().find(|one| one.path == "/hook").context("no webhook")?;
        let hook: Value = serde_json::from_str(&hook.body)?;
        let words =
            [("name", &kept.name), ("interest", &kept.interest), ("message", &kept.message)];
        let others =
            words.iter().filter(|(key, kept)| hook["data"][*key].as_str() != kept.as_deref());
        seen.unreadable += others.count() as u64;
        let posted = came.iter().find(|one| one.path == "/adf").context("no ADF")?;
        let system = mailed.iter().find(|mail| mail.to == [SYSTEM]).context("no ADF by mail")?;
        let (_, body) = system.data.split_once("\r\n\r\n").context("no body")?;
        for xml in [posted.body.as_str(), body] {
            seen.refused_by_xmllint += u64::from(!is_accepted(xml).await?);
            match texts(xml) {
                Ok(texts) => {
                    let wanted = squeezed(&shown(name));
                    seen.unreadable +=
                        u64::from(!texts.iter().any(|text| squeezed(text) == wanted));
                }
                Err(_) => seen.refused_by_quick_xml += 1,
            }
        }
        let people = mailed.iter().find(|mail| mail.to == [PEOPLE]).context("no mail")?;
        let read = MessageParser::default().parse(people.data.as_bytes()).context("no mail")?;
        let text = read.body_text(0).unwrap_or_default();
        let message = squeezed(kept.message.as_deref().unwrap_or_default());
        let is_whole = [squeezed(name), message].iter().all(|word| squeezed(&text).contains(word));
        seen.unreadable += u64::from(!is_whole);
        for mail in mailed {
            seen.foreign += u64::from(mail.to != [PEOPLE] && mail.to != [SYSTEM]);
            seen.heads.insert(head(&mail.data));
        }
        seen.leads += 1;
        seen.mails += mailed.len() as u64;
    }
    weeks.relay.stop().await?;
    Ok(seen)
}

fn targets(sink: &Sink) -> Vec<Target> {
    let mail = |to: &str, format| TargetChannel::Mail { to: vec![to.to_owned()], format };
    let hook = TargetChannel::Webhook {
        url: sink.url("/hook"),
        payload: Payload::Full,
        secret: 1,
        overlap_until: None,
    };
    [
        ("people", mail(PEOPLE, MailFormat::Text)),
        ("vendor", mail(SYSTEM, MailFormat::Adf)),
        ("hook", hook),
        ("dms", TargetChannel::Adf { url: sink.url("/adf") }),
    ]
    .map(|(name, channel)| Target::new(name.to_owned(), channel))
    .to_vec()
}

/// The names of a mail's headers, in order.
fn head(mail: &str) -> String {
    let head = mail.split_once("\r\n\r\n").map_or(mail, |(head, _)| head);
    let names = head.lines().filter(|line| !line.starts_with([' ', '\t']));
    names.filter_map(|line| Some(line.split_once(':')?.0)).collect::<Vec<_>>().join(" ")
}

/// Whether xmllint takes a file for valid by our schema.
async fn is_accepted(xml: &str) -> anyhow::Result<bool> {
    let dir = tempfile::tempdir()?;
    let at = |name: &str| dir.path().join(name);
    std::fs::write(at("adf.dtd"), SCHEMA)?;
    std::fs::write(at("lead.xml"), xml)?;
    let run = |file: &Path, schema: &Path| {
        let mut xmllint = Command::new("xmllint");
        xmllint.args(["--noout", "--nonet", "--dtdvalid"]).arg(schema).arg(file);
        xmllint.stdout(Stdio::null()).stderr(Stdio::null());
        xmllint
    };
    let ended = run(&at("lead.xml"), &at("adf.dtd")).status().await;
    let ended = ended.context("xmllint does not start: install libxml2-utils")?;
    Ok(ended.success())
}

/// The text of each element, by a reader that knows nothing of our writer.
fn texts(xml: &str) -> anyhow::Result<Vec<String>> {
    let mut reader = Reader::from_str(xml);
    reader.config_mut().check_end_names = true;
    let (mut texts, mut text) = (Vec::new(), String::new());
    loop {
        match reader.read_event()? {
            Event::Start(_) => text.clear(),
            Event::Text(part) => {
                ensure!(!part.contains("]]>"), "it ends a section that never began");
                text.push_str(&part);
            }
            Event::GeneralRef(part) => {
                let named = match &*part {
                    "amp" => Some('&'),
                    "lt" => Some('<'),
                    "gt" => Some('>'),
                    "quot" => Some('"'),
                    _ => None,
                };
                let c = named.or(part.resolve_char_ref()?);
                text.push(c.context("an entity that nobody has declared")?);
            }
            Event::End(_) => texts.push(std::mem::take(&mut text)),
            Event::DocType(_) => anyhow::bail!("a document type"),
            Event::Eof => return Ok(texts),
            _ => {}
        }
    }
}

/// As it is shown where XML has no place for a character.
fn shown(text: &str) -> String {
    text.chars()
        .map(|c| if matches!(c, '\u{fffe}' | '\u{ffff}') { '\u{fffd}' } else { c })
        .collect()
}

/// Without what breaks lines: mail and ADF may break them elsewhere.
fn squeezed(text: &str) -> String {
    text.split_whitespace().collect()
}
