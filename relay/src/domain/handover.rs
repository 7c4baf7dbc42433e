//! A lead as it is handed over to the dealership, whatever the channel: what was left, by whom, of which
//! kind, with the evidence of each consent. Made when a delivery is tried, kept nowhere.

use std::fmt;

use jiff::tz::TimeZone;
use protocol::lead::{Channel, LeadFields};
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;

/// What the visitor wants.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum LeadKind {
    /// To know something.
    #[default]
    Enquiry,
    /// To drive a car.
    TestDrive,
    /// To have a car taken in exchange.
    PartExchange,
    /// To have a car serviced.
    Service,
    /// To be called.
    CallBack,
}

impl LeadKind {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Enquiry, Self::TestDrive, Self::PartExchange, Self::Service, Self::CallBack];

    /// The word in files and on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Enquiry => "enquiry",
            Self::TestDrive => "test_drive",
            Self::PartExchange => "part_exchange",
            Self::Service => "service",
            Self::CallBack => "call_back",
        }
    }

    /// Reads the word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// What a person at the dealership reads.
    pub fn title(self) -> &'static str {
        match self {
            Self::Enquiry => "Enquiry",
            Self::TestDrive => "Test drive",
            Self::PartExchange => "Part exchange",
            Self::Service => "Service request",
            Self::CallBack => "Call back",
        }
    }
}

/// A lead on its way to a target.
#[derive(Clone, PartialEq, Eq)]
pub struct Handover {
    /// The lead's id: the same in each channel and each try (D-04).
    pub id: String,
    /// What the visitor wants.
    pub kind: LeadKind,
    /// When it was left.
    pub at: Timestamp,
    /// How often it is told: again where something of it was put right or joined.
    pub telling: Telling,
    /// Whether it is a sample that nobody left (D-15).
    pub is_test: bool,
    /// To whom.
    pub vendor: Vendor,
    /// What was left.
    pub fields: LeadFields,
    /// The telephone number as E.164, where it could be read as one.
    pub phone_e164: Option<String>,
    /// Each channel of marketing, and what the visitor answered; absent: not asked (B-23).
    pub consents: Vec<Consented>,
}

/// Whether a target is told of a lead for the first time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Telling {
    /// It is new.
    #[default]
    New,
    /// It was told before, and something of it is new.
    Again,
}

/// The dealership.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vendor {
    /// The name that it goes by.
    pub name: String,
    /// Its registered name.
    pub legal_name: String,
    /// Where it is to be reached.
    pub email: String,
    /// The site on which the lead was left.
    pub url: Option<String>,
    /// The IANA time zone in which it reads times.
    pub timezone: String,
}

/// What a visitor answered to one channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consented {
    /// The channel.
    pub channel: Channel,
    /// Whether it may be used now.
    pub given: bool,
    /// The version of the text that stood beside the box.
    pub version: String,
    /// When it was answered, or taken back.
    pub at: Timestamp,
}

/// Prints which lead it is, never what was left.
impl fmt::Debug for Handover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handover")
            .field("id", &self.id)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

impl Handover {
    /// What the visitor answered to a channel; `None`: not asked.
    pub fn consent(&self, channel: Channel) -> Option<&Consented> {
        self.consents.iter().find(|consented| consented.channel == channel)
    }

    /// `yes`, `no` or `not-asked`, as recipients expect it for each channel.
    pub fn may_be_written(&self, channel: Channel) -> &'static str {
        match self.consent(channel) {
            Some(Consented { given: true, .. }) => "yes",
            Some(_) => "no",
            None => "not-asked",
        }
    }

    /// A moment in the dealership's time, with its offset and without fractions (D-03).
    pub fn local(&self, at: Timestamp) -> String {
        let zone = TimeZone::get(&self.vendor.timezone).unwrap_or(TimeZone::UTC);
        at.to_jiff().to_zoned(zone).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A lead of somebody with a name that many programs get wrong.
    pub(crate) fn handover() -> Handover {
        Handover {
            id: "led_00000000000000000000000000000001".to_owned(),
            kind: LeadKind::Enquiry,
            // 5 August 2026, noon in UTC.
            at: Timestamp::from_millis(1_785_931_200_000),
            telling: Telling::New,
            is_test: false,
            vendor: Vendor {
                name: "Harbour Cars".to_owned(),
                legal_name: "Harbour Cars Ltd".to_owned(),
                email: "sales@harbour.example".to_owned(),
                url: Some("https://harbour.example".to_owned()),
                timezone: "Europe/London".to_owned(),
            },
            fields: LeadFields {
                name: Some("Sam O’Neil".to_owned()),
                email: Some("sam@example.org".to_owned()),
                phone: Some("07700 900123".to_owned()),
                interest: Some("Skoda Octavia 1.5 TSI".to_owned()),
                message: Some("Is it still there?\nI could come on Saturday.".to_owned()),
            },
            phone_e164: Some("+447700900123".to_owned()),
            consents: vec![Consented {
                channel: Channel::Email,
                given: true,
                version: "v3".to_owned(),
                at: Timestamp::from_millis(1_785_931_195_000),
            }],
        }
    }

    #[test]
    fn times_are_told_in_the_dealerships_own_with_their_offset() {
        let mut lead = handover();
        assert_eq!(lead.local(lead.at), "2026-08-05T13:00:00+01:00", "British summer time");
        let winter = Timestamp::from_millis(1_795_286_527_123);
        assert_eq!(lead.local(winter), "2026-11-21T18:42:07+00:00");
        lead.vendor.timezone = "Nowhere/Land".to_owned();
        assert_eq!(lead.local(lead.at), "2026-08-05T12:00:00+00:00");
    }

    #[test]
    fn each_channel_is_yes_no_or_not_asked() {
        let mut lead = handover();
        let no = Consented { channel: Channel::Sms, given: false, ..lead.consents[0].clone() };
        lead.consents.push(no);
        let told = Channel::ALL.map(|channel| lead.may_be_written(channel));
        assert_eq!(told, ["yes", "no", "not-asked", "not-asked"]);
    }

    #[test]
    fn a_kind_is_read_as_it_was_written() {
        for kind in LeadKind::ALL {
            assert_eq!(LeadKind::of(kind.word()), Some(kind));
        }
        assert_eq!(LeadKind::of("loan"), None);
    }
}
