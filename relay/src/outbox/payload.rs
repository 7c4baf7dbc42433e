//! What a webhook is told, as JSON by Standard Webhooks: `{type, timestamp, data}` (F-08, F-09).

use protocol::{lead::Channel, vehicle::is_british};
use serde_json::{Map, Value, json};

use super::send::Content;
use crate::domain::{
    handover::{Handover, Telling},
    notice::Notice,
    target::Payload,
};

/// The body of one event. `dealer`: whose lead it is.
pub fn write(content: Content<'_>, dealer: &str, payload: Payload) -> String {
    match content {
        Content::Lead(lead) => of_lead(lead, dealer, payload),
        Content::Notice(notice) => of_notice(notice, dealer),
    }
}

/// Whatever the payload, a notice tells which lead it is about and nothing of the visitor.
fn of_notice(notice: &Notice, dealer: &str) -> String {
    let data = json!({ "dealer": dealer, "lead": notice.lead });
    let (kind, at) = (notice.event.word(), notice.at.to_string());
    json!({ "type": kind, "timestamp": at, "data": data }).to_string()
}

fn of_lead(lead: &Handover, dealer: &str, payload: Payload) -> String {
    let kind = match (lead.telling, &lead.joins) {
        (Telling::Again, _) => "lead.updated",
        (Telling::New, Some(_)) => "lead.duplicate",
        (Telling::New, None) => "lead.created",
    };
    let mut data = Map::new();
    let mut put = |key: &str, value: Value| data.insert(key.to_owned(), value);
    put("dealer", json!(dealer));
    put("lead", json!(lead.id));
    if let Some(joins) = &lead.joins {
        put("joins", json!(joins));
    }
    put("kind", json!(lead.kind.word()));
    put("left_at", json!(lead.at.to_string()));
    put("test", json!(lead.is_test));
    if payload == Payload::Full {
        let fields = &lead.fields;
        put("dealer_name", json!(lead.vendor.name));
        put("site", json!(lead.vendor.url));
        put("name", json!(fields.name));
        put("email", json!(fields.email));
        put("phone", json!(fields.phone));
        put("phone_e164", json!(lead.phone_e164));
        put("interest", json!(fields.interest));
        put("registration", json!(fields.registration));
        put("registration_normal", json!(lead.registration()));
        put("registration_british", json!(lead.registration().map(|plate| is_british(&plate))));
        let vin = lead.vin();
        put("vin", json!(vin.as_ref().map(|(vin, _)| vin)));
        let check = |(_, fits): &(String, bool)| if *fits { "ok" } else { "does not match" };
        put("vin_check", json!(vin.as_ref().map(check)));
        put("mileage", json!(lead.mileage()));
        put("mileage_unit", json!(lead.mileage().map(|_| lead.vendor.mileage_unit)));
        put("day", json!(fields.day));
        put("time", json!(fields.time));
        put("message", json!(fields.message));
        put("marketing", marketing(lead));
    }
    json!({ "type": kind, "timestamp": lead.at.to_string(), "data": data }).to_string()
}

/// Each channel, with its evidence: `yes`, `no` or `not-asked`; the last two are never to be written to.
fn marketing(lead: &Handover) -> Value {
    let one = |channel: Channel| {
        let told = match lead.consent(channel) {
            Some(consented) => json!({
                "answer": lead.may_be_written(channel),
                "text_version": consented.version,
                "at": consented.at.to_string(),
            }),
            None => json!({ "answer": lead.may_be_written(channel) }),
        };
        (channel.word().to_owned(), told)
    };
    Value::Object(Channel::ALL.map(one).into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::handover::tests::handover;

    fn read(payload: Payload) -> Value {
        serde_json::from_str(&of_lead(&handover(), "dlr_1", payload)).unwrap()
    }

    #[test]
    fn a_thin_one_tells_which_lead_and_nothing_of_the_visitor() {
        let text = of_lead(&handover(), "dlr_1", Payload::Thin);
        let wanted = json!({
            "type": "lead.created",
            "timestamp": "2026-08-05T12:00:00Z",
            "data": {
                "dealer": "dlr_1",
                "lead": "led_00000000000000000000000000000001",
                "kind": "enquiry",
                "left_at": "2026-08-05T12:00:00Z",
                "test": false,
            },
        });
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), wanted);
        for word in ["Neil", "sam@", "7700", "Octavia", "Saturday"] {
            assert!(!text.contains(word), "{text}");
        }
    }

    #[test]
    fn a_full_one_tells_all_of_it_with_the_evidence_of_each_consent() {
        let told = read(Payload::Full);
        let data = &told["data"];
        assert_eq!(data["name"], "Sam O’Neil");
        assert_eq!(
            (&data["phone"], &data["phone_e164"]),
            (&json!("07700 900123"), &json!("+447700900123"))
        );
        assert_eq!(data["message"], "Is it still there?\nI could come on Saturday.");
        let wanted = json!({ "answer": "yes", "text_version": "v3", "at": "2026-08-05T11:59:55Z" });
        assert_eq!(data["marketing"]["email"], wanted);
        assert_eq!(data["marketing"]["post"], json!({ "answer": "not-asked" }));
    }

    #[test]
    fn a_car_is_told_as_it_was_typed_and_as_it_can_be_looked_up() {
        let mut lead = handover();
        lead.fields.registration = Some("ab12 cde".to_owned());
        lead.fields.vin = Some("wvw zzz 1jz xw0 00001".to_owned());
        lead.fields.mileage = Some("45,000".to_owned());
        lead.fields.day = Some("2026-12-05".to_owned());
        let told: Value = serde_json::from_str(&of_lead(&lead, "dlr_1", Payload::Full)).unwrap();
        for (field, wanted) in [
            ("registration", json!("ab12 cde")),
            ("registration_normal", json!("AB12CDE")),
            ("registration_british", json!(true)),
            ("vin", json!("WVWZZZ1JZXW000001")),
            ("vin_check", json!("does not match")),
            ("mileage", json!(45_000)),
            ("mileage_unit", json!("mi")),
            ("day", json!("2026-12-05")),
            ("time", Value::Null),
        ] {
            assert_eq!(told["data"][field], wanted, "{field}");
        }
    }

    #[test]
    fn a_lead_of_somebody_who_left_one_before_names_the_first() {
        let joined = Handover { joins: Some("led_1".to_owned()), ..handover() };
        let text = of_lead(&joined, "dlr_1", Payload::Thin);
        assert!(
            text.contains("\"type\":\"lead.duplicate\"") && text.contains("\"joins\":\"led_1\"")
        );
    }

    #[test]
    fn a_lead_that_is_told_again_is_an_update() {
        let again = Handover { telling: Telling::Again, ..handover() };
        assert!(of_lead(&again, "dlr_1", Payload::Thin).contains("\"type\":\"lead.updated\""));
    }
}
