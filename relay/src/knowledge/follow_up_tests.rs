//! Golden questions that follow another one, over the demo dealer's documents.

use super::{golden_tests::documents, *};

/// A question, the one that follows it, and what that one finds.
const FOLLOW_UPS: &[(&str, &str, Option<&str>)] = &[
    ("Has the Golf had previous owners?", "And how many miles?", Some("Volkswagen Golf")),
    ("What does the warranty cover?", "And the tyres?", Some("12-month warranty")),
    ("Do you take part exchange?", "Why not?", Some("part exchange")),
    // What the documents don't know is not answered by what was asked before.
    ("What does the warranty cover?", "What is the capital of Mongolia?", None),
    ("Has the Golf had previous owners?", "Do you sell motorcycles?", None),
    ("How much is the Volkswagen Golf?", "Is there a towbar?", None),
];

#[test]
fn a_follow_up_finds_what_it_is_about_and_not_the_answer_before_it() {
    let index = Index::new(&documents(), "en");
    let mut misled = 0;
    for (before, latest, wanted) in FOLLOW_UPS {
        let together = index.find(&format!("{before}\n{latest}"), 1);
        misled += usize::from(wanted.is_none() && !together.is_empty());
        let found = index.find_after(before, latest, 3);
        let titles: Vec<&str> = found.iter().map(|found| found.source.title.as_str()).collect();
        match wanted {
            Some(wanted) => {
                let fits = |passage: &Passage| {
                    passage.text.contains(wanted) || passage.source.title.contains(wanted)
                };
                assert!(found.first().is_some_and(fits), "{latest}: {titles:?}");
            }
            None => assert!(found.is_empty(), "{latest}: {titles:?}"),
        }
    }
    // The control: the two questions looked up as one.
    assert!(2 <= misled, "{misled}");
}
