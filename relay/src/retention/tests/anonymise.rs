//! What was promised to be anonymised leaves its month's counters, and nothing that leads to anybody
//! (G-03, A-T6b); its receipt names the policy (G-41, G-50).

use protocol::SessionToken;

use super::*;
use crate::{
    domain::proof::{Policy, Receipt},
    limits::SMALL_GROUP,
    store::{Counted, FinishedReply, Month, Words, tests::finished},
};

const WORDS: &str = "Is the Volvo with the dented door still there?";

fn counting(version: u32) -> RetentionPolicy {
    RetentionPolicy { version, ..RetentionPolicy::own(Period::of_days(90), Action::Anonymise) }
}

/// One visitor who asks under a policy.
async fn asked(stage: &Stage, policy: RetentionPolicy) -> SessionToken {
    let token = stage.token();
    let words = Words { policy, ..stage.words(&token, WORDS) };
    kept(stage.ours().append(words).await.unwrap());
    token
}

async fn receipts(stage: &Stage) -> Vec<Receipt> {
    let page = stage.store.receipts("").await.unwrap();
    let (page, _) = page.unwrap_or_default();
    page.iter().map(|signed| serde_json::from_str(&signed.body).unwrap()).collect()
}

fn month(name: &str, n: u64) -> Month {
    let counted = Counted { conversations: n, messages: n, leads: 0 };
    Month { month: name.to_owned(), counted: (SMALL_GROUP <= n).then_some(counted) }
}

#[tokio::test]
async fn at_the_end_a_months_counters_are_left_and_no_word() {
    let stage = Stage::new().await;
    for _ in 0..SMALL_GROUP {
        asked(&stage, counting(2)).await;
    }
    // Another dealer's choice is its own, and what was promised to be deleted is not counted.
    asked(&stage, quarter()).await;
    let theirs = Words { policy: counting(2), ..stage.words(&stage.token(), WORDS) };
    kept(stage.theirs().append(theirs).await.unwrap());
    let end = counting(2).expires_at(START);
    assert_eq!(stage.ours().counters().await.unwrap(), []);
    stage.clock.set(end);
    sweep_once(&stage.store, end).await.unwrap();
    let name: String = START.day().chars().take(7).collect();
    assert_eq!(stage.ours().counters().await.unwrap(), [month(&name, SMALL_GROUP)]);
    assert_eq!(stage.theirs().counters().await.unwrap(), [month(&name, 1)]);
    assert_eq!(occurrences(&stage.bytes(), WORDS), 0);
    let (counted, deleted): (Vec<_>, Vec<_>) =
        receipts(&stage).await.into_iter().partition(|one| one.action == Action::Anonymise);
    assert_eq!((counted.len() as u64, deleted.len()), (SMALL_GROUP + 1, 1));
    let policy = |version| Some(Policy { version: Some(version), period: "P90D".to_owned() });
    assert_eq!((&counted[0].policy, &deleted[0].policy), (&policy(2), &policy(1)));
    // Of what is counted no receipt tells how much it was, and when to the day alone.
    let (one, other) = (&counted[0], &deleted[0]);
    assert_eq!((one.messages, one.leads, one.contacts, one.bytes), (None, None, None, None));
    assert_eq!(
        (one.unreachable_since.clone(), other.unreachable_since.clone()),
        (end.day(), end.to_string())
    );
    assert_eq!((other.messages, other.contacts, other.deliveries), (Some(1), Some(0), Some(0)));
    // Sealed: longer than the words.
    assert!(other.bytes.is_some_and(|bytes| WORDS.len() as u64 <= bytes));
    // Nothing is counted twice.
    sweep_once(&stage.store, end).await.unwrap();
    assert_eq!(stage.ours().counters().await.unwrap(), [month(&name, SMALL_GROUP)]);
    // With the dealer, they go too.
    stage.store.remove_dealer(&stage.ours).await.unwrap();
    assert_eq!(stage.number("SELECT COUNT(*) FROM counters").await, 1, "and nobody else's");
}

#[tokio::test]
async fn few_conversations_are_never_told_apart_and_more_are_added_to_them() {
    let stage = Stage::new().await;
    for _ in 1..SMALL_GROUP {
        asked(&stage, counting(1)).await;
    }
    stage.clock.advance(DAY);
    let late = asked(&stage, counting(1)).await;
    // A visitor of the same month who speaks on in the next: the first month is complete all the same.
    stage.clock.advance(DAY * 20);
    asked(&stage, counting(1)).await;
    let end = counting(1).expires_at(START);
    stage.clock.set(end);
    sweep_once(&stage.store, end).await.unwrap();
    assert_eq!(stage.ours().counters().await.unwrap(), [], "one more of that month is there");
    stage.clock.advance(DAY);
    assert_eq!(stage.ours().resume(&late).await.unwrap(), None);
    sweep_once(&stage.store, stage.clock.now()).await.unwrap();
    let counters = stage.ours().counters().await.unwrap();
    assert_eq!(counters, [month(&counters[0].month, SMALL_GROUP)]);
    stage.clock.advance(DAY * 20);
    sweep_once(&stage.store, stage.clock.now()).await.unwrap();
    let counters = stage.ours().counters().await.unwrap();
    assert_eq!(counters[1], month(&counters[1].month, 1), "a small one has no figures");
}

