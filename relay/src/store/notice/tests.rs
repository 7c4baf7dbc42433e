//! Whoever may have got a lead is told what becomes of it, and nobody else.

use super::*;
use crate::{
    domain::restriction::Ground,
    limits::{DELIVERY_LEASE, HOLD_REVIEW_MAX},
    retention::sweep_once,
    store::{
        Alarm, Tried, What,
        keys::{Gone, Reason},
        tests::{DAY, START, Stage, year},
    },
};

/// A stage with a lead that `crm` was sent and `dms` not yet.
async fn sent() -> (Stage, protocol::ConversationId) {
    let stage = Stage::new().await;
    let mut lead = stage.new_lead(&stage.token(), "a@b.example");
    lead.targets = vec!["crm".to_owned(), "dms".to_owned()];
    stage.ours().take_lead(lead).await.unwrap();
    let ours = stage.ours();
    let claimed = ours.claim("crm", 9).await.unwrap().remove(0);
    let answer = "answered 204".to_owned();
    assert!(ours.note_delivery(&claimed, Tried::Delivered, answer, None).await.unwrap());
    let conversation = ours.leads(1).await.unwrap().remove(0).conversation;
    (stage, conversation)
}

/// What is told: event and target.
async fn told(stage: &Stage) -> Vec<(String, String)> {
    let all = stage.ours().ledger(None, 99).await.unwrap();
    let told = all.into_iter().filter(|one| one.event != "lead");
    let mut told: Vec<_> = told.map(|one| (one.event, one.target)).collect();
    told.sort();
    told
}

fn pair(event: &str, target: &str) -> (String, String) {
    (event.to_owned(), target.to_owned())
}

#[tokio::test]
async fn who_has_got_a_lead_is_told_that_it_was_erased_and_who_has_not_is_not() {
    let (stage, conversation) = sent().await;
    let lead = stage.ours().leads(1).await.unwrap().remove(0).id;
    let receipt = stage.ours().erase(&conversation).await.unwrap().unwrap().receipt.unwrap();
    assert_eq!(told(&stage).await, [pair("subject.erased", "crm")]);
    let receipt = stage.store.receipt(&receipt).await.unwrap().unwrap();
    assert!(receipt.body.contains("\"told\":[\"crm\"]"), "{}", receipt.body);
    // It outlives what it is about, and the other target is owed nothing.
    let owed = stage.store.owed().await.unwrap();
    assert_eq!(owed.iter().map(|owed| owed.target.as_str()).collect::<Vec<_>>(), ["crm"]);
    assert_eq!(stage.theirs().claim("crm", 9).await.unwrap(), []);
    let claimed = stage.ours().claim("crm", 9).await.unwrap().remove(0);
    let What::Notice { event: Event::Erased, lead: about, at, .. } = &claimed.what else {
        panic!("{claimed:?}");
    };
    assert_eq!((about.as_str(), *at), (lead.as_str(), stage.ours().now()));
}

