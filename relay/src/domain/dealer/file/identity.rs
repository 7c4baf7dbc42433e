//! Who the dealer is: names, places, law, sites.

use protocol::SiteKey;

use super::{SiteDraft, keep, shown_text};
use crate::{
    domain::{
        dealer::{DealerContact, DealerStatus, Legal},
        file::{Located, Section, nearest},
        lead,
        origin::{Origin, web_address},
        retention::{Bounds, RetentionPolicy},
        view,
    },
    limits::{MAX_DEALER_TEXT_CHARS, MAX_NAME_CHARS, MAX_NAME_WORDS, MAX_ORIGINS, MAX_SITES},
};

/// The top of the file.
#[derive(Clone, Debug)]
pub(super) struct Identity {
    pub(super) name: String,
    pub(super) languages: Vec<String>,
    pub(super) country: String,
    pub(super) timezone: String,
    pub(super) privacy_url: String,
    pub(super) retention: RetentionPolicy,
    pub(super) status: Option<DealerStatus>,
}

pub(super) fn read(top: &Section<'_, '_>, bounds: &Bounds) -> Option<Identity> {
    let name = name(top);
    let languages = languages(top);
    let country = country(top);
    let timezone = timezone(top);
    let privacy_url = privacy_url(top);
    let retention = keep::read(&top.section("retention"), country.as_deref(), bounds);
    let status = status(top);
    Some(Identity {
        name: name?,
        languages,
        country: country?,
        timezone: timezone?,
        privacy_url: privacy_url?,
        retention: retention?,
        status,
    })
}

fn name(top: &Section<'_, '_>) -> Option<String> {
    let at = top.required("name", "Write the trading name: name = \"Harbour Cars\"")?;
    let name = shown_text(top, "name", MAX_NAME_CHARS)?;
    if MAX_NAME_WORDS < name.split_whitespace().count() {
        let what = format!("has more than {MAX_NAME_WORDS} words");
        top.file().problem(
            &at,
            &what,
            "Use the name on the sign; the legal name has its own place in [legal]",
        );
    }
    Some(name)
}

fn languages(top: &Section<'_, '_>) -> Vec<String> {
    let known = view::LANGUAGES.join(", ");
    let Some(languages) = top.texts("languages") else { return vec!["en".to_owned()] };
    for language in &languages {
        if !view::LANGUAGES.contains(&language.value.as_str()) {
            let what = format!("has \"{}\", for which there are no texts", language.value);
            top.file().problem(
                language,
                &what,
                &format!("Choose from {known}; a language without its texts would hide the notice"),
            );
        }
    }
    if languages.is_empty() {
        top.file().note(
            &top.here().place,
            "languages",
            "has no language",
            &format!("Choose from {known}, the default first"),
        );
    }
    languages.into_iter().map(|language| language.value).collect()
}

fn country(top: &Section<'_, '_>) -> Option<String> {
    let country =
        top.required("country", "Write the two letters of the country: country = \"GB\"")?;
    if lead::is_country(&country.value) {
        return Some(country.value);
    }
    let remedy = match country.value.as_str() {
        "UK" => "Did you mean \"GB\"?",
        _ => "Use ISO 3166-1: two capital letters, for example GB, IE, DE",
    };
    top.file().problem(
        &country,
        &format!("is \"{}\", which is no country's code", country.value),
        remedy,
    );
    None
}

fn timezone(top: &Section<'_, '_>) -> Option<String> {
    let remedy = "Use a name of the IANA list, for example Europe/London";
    let zone = top.required("timezone", remedy)?;
    if jiff::tz::TimeZone::get(&zone.value).is_ok() {
        return Some(zone.value);
    }
    let near = jiff::tz::db().available().map(|name| name.as_str().to_owned()).collect::<Vec<_>>();
    let remedy = nearest(&zone.value, near.iter().map(String::as_str))
        .map_or_else(|| remedy.to_owned(), |near| format!("Did you mean \"{near}\"?"));
    top.file().problem(
        &zone,
        &format!("is \"{}\", which is no known time zone", zone.value),
        &remedy,
    );
    None
}

/// A-T1h: without a privacy policy of the dealer's own the chat does not go live.
fn privacy_url(top: &Section<'_, '_>) -> Option<String> {
    let remedy = "Write the address of the dealer's own privacy policy: https://…";
    let url = top.required("privacy_url", remedy)?;
    match web_address(&url.value) {
        Ok(origin) if origin.secure || origin.is_loopback() => return Some(url.value),
        Ok(_) => top.file().problem(
            &url,
            "is not https",
            "Use https://; http:// is for this machine only",
        ),
        Err(what) => top.file().problem(&url, what, remedy),
    }
    None
}

