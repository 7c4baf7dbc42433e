//! A lead as it is handed over to the dealership, whatever the channel: what was left, by whom, of which
//! kind, with the evidence of each consent. Made when a delivery is tried, kept nowhere.

use std::fmt;

use jiff::{civil, tz::TimeZone};
use protocol::{
    lead::{Channel, LeadFields, LeadKind},
    vehicle,
};

use crate::clock::Timestamp;

/// What a person at the dealership reads.
pub fn title(kind: LeadKind) -> &'static str {
    match kind {
        LeadKind::Enquiry => "Enquiry",
        LeadKind::TestDrive => "Test drive",
        LeadKind::PartExchange => "Part exchange",
        LeadKind::Service => "Service request",
        LeadKind::CallBack => "Call back",
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
    /// The first lead of the same person about the same car, which this one belongs to (D-50).
    pub joins: Option<String>,
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
    /// The unit of mileages in its country, as ADF writes it: `mi` or `km`.
    pub mileage_unit: &'static str,
}

/// The unit of mileages in a country.
pub fn mileage_unit(country: &str) -> &'static str {
    if matches!(country, "GB" | "IM" | "JE" | "GG" | "US") { "mi" } else { "km" }
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

    /// Lets no channel be used by which the person wants nothing, also where that was not asked this time.
    pub fn stop(&mut self, stopped: &[(Channel, Timestamp)]) {
        for (channel, at) in stopped {
            match self.consents.iter_mut().find(|consented| consented.channel == *channel) {
                Some(consented) if consented.given => {
                    (consented.given, consented.at) = (false, *at);
                }
                Some(_) => {}
                None => self.consents.push(Consented {
                    channel: *channel,
                    given: false,
                    version: "suppressed".to_owned(),
                    at: *at,
                }),
            }
        }
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
        told(&at.to_jiff().to_zoned(self.zone()))
    }

    /// The plate in its normal form.
    pub fn registration(&self) -> Option<String> {
        vehicle::registration(self.fields.registration.as_deref()?)
    }

    /// The VIN in its normal form, and whether its check digit fits; that of a European one need not.
    pub fn vin(&self) -> Option<(String, bool)> {
        let vin = vehicle::vin(self.fields.vin.as_deref()?)?;
        let fits = vehicle::vin_checks(&vin);
        Some((vin, fits))
    }

    /// The mileage, in the unit of the dealership's country.
    pub fn mileage(&self) -> Option<u32> {
        vehicle::mileage(self.fields.mileage.as_deref()?)
    }

    /// When it would suit, in the dealership's time: from when to when. A time alone is of no day.
    pub fn wanted(&self) -> Option<(String, String)> {
        let day: civil::Date = self.fields.day.as_deref()?.parse().ok()?;
        let time: Option<civil::Time> =
            self.fields.time.as_deref().and_then(|time| time.parse().ok());
        // A time that the clocks leave out is an hour later, one that they repeat the first of both.
        let at = |time: civil::Time| Some(told(&day.to_datetime(time).to_zoned(self.zone()).ok()?));
        let from = at(time.unwrap_or(civil::Time::midnight()))?;
        Some((from, at(time.unwrap_or(civil::time(23, 59, 59, 0)))?))
    }

    fn zone(&self) -> TimeZone {
        TimeZone::get(&self.vendor.timezone).unwrap_or(TimeZone::UTC)
    }
}

fn told(at: &jiff::Zoned) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
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
            joins: None,
            telling: Telling::New,
            is_test: false,
            vendor: Vendor {
                name: "Harbour Cars".to_owned(),
                legal_name: "Harbour Cars Ltd".to_owned(),
                email: "sales@harbour.example".to_owned(),
                url: Some("https://harbour.example".to_owned()),
                timezone: "Europe/London".to_owned(),
                mileage_unit: "mi",
            },
            fields: LeadFields {
                name: Some("Sam O’Neil".to_owned()),
                email: Some("sam@example.org".to_owned()),
                phone: Some("07700 900123".to_owned()),
                interest: Some("Skoda Octavia 1.5 TSI".to_owned()),
                message: Some("Is it still there?\nI could come on Saturday.".to_owned()),
                ..LeadFields::default()
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
    fn who_wants_nothing_by_a_channel_is_told_as_a_no() {
        let mut lead = handover();
        let at = Timestamp::from_millis(1_785_931_300_000);
        lead.stop(&[(Channel::Email, at), (Channel::Post, at), (Channel::Post, at)]);
        let told = Channel::ALL.map(|channel| lead.may_be_written(channel));
        assert_eq!(told, ["no", "not-asked", "not-asked", "no"]);
        assert_eq!(lead.consents.len(), 2);
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
    fn the_day_that_would_suit_is_the_dealerships_also_where_the_clocks_change() {
        let mut lead = handover();
        for (day, time, from, to) in [
            ("2026-12-05", None, "2026-12-05T00:00:00+00:00", "2026-12-05T23:59:59+00:00"),
            ("2026-12-05", Some("10:30"), "2026-12-05T10:30:00+00:00", "2026-12-05T10:30:00+00:00"),
            // The last Sundays of March and October.
            ("2026-03-29", None, "2026-03-29T00:00:00+00:00", "2026-03-29T23:59:59+01:00"),
            ("2026-03-29", Some("01:30"), "2026-03-29T02:30:00+01:00", "2026-03-29T02:30:00+01:00"),
            ("2026-10-25", None, "2026-10-25T00:00:00+01:00", "2026-10-25T23:59:59+00:00"),
            ("2026-10-25", Some("01:30"), "2026-10-25T01:30:00+01:00", "2026-10-25T01:30:00+01:00"),
        ] {
            lead.fields.day = Some(day.to_owned());
            lead.fields.time = time.map(ToOwned::to_owned);
            assert_eq!(lead.wanted(), Some((from.to_owned(), to.to_owned())), "{day} {time:?}");
        }
        lead.fields.day = None;
        assert_eq!(lead.wanted(), None);
    }
}
