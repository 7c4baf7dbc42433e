//! A lead reaches the dealer's systems: signed, under one id however often it is tried, and never once the
//! visitor has deleted the chat.

use std::{collections::BTreeSet, time::Duration};

use forecourt_tests::{
    relay::TestRelay,
    sink::{Answer, Came, Sink},
    visitor::Visitor,
};
use protocol::lead::LeadFields;
use relay::{
    clock::Clock,
    domain::{
        dealer::Dealer,
        target::{Allowed, Target, TargetChannel},
    },
    outbox::sign::{self, Secret},
};

const DAY: Duration = Duration::from_hours(24);

/// A relay whose first dealer has its leads delivered to these, which the operator allows.
async fn relay_with(sinks: &[(&str, &Sink)]) -> anyhow::Result<TestRelay> {
    let mut allowed = Allowed::default();
    for (_, sink) in sinks {
        allowed = allowed.with(&sink.target()).unwrap_or_default();
    }
    let relay = TestRelay::with(|config| config.private_targets = allowed).await?;
    let mut dealer = Dealer::clone(&*relay.first_dealer()?);
    dealer.deliver = sinks.iter().map(|(name, sink)| target(name, sink)).collect();
    relay.store().update_dealer(&dealer).await?;
    Ok(relay)
}

/// A webhook with everything, or ADF by its name.
fn target(name: &str, sink: &Sink) -> Target {
    let url = sink.url("/leads");
    let channel = if name.starts_with("adf") {
        TargetChannel::Adf { url }
    } else {
        let payload = relay::domain::target::Payload::Full;
        TargetChannel::Webhook { url, payload, secret: 1, overlap_until: None }
    };
    Target::new(name.to_owned(), channel)
}

async fn leave(relay: &TestRelay, name: &str) -> anyhow::Result<Visitor> {
    let mut visitor = relay.visitor().await?;
    let fields = LeadFields {
        name: Some(name.to_owned()),
        email: Some("sam@example.org".to_owned()),
        message: Some("Is it still there?".to_owned()),
        ..LeadFields::default()
    };
    anyhow::ensure!(visitor.lead(fields, Vec::new()).await?.is_ok(), "the lead is taken");
    Ok(visitor)
}

/// Whether what came is signed as the standard says, whose own vector `sign` is held against.
async fn verify(relay: &TestRelay, name: &str, came: &Came) -> anyhow::Result<bool> {
    let dealer = relay.first_dealer()?;
    let target = dealer.deliver.iter().find(|target| target.name == name);
    let target = target.ok_or_else(|| anyhow::anyhow!("no {name}"))?;
    let secrets = relay.store().dealer(&dealer.id).webhook_secrets(target).await?;
    // As the dealer is shown it.
    let secret = Secret::parse(&Secret::of(&secrets[0]).reveal())?;
    let at: i64 = came.header("webhook-timestamp").parse()?;
    let wanted = sign::signature(&[secret], came.header("webhook-id"), at, &came.body);
    Ok(came.header("webhook-signature").split(' ').any(|one| one == wanted))
}

#[tokio::test]
async fn a_lead_comes_to_each_system_once_signed_or_as_adf() -> anyhow::Result<()> {
    let (hook, dms) = (Sink::start().await?, Sink::start().await?);
    let mut relay = relay_with(&[("crm", &hook), ("adf dms", &dms)]).await?;
    leave(&relay, "Łukasz <script>").await?;
    let (told, adf) = (hook.wait_for(1).await?, dms.wait_for(1).await?);
    assert!(verify(&relay, "crm", &told[0]).await?);
    let mut altered = told[0].clone();
    altered.body = altered.body.replace("sam@", "tam@");
    assert!(!verify(&relay, "crm", &altered).await?, "the control");
    let body: serde_json::Value = serde_json::from_str(&told[0].body)?;
    assert_eq!(body["type"], "lead.created");
    assert_eq!(body["data"]["name"], "Łukasz <script>");
    assert_eq!(adf[0].header("content-type"), "application/x-adf+xml; charset=utf-8");
    assert!(adf[0].body.contains(">&#321;ukasz &lt;script&gt;</name>"), "{}", adf[0].body);
    let done = relay.deliveries(|all| all.iter().all(|one| one.state == "delivered")).await?;
    assert_eq!(done.len(), 2);
    let answers: Vec<_> = done.iter().map(|one| one.answer.as_deref()).collect();
    assert_eq!(answers, [Some("answered 204"); 2]);
    assert_eq!(
        told[0].header("webhook-id"),
        done.iter().find(|one| one.target == "crm").map_or("", |one| &one.id)
    );
    relay.stop().await?;
    assert_eq!((hook.came().len(), dms.came().len()), (1, 1));
    Ok(())
}

