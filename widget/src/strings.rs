//! Every visible word of the widget; the dealer's own words come from the relay.
//!
//! The texts are in `www/chat/words`, one file a language with `name = text` lines in the order of the fields
//! below. The page brings the texts of its one language: three of them in the program would be downloaded by all.

macro_rules! words {
    ($($(#[$doc:meta])* pub $name:ident: &'static str,)*) => {
        /// The words of one language. `{0}` and `{1}` are places to fill.
        pub struct Strings {
            $($(#[$doc])* pub $name: &'static str,)*
        }

        impl Strings {
            /// The names of the texts, in order.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($name)),*];

            /// Takes the texts as the page brings them: one a line, in order. `None` where there are too few.
            pub fn read(texts: &'static str) -> Option<Self> {
                let mut all = [""; Self::NAMES.len()];
                let mut lines = texts.lines();
                for text in &mut all {
                    *text = lines.next()?;
                }
                let [$($name),*] = all;
                Some(Self { $($name),* })
            }
        }
    };
}

words! {
    /// The language, as in an HTML `lang`.
    pub lang: &'static str,
    /// The direction of its script.
    pub dir: &'static str,
    /// The line below the heading while all is well (C-02).
    pub subtitle: &'static str,
    /// The button that leads to a person.
    pub person: &'static str,
    /// The name of the transcript's region.
    pub conversation: &'static str,
    /// The summary of the settings (E-45).
    pub settings: &'static str,
    /// The setting: announce replies.
    pub announced: &'static str,
    /// The setting: show replies only when they are complete.
    pub whole: &'static str,
    /// The summary of the notice's second layer.
    pub notice_more: &'static str,
    /// When the chat will be deleted: date.
    pub kept_until: &'static str,
    /// The hidden heading of a message: author, time.
    pub said: &'static str,
    /// The visitor, as an author.
    pub you: &'static str,
    /// The hidden heading of the visitor's own message: time.
    pub you_said: &'static str,
    /// A person at the dealer's, as an author: dealer.
    pub human: &'static str,
    /// The relay, as an author.
    pub system: &'static str,
    /// The label on what an AI wrote (C-04).
    pub ai: &'static str,
    /// A message that waits for the connection.
    pub waiting: &'static str,
    /// A message on its way.
    pub sending: &'static str,
    /// A refused message: too long.
    pub refused_long: &'static str,
    /// A refused message: the relay can't keep it.
    pub refused_storage: &'static str,
    /// A refused message: any other reason.
    pub refused: &'static str,
    /// The button that brings a refused message back to the composer.
    pub edit: &'static str,
    /// The button that sends a refused message again.
    pub resend: &'static str,
    /// Said once when a reply begins: assistant.
    pub replying: &'static str,
    /// Said while a reply is silent for long.
    pub still: &'static str,
    /// Beneath a reply that broke off.
    pub interrupted: &'static str,
    /// Beneath a reply that the visitor has stopped.
    pub stopped: &'static str,
    /// Beneath a reply that a limit cut.
    pub truncated: &'static str,
    /// Beneath a reply that could not be had.
    pub failed: &'static str,
    /// The button that asks again for the last reply.
    pub again: &'static str,
    /// The heading of a reply's sources.
    pub sources: &'static str,
    /// Hidden text of a link that opens another tab.
    pub new_tab: &'static str,
    /// The name of the suggestions.
    pub suggestions: &'static str,
    /// The label of the composer.
    pub message: &'static str,
    /// What stands in the empty composer.
    pub placeholder: &'static str,
    /// The button that sends.
    pub send: &'static str,
    /// The button that stops a reply.
    pub stop: &'static str,
    /// The button that leads to the newest message.
    pub newest: &'static str,
    /// The same where one has come unseen.
    pub new_message: &'static str,
    /// The counter near the limit: number.
    pub left: &'static str,
    /// The counter beyond the limit: number.
    pub over: &'static str,
    /// The state before the first welcome.
    pub connecting: &'static str,
    /// The state after a broken link.
    pub reconnecting: &'static str,
    /// The state without a network.
    pub offline: &'static str,
    /// The state while the relay restarts.
    pub restarting: &'static str,
    /// The state after a quiet time.
    pub asleep: &'static str,
    /// The state when the relay does not know the site.
    pub refused_site: &'static str,
    /// The state when the page is too old.
    pub refused_version: &'static str,
    /// The state when the relay closed for good, for any other reason.
    pub refused_link: &'static str,
    /// Said when the link is back.
    pub connected: &'static str,
    /// The button that connects at once.
    pub try_now: &'static str,
    /// The note over a new chat when the earlier one is gone.
    pub ended: &'static str,
    /// The note over a new chat when the earlier one was full.
    pub full: &'static str,
    /// Why nothing more can be sent for now.
    pub outbox_full: &'static str,
    /// The button of an offer, and the heading of the form.
    pub lead: &'static str,
    /// Above the form: dealer.
    pub lead_intro: &'static str,
    /// That one of two fields is needed.
    pub contact_hint: &'static str,
    /// Beside a field that must be filled in.
    pub required: &'static str,
    /// The heading of the dealer's own contact.
    pub contact: &'static str,
    /// The dealer's telephone.
    pub telephone: &'static str,
    /// The dealer's e-mail.
    pub email_address: &'static str,
    /// The opening hours.
    pub hours: &'static str,
    /// Open now.
    pub open_now: &'static str,
    /// Closed now.
    pub closed_now: &'static str,
    /// The legend over the boxes: they are never a condition (B-23).
    pub consents: &'static str,
    /// The button that leads to the review.
    pub review: &'static str,
    /// The question of the review: dealer (D-53).
    pub review_title: &'static str,
    /// The button that sends the details: dealer.
    pub send_lead: &'static str,
    /// The button that leads back to the form.
    pub amend: &'static str,
    /// The button that leads back to the chat.
    pub back: &'static str,
    /// A ticked box, in the review.
    pub yes: &'static str,
    /// An unticked box, in the review.
    pub no: &'static str,
    /// The details are on their way.
    pub lead_sending: &'static str,
    /// The details wait for the connection.
    pub lead_waiting: &'static str,
    /// The details are kept: dealer.
    pub lead_taken: &'static str,
    /// The reference to quote: reference.
    pub reference: &'static str,
    /// The note in the transcript after details were sent: dealer, reference.
    pub lead_note: &'static str,
    /// Said when the form needs mending.
    pub lead_problems: &'static str,
    /// Said when the details could not be kept.
    pub lead_refused: &'static str,
    /// A problem of a field.
    pub missing: &'static str,
    /// A problem of a field.
    pub too_long: &'static str,
}

/// Fills the places of a text. What is filled in is never searched for places again.
pub fn fill(text: &str, values: &[&str]) -> String {
    let mut out = String::with_capacity(text.len() + 32);
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        let (before, place) = rest.split_at(at);
        out.push_str(before);
        let digit = place.as_bytes().get(1).map_or(0, |b| usize::from(b.wrapping_sub(b'0')));
        out.push_str(values.get(digit).copied().unwrap_or_default());
        rest = place.get(3..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

/// Texts, one after another; `concat` weighs a kilobyte for each kind of list.
pub fn join(parts: &[&str]) -> String {
    let mut out = String::new();
    for part in parts {
        out.push_str(part);
    }
    out
}

/// A number in plain digits.
pub fn number(mut n: u64) -> String {
    let mut digits = Vec::new();
    loop {
        digits.push(b"0123456789"[usize::try_from(n % 10).unwrap_or(0)]);
        n /= 10;
        if n == 0 {
            return digits.iter().rev().map(|digit| char::from(*digit)).collect();
        }
    }
}

/// The English words, for tests: as the page brings them.
#[cfg(test)]
pub(crate) fn english() -> &'static Strings {
    let table = include_str!("../../www/chat/words/en.txt");
    let lines = table.lines().filter_map(|line| line.split_once(" = "));
    let texts: Vec<&str> = lines.map(|(_, text)| text).collect();
    Box::leak(Box::new(Strings::read(texts.join("\n").leak()).expect("all texts")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_filled_in_is_never_searched_again() {
        assert_eq!(fill("{0} of {1}", &["{1}", "B"]), "{1} of B");
        assert_eq!(fill("{0}", &[]), "");
        assert_eq!(fill("end {", &["x"]), "end x");
    }

    #[test]
    fn numbers_are_plain_digits() {
        for n in [0, 7, 10, 4_000, u64::MAX] {
            assert_eq!(number(n), n.to_string());
        }
    }

    const TABLES: [&str; 3] = [
        include_str!("../../www/chat/words/en.txt"),
        include_str!("../../www/chat/words/de.txt"),
        include_str!("../../www/chat/words/ar.txt"),
    ];

    fn pairs(table: &str) -> Vec<(&str, &str)> {
        table.lines().map(|line| line.split_once(" = ").expect("name = text")).collect()
    }

    #[test]
    fn each_language_names_each_text_in_the_order_of_the_fields() {
        for table in TABLES {
            let names: Vec<&str> = pairs(table).into_iter().map(|(name, _)| name).collect();
            assert_eq!(names, Strings::NAMES);
        }
    }

    #[test]
    fn each_language_has_the_same_places_in_each_text() {
        let places = TABLES.map(|table| {
            let text = pairs(table).into_iter();
            text.map(|(_, t)| ["{0}", "{1}"].map(|p| t.contains(p))).collect::<Vec<_>>()
        });
        assert_eq!(places[0], places[1]);
        assert_eq!(places[0], places[2]);
    }

    #[test]
    fn no_text_is_left_empty_or_untranslated() {
        let [en, de, ar] = TABLES.map(pairs);
        assert!([&en, &de, &ar].into_iter().flatten().all(|(_, text)| !text.trim().is_empty()));
        let message = |pairs: &[(&str, &str)]| {
            pairs.iter().find(|(n, _)| *n == "message").map(|p| p.1.to_owned())
        };
        assert_ne!(message(&de), message(&en));
        assert_ne!(message(&ar), message(&en));
    }

    #[test]
    fn texts_that_are_cut_off_are_refused() {
        assert!(Strings::read("en\nltr\n").is_none());
        assert_eq!(english().send, "Send");
    }
}
