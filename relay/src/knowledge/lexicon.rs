//! What a language adds to tokens: stems, words that say nothing, and words that mean the same in
//! the trade. Pure.

use std::{collections::HashMap, collections::HashSet};

use rust_stemmers::{Algorithm, Stemmer};

use crate::knowledge::words::{Token, tokens};

/// Words that stand in most questions and in most answers.
const STOP_EN: &str = "a about again all also am an and any anyone anything are as at be because been being both but by can cannot could couldn did do does doesn doing don done down else for from get give go got had has have having he hello help here hey hi how i if in into is isn it its just kind know let like ll m may me might more most much my need no not now of off oh ok okay on one only or other our out over please possible really s she should so some something sort t tell than thank thanks that the their them then there these they thing this those to too up us ve very want was we well were what whats when which while who why will with would wouldn yes you your yours looking question wondering sell offer";

const STOP_DE: &str = "ab aber alle allem allen aller alles als also am an auch auf aus bei beim bin bis bist bitte da damit danke dann das dass dein dem den denn der des dich die dies diese diesem diesen dieser dieses dir doch du durch ein eine einem einen einer eines er es etwas euch euer eure fur gabe ganz geben gehen gern gerne gibt guten hab habe haben hallo hat hatte hatten hier ich ihm ihn ihnen ihr ihre ihrem ihren ihrer im in ins irgendwie ist ja kann kannst kein keine keinen konnen konnt konnte konnten los mal man mehr mein meine meinem meinen meiner mich mir mit mochte mochten muss mussen nach nein nicht noch nun nur ob oder ohne mache machen macht bekomme bekommen bekommt brauche schon sehr sei sein seine sich sie sind so sollte tag uber um und uns unser unsere unter vom von vor war ware warum was weil welche welchem welchen welcher welches wenn wer werden wie wieso will wir wird wissen wo wollen wurde wurden zu zum zur bieten biete verkauft verkaufen frage";

const STOP_AR: &str = "في من على الى إلى عن ما ماذا هل هو هي هم انا أنا انت أنت نحن هذا هذه ذلك تلك التي الذي كم كيف متى اين أين لماذا لا نعم مع او أو و ثم اذا إذا كان كانت يكون تكون لي لك لكم لنا لديكم عندكم لدي عندي اريد أريد ارجو أرجو من فضلك شكرا مرحبا السلام عليكم يمكن يمكنني يمكنكم هناك أي اي كل بعض قد ان أن إن لو يا";

/// Words that mean the same to a buyer: the first stands for all. Phrases of two words are joined
/// by a space. Only what is the same in substance: a guarantee by law and one by contract are not.
const SAME_EN: &[&[&str]] = &[
    &["part exchange", "trade in", "px", "part ex", "trade my", "swap my"],
    &["warranty", "guarantee", "guaranteed"],
    &["hours", "open", "opening", "close", "closed", "opens", "closes"],
    &["price", "cost", "costs", "priced", "expensive"],
    &["mileage", "miles", "kilometres", "km"],
    &["electric", "ev", "bev"],
    &["automatic", "auto"],
    &["manual", "stick"],
    &["finance", "financing", "pcp", "loan", "credit", "lease"],
    &["reserve", "reservation", "hold"],
    &["return", "refund", "bring back", "give back", "money back"],
    &["deliver", "delivery", "ship"],
    &["address", "located", "location", "directions", "where"],
    &["phone", "telephone", "call", "ring"],
    &["estate", "wagon"],
    &["boot", "trunk"],
    &["petrol", "gasoline"],
    &["roadworthiness", "mot"],
    &["service", "servicing", "serviced", "maintenance"],
    &["range", "charge"],
    &["bank holiday", "public holiday", "christmas", "easter"],
];

