//! A lead is checked field by field, kept with its consents and its delivery, once.

use forecourt_tests::{relay::TestRelay, visitor::fresh_id};
use protocol::{
    ClientMessage, FailureCode, Offer, ServerMessage,
    failure::{FieldProblem, Problem},
    lead::{Channel, ConsentAnswer, FieldKind, LeadFields, LeadKind},
};
use relay::domain::lead::CheckedLead;

fn sam() -> LeadFields {
    LeadFields {
        name: Some("  Sam O’Neil ".to_owned()),
        email: Some("sam@example.org".to_owned()),
        phone: Some("07700 900123".to_owned()),
        interest: Some("Skoda Octavia".to_owned()),
        ..LeadFields::default()
    }
}

#[tokio::test]
async fn a_lead_is_kept_with_the_exact_words_that_were_consented_to() -> anyhow::Result<()> {
    let relay = TestRelay::start().await?;
    let mut visitor = relay.visitor().await?;
    let form = visitor.dealer.clone().unwrap().lead_form;
    let tick = |option: &protocol::lead::ConsentOption| ConsentAnswer {
        channel: option.channel,
        given: option.channel == Channel::Email,
        version: option.version.clone(),
    };
    let answers: Vec<_> = form.consents.iter().map(tick).collect();
    let reference = visitor.lead(sam(), answers).await?.unwrap();

    let dealer = relay.first_dealer()?;
    let leads = relay.store().dealer(&dealer.id).leads(10).await?;
    assert_eq!(leads.len(), 1);
    assert_eq!(leads[0].id, reference);
    assert_eq!(leads[0].lead.fields.name.as_deref(), Some("Sam O’Neil"));
    let email = leads[0].consents.iter().find(|consent| consent.channel == Channel::Email).unwrap();
    let shown = form.consents.iter().find(|option| option.channel == Channel::Email).unwrap();
    assert!(email.given);
    assert_eq!(email.text, shown.text);
    assert!(leads[0].consents.iter().any(|c| c.channel == Channel::Phone && !c.given));
    Ok(())
}

