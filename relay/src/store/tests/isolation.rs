//! No method of one dealer's store finds, changes or ends anything of another's (D6): a table of
//! all methods, held against the source, so that a new one can't be forgotten.

use std::collections::BTreeSet;

use super::*;
use crate::domain::{
    contact::Contact,
    document::Document,
    restriction::Ground,
    retention::{Action, Period},
    target::{Payload, Target, TargetChannel},
};

/// The methods that are tried below.
const TRIED: [&str; 30] = [
    "would_shorten",
    "counters",
    "lead",
    "ledger",
    "replay",
    "webhook_secrets",
    "resume",
    "history",
    "append",
    "snapshot",
    "finish_reply",
    "end_reply",
    "retry",
    "take_lead",
    "leads",
    "leads_since",
    "tokens_spent",
    "documents",
    "sound_documents",
    "documents_version",
    "replace_documents",
    "erase",
    "find",
    "shorten",
    "dossier",
    "withdraw",
    "rectify",
    "restrict",
    "suppress",
    "suppressed",
];

#[test]
fn every_method_is_tried() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/store");
    let mut found = BTreeSet::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            let source = std::fs::read_to_string(path).unwrap();
            let blocks = source.split("\nimpl DealerStore {").skip(1);
            let inside = blocks.filter_map(|rest| rest.split("\n}").next());
            let names = inside.flat_map(|block| block.split("    pub async fn ").skip(1));
            found.extend(names.filter_map(|rest| rest.split('(').next()).map(str::to_owned));
        }
    }
    assert_eq!(found, TRIED.into_iter().map(str::to_owned).collect());
}

/// Our side: a conversation, a broken reply, a running one, a lead, a document.
struct Ours {
    token: SessionToken,
    conversation: ConversationId,
    broken: ReplyId,
}

async fn ours(stage: &Stage) -> Ours {
    let token = stage.token();
    let ours = stage.ours();
    let asked = kept(ours.append(stage.words(&token, "canary words")).await.unwrap());
    let (conversation, broken) = (asked.conversation, asked.reply.unwrap());
    let mut end = finished(&conversation, &broken, "canary reply");
    end.finish = Finish::Interrupted;
    ours.finish_reply(end).await.unwrap();
    ours.take_lead(stage.new_lead(&token, "canary@example.com")).await.unwrap();
    let doc = Document { name: "a".into(), title: "A".into(), url: None, text: "t".into() };
    ours.replace_documents(vec![doc]).await.unwrap();
    Ours { token, conversation, broken }
}

/// What our dealer has, in numbers, to see that nothing has changed.
async fn rows(stage: &Stage) -> (usize, usize, u64, i64) {
    let ours = stage.ours();
    let messages = stage.number("SELECT SUM(seq + at) FROM messages").await;
    let conversation =
        stage.number("SELECT SUM(expires_at + last_at + next_seq) FROM conversations");
    let sum = messages + conversation.await;
    (
        ours.leads(10).await.unwrap().len(),
        ours.documents().await.unwrap().len(),
        ours.tokens_spent("2026-11-22").await.unwrap(),
        sum,
    )
}

#[tokio::test]
async fn nothing_is_read_with_another_dealers_ids() {
    let stage = Stage::new().await;
    let known = ours(&stage).await;
    let theirs = stage.theirs();
    assert_eq!(theirs.resume(&known.token).await.unwrap(), None);
    assert!(theirs.history(&known.conversation, 0, 10).await.unwrap().is_empty());
    assert!(theirs.leads(10).await.unwrap().is_empty());
    let contact = Contact::Email("canary@example.com".to_owned());
    assert_eq!(stage.ours().find(&contact).await.unwrap().len(), 1);
    assert!(theirs.find(&contact).await.unwrap().is_empty());
    assert!(theirs.leads_since(Timestamp::from_millis(0), 10).await.unwrap().is_empty());
    assert_eq!(theirs.tokens_spent("2026-11-22").await.unwrap(), 0);
    assert!(theirs.documents().await.unwrap().is_empty());
    assert!(theirs.sound_documents().await.unwrap().is_empty());
    assert_eq!(theirs.documents_version().await.unwrap(), 0);
    let lead = stage.ours().leads(1).await.unwrap().remove(0).id;
    assert!(stage.ours().lead(&lead).await.unwrap().is_some());
    assert!(theirs.lead(&lead).await.unwrap().is_none());
    assert_eq!(stage.ours().ledger(Some(&lead), 9).await.unwrap().len(), 1);
    assert_eq!(theirs.ledger(Some(&lead), 9).await.unwrap(), []);
    assert_eq!(theirs.ledger(None, 9).await.unwrap(), []);
    // The same target by its name: each dealer signs with its own.
    let url = "https://crm.example/".to_owned();
    let channel =
        TargetChannel::Webhook { url, payload: Payload::Thin, secret: 1, overlap_until: None };
    let target = Target::new("crm".to_owned(), channel);
    let secrets = stage.ours().webhook_secrets(&target).await.unwrap();
    assert_eq!(secrets, stage.ours().webhook_secrets(&target).await.unwrap());
    assert_ne!(secrets, theirs.webhook_secrets(&target).await.unwrap());
}

