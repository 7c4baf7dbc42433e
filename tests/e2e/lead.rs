//! A lead is checked field by field, kept with its consents and its delivery, once.

use forecourt_tests::{relay::TestRelay, visitor::fresh_id};
use protocol::{
    ClientMessage, FailureCode, ServerMessage,
    failure::{FieldProblem, Problem},
    lead::{Channel, ConsentAnswer, LeadFields},
};

fn sam() -> LeadFields {
    LeadFields {
        name: Some("  Sam O’Neil ".to_owned()),
        email: Some("sam@example.org".to_owned()),
        phone: Some("07700 900123".to_owned()),
        interest: Some("Skoda Octavia".to_owned()),
        message: None,
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
    let lead = ClientMessage::Lead { client_msg_id: id, fields: sam(), consents: Vec::new() };
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
