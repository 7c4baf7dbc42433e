//! What is restricted is kept and used for nothing, whatever its end, until it is released (Art. 18 GDPR).

use protocol::{
    ConversationId,
    lead::{FieldKind, FormField},
};

use super::*;
use crate::{
    domain::{contact::Contact, hold::NewHold, restriction::Ground},
    limits::HOLD_REVIEW_MAX,
    store::{Append, Correction, Rectified, Restricted, StoreError, tests::finished},
};

/// Restricts a conversation of ours.
async fn restrict(stage: &Stage, conversation: &ConversationId) -> Restricted {
    let now = stage.clock.now();
    let hold = Ground::Accuracy.hold("Ada".to_owned(), now.plus(HOLD_REVIEW_MAX), now).unwrap();
    stage.ours().restrict(conversation, &hold).await.unwrap()
}

/// Restricts it for the first time; answers the hold.
async fn restricted(stage: &Stage, conversation: &ConversationId) -> String {
    let Restricted::Now(hold) = restrict(stage, conversation).await else { panic!("not now") };
    hold
}

async fn sweep_all(stage: &Stage) -> Swept {
    match sweep(&stage.store, &CancellationToken::new()).await.unwrap() {
        Outcome::Swept(swept) => swept,
        Outcome::Halted(doubt) => panic!("it halted: {doubt}"),
    }
}

#[tokio::test]
async fn it_is_hidden_from_all_but_its_person_and_goes_on_once_it_is_released() {
    let stage = Stage::new().await;
    let (token, other) = (stage.token(), stage.token());
    let (conversation, _) = stage.answered(&token).await;
    stage.ours().take_lead(stage.new_lead(&token, "sam@b.example")).await.unwrap();
    stage.answered(&other).await;
    let end = stage.ours().resume(&token).await.unwrap().unwrap().expires_at;
    let running = stage.said(&token, "And blue?").await.reply.unwrap();
    let hold = restricted(&stage, &conversation).await;
    assert_eq!(restrict(&stage, &conversation).await, Restricted::Already(hold.clone()));

    let ours = stage.ours();
    assert_eq!(ours.resume(&token).await.unwrap(), None);
    assert!(ours.history(&conversation, 0, 10).await.unwrap().is_empty(), "no prompt has it");
    assert!(ours.leads(10).await.unwrap().is_empty());
    let late = ours.append(stage.words(&token, "More")).await.unwrap();
    assert!(matches!(late, Append::Ended), "{late:?}");
    let late = ours.finish_reply(finished(&conversation, &running, "Yes")).await;
    assert!(matches!(late, Err(StoreError::Gone)), "no answer comes into it");
    assert!(ours.resume(&other).await.unwrap().is_some(), "another one is not touched");

    // Who serves its person's rights has it whole, with the end that was promised.
    let found = ours.find(&Contact::Email("sam@b.example".to_owned())).await.unwrap();
    assert_eq!((found.len(), found[0].held.as_ref()), (1, Some(&hold)));
    let dossier = ours.dossier(&conversation).await.unwrap().unwrap();
    assert_eq!((dossier.messages.len(), dossier.leads.len()), (3, 1));
    assert_eq!(dossier.conversation.expires_at, end);
    assert!(matches!(ours.erase(&conversation).await, Err(StoreError::Held { .. })));
    let correction = Correction {
        lead: protocol::LeadId::parse(&dossier.leads[0].id).unwrap(),
        field: FieldKind::Name,
        value: Some("Samira".to_owned()),
        form: vec![FormField { kind: FieldKind::Name, required: false }],
    };
    assert_eq!(ours.rectify(correction).await.unwrap(), Rectified::Done);
    assert!(stage.store.verify().await.unwrap().is_sound());

    assert!(stage.store.release_hold(&hold).await.unwrap());
    let again = stage.ours().resume(&token).await.unwrap().unwrap();
    assert_eq!((again.expires_at, again.last_seq, again.running_reply), (end, 3, None));
    let leads = stage.ours().leads(10).await.unwrap();
    assert_eq!(leads[0].lead.fields.name.as_deref(), Some("Samira"));
    stage.answered(&token).await;
    assert!(stage.store.verify().await.unwrap().is_sound());
    assert!(stage.ours().erase(&conversation).await.unwrap().is_some());
}

#[tokio::test]
async fn no_sweep_and_no_shorter_period_moves_it_and_past_its_end_it_goes_with_its_release() {
    let stage = Stage::new().await;
    let token = stage.token();
    let (conversation, _) = stage.answered(&token).await;
    let hold = restricted(&stage, &conversation).await;
    let swept = sweep_all(&stage).await;
    assert_eq!((swept.conversations, swept.held), (0, 1));
    assert_eq!(stage.ours().shorten(&quarter()).await.unwrap(), 1);
    assert_eq!(stage.ours().shorten(&quarter()).await.unwrap(), 0);
    assert_eq!(stage.ours().resume(&token).await.unwrap(), None, "it stays hidden");
    let days_after = year().expires_at(START).plus(DAY * 4);
    stage.clock.set(days_after);
    let swept = sweep_all(&stage).await;
    assert_eq!((swept.conversations, swept.held), (0, 1));
    assert_eq!(stage.store.overdue().await.unwrap(), None, "it is not late");
    assert_eq!(stage.ours().dossier(&conversation).await.unwrap().unwrap().messages.len(), 2);

    assert!(stage.store.release_hold(&hold).await.unwrap());
    assert_eq!(stage.ours().resume(&token).await.unwrap(), None);
    assert!(stage.ours().dossier(&conversation).await.unwrap().is_none(), "the control: not held");
    assert_eq!(sweep_all(&stage).await.conversations, 1);
    assert_eq!(stage.number("SELECT COUNT(*) FROM messages").await, 0);
}

