//! The forms of a dealer: the usual ones, its own, and those of an older relay.

use protocol::lead::LeadKind;

use super::*;

#[test]
fn forms_have_the_usual_fields_where_the_file_does_not_say_others() {
    let made = |text: &str| read(text).unwrap().into_dealer(None, &SeededRandom::new(1));
    let usual = made(&changed("marketing = [", "marketing = ["));
    let kinds: Vec<_> = usual.forms.iter().map(|form| form.kind).collect();
    assert_eq!(kinds, [LeadKind::TestDrive, LeadKind::PartExchange, LeadKind::CallBack]);
    assert!(usual.fields_for(LeadKind::Service).is_none());
    let own = "kinds = [\"enquiry\", \"service\", \"part_exchange\"]\nmarketing = [";
    let more = changed("marketing = [", own)
        .replace("[retention]", "[lead_form.service]\nfields = [\"phone!\", \"day\"]\n[retention]");
    let dealer = made(&more);
    let told = |kind| {
        let fields = dealer.fields_for(kind).unwrap().iter();
        fields.map(|field| (field.kind.name(), field.required)).collect::<Vec<_>>()
    };
    assert_eq!(told(LeadKind::Service), [("phone", true), ("day", false)]);
    assert_eq!(
        told(LeadKind::PartExchange)[..3],
        [("registration", true), ("mileage", true), ("name", false)]
    );
    let all = dealer.all_fields().into_iter().filter(|field| field.required);
    assert!(all.map(|field| field.kind.name()).eq(["name"]), "by the form for enquiries");
}

#[test]
fn a_dealer_of_an_older_relay_has_the_form_for_enquiries() {
    let dealer = read(&changed("marketing = [", "marketing = ["))
        .unwrap()
        .into_dealer(None, &SeededRandom::new(1));
    let mut json = serde_json::to_value(&dealer).unwrap();
    assert_eq!(json["form"][0], serde_json::json!({ "kind": "name", "required": true }));
    json.as_object_mut().unwrap().remove("forms");
    let older: Dealer = serde_json::from_value(json).unwrap();
    assert!(older.forms.is_empty() && older.form == dealer.form);
}
