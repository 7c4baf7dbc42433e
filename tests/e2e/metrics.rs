//! What an operator reads at `/metrics`: each name of the list moves with what it counts.

use forecourt_tests::{
    llm::Script,
    relay::{TestRelay, llm, model},
    visitor::Visitor,
};
use protocol::{SiteKey, lead::LeadFields};
use relay::{
    domain::{
        dealer::Dealer,
        request::{Channel, Jurisdiction, Kind, Proof},
        target::{Target, TargetChannel},
    },
    store::NewRequest,
    telemetry::{
        Metrics,
        names::{self, ALL},
    },
};

/// The value of a series in Prometheus text, labels included in `series`.
fn value(text: &str, series: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '))?;
    line.trim().parse().ok()
}

/// Has leads delivered to no public address: each try fails.
async fn deliver_in_vain(relay: &TestRelay) -> anyhow::Result<()> {
    let mut dealer = Dealer::clone(&*relay.first_dealer()?);
    let channel = TargetChannel::Adf { url: "https://127.0.0.1/".to_owned() };
    dealer.deliver = vec![Target::new("dms".to_owned(), channel)];
    Ok(relay.store().update_dealer(&dealer).await?)
}

#[tokio::test]
async fn a_chat_a_lead_a_refusal_and_a_sweep_show_in_the_operators_metrics() -> anyhow::Result<()> {
    let metrics = Metrics::install()?;
    let model = model(Script::words(["Of ", "course."])).await?;
    let relay = TestRelay::with_llm(llm(&model)).await?;
    deliver_in_vain(&relay).await?;
    let mut visitor = relay.visitor().await?;
    let asked = "Which colours does the first car on your list come in?";
    visitor.ask(asked).await?;
    let fields = LeadFields {
        name: Some("A Visitor".to_owned()),
        email: Some("visitor@example.org".to_owned()),
        ..LeadFields::default()
    };
    visitor.lead(fields, Vec::new()).await?.unwrap();
    relay.deliveries(|all| all[0].answer.is_some()).await?;
    let proof = visitor.token.as_ref().map_or("", |token| token.as_str());
    let export = format!("{}/v1/mine/site_first/export.json", relay.origin());
    let client = reqwest::Client::builder().no_proxy().build()?;
    client.get(export).bearer_auth(proof).send().await?.error_for_status()?;
    visitor.send_text("{".to_owned()).await?;
    visitor.frame().await?;
    let mut elsewhere = Visitor::new(SiteKey::parse("site_first")?);
    assert!(elsewhere.connect(relay.address(), "https://cars.example").await.is_err());

    let poor = "[llm]\ntokens_per_day = 1";
    relay.add_dealer_with("Poor Cars", "site_poor", "Words.", poor).await?;
    relay.visitor_on("site_poor").await?.ask("Which colours?").await?;

    let dealer = relay.first_dealer()?;
    let late = NewRequest {
        dealer: dealer.id.clone(),
        controller: dealer.legal.name.clone(),
        kind: Kind::Access,
        law: Jurisdiction::Uk,
        received: "2026-01-01".parse()?,
        channel: Channel::Mail,
        proof: Proof::None,
    };
    relay.store().open_request(late).await?;
    let operator = format!("http://{}/metrics", relay.admin());
    client.get(operator).send().await?.error_for_status()?;

    let text = metrics.render();
    let provider = "provider=\"openai-compatible/mock\"";
    for series in [
        names::SOCKETS.to_owned(),
        format!("{}{{reason=\"wrong_origin\"}}", names::SOCKETS_REFUSED),
        names::MESSAGES.to_owned(),
        format!("{}{{code=\"bad_frame\"}}", names::REFUSALS),
        format!("{}{{finish=\"complete\"}}", names::REPLIES),
        format!("{}_count", names::FIRST_WORDS),
        names::LEADS.to_owned(),
        format!("{}{{channel=\"adf\",outcome=\"failed\"}}", names::DELIVERIES),
        format!("{}{{what=\"export\"}}", names::RIGHTS),
        format!("{}{{{provider},outcome=\"answered\"}}", names::PROVIDER_CALLS),
        format!("{}{{direction=\"completion\"}}", names::TOKENS),
        names::BUDGET_SPENT.to_owned(),
        format!("{}_count", names::COMMIT),
        format!("{}_count", names::COMMIT_JOBS),
        names::LAST_SWEEP.to_owned(),
        names::REQUESTS_OVERDUE.to_owned(),
    ] {
        assert!(value(&text, &series).is_some_and(|value| 0.0 < value), "{series}\n{text}");
    }
    assert_eq!(value(&text, names::REPLIES_OPEN), Some(0.0), "{text}");
    assert_eq!(value(&text, &format!("{}{{{provider}}}", names::PROVIDER_BREAKER)), Some(0.0));
    assert!(!text.contains("visitor@") && !text.contains("colours"), "{text}");
    let told = |name: &str| text.contains(&format!("# TYPE {name} "));
    let silent: Vec<&str> =
        ALL.iter().map(|metric| metric.name).filter(|name| !told(name)).collect();
    // No task panicked, no write failed, no row is damaged: a counter that never moved is not shown.
    assert_eq!(silent, [names::STORE_ERRORS, names::DAMAGE, names::TASK_PANICS], "{text}");
    Ok(())
}
