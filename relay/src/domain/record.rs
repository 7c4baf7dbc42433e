//! The record of processing (Art. 30 GDPR; B-40), made of `inventory.toml`, the dealers as they are and
//! the configuration in force: nothing in it is written by hand, so nothing in it grows old. Pure.

mod flow;
mod sections;
mod sheet;

use serde::Serialize;

pub use flow::{Flow, flow};
pub use sheet::{Section, Sheet};

use super::{
    dealer::{Dealer, DealerProvider},
    inventory::Inventory,
    place::Place,
};
use crate::clock::Timestamp;

/// What the configuration knows of who handles data.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Who runs this relay: the dealers' processor.
    pub operator: Party,
    /// Who answers in law where the operator is no company of the EU or the UK (Art. 27).
    pub representative: Option<String>,
    /// The operator's data-protection officer.
    pub dpo: Option<String>,
    /// Where the data are stored.
    pub storage: Place,
    /// Who runs the models, in the order in which they are asked.
    pub models: Vec<Model>,
    /// The host that passes mails on, where there is one.
    pub mail: Option<String>,
}

/// Somebody with a name and an address.
#[derive(Clone, Debug, Default)]
pub struct Party {
    /// The name in law.
    pub name: String,
    /// The postal address, if it is stated.
    pub address: Option<String>,
    /// Where to write about personal data.
    pub contact: String,
}

/// A model, and who runs it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Model {
    /// Who gets the words.
    pub party: String,
    /// The kind of provider, as in the configuration.
    pub provider: &'static str,
    /// The host that is asked; none where it is the operator's own machine.
    pub host: Option<String>,
    /// The model.
    pub model: String,
    /// Where it is asked to work.
    #[serde(flatten)]
    pub place: Place,
}

/// What a model gets.
const GETS: &str = "the messages of a chat, without what was masked and without the form";

/// What is said where nobody has stated something.
pub const NOT_STATED: &str = "not stated";

impl Facts {
    /// The models that are asked for this dealer's visitors.
    fn models_of(&self, dealer: &Dealer) -> &[Model] {
        if dealer.provider == DealerProvider::Documents { &[] } else { &self.models }
    }
}

/// The record of a controller: the dealer (Art. 30(1)).
pub fn of_dealer(dealer: &Dealer, facts: &Facts, inventory: &Inventory, now: Timestamp) -> Sheet {
    let kept = sections::kept_by(dealer);
    Sheet {
        title: format!("Record of processing of {} (Art. 30(1) GDPR)", dealer.legal.name),
        made_at: now,
        sections: vec![
            sections::parties(Some(dealer), facts),
            sections::purposes(inventory, &kept),
            sections::data(inventory, &kept),
            sections::recipients(Some(dealer), facts.models_of(dealer), facts.mail.as_deref()),
            sections::places(facts),
            sections::security(inventory),
        ],
    }
}

/// The record of a processor: the operator (Art. 30(2)).
pub fn of_operator<'d>(
    dealers: impl IntoIterator<Item = &'d Dealer>,
    facts: &Facts,
    inventory: &Inventory,
    now: Timestamp,
) -> Sheet {
    let kept = sections::KEPT_BY_EACH.to_owned();
    Sheet {
        title: format!("Record of processing of {} (Art. 30(2) GDPR)", facts.operator.name),
        made_at: now,
        sections: vec![
            sections::parties(None, facts),
            sections::controllers(dealers, facts),
            sections::purposes(inventory, &kept),
            sections::data(inventory, &kept),
            sections::recipients(None, &facts.models, facts.mail.as_deref()),
            sections::places(facts),
            sections::security(inventory),
        ],
    }
}

/// Who works for the operator on the dealers' data (A-T11d).
pub fn of_sub_processors(facts: &Facts, now: Timestamp) -> Sheet {
    Sheet {
        title: format!("Sub-processors of {}", facts.operator.name),
        made_at: now,
        sections: vec![
            sections::recipients(None, &facts.models, facts.mail.as_deref()),
            sections::places(facts),
        ],
    }
}

#[cfg(test)]
pub(crate) mod tests;