#[tokio::test]
async fn a_system_that_is_down_is_tried_again_under_one_id_and_no_redirect_is_followed()
-> anyhow::Result<()> {
    let (hook, elsewhere) = (Sink::start().await?, Sink::start().await?);
    hook.next([Answer::Status(500), Answer::To(elsewhere.url("/")), Answer::Busy(429, 7_200)]);
    let mut relay = relay_with(&[("crm", &hook)]).await?;
    leave(&relay, "Sam").await?;
    for wanted in ["answered 500", "answered 302, and redirects are not followed", "answered 429"] {
        let found = relay.deliveries(|all| all[0].answer.as_deref() == Some(wanted)).await?;
        let pause = found[0].due.since(relay.clock.now());
        if wanted == "answered 429" {
            // Longer than planned, since the system asks for it.
            assert!(Duration::from_hours(1) < pause, "{pause:?}");
        }
        relay.clock.advance(pause + Duration::from_millis(1));
    }
    let came = hook.wait_for(4).await?;
    relay.deliveries(|all| all[0].state == "delivered").await?;
    let ids: BTreeSet<_> = came.iter().map(|one| one.header("webhook-id")).collect();
    assert_eq!(ids.len(), 1, "one id");
    let times: BTreeSet<_> = came.iter().map(|one| one.header("webhook-timestamp")).collect();
    assert_eq!(times.len(), 4, "each try has its own time");
    for one in &came {
        assert!(verify(&relay, "crm", one).await?);
    }
    assert!(elsewhere.came().is_empty());
    relay.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_system_that_hangs_delays_no_other_and_holds_four_at_most() -> anyhow::Result<()> {
    let (stuck, sound) = (Sink::start().await?, Sink::start().await?);
    stuck.next(vec![Answer::Never; 100]);
    let mut relay = relay_with(&[("stuck", &stuck), ("crm", &sound)]).await?;
    for n in 0..8 {
        leave(&relay, &format!("Sam {n}")).await?;
    }
    sound.wait_for(8).await?;
    stuck.wait_for(4).await?;
    assert_eq!(stuck.came().len(), 4);
    // A stop does not wait for it either, and what was cut off is tried again by the next relay.
    relay.restart().await?;
    relay.clock.advance(DAY);
    stuck.wait_for(5).await?;
    let all = relay.deliveries(|all| all.iter().any(|one| one.answer.is_some())).await?;
    let cut = all.iter().filter(|one| one.answer.as_deref() == Some("cut off by a stop")).count();
    assert!(0 < cut, "{all:?}");
    Ok(())
}

#[tokio::test]
async fn what_was_answered_by_success_is_delivered_though_the_body_never_ends() -> anyhow::Result<()>
{
    let hook = Sink::start().await?;
    hook.next([Answer::Drip]);
    let mut relay = relay_with(&[("crm", &hook)]).await?;
    leave(&relay, "Sam").await?;
    let done = relay.deliveries(|all| all[0].answer.is_some()).await?;
    assert_eq!((done[0].state.as_str(), done[0].attempts), ("delivered", 1));
    relay.clock.advance(DAY);
    leave(&relay, "Pam").await?;
    hook.wait_for(2).await?;
    relay.stop().await?;
    assert_eq!(hook.came().len(), 2);
    Ok(())
}

#[tokio::test]
async fn a_system_that_leaves_the_file_and_comes_back_gets_what_is_owed_to_it() -> anyhow::Result<()>
{
    let hook = Sink::start().await?;
    hook.next([Answer::Status(500)]);
    let mut relay = relay_with(&[("crm", &hook)]).await?;
    let with = Dealer::clone(&*relay.first_dealer()?);
    leave(&relay, "Sam").await?;
    let failed = relay.deliveries(|all| all[0].answer.is_some()).await?;
    let without = Dealer { deliver: Vec::new(), ..with.clone() };
    relay.store().update_dealer(&without).await?;
    relay.clock.advance(failed[0].due.since(relay.clock.now()));
    let missing = "not sent: the dealer's file has no such target";
    let held = relay.deliveries(|all| all[0].answer.as_deref() == Some(missing)).await?;
    assert_eq!(held[0].state, "pending");
    relay.store().update_dealer(&with).await?;
    relay.clock.advance(held[0].due.since(relay.clock.now()));
    let done = relay.deliveries(|all| all[0].state == "delivered").await?;
    assert_eq!(done[0].attempts, 3);
    relay.stop().await?;
    assert_eq!(hook.came().len(), 2);
    Ok(())
}

#[tokio::test]
async fn what_the_visitor_deletes_before_it_is_sent_is_never_sent() -> anyhow::Result<()> {
    let hook = Sink::start().await?;
    hook.next([Answer::Status(503)]);
    let mut relay = relay_with(&[("crm", &hook)]).await?;
    let visitor = leave(&relay, "Sam").await?;
    let failed = relay.deliveries(|all| all[0].answer.is_some()).await?;
    let dealer = relay.store().dealer(&relay.first_dealer()?.id);
    let token = visitor.token.clone().ok_or_else(|| anyhow::anyhow!("no token"))?;
    let id = dealer.resume(&token).await?.ok_or_else(|| anyhow::anyhow!("no chat"))?.id;
    anyhow::ensure!(dealer.erase(&id).await?.is_some(), "it was there");
    relay.clock.advance(failed[0].due.since(relay.clock.now()) + DAY);
    // The control comes through behind it; and the system, which may have kept the first try, is told.
    leave(&relay, "Pam").await?;
    let came = hook.wait_for(3).await?;
    relay.stop().await?;
    let later = &came[1..];
    assert!(later.iter().any(|one| one.body.contains("Pam")), "{later:?}");
    assert!(later.iter().any(|one| one.body.contains("subject.erased")), "{later:?}");
    assert!(later.iter().all(|one| !one.body.contains("Sam")), "{later:?}");
    assert_eq!(hook.came().len(), 3);
    Ok(())
}

#[tokio::test]
async fn nothing_is_sent_to_an_address_that_is_not_public_unless_the_operator_allows_it()
-> anyhow::Result<()> {
    let (hook, allowed) = (Sink::start().await?, Sink::start().await?);
    let mut relay = relay_with(&[("crm", &allowed)]).await?;
    let mut dealer = Dealer::clone(&*relay.first_dealer()?);
    dealer.deliver.push(target("private", &hook));
    relay.store().update_dealer(&dealer).await?;
    leave(&relay, "Sam").await?;
    allowed.wait_for(1).await?;
    let found = relay.deliveries(|all| all.iter().all(|one| one.answer.is_some())).await?;
    let private = found.iter().find(|one| one.target == "private");
    let answer = private.and_then(|one| one.answer.clone()).unwrap_or_default();
    assert!(answer.starts_with("not sent: port "), "{answer}");
    relay.stop().await?;
    assert!(hook.came().is_empty());
    Ok(())
}

#[tokio::test]
async fn a_huge_answer_is_an_answer_and_a_delivery_that_is_not_wanted_is_given_up_until_it_is_asked_for()
-> anyhow::Result<()> {
    let (huge, gone) = (Sink::start().await?, Sink::start().await?);
    huge.next([Answer::Huge(20_000_000)]);
    gone.next([Answer::Status(410)]);
    let mut relay = relay_with(&[("huge", &huge), ("gone", &gone)]).await?;
    leave(&relay, "Sam").await?;
    let found = relay.deliveries(|all| all.iter().all(|one| one.state != "pending")).await?;
    let states: Vec<_> = found.iter().map(|one| (&*one.target, &*one.state)).collect();
    assert_eq!(states, [("gone", "failed"), ("huge", "delivered")]);
    // What was given up is sent again once somebody asks for it, under the same id.
    let failed = found[0].id.clone();
    let dealer = relay.store().dealer(&relay.first_dealer()?.id);
    assert!(dealer.replay(&failed).await?);
    leave(&relay, "Pam").await?;
    let came = gone.wait_for(3).await?;
    assert_eq!(came.iter().filter(|one| one.header("webhook-id") == failed).count(), 2);
    relay.stop().await?;
    Ok(())
}
