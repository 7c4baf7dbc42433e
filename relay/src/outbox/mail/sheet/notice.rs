//! What a mail says of a notice: which lead, what has happened, what is to be done.

use super::Sheet;
use crate::domain::notice::{Event, Notice};

pub(super) fn of(notice: &Notice) -> Sheet {
    let Notice { event, lead, about, at, vendor } = notice;
    let about = if about.is_empty() { "your own address" } else { about };
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
        Event::Untold => (
            "A system could not be told",
            format!("\"{about}\" could not be told of lead {lead}"),
            "It was erased or restricted, and that system took no notice for three weeks. Please delete or restrict it there by hand (Art. 17 to 19 GDPR)."
                .to_owned(),
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
