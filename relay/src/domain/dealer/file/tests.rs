//! Bad files, each with the sentence that its writer gets.

mod forms;

mod deliver;

use super::*;
use crate::{clock::Timestamp, domain::target::TargetChannel};
use crate::{random::SeededRandom, redact::Redaction};

const HARBOUR: &str = include_str!("harbour.toml");

fn read(text: &str) -> Result<DealerFile, Problems> {
    DealerFile::read("dealer.toml", text, &Bounds::default())
}

/// The whole file with one piece of it changed.
fn changed(from: &str, to: &str) -> String {
    assert!(HARBOUR.contains(from), "{from}");
    HARBOUR.replacen(from, to, 1)
}

fn problem(from: &str, to: &str) -> String {
    match read(&changed(from, to)) {
        Ok(_) => panic!("{from} as {to} should be refused"),
        Err(problems) => problems.to_string(),
    }
}

#[test]
fn a_whole_file_becomes_a_dealer() {
    let file = read(HARBOUR).unwrap();
    assert_eq!(file.documents.as_ref().unwrap().path, std::path::Path::new("documents"));
    let dealer = file.into_dealer(None, &SeededRandom::new(1));
    assert_eq!(dealer.sites[0].key.as_str(), "site_harbour-cars");
    assert_eq!(dealer.retention.period.to_string(), "P12M");
    assert_eq!(dealer.theme.on_accent.as_deref(), Some("#ffffff"));
    assert!(dealer.form[0].required && !dealer.form[1].required);
    let kept = serde_json::to_string(&dealer).unwrap();
    assert_eq!(serde_json::from_str::<Dealer>(&kept).unwrap(), dealer);
}

#[test]
fn a_next_version_keeps_the_ids_and_the_keys_that_it_does_not_name() {
    let nameless = changed("key = \"site_harbour-cars\"\n", "");
    let first = read(&nameless).unwrap().into_dealer(None, &SeededRandom::new(1));
    let again = read(&nameless).unwrap().into_dealer(Some(&first), &SeededRandom::new(2));
    assert_eq!((&again.id, &again.sites), (&first.id, &first.sites));
    let other = read(&nameless).unwrap().into_dealer(None, &SeededRandom::new(2));
    assert_ne!(other.sites[0].key, first.sites[0].key);
}

