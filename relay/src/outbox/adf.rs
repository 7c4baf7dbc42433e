//! ADF/XML 1.0, the format in which the trade's systems take leads (D-01 to D-08): pure ASCII, in the order
//! of the schema (`adf.dtd` beside this file), no line longer than mail allows.

mod xml;

use protocol::lead::{Channel, LeadKind};
use xml::Xml;

use crate::domain::handover::{Handover, Telling, title};

/// The schema: the public one does not parse, so this is ours, with the same content.
pub const SCHEMA: &str = include_str!("adf/adf.dtd");

/// What stands as the source of an id, and as the provider.
const PROVIDER: &str = "Forecourt";

/// Whoever left no name: the schema wants one.
const NAMELESS: &str = "Website visitor";

/// The lead as one ADF file.
pub fn write(lead: &Handover) -> String {
    let mut xml = Xml::begin("<?adf version=\"1.0\"?>");
    xml.open("adf", &[]);
    let status = match lead.telling {
        Telling::New if lead.joins.is_none() => "new",
        Telling::New | Telling::Again => "resend",
    };
    xml.open("prospect", &[("status", status)]);
    let id = lead.joins.as_ref().unwrap_or(&lead.id);
    xml.leaf("id", &[("sequence", "1"), ("source", PROVIDER)], id);
    if lead.joins.is_some() {
        // By its own id, too: under that one it may be erased.
        xml.leaf("id", &[("sequence", "2"), ("source", PROVIDER)], &lead.id);
    }
    xml.leaf("requestdate", &[], &lead.local(lead.at));
    vehicles(&mut xml, lead);
    customer(&mut xml, lead);
    vendor(&mut xml, lead);
    xml.open("provider", &[]);
    xml.leaf("name", &[("part", "full"), ("type", "business")], PROVIDER);
    xml.leaf("service", &[], "Website chat");
    xml.close("provider");
    xml.close("prospect");
    xml.close("adf");
    xml.end()
}

/// The car that was asked about, in the visitor's words; with a part exchange the visitor's own after it.
fn vehicles(xml: &mut Xml, lead: &Handover) {
    let interest = if lead.kind == LeadKind::TestDrive { "test-drive" } else { "buy" };
    let asked = lead.fields.interest.clone().unwrap_or_default();
    match lead.kind {
        // The format has no word for it; the comments say what it is.
        LeadKind::Service => {
            let told = [asked, own_car(lead)].join("\n");
            vehicle(xml, interest, Some(lead), told.trim());
        }
        LeadKind::PartExchange => {
            vehicle(xml, interest, None, &asked);
            vehicle(xml, "trade-in", Some(lead), &own_car(lead));
        }
        LeadKind::Enquiry | LeadKind::TestDrive | LeadKind::CallBack => {
            vehicle(xml, interest, None, &asked);
        }
    }
}

/// What is not known stands there empty: the schema wants it, and so do those who read it.
fn vehicle(xml: &mut Xml, interest: &str, own: Option<&Handover>, comments: &str) {
    // Without a status it would be new, and without an interest to be bought.
    xml.open("vehicle", &[("interest", interest), ("status", "used")]);
    if let Some(plate) = own.and_then(Handover::registration) {
        xml.leaf("id", &[("source", "VRM")], &plate);
    }
    for unknown in ["year", "make", "model"] {
        xml.leaf(unknown, &[], "");
    }
    if let Some((vin, _)) = own.and_then(Handover::vin) {
        xml.leaf("vin", &[], &vin);
    }
    if let Some((lead, mileage)) = own.and_then(|lead| Some((lead, lead.mileage()?))) {
        let units = [("status", "unknown"), ("units", lead.vendor.mileage_unit)];
        xml.leaf("odometer", &units, &mileage.to_string());
    }
    if !comments.is_empty() {
        xml.leaf("comments", &[], comments);
    }
    xml.close("vehicle");
}

