//! The sections of a record: what Art. 30(1) and (2) ask for, each as rows.

use super::{
    super::{
        dealer::Dealer,
        inventory::{Inventory, Keep, Role, Table},
        place::Place,
        target::Target,
    },
    Facts, GETS, Model, NOT_STATED, Section,
};

/// How long where each dealer says it.
pub(super) const KEPT_BY_EACH: &str = "The dealer's period (see controllers) after the last message of the conversation, then deleted";

/// How long a dealer keeps conversations.
pub(super) fn kept_by(dealer: &Dealer) -> String {
    let period = dealer.retention.period;
    format!("{period} after the last message of the conversation, then deleted")
}

/// Who is responsible, and who works for them.
pub(super) fn parties(dealer: Option<&Dealer>, facts: &Facts) -> Section {
    let mut rows = Vec::new();
    if let Some(dealer) = dealer {
        let legal = &dealer.legal;
        let address = format!("{}, {}", legal.address, legal.country);
        rows.push(cells(["controller", &legal.name, &address, &legal.email]));
    }
    let operator = &facts.operator;
    let address = operator.address.as_deref().unwrap_or(NOT_STATED);
    rows.push(cells(["processor", &operator.name, address, &operator.contact]));
    for (role, who) in [
        ("the processor's representative (Art. 27)", &facts.representative),
        ("the processor's data-protection officer", &facts.dpo),
    ] {
        rows.push(cells([role, who.as_deref().unwrap_or(NOT_STATED), "", ""]));
    }
    Section {
        key: "parties",
        title: "Who is responsible",
        columns: &["role", "name", "address", "contact"],
        rows,
        note: "",
    }
}

/// For whom the operator works.
pub(super) fn controllers<'d>(
    dealers: impl IntoIterator<Item = &'d Dealer>,
    facts: &Facts,
) -> Section {
    let row = |dealer: &Dealer| {
        let legal = &dealer.legal;
        let address = format!("{}, {}", legal.address, legal.country);
        let models = facts.models_of(dealer).iter().map(|model| model.party.as_str());
        let models = models.collect::<Vec<_>>().join(", ");
        let models = if models.is_empty() { "none" } else { &models };
        let period = dealer.retention.period.to_string();
        cells([dealer.id.as_str(), &legal.name, &address, &legal.email, &period, models])
    };
    Section {
        key: "controllers",
        title: "Controllers on whose behalf data are processed",
        columns: &["dealer", "name", "address", "contact", "period", "models"],
        rows: dealers.into_iter().map(row).collect(),
        note: "There are none yet.",
    }
}

/// What data are processed for: the dealers' purposes, not the operator's own.
pub(super) fn purposes(inventory: &Inventory, kept: &str) -> Section {
    let of_dealers = inventory.purpose.iter().filter(|(_, purpose)| purpose.of == Role::Dealer);
    let row = |(name, purpose): (&String, &super::super::inventory::Purpose)| {
        let tables = inventory.tables_for(name);
        let (mut what, mut periods) = (Vec::new(), Vec::new());
        for (table, entry) in tables {
            what.push(table.as_str());
            let period = period_of(entry, kept);
            if !periods.contains(&period) {
                periods.push(period);
            }
        }
        cells([
            &purpose.about,
            &purpose.basis,
            &purpose.subjects,
            &what.join(", "),
            &periods.join("; "),
        ])
    };
    Section {
        key: "purposes",
        title: "Purposes and categories of processing",
        columns: &["purpose", "basis", "subjects", "data", "kept"],
        rows: of_dealers.map(row).collect(),
        note: "",
    }
}

/// Which data there are, by class and table.
pub(super) fn data(inventory: &Inventory, kept: &str) -> Section {
    let mut rows = Vec::new();
    for (name, class) in &inventory.class {
        let personal = if class.personal { "yes" } else { "no" };
        for (table, entry) in &inventory.table {
            let of_class = entry.columns.iter().filter(|(_, column)| column.class == *name);
            let columns: Vec<&str> = of_class.map(|(column, _)| column.as_str()).collect();
            if !columns.is_empty() {
                let period = period_of(entry, kept);
                let columns = columns.join(", ");
                rows.push(cells([name, &class.about, personal, table, &columns, period]));
            }
        }
    }
    Section {
        key: "data",
        title: "Categories of data",
        columns: &["class", "about", "personal", "table", "columns", "kept"],
        rows,
        note: "",
    }
}

/// Who gets data, where, and what lets them go there.
pub(super) fn recipients(dealer: Option<&Dealer>, models: &[Model], mail: Option<&str>) -> Section {
    let row = |model: &Model| {
        let host = model.host.as_deref().unwrap_or("a machine of the operator");
        let [region, transfer] = stated(&model.place);
        cells([&model.party, model.provider, host, &model.model, GETS, &region, &transfer])
    };
    let own = dealer.into_iter().flat_map(|dealer| &dealer.deliver).map(system);
    Section {
        key: "recipients",
        title: if dealer.is_some() {
            "Recipients beside the processor, and transfers"
        } else {
            "Recipients and sub-processors, and transfers"
        },
        columns: &["party", "provider", "host", "model", "gets", "region", "transfer"],
        rows: models.iter().map(row).chain(mail.map(mail_server)).chain(own).collect(),
        note: "None: answers are quoted from the dealer's documents, and nobody else gets words.",
    }
}

/// One of the dealer's own systems or mailboxes.
fn system(target: &Target) -> Vec<String> {
    let hosts = target.hosts().join(", ");
    let host = if hosts.is_empty() { NOT_STATED } else { &hosts };
    let party = format!("the controller's own system \"{}\"", target.name);
    cells([&party, target.word(), host, "", "leads", NOT_STATED, NOT_STATED])
}

/// What passes mails on.
fn mail_server(host: &str) -> Vec<String> {
    let party = "the operator's mail server";
    cells([party, "mail", host, "", "leads sent by mail", NOT_STATED, NOT_STATED])
}

/// Where the data lie.
pub(super) fn places(facts: &Facts) -> Section {
    let [region, transfer] = stated(&facts.storage);
    Section {
        key: "storage",
        title: "Where data are stored",
        columns: &["what", "by", "region", "transfer"],
        rows: vec![cells(["the databases and the keys", &facts.operator.name, &region, &transfer])],
        note: "",
    }
}

/// What keeps the data safe.
pub(super) fn security(inventory: &Inventory) -> Section {
    Section {
        key: "security",
        title: "Security (Art. 32)",
        columns: &["measure"],
        rows: inventory.security.iter().map(|measure| vec![measure.clone()]).collect(),
        note: "",
    }
}

fn period_of<'p>(table: &'p Table, kept: &'p str) -> &'p str {
    match table.keep {
        Some(Keep::Conversation) => kept,
        None => &table.retention,
    }
}

fn stated(place: &Place) -> [String; 2] {
    let region = place.region.as_ref().map(ToString::to_string);
    let transfer = place.transfer.map(|transfer| transfer.word().to_owned());
    [region, transfer].map(|text| text.unwrap_or_else(|| NOT_STATED.to_owned()))
}

fn cells<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.map(ToOwned::to_owned).to_vec()
}