/// What is changed, to what, and what is told then.
const BAD: &[(&str, &str, &str)] = &[
    (
        "name = \"Harbour Cars\"",
        "nam = \"x\"",
        "dealer.toml:2:1: `nam` is not a known key. Did you mean `name`?",
    ),
    ("[contact]", "phone = \"a\\nb\"\n[contact]", "`legal.phone` has a line break"),
    (
        "[lead_form]",
        "[llm]\nprovider = \"openai\"\n[lead_form]",
        "`llm.provider` is \"openai\", which a dealer can't choose. Write \"documents\", or \"relay\"",
    ),
    ("\"Harbour Cars\"", "\"A B C D E F G\"", "dealer.toml:2:8: `name` has more than 6 words"),
    (
        "\"ar\"]",
        "\"fr\"]",
        "dealer.toml:3:26: `languages` has \"fr\", for which there are no texts. Choose from en, de, ar",
    ),
    (
        "\"GB\"",
        "\"UK\"",
        "dealer.toml:4:11: `country` is \"UK\", which is no country's code. Did you mean \"GB\"?",
    ),
    (
        "\"Europe/London\"",
        "\"Europe/Londn\"",
        "dealer.toml:5:12: `timezone` is \"Europe/Londn\", which is no known time zone. Did you mean \"Europe/London\"?",
    ),
    (
        "\"https://www.harbour-cars.example/privacy\"",
        "\"http://harbour.example/privacy\"",
        "dealer.toml:6:15: `privacy_url` is not https. Use https://",
    ),
    (
        "\"https://www.harbour-cars.example/privacy\"",
        "\"privacy.html\"",
        "`privacy_url` has no scheme",
    ),
    (
        "privacy_url = \"https://www.harbour-cars.example/privacy\"",
        "",
        "`privacy_url` is missing. Write the address of the dealer's own privacy policy",
    ),
    (
        "\"When are you open?\", ",
        "\"1\", \"2\", \"3\", \"4\", ",
        "`suggestions` has more than 4 suggestions",
    ),
    ("\"When are you open?\"", "\"\"", "`suggestions` has an empty or too long suggestion"),
    (
        "\"privacy@harbour-cars.example\"",
        "\"privacy\"",
        "dealer.toml:14:9: `legal.email` is not an e-mail address",
    ),
    (
        "address = \"1 Quay Street, Harbourtown\"",
        "",
        "dealer.toml:10:1: `legal.address` is missing",
    ),
    (
        "phone = \"0131 496 0123\"\nemail = \"sales@harbour-cars.example\"",
        "",
        "`contact` has neither phone nor email",
    ),
    (
        "\"site_harbour-cars\"",
        "\"Harbour\"",
        "dealer.toml:22:7: `sites.key` is not a site key. Write site_ and 4 to 40",
    ),
    (
        "\"https://www.harbour-cars.example\",",
        "\"https://www.harbour-cars.example/\",",
        "dealer.toml:24:12: `sites.origins` has \"https://www.harbour-cars.example/\", which has a path, and an origin has none",
    ),
    (
        "\"https://www.harbour-cars.example\",",
        "\"http://www.harbour-cars.example\",",
        "which is not https",
    ),
    (
        "\"https://www.harbour-cars.example\",",
        "\"https://*.example\",",
        "wildcards are not allowed",
    ),
    (
        "\"#0b5c7a\"",
        "\"teal\"",
        "dealer.toml:27:10: `theme.accent` is not a colour. Write six hexadecimal digits",
    ),
    ("\"#0b5c7a\"", "\"#0b5c7a\"\non_accent = \"#333333\"", "`theme.on_accent` has a contrast of"),
    (
        "mon = \"09:00-18:00\"",
        "mon = \"9-18\"",
        "dealer.toml:30:7: `hours.mon` has \"9\", which is not a time. Write \"09:00-18:00\"",
    ),
    ("mon = \"09:00-18:00\"", "monday = \"09:00-18:00\"", "`hours.monday` is not a known key"),
    ("\"2026-12-25\"", "\"25.12.2026\"", "has the day \"25.12.2026\", which is no date"),
    (
        "\"name!\"",
        "\"nmae!\"",
        "`lead_form.fields` has the unknown field \"nmae\". Did you mean \"name\"?",
    ),
    (
        "\"email\", \"phone\", \"interest\"",
        "\"interest\"",
        "`lead_form` asks for neither email nor phone",
    ),
    (
        "marketing = [",
        "kinds = [\"test_drive\"]\nmarketing = [",
        "dealer.toml:42:9: `lead_form.kinds` leaves out \"enquiry\". Add it",
    ),
    (
        "marketing = [",
        "kinds = [\"enquiry\", \"test_drve\"]\nmarketing = [",
        "`lead_form.kinds` has the unknown kind \"test_drve\". Did you mean \"test_drive\"?",
    ),
    (
        "marketing = [",
        "kinds = [\"enquiry\", \"service\", \"service\"]\nmarketing = [",
        "`lead_form.kinds` has \"service\" twice. Keep one of them",
    ),
    (
        "[retention]",
        "[lead_form.service]\nfields = [\"phone\"]\n[retention]",
        "`lead_form.service` is a form that is not offered. Add \"service\" to lead_form.kinds, or remove the form",
    ),
    (
        "[retention]",
        "[lead_form.test_drive]\nfields = [\"day\"]\n[retention]",
        "`lead_form.test_drive` asks for neither email nor phone",
    ),
    (
        "[retention]",
        "[lead_form.test_drive]\nfields = [\"phone\", \"dya\"]\n[retention]",
        "`lead_form.test_drive.fields` has the unknown field \"dya\". Did you mean \"day\"?",
    ),
    (
        "[\"email\", \"phone\"]\n\n[retention]",
        "[\"fax\"]\n\n[retention]",
        "`lead_form.marketing` has the unknown channel \"fax\"",
    ),
    (
        "\"uk-12m\"",
        "\"uk-24m\"",
        "`retention.preset` is \"uk-24m\", which is no preset. Use \"uk-12m\" or \"eu-90d\"",
    ),
    (
        "preset = \"uk-12m\"",
        "period = \"P24M\"",
        "`retention.period` is refused: P24M is longer than the operator allows: choose P12M or less",
    ),
    (
        "preset = \"uk-12m\"",
        "period = \"a year\"",
        "`retention.period` is wrong: `a year` is not a period",
    ),
    (
        "preset = \"uk-12m\"",
        "period = \"P30D\"\naction = \"hide\"",
        "`retention.action` is neither delete nor anonymise",
    ),
    (
        "preset = \"uk-12m\"",
        "preset = \"uk-12m\"\nperiod = \"P30D\"",
        "`retention.preset` stands beside a period",
    ),
    (
        "documents = \"documents\"",
        "assistant = \"Sam\"",
        "`assistant` does not say that it is an AI",
    ),
    ("documents = \"documents\"", "greeting = \"a\\nb\"", "`greeting` has a line break"),
    ("documents = \"documents\"", "status = \"off\"", "`status` is neither active nor paused"),
    (
        "[retention]",
        "[llm]\ntokens_per_day = \"many\"\n[retention]",
        "`llm.tokens_per_day` is a text, not a whole number",
    ),
    (
        "[retention]",
        "[llm]\nredaction = \"stict\"\n[retention]",
        "dealer.toml:45:13: `llm.redaction` is \"stict\", which is no way to redact. Did you mean \"strict\"?",
    ),
    (
        "[retention]",
        "[llm]\nredaction = \"everything\"\n[retention]",
        "Write \"strict\", \"balanced\" or \"off\"",
    ),
    ("languages = [", "languages = ", "is not TOML"),
];

