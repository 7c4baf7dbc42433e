//! The record says what the inventory, the dealer and the configuration say, and follows each of them.

use super::*;
use crate::domain::{
    place::{Region, Transfer},
    retention::RetentionPolicy,
    target::{Target, TargetChannel},
};

/// A moment in November 2026.
const NOW: Timestamp = Timestamp::from_millis(1_795_338_000_000);

pub(crate) fn facts() -> Facts {
    let region = |text| Some(Region::parse(text).unwrap());
    Facts {
        operator: Party {
            name: "Hosting Ltd".to_owned(),
            address: None,
            contact: "privacy@hosting.example".to_owned(),
        },
        representative: None,
        dpo: Some("Pat Example".to_owned()),
        storage: Place { region: region("eu"), transfer: None },
        models: vec![Model {
            party: "Mistral AI".to_owned(),
            provider: "mistral",
            host: Some("api.mistral.ai".to_owned()),
            model: "mistral-small-latest".to_owned(),
            place: Place::default(),
        }],
        mail: None,
    }
}

fn dealer() -> Dealer {
    crate::domain::export::tests::dealer()
}

fn record(dealer: &Dealer, facts: &Facts) -> Sheet {
    of_dealer(dealer, facts, &Inventory::embedded().unwrap(), NOW)
}

/// A record in all its forms.
fn forms(sheet: &Sheet) -> [String; 4] {
    [sheet.to_text(), sheet.to_json().to_string(), sheet.to_csv(), sheet.to_html()]
}

#[test]
fn every_class_every_table_and_every_column_of_the_inventory_stands_in_both_records() {
    let inventory = Inventory::embedded().unwrap();
    let ours = dealer();
    for sheet in [record(&ours, &facts()), of_operator([&ours], &facts(), &inventory, NOW)] {
        let json = sheet.to_json();
        let rows = json["data"].as_array().unwrap();
        let row_of = |class: &str, table: &str| {
            rows.iter().find(|row| row["class"] == class && row["table"] == table)
        };
        for class in inventory.class.keys() {
            for form in forms(&sheet) {
                assert!(form.contains(class.as_str()), "{class}");
            }
        }
        for (table, entry) in &inventory.table {
            for (name, column) in &entry.columns {
                let row = row_of(&column.class, table).unwrap();
                let columns = row["columns"].as_str().unwrap();
                assert!(columns.split(", ").any(|one| one == name), "{table}.{name}");
            }
        }
    }
}

#[test]
fn another_period_or_another_provider_changes_the_record() {
    let mut ours = dealer();
    ours.retention = RetentionPolicy::preset("uk-12m").unwrap();
    let before = record(&ours, &facts());
    let kept = &before.to_json()["purposes"][0]["kept"];
    assert!(kept.as_str().unwrap().starts_with("P12M after the last message"), "{kept}");
    ours.retention = RetentionPolicy::preset("eu-90d").unwrap();
    let shorter = record(&ours, &facts());
    let mut other = facts();
    other.models[0].party = "OpenAI".to_owned();
    other.models[0].place =
        Place { region: Some(Region::parse("us").unwrap()), transfer: Some(Transfer::Scc) };
    let elsewhere = record(&ours, &other);
    for (((before, shorter), elsewhere), form) in
        forms(&before).iter().zip(forms(&shorter)).zip(forms(&elsewhere)).zip(1..)
    {
        assert!(before.contains("P12M") && !before.contains("P90D"), "{form}");
        assert!(shorter.contains("P90D") && !shorter.contains("P12M"), "{form}");
        assert!(shorter.contains("Mistral AI") && !shorter.contains("OpenAI"), "{form}");
        assert!(elsewhere.contains("OpenAI") && elsewhere.contains("scc"), "{form}");
        assert!(!elsewhere.contains("Mistral"), "{form}");
    }
}

