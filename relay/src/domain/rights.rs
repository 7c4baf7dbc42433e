//! What the visitor is told of the own chat, and what may be done with it: the menu in the widget, made
//! afresh from what is in force and what is kept (B-04, B-11, A-C6). Pure; the sentences are in
//! `rights/{en,de,ar}.rs`.

mod ar;
mod de;
mod en;
pub(in crate::domain) mod words;

use protocol::lead::Channel;
use serde::Serialize;

use crate::{
    clock::Timestamp,
    domain::{
        dealer::Dealer,
        dossier::{Consent, Dossier},
        view::{Recipients, assistant_name, fill, language, stored},
    },
};

/// What names no model: an answer that is quoted from the dealer's documents, one that nobody began.
const NO_MODELS: [&str; 2] = ["documents", "none"];

/// The menu: ready sentences, in the order in which they are shown.
#[derive(Clone, Debug, Serialize)]
pub struct Menu {
    /// What has happened to the words so far.
    pub facts: Vec<Fact>,
    /// Consents that may be withdrawn.
    pub consents: Vec<InForce>,
    /// Whether anything is kept that could be taken along or deleted.
    pub is_kept: bool,
    /// The name of a file that is taken along, without its ending.
    pub file: String,
    /// What the browser keeps.
    pub stored: Fact,
    /// The headings, buttons and answers.
    pub words: MenuWords,
}

/// A heading and its sentences. In them `{at}` stands for the moment, as the visitor's own language
/// writes it.
#[derive(Clone, Debug, Serialize)]
pub struct Fact {
    /// The heading.
    pub title: &'static str,
    /// The sentences.
    pub text: Vec<String>,
    /// The moment, in milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<i64>,
}

/// A consent that holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InForce {
    /// Its channel.
    pub channel: Channel,
    /// The exact text that was agreed to.
    pub text: String,
}

/// The words around them.
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "each is told in rights/words.rs")]
pub struct MenuWords {
    pub title: &'static str,
    pub back: &'static str,
    pub take: &'static str,
    pub take_page: &'static str,
    pub take_data: &'static str,
    pub taken: &'static str,
    pub consents: &'static str,
    pub withdraw: &'static str,
    pub withdrawn: &'static str,
    pub delete: &'static str,
    pub sure: &'static str,
    pub sure_yes: &'static str,
    pub sure_no: &'static str,
    pub deleted: &'static str,
    pub deleted_text: &'static str,
    pub deleted_elsewhere: String,
    pub deleted_before: &'static str,
    pub receipt: &'static str,
    pub anew: &'static str,
    pub more: String,
    pub held: String,
    pub failed: &'static str,
}

/// The menu of a dealer's visitor, with what is kept of the chat, in the language that fits best.
pub fn menu(
    dossier: Option<&Dossier>,
    dealer: &Dealer,
    recipients: &Recipients,
    lang: &str,
    now: Timestamp,
) -> Menu {
    let lang = language(dealer, lang);
    let words = words::of(lang);
    let legal = &dealer.legal;
    let filled = |text: &str| {
        let facts = [
            ("assistant", assistant_name(dealer, lang)),
            ("dealer", dealer.name.clone()),
            ("operator", recipients.operator.clone()),
            ("legal_name", legal.name.clone()),
            ("address", legal.address.clone()),
            ("email", legal.email.clone()),
        ];
        // What is filled in keeps its own direction, and turns nothing around it.
        let facts = facts.map(|(name, value)| (name, format!("\u{2068}{value}\u{2069}")));
        fill(text, &facts.each_ref().map(|(name, value)| (*name, value.as_str())))
    };
    let mut got = vec![filled(words.got_text)];
    got.extend(dossier.map(|dossier| models(dossier, &recipients.models_of(dealer), words)));
    let n_leads = dossier.map_or(0, |dossier| dossier.leads.len());
    if 0 < n_leads {
        got.push(fill(words.got_leads, &[("count", &n_leads.to_string())]));
    }
    let until = match dossier {
        // The place of the moment stays: the browser knows how to write it.
        Some(_) => words.until_text.to_owned(),
        None => words.nothing.to_owned(),
    };
    let facts = vec![
        Fact { title: words.who, text: vec![filled(words.who_text)], at: None },
        Fact { title: words.got, text: got, at: None },
        Fact {
            title: words.until,
            text: vec![until],
            at: dossier.map(|dossier| dossier.conversation.expires_at.millis()),
        },
    ];
    let stored =
        Fact { title: words.stored, text: stored(lang).map(str::to_owned).to_vec(), at: None };
    Menu {
        facts,
        consents: dossier.map(in_force).unwrap_or_default(),
        is_kept: dossier.is_some(),
        stored,
        file: format!("chat-{}", now.day()),
        words: menu_words(words, [words.more, words.held, words.deleted_elsewhere].map(filled)),
    }
}

/// Which models have got the words; which may have, where none of the answers is theirs: one that was
/// asked in vain has got them, too.
fn models(dossier: &Dossier, asked: &[String], words: &words::Words) -> String {
    let generators = dossier.generators();
    let models: Vec<&str> = generators.into_iter().filter(|by| !NO_MODELS.contains(by)).collect();
    match (models.as_slice(), asked) {
        ([], []) => words.got_no_model.to_owned(),
        ([], asked) => fill(words.got_maybe, &[("models", &asked.join(", "))]),
        (models, _) => fill(words.got_models, &[("models", &models.join(", "))]),
    }
}

/// The consents that hold, each channel and text once.
fn in_force(dossier: &Dossier) -> Vec<InForce> {
    let mut all: Vec<InForce> = Vec::new();
    for Consent { channel, text, .. } in dossier.consents_in_force() {
        let one = InForce { channel: *channel, text: text.clone() };
        if !all.contains(&one) {
            all.push(one);
        }
    }
    all
}

fn menu_words(words: &words::Words, [more, held, elsewhere]: [String; 3]) -> MenuWords {
    MenuWords {
        title: words.title,
        back: words.back,
        take: words.take,
        take_page: words.take_page,
        take_data: words.take_data,
        taken: words.taken,
        consents: words.consents,
        withdraw: words.withdraw,
        withdrawn: words.withdrawn,
        delete: words.delete,
        sure: words.sure,
        sure_yes: words.sure_yes,
        sure_no: words.sure_no,
        deleted: words.deleted,
        deleted_text: words.deleted_text,
        deleted_elsewhere: elsewhere,
        deleted_before: words.deleted_before,
        receipt: words.receipt,
        anew: words.anew,
        more,
        held,
        failed: words.failed,
    }
}

#[cfg(test)]
mod tests;