#[tokio::test]
async fn nothing_is_changed_with_another_dealers_ids() {
    let stage = Stage::new().await;
    let known = ours(&stage).await;
    let theirs = stage.theirs();
    let before = rows(&stage).await;

    let (conversation, broken) = (&known.conversation, &known.broken);
    let fresh = stage.reply_id();
    assert_eq!(theirs.retry(conversation, broken, &fresh).await.unwrap(), None);
    let again = theirs.finish_reply(finished(conversation, broken, "forged")).await;
    assert!(matches!(again, Err(StoreError::Gone)));
    theirs.replace_documents(Vec::new()).await.unwrap();
    assert_eq!(rows(&stage).await, before);

    // A reply of ours that runs takes no snapshot and no end from them.
    assert!(stage.ours().retry(conversation, broken, &fresh).await.unwrap().is_some());
    theirs.snapshot(conversation, &fresh, "forged", "forged").await.unwrap();
    assert_eq!(stage.number("SELECT COUNT(*) FROM replies WHERE snapshot IS NOT NULL").await, 0);
    let end = theirs.finish_reply(finished(conversation, &fresh, "forged")).await;
    assert!(matches!(end, Err(StoreError::Gone)));
    let day = RetentionPolicy::own(Period::of_days(1), Action::Delete);
    assert_eq!(theirs.would_shorten(&day).await.unwrap(), Shortening::default());
    assert_eq!(theirs.shorten(&day).await.unwrap(), 0);
    assert_eq!(theirs.erase(conversation).await.unwrap(), None);
    // A delivery of ours is neither claimed, noted nor sent again by them.
    let delivery = stage.ours().ledger(None, 1).await.unwrap().remove(0).id;
    assert_eq!(theirs.claim("crm", 9).await.unwrap(), []);
    let lead = stage.ours().leads(1).await.unwrap().remove(0).id;
    let what = What::Lead { lead, is_told: false };
    let claimed = Claimed { id: delivery.clone(), what, attempts: 1 };
    let noted = |by: DealerStore| {
        let claimed = claimed.clone();
        async move { by.note_delivery(&claimed, Tried::GivenUp, String::new(), None).await.unwrap() }
    };
    assert!(!noted(theirs.clone()).await);
    assert!(noted(stage.ours()).await);
    let nobody = Contact::Email("a@b.example".to_owned());
    stage.ours().suppress(&nobody, Channel::Post).await.unwrap();
    assert_eq!(stage.ours().suppressed(&nobody).await.unwrap().len(), 1);
    assert_eq!(theirs.suppressed(&nobody).await.unwrap(), []);
    theirs.suppress(&nobody, Channel::Sms).await.unwrap();
    assert_eq!(stage.ours().suppressed(&nobody).await.unwrap().len(), 1);
    assert!(!theirs.replay(&delivery).await.unwrap());
    assert!(stage.ours().replay(&delivery).await.unwrap());
    let counted =
        "INSERT INTO counters SELECT dealer_id, '2026-10', 20, 40, 9 FROM conversations LIMIT 1";
    stage.pragma(counted).await;
    assert_eq!(
        (stage.ours().counters().await.unwrap().len(), theirs.counters().await.unwrap().len()),
        (1, 0)
    );
    assert!(theirs.dossier(conversation).await.unwrap().is_none());
    assert_eq!(theirs.withdraw(conversation, Channel::Email).await.unwrap(), None);
    let now = stage.clock.now();
    let review = now.plus(DAY);
    let hold = Ground::Claim.hold("Thief".to_owned(), review, now).unwrap();
    let restricted = theirs.restrict(conversation, &hold).await.unwrap();
    assert_eq!(restricted, Restricted::NotThere);
    assert!(stage.ours().resume(&known.token).await.unwrap().is_some());
    let correction = Correction {
        lead: stage.ours().leads(1).await.unwrap().remove(0).id,
        field: FieldKind::Name,
        value: Some("Forged".to_owned()),
        form: vec![FormField { kind: FieldKind::Name, required: false }],
    };
    assert_eq!(theirs.rectify(correction).await.unwrap(), Rectified::NotThere);
    assert_eq!(stage.number("SELECT COUNT(*) FROM replies WHERE state = 'running'").await, 1);
    let end = theirs.end_reply(conversation, &fresh, &year()).await;
    assert!(matches!(end, Err(StoreError::Gone)));
    let running = "SELECT COUNT(*) FROM replies WHERE state = 'running'";
    assert_eq!(stage.number(running).await, 1, "it still runs");
}

#[tokio::test]
async fn the_same_token_at_another_dealers_begins_another_conversation() {
    let stage = Stage::new().await;
    let known = ours(&stage).await;
    let theirs = stage.theirs();
    let said = kept(theirs.append(stage.words(&known.token, "hello")).await.unwrap());
    assert_ne!(said.conversation, known.conversation);
    assert_eq!((said.seq, said.fresh), (1, true));
    let taken = theirs.take_lead(stage.new_lead(&known.token, "x@y.example")).await.unwrap();
    assert!(
        matches!(taken, TakeLead::Taken { conversation, .. } if conversation == said.conversation)
    );
    let resumed = stage.ours().resume(&known.token).await.unwrap().unwrap();
    assert_eq!((resumed.id, resumed.last_seq), (known.conversation, 2));
    assert_eq!(stage.ours().leads(10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn no_row_can_hang_under_another_dealers_conversation() {
    let stage = Stage::new().await;
    let known = ours(&stage).await;
    let (theirs, conversation) = (stage.theirs.clone(), known.conversation);
    let forged = stage.store.inner.writer.write(move |conn| {
        Box::pin(async move {
            let reply = "rpl_00000000000000000000000000000000";
            let args = args![theirs.as_str(), conversation.as_str(), reply, 1_i64, 0_i64];
            conn.execute(sql::INSERT_REPLY, args).await
        })
    });
    assert!(matches!(forged.await, Err(StoreError::Gone)));
}