const SAME_DE: &[&[&str]] = &[
    &["inzahlungnahme", "in zahlung", "eintauschen", "altwagen", "ankauf"],
    &[
        "öffnungszeiten",
        "geöffnet",
        "offen",
        "geschlossen",
        "auf haben",
        "aufhaben",
        "öffnen",
        "schließen",
    ],
    &["probefahrt", "probefahren", "probe fahren", "testfahrt"],
    &["preis", "kosten", "kostet", "teuer", "preise"],
    &["laufleistung", "kilometerstand", "kilometer", "km", "gelaufen"],
    &["elektro", "elektrisch", "elektroauto", "e auto", "stromer"],
    &["automatik", "automatikgetriebe"],
    &["schaltgetriebe", "handschaltung", "schalter"],
    &["finanzierung", "finanzieren", "kredit", "raten", "ratenzahlung", "leasing"],
    &["reservieren", "reservierung", "zurücklegen"],
    &["rückgabe", "zurückgeben", "umtausch", "widerruf"],
    &["lieferung", "liefern", "anlieferung", "geliefert"],
    &["adresse", "anschrift", "standort", "anfahrt"],
    &["telefon", "telefonnummer", "anrufen"],
    &["kombi", "variant", "touring", "avant"],
    &["hauptuntersuchung", "tüv", "hu"],
    &["wartung", "inspektion", "service"],
];

const SAME_AR: &[&[&str]] = &[
    &["ضمان", "كفالة"],
    &["سعر", "تكلفة", "ثمن", "بكم"],
    &["ساعات", "دوام", "مواعيد", "تفتحون", "مفتوح", "تغلقون"],
    &["تمويل", "تقسيط", "قرض", "أقساط"],
    &["استبدال", "مقايضة"],
    &["توصيل", "تسليم"],
    &["عنوان", "موقع"],
    &["هاتف", "تلفون", "رقم"],
];

/// What texts on finance hold, in each language: they are found by it and not by a visitor's words.
pub const FINANCE: [&str; 3] = ["finance", "Finanzierung", "تمويل"];

/// A token as it is looked up.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Term {
    /// The stem, the number or the joined name.
    pub text: String,
    /// Whether a text that doesn't hold it misses something; joined names only help.
    pub counts: bool,
}

/// A language, ready to read texts.
pub struct Lexicon {
    language: String,
    stemmer: Option<Stemmer>,
    stop: HashSet<String>,
    /// From the stems of one or two words to the stem that stands for them.
    same: HashMap<String, String>,
}

/// Prints the language.
impl std::fmt::Debug for Lexicon {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Lexicon").field(&self.language).finish()
    }
}

/// The language of a BCP 47 tag, without its region: `de-AT` is `de`.
pub fn base(tag: &str) -> String {
    let base = tag.split(['-', '_']).next().unwrap_or_default();
    base.chars().take(8).collect::<String>().to_ascii_lowercase()
}

impl Lexicon {
    /// The lexicon of a BCP 47 tag; an unknown language has no stems and no stop words.
    pub fn of(tag: &str) -> Self {
        let language = base(tag);
        let (stop, same): (&str, &[&[&str]]) = match language.as_str() {
            "en" => (STOP_EN, SAME_EN),
            "de" => (STOP_DE, SAME_DE),
            "ar" => (STOP_AR, SAME_AR),
            _ => ("", &[]),
        };
        let stemmer = algorithm(&language).map(Stemmer::create);
        let mut lexicon = Self { language, stemmer, stop: HashSet::new(), same: HashMap::new() };
        lexicon.stop = lexicon.plain_words(stop).into_iter().collect();
        for group in same {
            let Some((first, others)) = group.split_first() else { continue };
            let first = lexicon.phrase(first);
            for other in others {
                let other = lexicon.phrase(other);
                if other != first {
                    lexicon.same.insert(other, first.clone());
                }
            }
        }
        lexicon
    }

    /// The terms of a text, in their order.
    pub fn terms(&self, text: &str) -> Vec<Term> {
        let mut words: Vec<Term> = Vec::new();
        for token in tokens(text, &self.language) {
            match token {
                Token::Joined(text) => words.push(Term { text, counts: false }),
                Token::Word(word) => {
                    let stem = self.stem(&word);
                    let before = words.iter().rposition(|term| term.counts);
                    let pair = before.map(|at| (at, format!("{} {stem}", words[at].text)));
                    match pair.and_then(|(at, pair)| Some((at, self.same.get(&pair)?))) {
                        // Two words that mean one: the first of them is not a word of its own.
                        Some((at, same)) => words[at].text.clone_from(same),
                        None => words.push(Term { text: stem, counts: true }),
                    }
                }
            }
        }
        let mut terms = Vec::with_capacity(words.len());
        for term in words {
            let text = self.same.get(&term.text).unwrap_or(&term.text);
            // A phrase stands for its words.
            for text in text.split(' ').filter(|text| !self.stop.contains(*text)) {
                terms.push(Term { text: text.to_owned(), counts: term.counts });
            }
        }
        terms
    }

