//! The sentences that each language must have; a missing one doesn't compile.

/// All sentences of one language. `{name}` is filled in.
pub(in crate::domain) struct Words {
    // The menu.
    /// Its heading.
    pub(super) title: &'static str,
    /// Back to the chat.
    pub(super) back: &'static str,
    /// Who answers, on whose behalf: a heading.
    pub(super) who: &'static str,
    /// `{assistant}`, `{legal_name}`, `{address}`, `{email}`.
    pub(super) who_text: &'static str,
    /// Who has got the words: a heading.
    pub(super) got: &'static str,
    /// `{dealer}`, `{operator}`.
    pub(super) got_text: &'static str,
    /// Which models have answered: `{models}`.
    pub(super) got_models: &'static str,
    /// Which may have been asked, where no answer says so: `{models}`.
    pub(super) got_maybe: &'static str,
    /// That none is asked.
    pub(super) got_no_model: &'static str,
    /// How many leads go to the dealer: `{count}`.
    pub(super) got_leads: &'static str,
    /// When it is deleted: a heading.
    pub(super) until: &'static str,
    /// `{at}`.
    pub(super) until_text: &'static str,
    /// What the browser keeps: a heading.
    pub(super) stored: &'static str,
    /// That nothing is kept yet.
    pub(super) nothing: &'static str,
    /// Taking it along: a heading.
    pub(super) take: &'static str,
    /// The page to read.
    pub(super) take_page: &'static str,
    /// The data.
    pub(super) take_data: &'static str,
    /// Said when it is done.
    pub(super) taken: &'static str,
    /// The consents: a heading.
    pub(super) consents: &'static str,
    /// The button beside a consent.
    pub(super) withdraw: &'static str,
    /// Said when it is done.
    pub(super) withdrawn: &'static str,
    /// The button that deletes.
    pub(super) delete: &'static str,
    /// The question before.
    pub(super) sure: &'static str,
    /// Yes.
    pub(super) sure_yes: &'static str,
    /// No.
    pub(super) sure_no: &'static str,
    /// Said when it is done: a heading.
    pub(super) deleted: &'static str,
    /// `{at}`: when the last backup ends.
    pub(super) deleted_text: &'static str,
    /// That others may have copies: `{email}`.
    pub(super) deleted_elsewhere: &'static str,
    /// Where it was gone before.
    pub(super) deleted_before: &'static str,
    /// Saves the receipt.
    pub(super) receipt: &'static str,
    /// Begins anew.
    pub(super) anew: &'static str,
    /// Whom to ask for everything else: `{email}`.
    pub(super) more: &'static str,
    /// Where it may not be deleted yet (G-29): `{email}`.
    pub(super) held: &'static str,
    /// Where something did not work.
    pub(super) failed: &'static str,

    // The page to read.
    /// `{dealer}`.
    pub(in crate::domain) page_title: &'static str,
    /// `{at}`.
    pub(in crate::domain) page_made: &'static str,
    pub(in crate::domain) messages: &'static str,
    pub(in crate::domain) visitor: &'static str,
    pub(in crate::domain) ai: &'static str,
    pub(in crate::domain) human: &'static str,
    pub(in crate::domain) system: &'static str,
    pub(in crate::domain) leads: &'static str,
    /// Before what a lead is about.
    pub(in crate::domain) wish: &'static str,
    /// The fields of a lead: as `FieldKind::ALL`.
    pub(in crate::domain) fields: [&'static str; 10],
    /// E-mail, text message, telephone, post.
    pub(in crate::domain) channels: [&'static str; 4],
    pub(in crate::domain) given: &'static str,
    pub(in crate::domain) refused: &'static str,
    pub(in crate::domain) gone: &'static str,
    /// A field that was put right, before what stood there.
    pub(in crate::domain) corrected: &'static str,
    /// A delivery that is owed, done, or has failed.
    pub(in crate::domain) deliveries: [&'static str; 3],
}

/// The words of a language; the English ones where it has none.
pub(in crate::domain) fn of(lang: &str) -> &'static Words {
    match lang {
        "de" => &super::de::WORDS,
        "ar" => &super::ar::WORDS,
        _ => &super::en::WORDS,
    }
}