#[tokio::test]
async fn what_a_visitor_deletes_is_not_counted_and_neither_is_what_ends_with_its_dealer() {
    let stage = Stage::new().await;
    let token = asked(&stage, counting(1)).await;
    let other = asked(&stage, counting(1)).await;
    let id = stage.ours().resume(&token).await.unwrap().unwrap().id;
    stage.ours().erase(&id).await.unwrap().unwrap();
    assert_eq!(stage.number("SELECT COUNT(*) FROM counters").await, 0);
    assert!(stage.ours().resume(&other).await.unwrap().is_some());
    // The batch of a removal, before the dealer's own rows go.
    stage.pragma("UPDATE conversations SET expires_at = 0, seal = NULL").await;
    stage.store.sweep_batch(Timestamp::from_millis(0), Place::default()).await.unwrap();
    assert_eq!(stage.number("SELECT COUNT(*) FROM conversations").await, 0);
    assert_eq!(stage.number("SELECT COUNT(*) FROM counters").await, 0);
    stage.store.remove_dealer(&stage.ours).await.unwrap();
    let receipts = receipts(&stage).await;
    assert_eq!(receipts.len(), 2);
    assert!(receipts.iter().all(|receipt| receipt.action == Action::Delete), "{receipts:?}");
}

#[tokio::test]
async fn a_conversation_keeps_the_version_of_the_policy_that_its_end_rests_on() {
    let stage = Stage::new().await;
    let longer = RetentionPolicy { version: 3, ..year() };
    let tokens = [asked(&stage, counting(2)).await, asked(&stage, longer.clone()).await];
    // A longer policy never takes the place of the promise; the same period under a new version does.
    for (token, policy) in
        [(&tokens[0], longer), (&tokens[1], RetentionPolicy { version: 4, ..year() })]
    {
        let words = Words { policy, ..stage.words(token, "And blue?") };
        kept(stage.ours().append(words).await.unwrap());
    }
    stage.ours().shorten(&RetentionPolicy { version: 5, ..quarter() }).await.unwrap();
    assert!(stage.store.verify().await.unwrap().is_sound());
    for token in &tokens {
        let id = stage.ours().resume(token).await.unwrap().unwrap().id;
        stage.ours().erase(&id).await.unwrap().unwrap();
    }
    let mut versions: Vec<_> =
        receipts(&stage).await.into_iter().map(|receipt| receipt.policy.unwrap()).collect();
    versions.sort_by_key(|policy| policy.version);
    let policy = |version| Policy { version: Some(version), period: "P90D".to_owned() };
    assert_eq!(versions, [policy(2), policy(5)]);
}

#[tokio::test]
async fn what_is_to_be_deleted_now_is_not_counted_though_it_was_to_be() {
    let stage = Stage::new().await;
    let token = asked(&stage, counting(1)).await;
    let deleting = RetentionPolicy { version: 2, ..quarter() };
    assert_eq!(stage.ours().shorten(&deleting).await.unwrap(), 1);
    assert_eq!(stage.ours().shorten(&deleting).await.unwrap(), 0);
    assert!(stage.store.verify().await.unwrap().is_sound());
    // And not again once the dealer counts again.
    assert_eq!(stage.ours().shorten(&counting(3)).await.unwrap(), 0);
    let end = quarter().expires_at(START);
    assert_eq!(stage.ours().resume(&token).await.unwrap().unwrap().expires_at, end);
    stage.clock.set(end);
    sweep_once(&stage.store, end).await.unwrap();
    assert_eq!(stage.number("SELECT COUNT(*) FROM counters").await, 0);
}

#[tokio::test]
async fn a_policy_that_can_not_be_read_keeps_nothing_from_being_deleted() {
    let stage = Stage::new().await;
    for _ in 0..2 {
        asked(&stage, counting(1)).await;
    }
    stage.pragma("UPDATE conversations SET policy = CAST(x'ff' AS TEXT) WHERE id = (SELECT MIN(id) FROM conversations)").await;
    let end = counting(1).expires_at(START);
    stage.clock.set(end);
    let swept = sweep_once(&stage.store, end).await.unwrap();
    assert_eq!((swept.conversations, swept.stuck), (2, 0));
    assert_eq!(receipts(&stage).await.len(), 2);
}

#[tokio::test]
async fn a_receipt_tells_when_the_copies_of_a_provider_end_and_of_what_no_provider_got_it_tells_none()
 {
    let stage = Stage::new().await;
    for (generator, wanted) in [
        ("openai/gpt-4.1-mini", Some(DAY * 30)),
        ("mistral/mistral-small", Some(DAY * 30)),
        ("openai-compatible/llama", None),
        ("documents", None),
    ] {
        let said = stage.said(&stage.token(), "Is it red?").await;
        let answered_at = stage.clock.now();
        let end = finished(&said.conversation, &said.reply.unwrap(), "It is.");
        let end = FinishedReply { generator: generator.to_owned(), ..end };
        stage.ours().finish_reply(end).await.unwrap();
        stage.clock.advance(DAY);
        let id = stage.ours().erase(&said.conversation).await.unwrap().unwrap().receipt.unwrap();
        let signed = stage.store.receipt(&id).await.unwrap().unwrap();
        let receipt: Receipt = serde_json::from_str(&signed.body).unwrap();
        let wanted = wanted.map(|life| answered_at.plus(life).to_string());
        assert_eq!(receipt.providers_end, wanted, "{generator}");
    }
}

#[tokio::test]
async fn whoever_changes_the_version_of_a_promise_is_told() {
    let stage = Stage::new().await;
    let token = asked(&stage, counting(2)).await;
    stage.pragma("UPDATE conversations SET policy = '2 delete'").await;
    assert!(stage.ours().resume(&token).await.unwrap_err().is_damage());
    assert!(!stage.store.verify().await.unwrap().is_sound());
}