#[test]
fn each_bad_value_is_told_with_its_place_and_its_remedy() {
    for (from, to, told) in BAD {
        let found = problem(from, to);
        assert!(found.contains(told), "{from} as {to}\nshould tell: {told}\nbut tells: {found}");
    }
}

#[test]
fn without_a_word_on_retention_the_preset_of_the_law_holds() {
    let period = |text: &str| {
        let dealer = read(text).unwrap().into_dealer(None, &SeededRandom::new(1));
        dealer.retention.period.to_string()
    };
    let silent = changed("[retention]\npreset = \"uk-12m\"", "");
    assert_eq!(period(&silent), "P12M");
    assert_eq!(period(&silent.replace("\"GB\"", "\"DE\"")), "P90D");
}

#[test]
fn without_a_word_on_redaction_it_is_balanced_in_a_file_and_in_an_old_row() {
    let redaction = |text: &str| {
        let dealer = read(text).unwrap().into_dealer(None, &SeededRandom::new(1));
        dealer.redaction
    };
    assert_eq!(redaction(HARBOUR), Redaction::Balanced);
    for mode in Redaction::ALL {
        let llm = format!("[llm]\nredaction = \"{}\"\n[retention]", mode.name());
        assert_eq!(redaction(&changed("[retention]", &llm)), mode);
    }
    let dealer = read(HARBOUR).unwrap().into_dealer(None, &SeededRandom::new(1));
    let mut row = serde_json::to_value(&dealer).unwrap();
    assert!(row.as_object_mut().unwrap().remove("redaction").is_some());
    assert_eq!(serde_json::from_value::<Dealer>(row).unwrap(), dealer);
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let text =
        changed("\"GB\"", "\"UK\"").replace("\"#0b5c7a\"", "\"teal\"").replace("uk-12m", "no");
    let problems = read(&text).unwrap_err();
    let keys: Vec<_> = problems.0.iter().map(|problem| problem.key.as_str()).collect();
    assert_eq!(keys, ["country", "theme.accent", "retention.preset"]);
}

#[test]
fn an_empty_file_is_told_each_key_that_it_needs() {
    let problems = read("").unwrap_err().to_string();
    for key in ["name", "country", "privacy_url", "legal.name", "sites"] {
        assert!(problems.contains(&format!("`{key}`")), "{key}: {problems}");
    }
}

#[test]
fn the_example_is_right_with_and_without_what_may_be_left_out() {
    let example = include_str!("../../../../../examples/dealer.toml");
    let lines = example.lines().map(|line| line.strip_prefix("#: ").unwrap_or(line));
    let all = lines.collect::<Vec<_>>().join("\n");
    for text in [example, all.as_str()] {
        read(text).unwrap_or_else(|problems| panic!("{problems}"));
    }
    for key in [
        "suggestions",
        "greeting",
        "assistant",
        "status",
        "on_accent",
        "extra",
        "tokens_per_day",
        "redaction",
    ] {
        assert!(all.contains(&format!("\n{key} = ")), "{key}");
    }
}
