//! What a readable mail says, once: as text and as HTML.

mod notice;

use std::fmt::Write;

use protocol::lead::{Channel, FieldKind};

use crate::{
    domain::{
        handover::{Handover, Telling, title},
        html::escape,
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
            Content::Notice(notice) => notice::of(notice),
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
        let beside = match field {
            FieldKind::Vin => lead.vin().map(|(_, fits)| vin_check(fits).to_owned()),
            FieldKind::Mileage => Some(lead.vendor.mileage_unit.to_owned()),
            _ => read.filter(|read| *read != value).map(ToOwned::to_owned),
        };
        let value = beside.map_or_else(|| value.to_owned(), |beside| format!("{value} ({beside})"));
        let name = if field == FieldKind::Vin { "VIN".to_owned() } else { capital(field.name()) };
        rows.push((name, value));
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
        foot.push(format!("The same address or number has left lead {joins} before."));
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

fn vin_check(fits: bool) -> &'static str {
    if fits { "check digit fits" } else { "check digit does not fit, as in many European VINs" }
}

/// `yes (text v3, 2026-08-05T12:00:00Z)`.
fn marketing(lead: &Handover, channel: Channel) -> String {
    let answer = lead.may_be_written(channel);
    match lead.consent(channel) {
        Some(asked) => format!("{answer} (text {}, {})", asked.version, asked.at),
        None => answer.to_owned(),
    }
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
