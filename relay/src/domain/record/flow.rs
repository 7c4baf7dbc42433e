//! Where data go, for a program: the place of storage and each party that gets words. Deliveries by mail
//! and webhook do not exist yet, so they are not here.

use serde::Serialize;

use super::{Facts, GETS, Model};
use crate::domain::place::Place;

/// Where data go.
#[derive(Clone, Debug, Serialize)]
pub struct Flow {
    operator: Operator,
    storage: Storage,
    inference: Vec<Asked>,
}

/// Who runs the relay.
#[derive(Clone, Debug, Serialize)]
struct Operator {
    name: String,
    contact: String,
}

/// Where data lie. `null` where the operator has not stated it.
#[derive(Clone, Debug, Serialize)]
struct Storage {
    what: &'static str,
    #[serde(flatten)]
    place: Place,
}

/// Somebody who gets words.
#[derive(Clone, Debug, Serialize)]
struct Asked {
    #[serde(flatten)]
    model: Model,
    gets: &'static str,
}

/// Where data go, as this configuration has it.
pub fn flow(facts: &Facts) -> Flow {
    let asked = |model: &Model| Asked { model: model.clone(), gets: GETS };
    Flow {
        operator: Operator {
            name: facts.operator.name.clone(),
            contact: facts.operator.contact.clone(),
        },
        storage: Storage { what: "databases and keys", place: facts.storage.clone() },
        inference: facts.models.iter().map(asked).collect(),
    }
}
