//! A dossier holds all of a conversation until its end, and a consent can be taken back.

use super::*;
use crate::{
    retention,
    store::{
        StoredLead,
        tests::{DAY, START, Stage, occurrences, year},
    },
};

/// A conversation with an answered question and a lead that agrees to e-mail alone.
async fn with_lead(stage: &Stage) -> ConversationId {
    let token = stage.token();
    let (conversation, _) = stage.answered(&token).await;
    stage.ours().take_lead(stage.new_lead(&token, "sam@example.org")).await.unwrap();
    conversation
}

async fn only_lead(stage: &Stage) -> StoredLead {
    stage.ours().leads(10).await.unwrap().remove(0)
}

fn events(dossier: &Dossier) -> Vec<(Channel, ConsentEvent)> {
    dossier.leads[0].consents.iter().map(|record| (record.channel, record.event)).collect()
}

#[tokio::test]
async fn a_dossier_holds_all_of_a_conversation_and_nothing_of_another() {
    let stage = Stage::new().await;
    let conversation = with_lead(&stage).await;
    stage.said(&stage.token(), "somebody else").await;
    let dossier = stage.ours().dossier(&conversation).await.unwrap().unwrap();
    assert_eq!(dossier.conversation.id, conversation.as_str());
    assert_eq!(dossier.messages.len(), 2);
    assert_eq!(dossier.leads.len(), 1);
    assert_eq!(dossier.leads[0].fields.email.as_deref(), Some("sam@example.org"));
    assert_eq!(dossier.leads[0].deliveries[0].state, "pending");
    assert!(stage.theirs().dossier(&conversation).await.unwrap().is_none(), "nobody else's");
    let printed = format!("{dossier:?}");
    assert!(!printed.contains("sam@"), "{printed}");
}

#[tokio::test]
async fn a_dossier_ends_with_its_conversation_to_the_millisecond_and_with_its_deletion() {
    let stage = Stage::new().await;
    let (expiring, erased) = (with_lead(&stage).await, with_lead(&stage).await);
    stage.ours().erase(&erased).await.unwrap();
    assert!(stage.ours().dossier(&erased).await.unwrap().is_none());
    assert_eq!(stage.ours().withdraw(&erased, Channel::Email).await.unwrap(), None);
    let end = year().expires_at(START);
    stage.clock.set(end.minus(std::time::Duration::from_millis(1)));
    assert!(stage.ours().dossier(&expiring).await.unwrap().is_some());
    stage.clock.set(end);
    assert!(stage.ours().dossier(&expiring).await.unwrap().is_none(), "before any sweep");
    assert_eq!(stage.ours().withdraw(&expiring, Channel::Email).await.unwrap(), None);
}

#[tokio::test]
async fn a_consent_that_is_withdrawn_is_a_new_record_and_is_seen_wherever_the_lead_is() {
    let stage = Stage::new().await;
    let conversation = with_lead(&stage).await;
    let before = stage.ours().dossier(&conversation).await.unwrap().unwrap();
    assert_eq!(before.consents_in_force().len(), 1);
    stage.clock.set(START.plus(DAY));
    assert_eq!(stage.ours().withdraw(&conversation, Channel::Post).await.unwrap(), Some(0));
    assert_eq!(stage.theirs().withdraw(&conversation, Channel::Email).await.unwrap(), None);
    assert_eq!(stage.ours().withdraw(&conversation, Channel::Email).await.unwrap(), Some(1));
    assert_eq!(stage.ours().withdraw(&conversation, Channel::Email).await.unwrap(), Some(0));

    let after = stage.ours().dossier(&conversation).await.unwrap().unwrap();
    assert!(after.consents_in_force().is_empty());
    assert_eq!(events(&after).len(), events(&before).len() + 1, "the old one stands");
    assert_eq!(events(&after).last(), Some(&(Channel::Email, ConsentEvent::Withdrawn)));
    let lead = only_lead(&stage).await;
    assert_eq!(lead.withdrawn, [(Channel::Email, START.plus(DAY))]);
    assert!(lead.consents.iter().any(|asked| asked.channel == Channel::Email && asked.given));
    assert!(stage.store.verify().await.unwrap().is_sound());
}

#[tokio::test]
async fn a_withdrawal_that_is_taken_away_or_changed_is_missed() {
    for change in [
        "DELETE FROM consents WHERE method = 'withdrawn_by_visitor'",
        "UPDATE consents SET method = 'unticked_box' WHERE method = 'withdrawn_by_visitor'",
    ] {
        let stage = Stage::new().await;
        let conversation = with_lead(&stage).await;
        stage.ours().withdraw(&conversation, Channel::Email).await.unwrap();
        assert!(stage.ours().dossier(&conversation).await.is_ok());
        stage.pragma("DROP TRIGGER consents_append_only").await;
        stage.pragma(change).await;
        assert!(stage.ours().dossier(&conversation).await.unwrap_err().is_damage(), "{change}");
        assert!(!stage.store.verify().await.unwrap().is_sound(), "{change}");
    }
}

#[tokio::test]
async fn the_lead_as_it_was_before_a_withdrawal_leaves_no_trace_once_it_is_deleted() {
    let stage = Stage::new().await;
    let conversation = with_lead(&stage).await;
    let mut fields = stage.blobs("SELECT fields FROM leads").await;
    stage.ours().withdraw(&conversation, Channel::Email).await.unwrap();
    fields.extend(stage.blobs("SELECT fields FROM leads").await);
    assert_eq!(fields.len(), 2);
    stage.ours().erase(&conversation).await.unwrap();
    assert!(retention::remove_traces(&stage.store).await.unwrap());
    for sealed in fields {
        assert_eq!(occurrences(&stage.bytes(), &sealed), 0);
    }
}
