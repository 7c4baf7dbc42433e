//! What a visitor is told of a dealer, made afresh from what is in force: change the retention, and
//! the sentence and its version change (B-11). Pure; the sentences are in `view/{en,de,ar}.rs`.

mod ar;
mod contact;
mod de;
mod en;
mod forms;
mod recipients;
mod words;

use jiff::tz::TimeZone;
use protocol::{
    dealer::{DealerView, Notice},
    lead::{Channel, ConsentOption},
};
use sha2::{Digest, Sha256};

use crate::{
    clock::Timestamp,
    domain::{
        dealer::{Dealer, colour},
        retention::Action,
    },
    redact::Redaction,
};

pub use contact::{contact_lines, hours_lines, open_now};
pub(in crate::domain) use forms::kind_title;
pub use recipients::{Recipient, Recipients};
use words::Words;
pub(in crate::domain) use words::fill;

/// The languages for which there are sentences. A locale without them gets the dealer's default,
/// never a notice in another language than its chat (C-06).
pub const LANGUAGES: [&str; 3] = ["en", "de", "ar"];

/// What the visitor of this locale sees of the dealer at `now`.
pub fn view(dealer: &Dealer, locale: &str, recipients: &Recipients, now: Timestamp) -> DealerView {
    let lang = language(dealer, locale);
    let words = words(lang);
    let assistant = assistant(dealer, words);
    // The dealer wrote its own texts in its first language: in another one they would be a mixture.
    let own = (dealer.languages.first().is_none_or(|first| first == lang)).then_some(dealer);
    DealerView {
        name: dealer.name.clone(),
        privacy_url: dealer.privacy_url.clone(),
        notice: notice(dealer, lang, recipients),
        greeting: own
            .and_then(|dealer| dealer.greeting.clone())
            .unwrap_or_else(|| fill(words.greeting, &[("assistant", &assistant)])),
        assistant,
        suggestions: own.map(|dealer| dealer.suggestions.clone()).unwrap_or_default(),
        contact: contact::contact(dealer, words, now),
        theme: colour::theme(&dealer.theme),
        lead_form: forms::lead_form(dealer, lang),
    }
}

/// What the page says before the chat runs.
pub struct PageWords {
    /// Who answers, on whose behalf (C-01, C-03).
    pub title: String,
    /// The link to the policy.
    pub privacy: String,
    /// Hidden words of a link that opens another tab.
    pub new_tab: &'static str,
    /// The button that closes the chat.
    pub close: &'static str,
    /// The button of the visitor's menu.
    pub menu: &'static str,
    /// Where the chat can't run.
    pub unavailable: &'static str,
}

/// The words of the page around this view.
pub fn page_words(view: &DealerView) -> PageWords {
    let words = words(&view.notice.lang);
    let facts = [("assistant", view.assistant.as_str()), ("dealer", view.name.as_str())];
    let named = view.assistant.contains(&view.name);
    PageWords {
        title: if named { view.assistant.clone() } else { fill(words.title, &facts) },
        privacy: fill(words.privacy, &facts),
        new_tab: words.new_tab,
        close: words.close,
        menu: words.menu,
        unavailable: words.unavailable,
    }
}

/// That no chat is at an address, for people.
pub fn nowhere(lang: &str) -> &'static str {
    words(lang).nowhere
}

/// The dealer's language that fits the locale best; its default where none does.
pub fn language<'a>(dealer: &'a Dealer, locale: &str) -> &'a str {
    let wanted = locale.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
    let mut languages = dealer.languages.iter().map(String::as_str);
    let default = dealer.languages.first().map_or("en", String::as_str);
    languages.find(|language| *language == wanted).unwrap_or(default)
}

/// What the browser keeps of a chat, each with purpose, duration and reader (B-04).
pub fn stored(lang: &str) -> [&'static str; 3] {
    words(lang).stored
}

/// The name of the assistant in this language; it always says that it is an AI (C-01, C-02).
pub fn assistant_name(dealer: &Dealer, lang: &str) -> String {
    assistant(dealer, words(lang))
}

fn assistant(dealer: &Dealer, words: &Words) -> String {
    match &dealer.assistant {
        None => fill(words.assistant, &[("dealer", &dealer.name)]),
        Some(own) if says(own, words.ai) => own.clone(),
        Some(own) => format!("{own} ({})", words.ai[0]),
    }
}