    /// The stem of a folded word.
    fn stem(&self, word: &str) -> String {
        let has_digit = word.chars().any(|c| c.is_ascii_digit());
        match &self.stemmer {
            _ if self.language == "ar" => stem_arabic(word).to_owned(),
            Some(stemmer) if !has_digit => stemmer.stem(word).into_owned(),
            _ => word.to_owned(),
        }
    }

    fn plain_words(&self, text: &str) -> Vec<String> {
        let words = tokens(text, &self.language).into_iter();
        words
            .filter_map(
                |token| if let Token::Word(word) = token { Some(self.stem(&word)) } else { None },
            )
            .collect()
    }

    fn phrase(&self, text: &str) -> String {
        self.plain_words(text).join(" ")
    }
}

/// An Arabic word without article and endings. The stemmer of the crate takes the end of "ضمان" for
/// an ending after the article only, so that a word and the word with its article differ.
fn stem_arabic(word: &str) -> &str {
    let long = |rest: &&str| 3 <= rest.chars().count();
    let prefixes = ["وال", "بال", "كال", "فال", "لل", "ال", "و"];
    let word =
        prefixes.iter().find_map(|prefix| word.strip_prefix(prefix).filter(long)).unwrap_or(word);
    let suffixes = ["ها", "ان", "ات", "ون", "ين", "يه", "كم", "ه", "ي"];
    suffixes.iter().find_map(|suffix| word.strip_suffix(suffix).filter(long)).unwrap_or(word)
}

fn algorithm(language: &str) -> Option<Algorithm> {
    Some(match language {
        "da" => Algorithm::Danish,
        "de" => Algorithm::German,
        "en" => Algorithm::English,
        "es" => Algorithm::Spanish,
        "fi" => Algorithm::Finnish,
        "fr" => Algorithm::French,
        "it" => Algorithm::Italian,
        "nl" => Algorithm::Dutch,
        "no" | "nb" | "nn" => Algorithm::Norwegian,
        "pt" => Algorithm::Portuguese,
        "ro" => Algorithm::Romanian,
        "ru" => Algorithm::Russian,
        "sv" => Algorithm::Swedish,
        "tr" => Algorithm::Turkish,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(language: &str, text: &str) -> Vec<String> {
        Lexicon::of(language).terms(text).into_iter().map(|term| term.text).collect()
    }

    #[test]
    fn stems_make_forms_of_a_word_one() {
        assert_eq!(texts("en-GB", "warranties"), texts("en", "warranty"));
        assert_eq!(texts("de", "Garantien"), texts("de", "Garantie"));
        assert_eq!(texts("ar", "الضمان"), texts("ar", "ضمان"));
    }

    #[test]
    fn what_means_the_same_reads_the_same() {
        assert_eq!(texts("en", "trade-in"), texts("en", "part exchange"));
        assert_eq!(
            texts("en", "Can I trade in my old Golf"),
            texts("en", "part exchange old golf")
        );
        assert_eq!(texts("de", "in Zahlung"), texts("de", "Inzahlungnahme"));
        assert_eq!(texts("de", "Wann habt ihr geöffnet"), texts("de", "wann habt öffnungszeiten"));
    }

    #[test]
    fn words_that_say_nothing_fall_away() {
        assert!(texts("en", "Hello, what would you like to know?").is_empty());
        assert!(texts("de", "Hallo, was können Sie für mich").is_empty());
    }

    #[test]
    fn an_unknown_language_still_finds_its_words() {
        assert_eq!(texts("xx", "Foo bar"), ["foo", "bar"]);
    }
}
