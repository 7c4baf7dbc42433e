//! Where data are handled, as the operator states it, and whether they may go there (A-C4a).

use crate::{
    config::{Operator, Purpose},
    domain::{
        file::Section,
        place::{Place, Region, Transfer},
    },
    limits::MAX_STATEMENT_CHARS,
    llm::LlmConfig,
};

/// A sentence about the operator, if it is stated.
pub(super) fn statement(section: &Section<'_, '_>, key: &str) -> Option<String> {
    let text = section.text(key)?;
    let chars = text.value.chars().count();
    if !(1..=MAX_STATEMENT_CHARS).contains(&chars) || text.value.chars().any(char::is_control) {
        let remedy = format!("Write 1 to {MAX_STATEMENT_CHARS} characters on one line");
        section.file().problem(&text, "is empty, too long or holds control characters", &remedy);
        return None;
    }
    Some(text.value)
}

/// The keys `region` and `transfer` of a section.
pub(super) fn place(section: &Section<'_, '_>) -> Place {
    let region = section.text("region").and_then(|text| match Region::parse(&text.value) {
        Ok(region) => Some(region),
        Err(remedy) => {
            let what = format!("is \"{}\", which is no region", text.value);
            section.file().problem(&text, &what, &capital(remedy));
            None
        }
    });
    let transfer = section.text("transfer").and_then(|text| match Transfer::parse(&text.value) {
        Ok(transfer) => Some(transfer),
        Err(remedy) => {
            let what = format!("is \"{}\", which lets no data go anywhere", text.value);
            section.file().problem(&text, &what, &capital(&remedy));
            None
        }
    });
    Place { region, transfer }
}

/// The regions out of which no data go by themselves; none where the operator sets no bounds.
pub(super) fn allowed(section: &Section<'_, '_>) -> Vec<Region> {
    let mut regions = Vec::new();
    for text in section.texts("allowed_regions").unwrap_or_default() {
        match Region::parse(&text.value) {
            Ok(region) => regions.push(region),
            Err(remedy) => {
                let what = format!("has \"{}\", which is no region", text.value);
                section.file().problem(&text, &what, &capital(remedy));
            }
        }
    }
    regions
}

/// Where the operator sets bounds, nothing is served while data go beyond them: storage and each model
/// lie within, or something lets data go there.
pub(super) fn check(
    section: &Section<'_, '_>,
    operator: &Operator,
    llm: &LlmConfig,
    purpose: Purpose,
) {
    if operator.allowed_regions.is_empty() || purpose == Purpose::Tool {
        return;
    }
    let at = section.locate("allowed_regions");
    let tell = |what: &str, place: &Place, keys: &str| {
        if !place.is_allowed(&operator.allowed_regions) {
            let region = place.region.as_ref();
            let region = region.map_or("a region that is not stated".into(), ToString::to_string);
            let what = format!("does not hold {region}, where {what}");
            let remedy = format!("Set region under {keys}, and transfer where it lies outside");
            section.file().problem(&at, &what, &remedy);
        }
    };
    tell("the data are stored", &operator.place, "[operator]");
    for model in llm.models(&operator.name, &operator.place) {
        let what = format!("{} of {} works", model.model, model.party);
        tell(&what, &model.place, "[llm] or its fallback");
    }
}

fn capital(remedy: &str) -> String {
    let mut chars = remedy.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