fn customer(xml: &mut Xml, lead: &Handover) {
    let fields = &lead.fields;
    xml.open("customer", &[]);
    xml.open("contact", &[("primarycontact", "1")]);
    let name = fields.name.as_deref().unwrap_or(NAMELESS);
    xml.leaf("name", &[("part", "full"), ("type", "individual")], name);
    let is_to_be_called = lead.kind == LeadKind::CallBack && fields.phone.is_some();
    if let Some(email) = &fields.email {
        let preferred = if is_to_be_called { "0" } else { "1" };
        xml.leaf("email", &[("preferredcontact", preferred)], email);
    }
    if let Some(phone) = lead.phone_e164.as_ref().or(fields.phone.as_ref()) {
        let preferred = if is_to_be_called || fields.email.is_none() { "1" } else { "0" };
        xml.leaf("phone", &[("type", "voice"), ("preferredcontact", preferred)], phone);
    }
    xml.close("contact");
    if let Some((from, to)) = lead.wanted() {
        xml.open("timeframe", &[]);
        xml.leaf("description", &[], &preferred(lead));
        xml.leaf("earliestdate", &[], &from);
        xml.leaf("latestdate", &[], &to);
        xml.close("timeframe");
    }
    xml.leaf("comments", &[], &comments(lead));
    xml.close("customer");
}

/// First what programs look for (D-06, D-07), then what the visitor wrote.
fn comments(lead: &Handover) -> String {
    let mut lines = Vec::new();
    if lead.kind == LeadKind::Service {
        lines.push("SERVICE BOOKING REQUEST".to_owned());
    }
    lines.push(marketing(lead));
    if lead.is_test {
        lines.push("TEST - please delete".to_owned());
    }
    lines.push(format!("Request: {}", title(lead.kind)));
    if let (Some(typed), Some(read)) = (&lead.fields.phone, &lead.phone_e164)
        && typed != read
    {
        lines.push(format!("Phone as typed: {typed}"));
    }
    let (wanted, car) = (preferred(lead), own_car(lead));
    if !wanted.is_empty() {
        lines.push(format!("Preferred: {wanted}"));
    }
    if !car.is_empty() {
        lines.push(car);
    }
    lines.extend(lead.fields.message.clone());
    lines.join("\n")
}

/// The day and the time that would suit, as chosen.
fn preferred(lead: &Handover) -> String {
    let chosen = [&lead.fields.day, &lead.fields.time].into_iter().flatten();
    chosen.map(String::as_str).collect::<Vec<_>>().join(" ")
}

/// The visitor's own car, as typed: the format has no place for a plate that all programs read (D-06).
fn own_car(lead: &Handover) -> String {
    let fields = &lead.fields;
    let mut facts = Vec::new();
    if let Some(plate) = &fields.registration {
        facts.push(format!("registration {plate}"));
    }
    if let Some(mileage) = &fields.mileage {
        facts.push(format!("mileage {mileage} {}", lead.vendor.mileage_unit));
    }
    if let Some(vin) = &fields.vin {
        let check = if lead.vin().is_some_and(|(_, fits)| fits) { "ok" } else { "does not match" };
        facts.push(format!("VIN {vin} (check digit: {check})"));
    }
    if facts.is_empty() { String::new() } else { format!("Own car: {}", facts.join(", ")) }
}

/// `Marketing: email=yes sms=no phone=not-asked post=not-asked (text v3, 2026-08-05T12:00:00Z)`.
fn marketing(lead: &Handover) -> String {
    let each = Channel::ALL
        .map(|channel| format!("{}={}", channel.word(), lead.may_be_written(channel)))
        .join(" ");
    match lead.consents.iter().max_by_key(|consented| consented.at) {
        Some(last) => format!("Marketing: {each} (text {}, {})", last.version, last.at),
        None => format!("Marketing: {each}"),
    }
}

fn vendor(xml: &mut Xml, lead: &Handover) {
    let vendor = &lead.vendor;
    xml.open("vendor", &[]);
    xml.leaf("vendorname", &[], &vendor.legal_name);
    if let Some(url) = &vendor.url {
        xml.leaf("url", &[], url);
    }
    xml.open("contact", &[]);
    xml.leaf("name", &[("part", "full"), ("type", "business")], &vendor.name);
    xml.leaf("email", &[], &vendor.email);
    xml.close("contact");
    xml.close("vendor");
}

#[cfg(test)]
mod tests;
