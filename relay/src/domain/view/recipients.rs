//! Who else gets a visitor's words.

use super::words::{Words, fill};
use crate::domain::dealer::{Dealer, DealerProvider};

/// Who else gets the words (B-11).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipients {
    /// Who runs the models, in the order in which they are asked; none where only documents answer.
    pub models: Vec<Recipient>,
    /// Who runs this relay.
    pub operator: String,
    /// Where the operator is asked about personal data.
    pub contact: String,
}

/// Who runs a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recipient {
    /// Somebody else: a name ("OpenAI") or a host.
    Named(String),
    /// The operator, on its own machines.
    Operator,
}

impl Recipients {
    /// Who is asked to answer this dealer's visitors.
    fn models(&self, dealer: &Dealer) -> &[Recipient] {
        if dealer.provider == DealerProvider::Documents { &[] } else { &self.models }
    }

    /// The same by name.
    pub fn models_of(&self, dealer: &Dealer) -> Vec<String> {
        let name = |recipient: &Recipient| match recipient {
            Recipient::Named(name) => name.clone(),
            Recipient::Operator => self.operator.clone(),
        };
        self.models(dealer).iter().map(name).collect()
    }

    /// Who gets the words to answer this dealer's visitors, as a part of a sentence.
    pub(super) fn of_models(&self, dealer: &Dealer, words: &Words) -> Option<String> {
        if self.models(dealer).is_empty() {
            return None;
        }
        let name = |recipient: &Recipient| match recipient {
            Recipient::Named(name) => name.clone(),
            Recipient::Operator => fill(words.own_model, &[("operator", &self.operator)]),
        };
        Some(self.models(dealer).iter().map(name).collect::<Vec<_>>().join(words.comma))
    }
}
