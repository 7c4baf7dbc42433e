//! Mails about leads: readable ones, as text and as HTML that fetches nothing, and ADF as the only content
//! of a mail (D-10 to D-12). They come from the operator; whoever answers a readable one writes to the visitor.

mod sheet;

use std::time::SystemTime;

use lettre::{
    Address, Message,
    error::Error,
    message::{
        Body, Mailbox, MultiPart, SinglePart,
        header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue},
    },
};
use sheet::Sheet;

use super::{
    adf,
    send::{Content, Parcel},
};
use crate::domain::{handover::Handover, target::MailFormat};

/// Says that a machine has written it, so that no machine answers (RFC 3834; F-37).
const AUTO_SUBMITTED: HeaderName = HeaderName::new_from_ascii_str("Auto-Submitted");

/// The mail of one delivery; `from`: the operator's address, `now`: when it is sent.
pub(super) fn write(
    parcel: &Parcel<'_>,
    to: &[String],
    format: MailFormat,
    from: &str,
    now: SystemTime,
) -> Result<Message, Error> {
    let address: Address = from.parse().map_err(|_| Error::MissingFrom)?;
    // The same in each try, so that a mail that comes twice is known as one.
    let id = format!("<{}@{}>", parcel.id, address.domain());
    let vendor = parcel.content.vendor();
    let sender = Mailbox::new(Some(format!("Website chat of {}", vendor.name)), address);
    let automatic = HeaderValue::new(AUTO_SUBMITTED, "auto-generated".to_owned());
    let mut mail =
        Message::builder().message_id(Some(id)).date(now).from(sender).raw_header(automatic);
    for to in to {
        let address = to.parse().map_err(|_| Error::MissingTo)?;
        mail = mail.to(Mailbox::new(None, address));
    }
    if let (Content::Lead(lead), MailFormat::Adf) = (parcel.content, format) {
        let part = SinglePart::builder().header(ContentType::TEXT_PLAIN).body(plain(lead));
        return mail.subject(format!("ADF lead for {}", vendor.name)).singlepart(part);
    }
    if let Content::Lead(lead) = parcel.content
        && let Some(visitor) = visitor(lead)
    {
        mail = mail.reply_to(visitor);
    }
    let sheet = Sheet::of(parcel.content);
    let body = MultiPart::alternative_plain_html(sheet.text(), sheet.html());
    mail.subject(&sheet.subject).multipart(body)
}

/// ADF as it is: seven bits, no encoding that a naive reader would stumble over (D-11). It is ASCII in short
/// lines already.
fn plain(lead: &Handover) -> Body {
    let lines = adf::write(lead).replace('\n', "\r\n");
    Body::dangerous_pre_encoded(lines.into_bytes(), ContentTransferEncoding::SevenBit)
}

/// To whom an answer goes. An address that mail servers may not know how to write is left out: it stands
/// in the mail.
fn visitor(lead: &Handover) -> Option<Mailbox> {
    let email = lead.fields.email.as_deref().filter(|email| email.is_ascii())?;
    Some(Mailbox::new(None, email.parse().ok()?))
}

#[cfg(test)]
mod tests;