fn status(top: &Section<'_, '_>) -> Option<DealerStatus> {
    let status = top.text("status")?;
    match status.value.as_str() {
        "active" => Some(DealerStatus::Active),
        "paused" => Some(DealerStatus::Paused),
        _ => {
            top.file().problem(
                &status,
                "is neither active nor paused",
                "Write \"active\" or \"paused\"",
            );
            None
        }
    }
}

pub(super) fn legal(top: &Section<'_, '_>) -> Option<Legal> {
    let section = top.section("legal");
    let text = |key: &str, remedy: &str| {
        section.required(key, remedy)?;
        shown_text(&section, key, MAX_DEALER_TEXT_CHARS)
    };
    let name =
        text("name", "Write the registered name: the visitor must know who the controller is");
    let address = text("address", "Write the postal address on one line");
    let country = text("country", "Write the country in words");
    let email = section.required("email", "Write where to write about personal data");
    let email = email.and_then(|email| email_address(&section, email));
    let phone = shown_text(&section, "phone", MAX_NAME_CHARS);
    let company_number = shown_text(&section, "company_number", MAX_NAME_CHARS);
    section.finish();
    Some(Legal {
        name: name?,
        address: address?,
        country: country?,
        email: email?,
        phone,
        company_number,
    })
}

pub(super) fn contact(top: &Section<'_, '_>) -> DealerContact {
    let section = top.section("contact");
    let phone = shown_text(&section, "phone", MAX_NAME_CHARS);
    let email = section.text("email").and_then(|email| email_address(&section, email));
    section.finish();
    if phone.is_none() && email.is_none() {
        top.file().problem(
            &section.here(),
            "has neither phone nor email",
            "Write at least one in [contact]: a visitor must be able to reach a person",
        );
    }
    DealerContact { phone, email }
}

fn email_address(section: &Section<'_, '_>, email: Located<String>) -> Option<String> {
    if lead::email(&email.value).is_some() {
        return Some(email.value);
    }
    section.file().problem(&email, "is not an e-mail address", "Write it as name@dealer.example");
    None
}

pub(super) fn sites(top: &Section<'_, '_>) -> Vec<SiteDraft> {
    let sections = top.sections("sites");
    let mut sites: Vec<SiteDraft> = Vec::new();
    for section in &sections {
        let key_at = section.text("key");
        let name = shown_text(section, "name", MAX_NAME_CHARS)
            .unwrap_or_else(|| format!("Site {}", sites.len() + 1));
        let site = SiteDraft {
            key: key_at.as_ref().and_then(|key| site_key(section, key)),
            name,
            origins: origins(section),
        };
        section.finish();
        let double =
            |old: &SiteDraft| old.name == site.name || (site.key.is_some() && old.key == site.key);
        if sites.iter().any(double) {
            section.file().problem(
                &section.here(),
                "has the name or the key of a site above",
                "Give each site its own",
            );
        }
        sites.push(site);
    }
    if sites.is_empty() {
        top.file().note(
            &top.here().place,
            "sites",
            "has no site",
            "Add [[sites]] with origins = [\"https://www.dealer.example\"]",
        );
    }
    if MAX_SITES < sites.len() {
        top.file().note(
            &top.here().place,
            "sites",
            &format!("has more than {MAX_SITES}"),
            "Put several origins in one site",
        );
    }
    sites
}

fn site_key(section: &Section<'_, '_>, key: &Located<String>) -> Option<SiteKey> {
    let read = SiteKey::parse(&key.value);
    if read.is_err() {
        section.file().problem(
            key,
            "is not a site key",
            "Write site_ and 4 to 40 of a-z, 0-9 and -, or remove the line: a key is made then",
        );
    }
    read.ok()
}

fn origins(section: &Section<'_, '_>) -> Vec<String> {
    let remedy = "Write scheme, host and port as in the address bar, without a path: \"https://www.dealer.example\"";
    let Some(texts) = section.texts("origins") else {
        section.required("origins", remedy);
        return Vec::new();
    };
    let mut origins = Vec::new();
    for text in &texts {
        match Origin::parse(&text.value) {
            Ok(origin) if origin.secure || origin.is_loopback() => origins.push(origin.to_string()),
            Ok(_) => section.file().problem(
                text,
                &format!("has \"{}\", which is not https", text.value),
                "Use https://; http:// is for this machine only",
            ),
            Err(what) => section.file().problem(
                text,
                &format!("has \"{}\", which {what}", text.value),
                remedy,
            ),
        }
    }
    if texts.is_empty() || MAX_ORIGINS < texts.len() {
        section.file().problem(
            &section.here(),
            &format!("needs 1 to {MAX_ORIGINS} origins"),
            remedy,
        );
    }
    origins
}