#[tokio::test]
async fn what_is_on_its_way_when_it_is_erased_is_followed_and_not_overtaken() {
    let (stage, conversation) = sent().await;
    // The second target has it in hand.
    assert_eq!(stage.ours().claim("dms", 9).await.unwrap().len(), 1);
    stage.ours().erase(&conversation).await.unwrap().unwrap();
    let wanted = [pair("subject.erased", "crm"), pair("subject.erased", "dms")];
    assert_eq!(told(&stage).await, wanted);
    assert_eq!(stage.ours().claim("dms", 9).await.unwrap(), []);
    stage.clock.advance(DELIVERY_LEASE);
    assert_eq!(stage.ours().claim("dms", 9).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_change_that_is_being_told_is_not_overtaken_and_one_that_waits_is_told_no_more() {
    let (stage, conversation) = sent().await;
    let channel = protocol::lead::Channel::Email;
    stage.ours().withdraw(&conversation, channel).await.unwrap();
    // On its way: the erasure comes after it.
    assert_eq!(stage.ours().claim("crm", 9).await.unwrap().len(), 1);
    stage.ours().erase(&conversation).await.unwrap().unwrap();
    assert_eq!(stage.ours().claim("crm", 9).await.unwrap(), []);
    stage.clock.advance(DELIVERY_LEASE);
    assert_eq!(stage.ours().claim("crm", 9).await.unwrap().len(), 2);

    // Nobody has it in hand: it is told no more.
    let (stage, conversation) = sent().await;
    stage.ours().withdraw(&conversation, channel).await.unwrap();
    stage.ours().erase(&conversation).await.unwrap().unwrap();
    assert_eq!(told(&stage).await, [pair("subject.erased", "crm")]);
}

#[tokio::test]
async fn whoever_was_told_to_leave_a_lead_alone_is_told_when_it_may_be_used_again() {
    let (stage, conversation) = sent().await;
    let now = stage.ours().now();
    let hold = Ground::Claim.hold("Ada".to_owned(), now.plus(HOLD_REVIEW_MAX), now).unwrap();
    let restricted = stage.ours().restrict(&conversation, &hold).await.unwrap();
    let crate::store::Restricted::Now(hold) = restricted else { panic!("{restricted:?}") };
    assert_eq!(told(&stage).await, [pair("subject.restricted", "crm")]);
    assert!(stage.store.release_hold(&hold).await.unwrap());
    let wanted = [pair("lead.updated", "crm"), pair("subject.restricted", "crm")];
    assert_eq!(told(&stage).await, wanted);
}

#[tokio::test]
async fn a_withdrawal_and_a_restriction_are_told_once_each() {
    let (stage, conversation) = sent().await;
    let channel = protocol::lead::Channel::Email;
    assert_eq!(stage.ours().withdraw(&conversation, channel).await.unwrap(), Some(1));
    assert_eq!(told(&stage).await, [pair("lead.updated", "crm")]);
    assert_eq!(stage.ours().withdraw(&conversation, channel).await.unwrap(), Some(0));
    assert_eq!(told(&stage).await.len(), 1, "nothing was taken back");
    let now = stage.ours().now();
    let hold = Ground::Claim.hold("Ada".to_owned(), now.plus(HOLD_REVIEW_MAX), now).unwrap();
    for _ in 0..2 {
        stage.ours().restrict(&conversation, &hold).await.unwrap();
    }
    let wanted = [pair("lead.updated", "crm"), pair("subject.restricted", "crm")];
    assert_eq!(told(&stage).await, wanted);
}

#[tokio::test]
async fn notices_end_after_a_month_and_what_ends_by_itself_is_not_told() {
    let (stage, conversation) = sent().await;
    stage.ours().erase(&conversation).await.unwrap().unwrap();
    let end = stage.ours().now().plus(NOTICE_LIFE);
    assert_eq!(sweep_once(&stage.store, end.minus(DAY)).await.unwrap().notices, 0);
    let due = stage.store.due_rows(end).await.unwrap();
    assert_eq!((due.len(), due[0].of, due[0].expires_at), (1, "the notices", end));
    assert_eq!(sweep_once(&stage.store, end).await.unwrap().notices, 1);
    assert_eq!(stage.number("SELECT COUNT(*) FROM notices").await, 0);

    let (stage, _) = sent().await;
    stage.clock.set(year().expires_at(START));
    sweep_once(&stage.store, stage.ours().now()).await.unwrap();
    assert_eq!(stage.number("SELECT COUNT(*) FROM leads").await, 0);
    assert_eq!(stage.number("SELECT COUNT(*) FROM notices").await, 0);
}

#[tokio::test]
async fn a_dealer_is_told_of_a_target_that_fails_once_a_day() {
    let (stage, _) = sent().await;
    let ours = stage.ours();
    for (hours, wanted) in [(0, 1), (1, 1), (24, 2)] {
        stage.clock.advance(std::time::Duration::from_secs(3_601 * hours));
        let claimed = ours.claim("dms", 9).await.unwrap().remove(0);
        let (lead, about) = ("a".to_owned(), "dms".to_owned());
        let alarm = Some(Alarm { event: Event::Failing, lead, about });
        let again = Tried::Again(ours.now());
        assert!(ours.note_delivery(&claimed, again, "answered 500".into(), alarm).await.unwrap());
        assert_eq!(told(&stage).await.len(), wanted, "{hours}");
    }
    let to_the_dealer = ours.claim("", 9).await.unwrap();
    assert_eq!(to_the_dealer.len(), 2);
    let what = &to_the_dealer[0].what;
    assert!(matches!(what, What::Notice { event: Event::Failing, about, .. } if about == "dms"));
}

#[tokio::test]
async fn a_crash_between_the_key_and_the_rows_is_told_once_it_is_made_good() {
    let (stage, conversation) = sent().await;
    let (keys, id, now) = (stage.ours().keys().clone(), conversation.clone(), stage.ours().now());
    let dealer = stage.ours.clone();
    let half = stage.store.inner.writer.write(move |conn| {
        Box::pin(async move {
            let (conversation, dealer) = (id.as_str(), dealer.as_str());
            let gone = Gone { conversation, dealer, ended: now, size: None, told: &[] };
            keys.destroy(conn, &[gone], Reason::Erasure, now).await
        })
    });
    assert_eq!(half.await.unwrap().len(), 1);
    assert_eq!(told(&stage).await, []);
    let stage = stage.reopened().await;
    assert_eq!(told(&stage).await, [pair("subject.erased", "crm")]);
}
