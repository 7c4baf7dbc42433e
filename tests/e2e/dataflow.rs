//! What the relay says of its data to anybody, and of its duties to the operator.

use std::time::Duration;

use forecourt_tests::relay::TestRelay;
use relay::{
    domain::{
        place::{Place, Region, Transfer},
        request::{Channel, Jurisdiction, Kind, Proof},
    },
    llm::ProviderKind,
    store::NewRequest,
};
use reqwest::StatusCode;
use serde_json::Value;

async fn asked(url: String) -> anyhow::Result<(StatusCode, Value)> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let response = client.get(url).send().await?;
    Ok((response.status(), response.json().await?))
}

#[tokio::test]
async fn anybody_may_see_where_data_are_stored_and_who_gets_words() -> anyhow::Result<()> {
    let region = |text| Region::parse(text).map_err(anyhow::Error::msg);
    let (eu, us) = (region("eu")?, region("us")?);
    let relay = TestRelay::with(move |config| {
        config.operator.place = Place { region: Some(eu), transfer: None };
        config.llm.provider = ProviderKind::Openai;
        config.llm.base_url = None;
        config.llm.model = None;
        config.llm.api_key = Some("sk-canary".to_owned().into());
        config.llm.region = Some(us);
        config.llm.transfer = Some(Transfer::Scc);
    })
    .await?;
    let (status, flow) = asked(format!("{}/v1/dataflow.json", relay.origin())).await?;
    assert_eq!((status, &flow["storage"]["region"]), (StatusCode::OK, &"eu".into()));
    let model = &flow["inference"][0];
    assert_eq!((&model["party"], &model["host"]), (&"OpenAI".into(), &"api.openai.com".into()));
    assert_eq!((&model["region"], &model["transfer"]), (&"us".into(), &"scc".into()));
    assert!(!flow.to_string().contains("canary"), "{flow}");
    Ok(())
}

#[tokio::test]
async fn nothing_is_told_of_the_operators_own_machines_but_that_they_are_its_own()
-> anyhow::Result<()> {
    let relay = TestRelay::with(|config| {
        config.llm.provider = ProviderKind::OpenaiCompatible;
        config.llm.base_url = Some("http://127.0.0.1:9/v1".to_owned());
        config.llm.model = Some("m".to_owned());
    })
    .await?;
    let (_, flow) = asked(format!("{}/v1/dataflow.json", relay.origin())).await?;
    assert_eq!(flow["storage"]["region"], Value::Null, "what is not stated is null");
    let model = &flow["inference"][0];
    assert_eq!((&model["party"], &model["model"]), (&flow["operator"]["name"], &"m".into()));
    assert_eq!(model["host"], Value::Null, "{flow}");
    assert!(!flow.to_string().contains("127.0.0.1"), "{flow}");
    Ok(())
}

#[tokio::test]
async fn a_request_that_is_late_is_told_on_readyz_and_keeps_no_visitor_away() -> anyhow::Result<()>
{
    let relay = TestRelay::start().await?;
    let ready = format!("http://{}/readyz", relay.admin());
    assert_eq!(asked(ready.clone()).await?.1["requests"], "ok");
    let dealer = relay.first_dealer()?;
    let new = NewRequest {
        dealer: dealer.id.clone(),
        controller: dealer.legal.name.clone(),
        kind: Kind::Erasure,
        law: Jurisdiction::Uk,
        received: relay.store().request_day(),
        channel: Channel::Mail,
        proof: Proof::None,
    };
    relay.store().open_request(new).await?;
    relay.advance(Duration::from_hours(24 * 25));
    let (status, words) = asked(ready.clone()).await?;
    let due = words["requests"].as_str().unwrap_or_default().to_owned();
    assert!(status == StatusCode::OK && due.starts_with("1 due within 7 days, 0 overdue"), "{due}");
    relay.advance(Duration::from_hours(24 * 6));
    let (status, words) = asked(ready).await?;
    let late = words["requests"].as_str().unwrap_or_default().to_owned();
    assert!(
        status == StatusCode::OK && late.starts_with("0 due within 7 days, 1 overdue"),
        "{late}"
    );
    Ok(())
}