/// Whether a name says in one of the languages that it is an AI.
pub fn says_ai(name: &str) -> bool {
    LANGUAGES.iter().any(|lang| says(name, words(lang).ai))
}

/// Whether one of the words stands in the name as a word of its own: "Sam, AI" but not "Mail".
fn says(name: &str, ai: &[&str]) -> bool {
    ai.iter().any(|word| {
        name.match_indices(word).any(|(at, _)| {
            let before = name[..at].chars().next_back();
            let after = name[at + word.len()..].chars().next();
            ![before, after].into_iter().flatten().any(char::is_alphanumeric)
        })
    })
}

/// The notice in this language, both layers, with the version of all its sentences.
pub fn notice(dealer: &Dealer, lang: &str, recipients: &Recipients) -> Notice {
    let words = words(lang);
    let period = (words.period)(&dealer.retention.period.to_string());
    let model = recipients.of_models(dealer, words);
    let legal = &dealer.legal;
    let facts = [
        ("dealer", dealer.name.as_str()),
        ("operator", recipients.operator.as_str()),
        ("contact", recipients.contact.as_str()),
        ("model", model.as_deref().unwrap_or_default()),
        ("period", period.as_str()),
        ("legal_name", legal.name.as_str()),
        ("address", legal.address.as_str()),
        ("country", legal.country.as_str()),
        ("email", legal.email.as_str()),
    ];
    let who_gets_it = if model.is_some() { words.gets_model } else { words.gets_documents };
    let text = fill(&[words.who, words.kept, who_gets_it, words.rights_hint].join(" "), &facts);

    let mut details = vec![fill(words.controller, &facts)];
    if let Some(number) = &legal.company_number {
        details.push(fill(words.company_number, &[("number", number)]));
    }
    if let Some(phone) = &legal.phone {
        details.push(fill(words.legal_phone, &[("phone", phone)]));
    }
    details.push(fill(if model.is_some() { words.model } else { words.no_model }, &facts));
    if model.is_some() {
        let redacted = match dealer.redaction {
            Redaction::Strict => words.redacted_strictly,
            Redaction::Balanced => words.redacted,
            Redaction::Off => words.unredacted,
        };
        details.push(redacted.to_owned());
    }
    details.push(fill(words.operator, &facts));
    details.push(fill(words.deletion, &facts));
    if matches!(dealer.retention.action, Action::Anonymise) {
        details.push(words.counts.to_owned());
    }
    details.push(words.special.to_owned());
    details.push(words.age.to_owned());
    details.push(words.mistakes.to_owned());
    details.push(fill(words.rights, &facts));
    details.extend(dealer.notice_extra.clone());

    let sentences = [&[lang.to_owned(), text.clone()], details.as_slice()].concat();
    Notice { version: version(&sentences), lang: lang.to_owned(), text, details }
}

/// The consents that the form offers, each with its exact text (B-23).
fn consents(dealer: &Dealer, lang: &str) -> Vec<ConsentOption> {
    let words = words(lang);
    let option = |channel: &Channel| {
        let template = match channel {
            Channel::Email => words.consent_email,
            Channel::Sms => words.consent_sms,
            Channel::Phone => words.consent_phone,
            Channel::Post => words.consent_post,
        };
        let text = fill(template, &[("legal_name", &dealer.legal.name)]);
        ConsentOption {
            channel: *channel,
            version: version(&[lang.to_owned(), text.clone()]),
            text,
        }
    };
    dealer.marketing.iter().map(option).collect()
}

/// A short hash: other sentences, another version.
fn version(sentences: &[String]) -> String {
    let mut hash = Sha256::new();
    for sentence in sentences {
        hash.update((sentence.len() as u64).to_le_bytes());
        hash.update(sentence.as_bytes());
    }
    let digits = |byte: &u8| [byte >> 4, byte & 15].map(|digit| char::from_digit(digit.into(), 16));
    hash.finalize().iter().take(6).flat_map(digits).flatten().collect()
}

fn words(lang: &str) -> &'static Words {
    match lang {
        "de" => &de::WORDS,
        "ar" => &ar::WORDS,
        _ => &en::WORDS,
    }
}

#[cfg(test)]
mod tests;
