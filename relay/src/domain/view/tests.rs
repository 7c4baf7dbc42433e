//! What the visitor is told, held against what is in force.

use super::*;
use crate::{
    domain::{
        dealer::{DealerProvider, file::DealerFile},
        retention::{Bounds, RetentionPolicy},
    },
    limits::MAX_NOTICE_WORDS,
    random::SeededRandom,
};

fn dealer() -> Dealer {
    let text = include_str!("../dealer/file/harbour.toml");
    let file = DealerFile::read("dealer.toml", text, &Bounds::default()).unwrap();
    file.into_dealer(None, &SeededRandom::new(1))
}

fn recipients() -> Recipients {
    Recipients {
        models: vec![Recipient::Named("OpenAI".to_owned())],
        operator: "Forecourt Hosting Ltd".to_owned(),
        contact: "privacy@hosting.example".to_owned(),
    }
}

fn at(text: &str) -> Timestamp {
    Timestamp::from_millis(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
}

fn monday() -> Timestamp {
    at("2026-11-23T12:00:00Z")
}

#[test]
fn another_retention_is_another_sentence_and_another_version() {
    let mut dealer = dealer();
    for (lang, uk, eu) in [
        ("en", "12 months", "90 days"),
        ("de", "12 Monate", "90 Tage"),
        ("ar", "12 شهرًا", "90 يومًا"),
    ] {
        dealer.retention = RetentionPolicy::preset("uk-12m").unwrap();
        let before = notice(&dealer, lang, &recipients());
        dealer.retention = RetentionPolicy::preset("eu-90d").unwrap();
        let after = notice(&dealer, lang, &recipients());
        assert!(before.text.contains(uk), "{}", before.text);
        assert!(after.text.contains(eu) && !after.text.contains(uk), "{}", after.text);
        assert_ne!(before.version, after.version);
    }
}

#[test]
fn the_same_policy_is_the_same_version_at_any_time() {
    let (dealer, recipients) = (dealer(), recipients());
    let early = view(&dealer, "en", &recipients, monday());
    let late = view(&dealer, "en", &recipients, at("2026-12-06T02:00:00Z"));
    assert_eq!(early.notice, late.notice);
    assert_ne!(early.contact.open_now, late.contact.open_now);
}

#[test]
fn the_first_layer_has_at_most_sixty_words_with_the_longest_names() {
    let mut dealer = dealer();
    dealer.name = "One Two Three Four Five Six".to_owned();
    let several = ["Mistral AI", "OpenAI", "Anthropic", "llm.first.example", "llm.second.example"];
    let named = several.map(|name| Recipient::Named(name.to_owned())).to_vec();
    for models in [named, vec![Recipient::Operator]] {
        let long = Recipients {
            models,
            operator: "One Two Three Four Five Six".to_owned(),
            ..recipients()
        };
        for lang in LANGUAGES {
            let text = notice(&dealer, lang, &long).text;
            let words = text.split_whitespace().count();
            assert!(words <= MAX_NOTICE_WORDS, "{lang}: {words} words: {text}");
        }
    }
}

#[test]
fn the_first_layer_says_who_that_it_is_ai_how_long_and_who_gets_it() {
    let dealer = dealer();
    for lang in LANGUAGES {
        let notice = notice(&dealer, lang, &recipients());
        let ai = words(lang).ai.iter().any(|ai| notice.text.contains(ai));
        assert!(ai, "{}", notice.text);
        for needed in ["Harbour Cars", "OpenAI", "Forecourt Hosting Ltd", "12"] {
            assert!(notice.text.contains(needed), "{lang}: {needed}: {}", notice.text);
        }
        assert!(!notice.text.contains(['{', '}']), "{}", notice.text);
    }
}

#[test]
fn without_a_model_no_model_is_named() {
    let documents = Recipients { models: Vec::new(), ..recipients() };
    let notice = notice(&dealer(), "en", &documents);
    assert!(!notice.text.contains("generates"), "{}", notice.text);
    assert!(notice.details.iter().any(|line| line.contains("No language model")));
}

#[test]
fn a_dealer_whose_documents_answer_names_no_model_whatever_the_relay_asks() {
    let mut dealer = dealer();
    dealer.provider = DealerProvider::Documents;
    let told = notice(&dealer, "en", &recipients());
    let documents = notice(&dealer, "en", &Recipients { models: Vec::new(), ..recipients() });
    assert_eq!(told, documents);
}

#[test]
fn the_notice_says_what_is_taken_out_of_the_words_that_a_model_gets() {
    let mut dealer = dealer();
    for lang in LANGUAGES {
        let words = words(lang);
        let told = [
            (Redaction::Strict, words.redacted_strictly),
            (Redaction::Balanced, words.redacted),
            (Redaction::Off, words.unredacted),
        ];
        let mut versions = std::collections::BTreeSet::new();
        for (redaction, told) in told {
            dealer.redaction = redaction;
            let notice = notice(&dealer, lang, &recipients());
            assert!(notice.details.iter().any(|line| line == told), "{lang}: {told}");
            versions.insert(notice.version);
        }
        assert_eq!(versions.len(), 3, "each is another notice");
        let without = notice(&dealer, lang, &Recipients { models: Vec::new(), ..recipients() });
        assert!(!without.details.iter().any(|line| line == words.unredacted), "no model, no word");
    }
}

#[test]
fn a_model_on_the_operators_own_machines_is_the_operators() {
    for (lang, told) in [
        ("en", "Forecourt Hosting Ltd's own model generates"),
        ("de", "ein von Forecourt Hosting Ltd betriebenes Modell erzeugt"),
        ("ar", "نموذج تشغّله Forecourt Hosting Ltd"),
    ] {
        let own = Recipients { models: vec![Recipient::Operator], ..recipients() };
        let notice = notice(&dealer(), lang, &own);
        assert!(notice.text.contains(told), "{}", notice.text);
    }
}

#[test]
fn the_second_layer_has_its_duties_in_each_language() {
    let mut dealer = dealer();
    for lang in LANGUAGES {
        let words = words(lang);
        let details = notice(&dealer, lang, &recipients()).details;
        for duty in [words.special, words.age, words.mistakes] {
            assert!(details.iter().any(|line| line == duty), "{lang}: {duty}");
        }
        assert!(details.iter().any(|line| line.contains("privacy@harbour-cars.example")));
        assert!(details.iter().all(|line| !line.contains(['{', '}'])), "{details:?}");
        assert!(!details.iter().any(|line| line == words.counts));
    }
    dealer.retention.action = Action::Anonymise;
    let details = notice(&dealer, "en", &recipients()).details;
    assert!(details.iter().any(|line| line == words("en").counts));
}

#[test]
fn the_assistant_says_ai_in_each_language_whatever_the_dealer_calls_it() {
    let mut dealer = dealer();
    assert_eq!(assistant_name(&dealer, "en"), "AI assistant of Harbour Cars");
    assert_eq!(assistant_name(&dealer, "de"), "KI-Assistent von Harbour Cars");
    dealer.assistant = Some("Sam, AI assistant".to_owned());
    assert_eq!(assistant_name(&dealer, "en"), "Sam, AI assistant");
    assert_eq!(assistant_name(&dealer, "de"), "Sam, AI assistant (KI)");
    for lang in LANGUAGES {
        assert!(says(&assistant_name(&dealer, lang), words(lang).ai), "{lang}");
    }
}

#[test]
fn only_a_word_of_its_own_says_ai() {
    for yes in ["Sam, AI assistant", "AI", "KI-Assistent", "مساعد بالذكاء الاصطناعي"]
    {
        assert!(says_ai(yes), "{yes}");
    }
    for no in ["Sam", "MAIL", "Hawaii", "SKIP", "ai", "Sam from sales", ""] {
        assert!(!says_ai(no), "{no}");
    }
}

#[test]
fn the_language_is_the_dealers_own_that_fits_the_locale() {
    let mut dealer = dealer();
    assert_eq!(language(&dealer, "de-AT"), "de");
    assert_eq!(language(&dealer, "AR"), "ar");
    assert_eq!(language(&dealer, "fr"), "en");
    dealer.languages = vec!["de".to_owned()];
    assert_eq!(view(&dealer, "en-GB", &recipients(), monday()).notice.lang, "de");
}

#[test]
fn each_consent_names_the_controller_and_has_a_version_of_its_own() {
    let form = view(&dealer(), "en", &recipients(), monday()).lead_form;
    assert_eq!(form.consents.len(), 2);
    assert!(form.consents.iter().all(|consent| consent.text.contains("Harbour Cars Limited")));
    assert_ne!(form.consents[0].version, form.consents[1].version);
    let german = view(&dealer(), "de", &recipients(), monday()).lead_form;
    assert_ne!(form.consents[0].version, german.consents[0].version);
}

#[test]
fn the_hours_are_told_in_the_language_with_the_days_ahead_that_differ() {
    let dealer = dealer();
    let contact = view(&dealer, "en", &recipients(), monday()).contact;
    assert_eq!(
        contact.hours,
        ["Mon–Fri 09:00–18:00", "Sat 10:00–12:00, 13:00–16:00", "Sun closed"]
    );
    assert_eq!(contact.open_now, Some(true));
    assert_eq!(hours_lines(&dealer, "de", monday())[0], "Mo–Fr 09:00–18:00");
    let christmas = hours_lines(&dealer, "en", at("2026-12-20T12:00:00Z"));
    assert_eq!(christmas[3], "Fri 25 December closed");
}

#[test]
fn what_the_dealer_wrote_in_its_first_language_is_not_mixed_into_another() {
    let mut dealer = dealer();
    dealer.languages = vec!["en".to_owned(), "ar".to_owned()];
    dealer.greeting = Some("Ahoy!".to_owned());
    dealer.suggestions = vec!["Got boats?".to_owned()];
    let own = view(&dealer, "en-GB", &recipients(), monday());
    assert_eq!((own.greeting.as_str(), own.suggestions.len()), ("Ahoy!", 1));
    let other = view(&dealer, "ar", &recipients(), monday());
    assert!(other.greeting.contains("مرحبًا") && other.suggestions.is_empty());
}

#[test]
fn the_heading_names_the_dealer_once() {
    let mut dealer = dealer();
    dealer.assistant = None;
    let title = |dealer: &Dealer| page_words(&view(dealer, "en", &recipients(), monday())).title;
    assert_eq!(title(&dealer), format!("AI assistant of {}", dealer.name));
    dealer.assistant = Some("Sam, AI assistant".to_owned());
    assert_eq!(title(&dealer), format!("Sam, AI assistant of {}", dealer.name));
}

#[test]
fn whatever_the_browser_keeps_is_told_with_its_name() {
    for lang in LANGUAGES {
        let details = stored(lang).concat();
        for key in ["fc:open", "fc:session", "fc:outbox"] {
            assert!(details.contains(key), "{lang}: {key}");
        }
    }
}

#[test]
fn each_form_has_a_title_and_each_of_its_fields_words_in_the_language() {
    use protocol::lead::{FieldKind, LeadKind};

    let dealer = dealer();
    for lang in LANGUAGES {
        let form = view(&dealer, lang, &recipients(), monday()).lead_form;
        assert!(!form.choice.is_empty() && form.fields == dealer.form, "{lang}");
        assert_eq!(form.kinds[0].kind, LeadKind::Enquiry);
        assert_eq!(form.fields_of(LeadKind::Enquiry), dealer.form);
        for kind in &form.kinds {
            assert!(!kind.title.is_empty());
            for field in &kind.fields {
                let words = form.labels.iter().find(|words| words.kind == field.kind);
                assert!(words.is_some_and(|words| !words.label.is_empty()), "{lang} {kind:?}");
            }
        }
        for words in &form.labels {
            let any_will_do = words.kind.takes_words();
            assert_eq!(words.wrong.is_empty(), any_will_do, "{lang} {}", words.kind.name());
        }
    }
    let mileage = |dealer: &Dealer| {
        let form = view(dealer, "en", &recipients(), monday()).lead_form;
        form.labels.into_iter().find(|words| words.kind == FieldKind::Mileage).unwrap().label
    };
    assert!(mileage(&dealer).contains("miles"));
    let mut abroad = dealer.clone();
    abroad.country = "DE".to_owned();
    assert!(mileage(&abroad).contains("kilometres"));
    let mut alone = dealer;
    alone.forms.clear();
    let form = view(&alone, "en", &recipients(), monday()).lead_form;
    assert!(form.kinds.is_empty() && form.choice.is_empty());
    assert_eq!(form.labels.len(), form.fields.len());
}
