//! What the subset promises, by example and by property.

use proptest::prelude::*;

use super::*;

fn words(text: &str) -> Inline {
    Inline::Text(text.to_owned())
}

fn links(blocks: &[Block]) -> Vec<(String, String, Option<String>)> {
    fn walk(inlines: &[Inline], found: &mut Vec<(String, String, Option<String>)>) {
        for inline in inlines {
            match inline {
                Inline::Link { label, href, shows } => {
                    found.push((label.clone(), href.clone(), shows.clone()));
                }
                Inline::Strong(inner) | Inline::Em(inner) => walk(inner, found),
                _ => {}
            }
        }
    }
    let mut found = Vec::new();
    for block in blocks {
        match block {
            Block::Paragraph(inlines) => walk(inlines, &mut found),
            Block::List { items, .. } => items.iter().for_each(|i| walk(i, &mut found)),
            Block::Code(_) => {}
        }
    }
    found
}

#[test]
fn strong_and_emphasis_nest_and_loose_marks_stay_text() {
    let tree = parse("A **very *good* car** for 2 * 3 * 4 and a_b_c, 5*3*2, **open");
    assert_eq!(
        tree,
        [Block::Paragraph(vec![
            words("A "),
            Inline::Strong(vec![words("very "), Inline::Em(vec![words("good")]), words(" car")]),
            words(" for 2 * 3 * 4 and a_b_c, 5*3*2, **open"),
        ])]
    );
    assert_eq!(
        parse("***both***"),
        [Block::Paragraph(vec![Inline::Strong(vec![Inline::Em(vec![words("both")])])])]
    );
}

#[test]
fn marks_that_cross_are_closed_by_the_outer_one() {
    assert_eq!(
        parse("**a *b** c*"),
        [Block::Paragraph(vec![Inline::Strong(vec![words("a *b")]), words(" c*")])]
    );
}

#[test]
fn lists_are_read_with_their_first_number_and_blank_lines_between_items() {
    let tree = parse("We have:\n- red\n\n- blue\n  and green\n\n3. three\n4) four\n\nBye");
    let Block::List { first, items } = &tree[1] else { panic!("the second block is a list") };
    assert_eq!((*first, items.len()), (None, 2));
    assert_eq!(items[1], [words("blue"), Inline::Break, words("and green")]);
    let Block::List { first, items } = &tree[2] else { panic!("the third block is a list") };
    assert_eq!((*first, items.len()), (Some(3), 2));
    assert_eq!(tree[3], Block::Paragraph(vec![words("Bye")]));
}

#[test]
fn an_image_becomes_its_alternative_text_and_html_stays_text() {
    let tree = parse("![a red car](https://evil.example/x.png)<img src=x onerror=alert(1)>");
    assert_eq!(tree, [Block::Paragraph(vec![words("a red car<img src=x onerror=alert(1)>")])]);
}

#[test]
fn a_link_shows_its_host_where_the_label_hides_it() {
    let found = links(&parse(
        "[Our stock](https://cars.example/stock) [cars.example](https://cars.example) \
         [call](tel:+441314960123) [mail](mailto:a@b.example?bcc=x@y.example) https://cars.example/a_b.",
    ));
    let shows: Vec<Option<&str>> = found.iter().map(|l| l.2.as_deref()).collect();
    assert_eq!(
        shows,
        [Some("cars.example"), None, Some("+441314960123"), Some("a@b.example"), None]
    );
    let deceptive = links(&parse(
        "[0131 496 0123](tel:+449098790000) [cars.example](https://cars.example.evil.example)",
    ));
    assert!(deceptive.iter().all(|link| link.2.is_some()));
    let same =
        links(&parse("[0131 496 0123](tel:+441314960123) [Golf](https://w.example/Golf_(car))"));
    assert_eq!((same[0].2.clone(), same[1].1.as_str()), (None, "https://w.example/Golf_(car)"));
    assert_eq!(found[3].1, "mailto:a@b.example");
    assert_eq!(found[4].0, "cars.example/a_b");
}

