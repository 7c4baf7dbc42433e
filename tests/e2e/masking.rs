//! Numbers of cards, accounts and papers are neither stored nor sent to a model, whatever a client
//! sends (B-55, A-T5o). The widget masks them before: see tests/browser/path.test.mjs.

use forecourt_tests::{
    llm::Script,
    relay::{TestRelay, llm, model},
};
use protocol::lead::LeadFields;

/// What is typed by mistake: numbers that are given out for tests.
const SECRETS: [&str; 5] = [
    "4111 1111 1111 1111",
    "GB82 WEST 1234 5698 7654 32",
    "AB123456C",
    "MORGA657054SM9IJ",
    "20-30-40 87654321",
];

#[tokio::test]
async fn a_number_that_has_no_business_in_a_chat_is_neither_stored_nor_sent_to_a_model()
-> anyhow::Result<()> {
    let model = model(Script::says("Thank you.")).await?;
    let relay = TestRelay::with_llm(llm(&model)).await?;
    let mut visitor = relay.visitor().await?;
    for secret in SECRETS {
        visitor.ask(&format!("Take my canary {secret}, please")).await?;
    }
    let fields = LeadFields {
        name: Some(format!("Sam {}", SECRETS[0])),
        email: Some("sam@example.org".to_owned()),
        interest: Some(SECRETS[1].to_owned()),
        message: Some(format!("My licence is {}", SECRETS[3])),
        ..LeadFields::default()
    };
    visitor.lead(fields, Vec::new()).await?.unwrap();

    visitor.cut();
    visitor.messages.clear();
    relay.welcome_back(&mut visitor).await?;
    let said: Vec<_> =
        visitor.transcript().into_iter().filter(|text| text.contains("canary")).collect();
    assert_eq!(said.len(), SECRETS.len());
    assert!(said.iter().all(|text| text.contains('[')), "{said:?}");
    let asked: Vec<String> =
        model.requests().iter().map(|request| request.body.to_string()).collect();
    assert!(asked.last().unwrap().contains("Take my canary [BANK], please"));
    // What is sealed tells nothing to a search: each is looked at as it is opened.
    let mut stored = said;
    for dealer in relay.store().dealers() {
        for lead in relay.store().dealer(&dealer.id).leads(10).await? {
            stored.push(serde_json::to_string(&lead.lead.fields)?);
        }
    }
    assert_eq!(stored.len(), SECRETS.len() + 1);
    assert!(stored.iter().any(|text| text.contains("My licence is [ID]")), "{stored:?}");
    for secret in SECRETS {
        assert!(!asked.iter().any(|body| body.contains(secret)), "a model was sent {secret}");
        assert!(!stored.iter().any(|text| text.contains(secret)), "{secret} was stored");
    }
    Ok(())
}