#[test]
fn a_dealer_whom_documents_answer_has_no_model_among_its_recipients() {
    let mut ours = dealer();
    ours.provider = DealerProvider::Documents;
    let sheet = record(&ours, &facts());
    assert_eq!(sheet.to_json()["recipients"].as_array().unwrap().len(), 0);
    assert!(sheet.to_text().contains("None: answers are quoted from the dealer's documents"));
    let inventory = Inventory::embedded().unwrap();
    let all = of_operator([&ours], &facts(), &inventory, NOW).to_json();
    assert_eq!(all["controllers"][0]["models"], "none");
    assert_eq!(all["recipients"].as_array().unwrap().len(), 1, "others may still ask it");
}

#[test]
fn the_systems_that_a_dealer_has_its_leads_delivered_to_are_recipients() {
    let mut ours = dealer();
    ours.provider = DealerProvider::Documents;
    let channel = TargetChannel::Adf { url: "https://dms.example/adf?key=secret".to_owned() };
    ours.deliver = vec![Target::new("dms".to_owned(), channel)];
    let sheet = record(&ours, &facts());
    let recipients = &sheet.to_json()["recipients"];
    assert_eq!(recipients.as_array().unwrap().len(), 1);
    assert_eq!(
        (&recipients[0]["provider"], &recipients[0]["host"]),
        (&"adf".into(), &"dms.example".into())
    );
    assert!(forms(&sheet).iter().all(|form| !form.contains("secret")), "no more of the address");
    // Whoever passes mails on gets them, too.
    let mail = Some("mail.hosting.example".to_owned());
    let with_mail = record(&ours, &Facts { mail, ..facts() }).to_json();
    assert_eq!(with_mail["recipients"][0]["host"], "mail.hosting.example");
}

#[test]
fn what_nobody_has_stated_is_called_so() {
    let json = record(&dealer(), &facts()).to_json();
    assert_eq!(json["recipients"][0]["region"], NOT_STATED);
    assert_eq!(json["parties"][1]["address"], NOT_STATED);
    assert_eq!(json["parties"][2]["name"], NOT_STATED);
    assert_eq!(
        (&json["parties"][3]["name"], &json["storage"][0]["region"]),
        (&"Pat Example".into(), &"eu".into())
    );
}

#[test]
fn the_record_has_all_that_article_30_asks_for() {
    let json = record(&dealer(), &facts()).to_json();
    for part in ["parties", "purposes", "data", "recipients", "storage", "security"] {
        assert!(json[part].as_array().is_some_and(|rows| !rows.is_empty()), "{part}");
    }
    let inventory = Inventory::embedded().unwrap();
    let none = of_operator([], &facts(), &inventory, NOW);
    assert!(none.to_text().contains("There are none yet."));
    let purposes = json["purposes"].as_array().unwrap();
    assert!(purposes.iter().all(|row| row["basis"].as_str().unwrap().contains("Art.")));
    let tables: String = purposes.iter().map(|row| row["data"].to_string()).collect();
    for table in ["messages", "leads", "consents", "contacts"] {
        assert!(tables.contains(table), "{table}");
    }
}

#[test]
fn a_dealers_name_can_not_leave_its_cell() {
    let mut ours = dealer();
    ours.legal.name = "=1+1\"<b>\u{1b}[2J".to_owned();
    let [text, _, csv, html] = forms(&record(&ours, &facts()));
    assert!(!text.contains('\u{1b}'));
    assert!(csv.contains("\"'=1+1\"\"<b>"), "{csv}");
    assert!(html.contains("=1+1&quot;&lt;b&gt;") && !html.contains("<b>"));
}

#[test]
fn the_flow_names_each_party_that_gets_words_and_says_null_where_nothing_is_stated() {
    let mut facts = facts();
    facts.models[0].place.region = Some(Region::parse("eu").unwrap());
    let json = serde_json::to_value(flow(&facts)).unwrap();
    assert_eq!(json["storage"]["region"], "eu");
    assert_eq!(json["storage"]["transfer"], serde_json::Value::Null);
    let asked = &json["inference"][0];
    assert_eq!((&asked["party"], &asked["host"]), (&"Mistral AI".into(), &"api.mistral.ai".into()));
    assert_eq!((&asked["region"], &asked["transfer"]), (&"eu".into(), &serde_json::Value::Null));
    facts.models.clear();
    let json = serde_json::to_value(flow(&facts)).unwrap();
    assert_eq!(json["inference"], serde_json::json!([]));
}
