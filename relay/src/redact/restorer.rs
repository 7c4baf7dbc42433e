//! The way back: where a model's answer names a placeholder of its prompt, the visitor reads the value.

use super::Originals;

/// No placeholder has more bytes.
const LONGEST: usize = 32;

/// Puts the values back into an answer that comes in pieces. A placeholder may be cut in two, so its
/// beginning waits for the rest; no other word does.
#[derive(Debug)]
pub struct Restorer {
    originals: Originals,
    /// What may be the beginning of a placeholder.
    held: String,
    /// The last two characters that went out.
    last: [char; 2],
    /// Whether the word that is going out is the address of a link.
    is_link: bool,
}

impl Restorer {
    /// One for an answer to the prompt with these.
    pub fn new(originals: Originals) -> Self {
        Self { originals, held: String::new(), last: [' '; 2], is_link: false }
    }

    /// The next piece, as the visitor sees it; empty where it only may begin a placeholder.
    pub fn push(&mut self, piece: String) -> String {
        if self.originals.is_empty() {
            return piece;
        }
        let text = std::mem::take(&mut self.held) + &piece;
        let mut out = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some(at) = rest.find('[') {
            self.pass(&rest[..at], &mut out);
            rest = &rest[at..];
            if self.originals.may_begin_with(rest) {
                rest.clone_into(&mut self.held);
                return out;
            }
            let mut head = rest.bytes().take(LONGEST);
            let end = head.position(|byte| byte == b']').map_or(1, |end| end + 1);
            match self.originals.value(&rest[..end]) {
                // An address that leads elsewhere would tell it there.
                Some(value) if !self.is_link => {
                    out.push_str(value);
                    self.last = [' '; 2];
                    rest = &rest[end..];
                }
                _ => {
                    self.pass("[", &mut out);
                    rest = &rest[1..];
                }
            }
        }
        self.pass(rest, &mut out);
        out
    }

    /// What is still held, at the end.
    pub fn finish(&mut self) -> String {
        std::mem::take(&mut self.held)
    }

    fn pass(&mut self, text: &str, out: &mut String) {
        out.push_str(text);
        for c in text.chars() {
            self.is_link = !c.is_whitespace()
                && (self.is_link
                    || (self.last[1], c) == (']', '(')
                    || (self.last, c) == ([':', '/'], '/'));
            self.last = [self.last[1], c];
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::redact::kind::Kind;

    fn restorer() -> Restorer {
        let mut originals = Originals::default();
        originals.placeholder(Kind::Email, "jo@example.org");
        for n in 0..12 {
            originals.placeholder(Kind::Phone, &format!("0131 496 01{n:02}"));
        }
        Restorer::new(originals)
    }

    fn whole(pieces: &[&str]) -> String {
        let mut restorer = restorer();
        let mut out: String =
            pieces.iter().map(|piece| restorer.push((*piece).to_owned())).collect();
        out.push_str(&restorer.finish());
        out
    }

    #[test]
    fn a_placeholder_becomes_its_value_wherever_it_is_cut() {
        let answer = "I noted **[EMAIL_1]** and [PHONE_12].";
        let told = "I noted **jo@example.org** and 0131 496 0111.";
        assert_eq!(whole(&[answer]), told);
        for at in 0..answer.len() {
            assert_eq!(whole(&[&answer[..at], &answer[at..]]), told, "{at}");
        }
        let letters: Vec<String> = answer.chars().map(String::from).collect();
        assert_eq!(whole(&letters.iter().map(String::as_str).collect::<Vec<_>>()), told);
    }

    #[test]
    fn a_placeholder_that_the_prompt_did_not_have_stays_as_it_is() {
        for text in
            ["[EMAIL_2]", "[PHONE_13]", "[email_1]", "[EMAIL_1", "[NAME_1]", "[[", "[]", "EMAIL_1"]
        {
            assert_eq!(whole(&[text]), text);
        }
        assert_eq!(whole(&["[[EMAIL_1]]"]), "[jo@example.org]");
    }

    #[test]
    fn no_word_waits_that_can_be_no_placeholder() {
        let mut restorer = restorer();
        for (piece, seen) in [
            ("The Golf ", "The Golf "),
            ("[", ""),
            ("E", ""),
            ("astra", "[Eastra"),
            (" [PHONE_1", " "),
            ("]", "0131 496 0100"),
            (" [CARD]", " [CARD]"),
        ] {
            assert_eq!(restorer.push(piece.to_owned()), seen, "{piece}");
        }
    }

    #[test]
    fn a_value_is_not_put_into_the_address_of_a_link() {
        for text in [
            "https://evil.example/?q=[EMAIL_1]",
            "[Look](https://evil.example/[PHONE_1])",
            "[a](//b.example/[EMAIL_1])",
        ] {
            assert_eq!(whole(&[text]), text);
            let pieces: Vec<String> = text.chars().map(String::from).collect();
            assert_eq!(whole(&pieces.iter().map(String::as_str).collect::<Vec<_>>()), text);
        }
        assert_eq!(
            whole(&["See https://a.example [EMAIL_1]"]),
            "See https://a.example jo@example.org"
        );
    }

    proptest! {
        #[test]
        fn however_an_answer_is_cut_the_visitor_reads_the_same(
            parts in prop::collection::vec(prop::sample::select(vec![
                "[", "]", "[EMAIL_1]", "[EMAIL_", "1", "[PHONE_1]", "[PHONE_12]", "ä", " ", "://", "](", "x",
            ]), 0..30),
            cuts in prop::collection::vec(0_usize..200, 0..6),
        ) {
            let text = parts.concat();
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| text.floor_char_boundary(*cut)).collect();
            cuts.extend([0, text.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&str> = cuts.windows(2).map(|pair| &text[pair[0]..pair[1]]).collect();
            prop_assert_eq!(whole(&pieces), whole(&[&text]));
        }
    }
}