#[tokio::test]
async fn each_field_that_is_wrong_is_named_and_nothing_is_kept() -> anyhow::Result<()> {
    let relay = TestRelay::start().await?;
    let mut visitor = relay.visitor().await?;
    let fields = LeadFields {
        email: Some("sam@".to_owned()),
        phone: Some("12".to_owned()),
        ..LeadFields::default()
    };
    let failure = visitor.lead(fields, Vec::new()).await?.unwrap_err();
    assert_eq!(failure.code, FailureCode::LeadInvalid);
    let problem = |field: &str, problem| FieldProblem { field: field.to_owned(), problem };
    for expected in [
        problem("name", Problem::Missing),
        problem("email", Problem::NotAnEmail),
        problem("phone", Problem::NotAPhone),
    ] {
        assert!(failure.fields.contains(&expected), "{:?}", failure.fields);
    }
    let dealer = relay.first_dealer()?;
    assert!(relay.store().dealer(&dealer.id).leads(10).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_lead_without_any_way_to_reach_the_visitor_is_refused() -> anyhow::Result<()> {
    let relay = TestRelay::start().await?;
    let mut visitor = relay.visitor().await?;
    let fields = LeadFields { name: Some("Sam".to_owned()), ..LeadFields::default() };
    let failure = visitor.lead(fields, Vec::new()).await?.unwrap_err();
    assert_eq!(failure.fields[0].field, "contact");
    Ok(())
}

#[tokio::test]
async fn a_field_that_the_form_does_not_have_is_refused_not_dropped() -> anyhow::Result<()> {
    let relay = TestRelay::start().await?;
    let mut visitor = relay.visitor().await?;
    let frame = format!(
        r#"{{"type":"lead","client_msg_id":"{}","fields":{{"name":"Sam","dob":"1990-01-01"}}}}"#,
        fresh_id()
    );
    visitor.send_text(frame).await?;
    let ServerMessage::Failed(failure) = visitor.frame().await? else { panic!("not refused") };
    assert_eq!(failure.code, FailureCode::BadFrame);
    Ok(())
}

#[tokio::test]
async fn a_lead_sent_twice_is_one_lead() -> anyhow::Result<()> {
    let relay = TestRelay::start().await?;
    let mut visitor = relay.visitor().await?;
    let id = fresh_id();
    let lead = ClientMessage::Lead {
        client_msg_id: id,
        kind: LeadKind::Enquiry,
        fields: sam(),
        consents: Vec::new(),
    };
    visitor.send(&lead).await?;
    visitor.send(&lead).await?;
    let mut references = Vec::new();
    while references.len() < 2 {
        if let ServerMessage::LeadTaken { lead, .. } = visitor.frame().await? {
            references.push(lead);
        }
    }
    assert_eq!(references[0], references[1]);
    let dealer = relay.first_dealer()?;
    assert_eq!(relay.store().dealer(&dealer.id).leads(10).await?.len(), 1);
    Ok(())
}

/// The details of one lead of the first dealer.
async fn the_lead(relay: &TestRelay) -> anyhow::Result<CheckedLead> {
    let dealer = relay.first_dealer()?;
    let mut leads = relay.store().dealer(&dealer.id).leads(10).await?;
    assert_eq!(leads.len(), 1);
    Ok(leads.remove(0).lead)
}

#[tokio::test]
async fn a_test_drive_is_asked_for_with_a_day_and_a_time() -> anyhow::Result<()> {
    let relay = TestRelay::start().await?;
    let mut visitor = relay.visitor().await?;
    let form = visitor.dealer.clone().unwrap().lead_form;
    let asked: Vec<_> = form.fields_of(LeadKind::TestDrive).iter().map(|f| f.kind).collect();
    assert!(asked.contains(&FieldKind::Day) && asked.contains(&FieldKind::Time), "{asked:?}");
    let (day, time) = (Some("2030-03-31".to_owned()), Some("10:30".to_owned()));
    let fields = LeadFields { day: day.clone(), time: time.clone(), ..sam() };
    visitor.lead_of(LeadKind::TestDrive, fresh_id(), fields, Vec::new()).await?.unwrap();
    let lead = the_lead(&relay).await?;
    assert_eq!(lead.kind, LeadKind::TestDrive);
    assert_eq!((lead.fields.day, lead.fields.time), (day, time));
    Ok(())
}

#[tokio::test]
async fn a_part_exchange_needs_a_plate_a_mileage_and_a_way_to_reach_the_visitor()
-> anyhow::Result<()> {
    let relay = TestRelay::start().await?;
    let mut visitor = relay.visitor().await?;
    let fields = LeadFields { phone: Some("07700 900123".to_owned()), ..LeadFields::default() };
    let kind = LeadKind::PartExchange;
    let refused = visitor.lead_of(kind, fresh_id(), fields.clone(), Vec::new()).await?.unwrap_err();
    let missing: Vec<_> = refused.fields.iter().map(|problem| problem.field.as_str()).collect();
    assert_eq!(missing, ["registration", "mileage"]);
    let fields = LeadFields {
        registration: Some("ab12 cde".to_owned()),
        mileage: Some("45,000".to_owned()),
        ..fields
    };
    visitor.lead_of(kind, fresh_id(), fields, Vec::new()).await?.unwrap();
    let lead = the_lead(&relay).await?;
    assert_eq!(lead.kind, kind);
    assert_eq!(lead.fields.registration.as_deref(), Some("ab12 cde"), "as it was typed");
    Ok(())
}

#[tokio::test]
async fn what_the_dealer_does_not_offer_and_a_day_that_is_over_are_refused() -> anyhow::Result<()> {
    let relay = TestRelay::start().await?;
    let mut visitor = relay.visitor().await?;
    let problem = |field: &str, problem| vec![FieldProblem { field: field.to_owned(), problem }];
    let refused = visitor.lead_of(LeadKind::Service, fresh_id(), sam(), Vec::new()).await?;
    let refused = refused.unwrap_err();
    assert_eq!(refused.code, FailureCode::LeadInvalid);
    assert_eq!(refused.fields, problem("kind", Problem::Unknown));
    let fields = LeadFields { day: Some("2020-02-29".to_owned()), ..sam() };
    let refused = visitor.lead_of(LeadKind::TestDrive, fresh_id(), fields, Vec::new()).await?;
    assert_eq!(refused.unwrap_err().fields, problem("day", Problem::Invalid));
    // A field of another form.
    let fields = LeadFields { day: Some("2030-03-31".to_owned()), ..sam() };
    let refused = visitor.lead(fields, Vec::new()).await?.unwrap_err();
    assert_eq!(refused.fields, problem("day", Problem::Unknown));
    let dealer = relay.first_dealer()?;
    assert!(relay.store().dealer(&dealer.id).leads(10).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_form_is_offered_when_it_is_asked_for_and_nothing_is_offered_twice_in_a_row()
-> anyhow::Result<()> {
    let relay = TestRelay::start().await?;
    let mut visitor = relay.visitor().await?;
    for (question, offer) in [
        ("What is the airspeed velocity of an unladen swallow?", Offer::Lead),
        ("And that of a laden one?", Offer::None),
        ("Can I test drive it?", Offer::Form(LeadKind::TestDrive)),
        ("Is the airspeed of a swallow high?", Offer::None),
        ("I want to talk to a person", Offer::Lead),
        ("Let me talk to a person, please", Offer::Lead),
    ] {
        assert_eq!(visitor.ask(question).await?.offer, offer, "{question}");
    }
    Ok(())
}
