//! What a readable mail says, once: as text and as HTML.

use std::fmt::Write;

use protocol::lead::{Channel, FieldKind};

use crate::{
    domain::{
        handover::{Handover, Telling, title},
        html::escape,
        notice::{Event, Notice},
    },
    outbox::send::Content,
};

/// How it looks: nothing is fetched, and nothing is hidden from whoever shows text alone.
const STYLE: &str = "body{font:15px/1.5 sans-serif;color:#1a1a1a;background:#fff;max-width:40em;margin:1em}\
    h1{font-size:1.25em}th{text-align:left;vertical-align:top;padding:.15em 1em .15em 0;font-weight:600}\
    td{padding:.15em 0}.said{white-space:pre-wrap;border-left:3px solid #ccc;padding-left:.8em}\
    .foot{color:#555;font-size:.87em}";

/// A mail without its addresses.
pub(super) struct Sheet {
    /// Names the dealership, and nobody else (D-12).
    pub(super) subject: String,
    title: String,
    rows: Vec<(String, String)>,
    /// What the visitor wrote, line by line.
    said: Option<String>,
    foot: Vec<String>,
}

impl Sheet {
    pub(super) fn of(content: Content<'_>) -> Self {
        match content {
            Content::Lead(lead) => of_lead(lead),
            Content::Notice(notice) => of_notice(notice),
        }
    }

    /// As text.
    pub(super) fn text(&self) -> String {
        let mut text = format!("{}\n\n", self.title);
        for (name, value) in &self.rows {
            let _ = writeln!(text, "{name}: {value}");
        }
        if let Some(said) = &self.said {
            text.push_str("\nMessage:\n");
            for line in said.lines() {
                let _ = writeln!(text, "  {line}");
            }
        }
        text.push('\n');
        for line in &self.foot {
            let _ = writeln!(text, "{line}");
        }
        text
    }

    /// As HTML. Values are in whichever direction they are written.
    pub(super) fn html(&self) -> String {
        let mut html = format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><style>{STYLE}</style></head><body><h1>{}</h1>\n",
            escape(&self.title)
        );
        if !self.rows.is_empty() {
            html.push_str("<table>\n");
            for (name, value) in &self.rows {
                let (name, value) = (escape(name), escape(value));
                let _ = writeln!(html, "<tr><th>{name}</th><td dir=\"auto\">{value}</td></tr>");
            }
            html.push_str("</table>\n");
        }
        if let Some(said) = &self.said {
            let _ = writeln!(html, "<p class=\"said\" dir=\"auto\">{}</p>", escape(said));
        }
        for line in &self.foot {
            let _ = writeln!(html, "<p class=\"foot\">{}</p>", escape(line));
        }
        html.push_str("</body></html>\n");
        html
    }
}

fn of_lead(lead: &Handover) -> Sheet {
    let kind = title(lead.kind);
    let again = match (lead.telling, &lead.joins) {
        (Telling::Again, _) => "Changed: ",
        (Telling::New, Some(_)) => "Once more: ",
        (Telling::New, None) => "",
    };
    let test = if lead.is_test { "TEST - please delete: " } else { "" };
    let mut rows = Vec::new();
    for field in FieldKind::ALL.into_iter().filter(|field| *field != FieldKind::Message) {
        let Some(value) = lead.fields.get(field) else { continue };
        let read = lead.phone_e164.as_deref().filter(|_| field == FieldKind::Phone);
        let value = match read.filter(|read| *read != value) {
            Some(read) => format!("{value} ({read})"),
            None => value.to_owned(),
        };
        rows.push((capital(field.name()), value));
    }
    rows.push(("Left".to_owned(), lead.local(lead.at)));
    rows.extend(lead.vendor.url.clone().map(|url| ("Site".to_owned(), url)));
    rows.extend(
        Channel::ALL
            .map(|channel| (format!("Marketing by {}", channel.word()), marketing(lead, channel))),
    );
    let mut foot = Vec::new();
    if lead.fields.email.is_some() {
        foot.push("Reply to this mail to answer the visitor.".to_owned());
    }
    foot.push(
        "Only a channel that says yes may be used for marketing; the answer to what was asked is none."
            .to_owned(),
    );
    if let Some(joins) = &lead.joins {
        foot.push(format!("The same visitor has left lead {joins} before."));
    }
    foot.push(format!("Lead {}. You are told if it changes or is deleted.", lead.id));
    Sheet {
        subject: format!("{test}{again}{kind} for {}", lead.vendor.name),
        title: format!("{test}{again}{kind} from the chat on your site"),
        rows,
        said: lead.fields.message.clone(),
        foot,
    }
}

/// `yes (text v3, 2026-08-05T12:00:00Z)`.
fn marketing(lead: &Handover, channel: Channel) -> String {
    let answer = lead.may_be_written(channel);
    match lead.consent(channel) {
        Some(asked) => format!("{answer} (text {}, {})", asked.version, asked.at),
        None => answer.to_owned(),
    }
}

fn of_notice(notice: &Notice) -> Sheet {
    let Notice { event, lead, about, at, vendor } = notice;
    let (subject, title, text) = match event {
        Event::Erased => (
            "Please delete a lead",
            format!("Please delete lead {lead}"),
            format!(
                "It was erased on {at} and had been sent to \"{about}\". Whoever has a copy deletes it, too: in the CRM, in mailboxes, in exports (Art. 17 and 19 GDPR)."
            ),
        ),
        Event::Restricted => (
            "Please leave a lead alone",
            format!("Please restrict lead {lead}"),
            format!(
                "Its use was restricted on {at}; it had been sent to \"{about}\". Keep your copy and do not use it until you are told otherwise (Art. 18 and 19 GDPR)."
            ),
        ),
        Event::Updated => (
            "A lead has changed",
            format!("Lead {lead} has changed"),
            format!("Something of it was put right on {at}."),
        ),
        Event::Failing => (
            "Leads are not being taken",
            format!("\"{about}\" does not take leads"),
            format!(
                "Since {at} deliveries to it fail. Nothing is lost: each is tried for three weeks. See `forecourt lead deliveries`, and the leads in `forecourt lead list`."
            ),
        ),
        Event::GivenUp => (
            "A lead could not be delivered",
            format!("Lead {lead} could not be delivered to \"{about}\""),
            "It is not tried any more. Read it by `forecourt lead list` while its chat is kept, and send it once more by `forecourt lead resend`."
                .to_owned(),
        ),
    };
    Sheet {
        subject: format!("{subject}: {}", vendor.name),
        title,
        rows: Vec::new(),
        said: None,
        foot: vec![text],
    }
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
