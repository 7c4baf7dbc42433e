//! Nobody sees another dealer's data, ever: not by token, not by key, not by question.

use forecourt_tests::{
    llm::Script,
    relay::{TestRelay, llm, model},
    visitor::Visitor,
};
use protocol::{SiteKey, server::Resumed};

#[tokio::test]
async fn a_token_of_one_dealer_opens_nothing_at_another() -> anyhow::Result<()> {
    let relay = TestRelay::start().await?;
    relay.add_dealer("Second Cars", "site_second", "We sell vans only.").await?;
    let mut first = relay.visitor().await?;
    first.ask("CANARY-1: how long is the warranty?").await?;

    let mut thief = Visitor::new(SiteKey::parse("site_second")?);
    (thief.token, thief.epoch) = (first.token.clone(), first.epoch.clone());
    thief.connect(relay.address(), relay.origin()).await?;
    assert_eq!(thief.hello().await?, Resumed::New);
    assert!(thief.messages.is_empty());
    assert_ne!(thief.token, first.token);
    Ok(())
}

#[tokio::test]
async fn an_answer_never_rests_on_another_dealers_documents() -> anyhow::Result<()> {
    let relay = TestRelay::start().await?;
    relay.add_dealer("Second Cars", "site_second", "Our warranty lasts FORTY weeks.").await?;
    let mut first = relay.visitor().await?;
    let mut second = relay.visitor_on("site_second").await?;
    let one = first.ask("How long is the warranty?").await?.text;
    let two = second.ask("How long is the warranty?").await?.text;
    assert!(one.contains("twelve months") && !one.contains("FORTY"), "{one}");
    assert!(two.contains("FORTY") && !two.contains("twelve"), "{two}");
    Ok(())
}

#[tokio::test]
async fn a_prompt_holds_the_words_of_its_own_conversation_only() -> anyhow::Result<()> {
    let model = model(Script::words(["Noted."])).await?;
    let relay = TestRelay::with_llm(llm(&model)).await?;
    let dealers = ["site_first", "site_second", "site_third"];
    for site in &dealers[1..] {
        relay.add_dealer(&format!("Dealer {site}"), site, &format!("DOC-{site}")).await?;
    }
    let mut visitors = Vec::new();
    for site in dealers {
        for n in 0..3 {
            visitors.push((format!("CANARY-{site}-{n}."), relay.visitor_on(site).await?));
        }
    }
    for _ in 0..2 {
        for (canary, visitor) in &mut visitors {
            visitor.ask(&format!("My word is {canary}")).await?;
        }
    }
    let requests = model.requests();
    assert_eq!(requests.len(), 18);
    for request in requests {
        let body = request.body.to_string();
        let seen = visitors.iter().filter(|(canary, _)| body.contains(canary.as_str())).count();
        assert_eq!(seen, 1, "a prompt with the words of {seen} conversations");
    }
    Ok(())
}

#[tokio::test]
async fn an_unknown_or_paused_site_is_refused_by_name() -> anyhow::Result<()> {
    let relay = TestRelay::start().await?;
    let mut lost = Visitor::new(SiteKey::parse("site_nowhere")?);
    lost.connect(relay.address(), relay.origin()).await?;
    assert!(lost.hello().await.is_err());
    assert_eq!(lost.failures[0].code, protocol::FailureCode::UnknownSite);
    assert_eq!(lost.closed().await?, Some(4001));

    let paused = r#"status = "paused""#;
    // The key stands at the end of the file's top table only if no table came before it.
    let file = forecourt_tests::relay::dealer_toml("Paused Cars", "site_paused", "");
    let file = format!("{paused}\n{file}");
    relay.add_dealer_file(&file).await?;
    let mut waiting = Visitor::new(SiteKey::parse("site_paused")?);
    waiting.connect(relay.address(), relay.origin()).await?;
    assert!(waiting.hello().await.is_err());
    assert_eq!(waiting.failures[0].code, protocol::FailureCode::UnknownSite);
    Ok(())
}