#[tokio::test]
async fn a_clock_that_is_ahead_shows_nothing_again_once_it_is_set_right() {
    let stage = Stage::new().await;
    let (token, late) = (stage.token(), stage.token());
    let (conversation, _) = stage.answered(&token).await;
    stage.store.look_at_clock().await.unwrap();
    // Days ahead, and doubted: whoever speaks now is dated then.
    let right = stage.clock.now();
    stage.clock.step(right.plus(DAY * 5));
    stage.store.look_at_clock().await.unwrap();
    let (ahead, _) = stage.answered(&late).await;
    restricted(&stage, &conversation).await;
    restricted(&stage, &ahead).await;
    stage.clock.step(right);
    let stage = stage.reopened().await;
    sweep_all(&stage).await;
    sweep_all(&stage).await;
    for token in [&token, &late] {
        assert_eq!(stage.ours().resume(token).await.unwrap(), None);
    }
    assert!(stage.store.verify().await.unwrap().is_sound());
    assert_eq!(stage.ours().dossier(&ahead).await.unwrap().unwrap().messages.len(), 2);
}

#[tokio::test]
async fn what_is_shown_again_by_mistake_is_hidden_when_it_is_restricted_again() {
    let stage = Stage::new().await;
    let token = stage.token();
    let (conversation, _) = stage.answered(&token).await;
    let hold = restricted(&stage, &conversation).await;
    // As an older relay has left it: the hold stands, and the end was moved.
    stage.pragma("UPDATE conversations SET expires_at = expires_at + 86400000, seal = NULL").await;
    assert!(stage.ours().resume(&token).await.unwrap().is_some());
    assert_eq!(restrict(&stage, &conversation).await, Restricted::Already(hold));
    assert_eq!(stage.ours().resume(&token).await.unwrap(), None);
}

#[tokio::test]
async fn what_a_legal_hold_keeps_past_its_end_can_be_restricted_and_outlives_that_hold() {
    let stage = Stage::new().await;
    let (conversation, _) = stage.answered(&stage.token()).await;
    let now = stage.clock.now();
    let hold = Ground::Claim.hold("Ada".to_owned(), now.plus(HOLD_REVIEW_MAX), now).unwrap();
    let legal = NewHold { conversation: Some(conversation.clone()), ..hold };
    let legal = stage.store.set_hold(&stage.ours, &legal).await.unwrap().unwrap();
    stage.clock.set(year().expires_at(START).plus(DAY));
    let restriction = restricted(&stage, &conversation).await;
    stage.store.release_hold(&legal).await.unwrap();
    let swept = sweep_all(&stage).await;
    assert_eq!((swept.conversations, swept.held), (0, 1), "the person asked to keep it");
    stage.store.release_hold(&restriction).await.unwrap();
    assert_eq!(sweep_all(&stage).await.conversations, 1);
}

#[tokio::test]
async fn a_restriction_of_what_is_damaged_since_can_be_released_and_it_stays_hidden() {
    let stage = Stage::new().await;
    let token = stage.token();
    let (conversation, _) = stage.answered(&token).await;
    let hold = restricted(&stage, &conversation).await;
    stage.pragma("UPDATE conversations SET locale = 'de'").await;
    assert!(stage.store.release_hold(&hold).await.unwrap());
    assert_eq!(stage.number("SELECT COUNT(*) FROM holds").await, 0);
    let end = stage.number("SELECT expires_at FROM conversations").await;
    assert!(end <= stage.clock.now().millis(), "no new seal, and no new end");
}

#[tokio::test]
async fn what_is_over_is_not_restricted_and_what_is_damaged_is_told() {
    let stage = Stage::new().await;
    let (conversation, _) = stage.answered(&stage.token()).await;
    stage.pragma("UPDATE conversations SET locale = 'de'").await;
    let now = stage.clock.now();
    let hold = Ground::Claim.hold("Ada".to_owned(), now.plus(HOLD_REVIEW_MAX), now).unwrap();
    let damaged = stage.ours().restrict(&conversation, &hold).await.unwrap_err();
    assert!(damaged.is_damage(), "a new seal would hide it: {damaged}");
    assert_eq!(stage.number("SELECT COUNT(*) FROM holds").await, 0);

    let stage = Stage::new().await;
    let (conversation, _) = stage.answered(&stage.token()).await;
    stage.clock.set(year().expires_at(START));
    assert_eq!(restrict(&stage, &conversation).await, Restricted::NotThere);
    assert_eq!(stage.number("SELECT COUNT(*) FROM holds").await, 0);
}