#[test]
fn an_address_that_could_do_harm_is_no_link() {
    for bad in [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "//cars.example",
        "/path",
        "https:cars.example",
        "https://bank.example@evil.example/",
        "https://",
        "https://b\u{e4}nk.example",
        "java\tscript:alert(1)",
        "mailto:",
        "tel:abc",
        "file:///etc/passwd",
        "blob:https://x.example/1",
    ] {
        let text = ["[press](", bad, ")"].concat();
        assert!(links(&parse(&text)).is_empty(), "{bad}");
    }
}

#[test]
fn a_screen_reader_hears_words_and_no_marks_or_addresses() {
    let tree =
        parse("# Stock\n**Two** cars, from £15,495:\n- [Golf](https://c.example/g)\n- `Polo`!");
    assert_eq!(plain_text(&tree), "Stock\nTwo cars, from £15,495:\nGolf.\nPolo!");
}

#[test]
fn a_fence_keeps_its_lines_and_an_open_one_ends_with_the_text() {
    assert_eq!(parse("```\n**a**\n  b\n```"), [Block::Code("**a**\n  b".to_owned())]);
    assert_eq!(parse("```rust\nx"), [Block::Code("x".to_owned())]);
    assert_eq!(plain_text(&parse("```one line```")), "``one line``");
}

/// A reader that looks ahead again for each opener would need hours for these.
#[test]
fn a_megabyte_of_openers_is_read_in_one_pass() {
    for piece in
        ["[", "![", "[]", "**a ", "*", "`", "``", "[a](", "_a", "](", "1. ", "https://", "h", "\\"]
    {
        let text = ["a ", &piece.repeat(1_000_000 / piece.len())].concat();
        assert!(!parse(&text).is_empty(), "{piece}");
    }
}

#[test]
fn what_turns_the_direction_of_words_is_left_out_and_the_marks_of_arabic_stay() {
    let text = "[\u{202e}moc.knab\u{2066}](https://evil.example) a\u{200f}b `c\u{202c}`";
    assert_eq!(plain_text(&parse(text)), "moc.knab a\u{200f}b c");
    assert_eq!(links(&parse(text))[0].2.as_deref(), Some("evil.example"));
}

proptest! {
    #[test]
    fn any_text_is_read_and_no_link_has_another_scheme(text in "\\PC{0,400}") {
        for (_, href, _) in links(&parse(&text)) {
            prop_assert!(["https://", "http://", "mailto:", "tel:"].iter().any(|s| href.starts_with(s)));
        }
    }

    #[test]
    fn any_mixture_of_marks_is_read_and_no_link_has_another_scheme(
        pieces in proptest::collection::vec(
            prop_oneof![
                Just("["), Just("]"), Just("("), Just(")"), Just("!"), Just("*"), Just("**"), Just("_"),
                Just("`"), Just("```"), Just("\n"), Just("- "), Just("1. "), Just("javascript:"),
                Just("https://a.example"), Just("tel:"), Just("mailto:"), Just(" "), Just("\\"), Just("é"),
            ],
            0..200,
        )
    ) {
        let text = pieces.concat();
        for (_, href, _) in links(&parse(&text)) {
            prop_assert!(["https://", "http://", "mailto:", "tel:"].iter().any(|s| href.starts_with(s)));
        }
    }

    #[test]
    fn plain_words_come_out_as_they_went_in(text in "[a-zA-Zäöü][a-zA-Z0-9 .,;?äöüßéع£€]{0,200}") {
        let once = plain_text(&parse(&text));
        prop_assert_eq!(&once, text.trim());
        prop_assert_eq!(plain_text(&parse(&once)), once);
    }

    #[test]
    fn no_word_is_lost(words in proptest::collection::vec("[a-z]{1,8}", 0..40), marks in proptest::collection::vec(0usize..6, 40)) {
        let mut text = String::new();
        for (word, mark) in words.iter().zip(&marks) {
            let mark = ["", "*", "**", "_", "`", "\n- "][*mark];
            text.push_str(mark);
            text.push_str(word);
            text.push(' ');
        }
        let plain = plain_text(&parse(&text));
        for word in &words {
            prop_assert!(plain.contains(word.as_str()));
        }
    }
}
