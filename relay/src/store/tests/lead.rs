//! A lead, its consents and the delivery owed are kept together, once.

use super::*;

#[tokio::test]
async fn a_lead_is_kept_with_its_consents_and_the_delivery_owed() {
    let stage = Stage::new().await;
    let token = stage.token();
    let lead = stage.new_lead(&token, "Ada@Example.com");
    let fate = stage.ours().take_lead(lead.clone()).await.unwrap();
    let TakeLead::Taken { conversation, expires_at, fresh: true, .. } = fate else {
        panic!("{fate:?}")
    };
    assert_eq!(expires_at, year().expires_at(START));
    let found = stage.ours().leads(10).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!((&found[0].id, &found[0].conversation), (&lead.lead_id, &conversation));
    assert_eq!(found[0].lead, lead.lead);
    let mut consents = lead.consents.clone();
    consents.sort_by_key(|consent| format!("{:?}", consent.channel));
    assert_eq!(found[0].consents, consents);
    assert_eq!(stage.number("SELECT COUNT(*) FROM outbox WHERE state = 'pending'").await, 1);
}

#[tokio::test]
async fn the_same_lead_again_is_the_same_lead() {
    let stage = Stage::new().await;
    let lead = stage.new_lead(&stage.token(), "a@b.example");
    stage.ours().take_lead(lead.clone()).await.unwrap();
    let mut repeat = lead.clone();
    repeat.lead_id = LeadId::from_bytes(&[5; 16]);
    let again = stage.ours().take_lead(repeat).await.unwrap();
    assert!(matches!(again, TakeLead::Taken { lead: id, fresh: false, .. } if id == lead.lead_id));
    for table in ["SELECT COUNT(*) FROM leads", "SELECT COUNT(*) FROM outbox"] {
        assert_eq!(stage.number(table).await, 1, "{table}");
    }
    assert_eq!(stage.number("SELECT COUNT(*) FROM consents").await, 2);
}

#[tokio::test]
async fn one_lead_that_can_not_be_read_hides_no_other() {
    let stage = Stage::new().await;
    for mail in ["a@b.example", "c@d.example", "e@f.example"] {
        stage.ours().take_lead(stage.new_lead(&stage.token(), mail)).await.unwrap();
    }
    let spoil = "UPDATE leads SET fields = X'00' WHERE id = (SELECT MIN(id) FROM leads)";
    let spoil = stage
        .store
        .inner
        .writer
        .write(move |conn| Box::pin(async move { conn.execute_one(spoil, args![]).await }));
    spoil.await.unwrap();
    assert!(stage.ours().leads(10).await.is_err());
    let found = stage.ours().leads_since(Timestamp::from_millis(0), 10).await.unwrap();
    assert_eq!(found.iter().filter(|lead| lead.is_ok()).count(), 2);
    assert_eq!(found.len(), 3);
}

#[tokio::test]
async fn leads_are_found_from_a_moment_on() {
    let stage = Stage::new().await;
    stage.ours().take_lead(stage.new_lead(&stage.token(), "a@b.example")).await.unwrap();
    let found = async |since: Timestamp| stage.ours().leads_since(since, 10).await.unwrap().len();
    assert_eq!(found(START).await, 1);
    assert_eq!(found(START.plus(Duration::from_secs(1))).await, 0);
}

#[tokio::test]
async fn a_lead_joins_the_conversation_of_its_token() {
    let stage = Stage::new().await;
    let token = stage.token();
    let (known, _) = stage.answered(&token).await;
    let fate = stage.ours().take_lead(stage.new_lead(&token, "a@b.example")).await.unwrap();
    assert!(matches!(fate, TakeLead::Taken { conversation, .. } if conversation == known));
    let first = stage.token();
    stage.ours().take_lead(stage.new_lead(&first, "c@d.example")).await.unwrap();
    let asked = kept(stage.ours().append(stage.words(&first, "And now?")).await.unwrap());
    assert_eq!(asked.seq, 1, "a lead takes no place among the messages");
}

#[tokio::test]
async fn a_conversation_leaves_only_so_many_leads() {
    let stage = Stage::new().await;
    let token = stage.token();
    for _ in 0..crate::limits::MAX_LEADS {
        let fate = stage.ours().take_lead(stage.new_lead(&token, "a@b.example")).await.unwrap();
        assert!(matches!(fate, TakeLead::Taken { .. }));
    }
    let one_more = stage.ours().take_lead(stage.new_lead(&token, "a@b.example")).await.unwrap();
    assert_eq!(one_more, TakeLead::Full);
}

#[tokio::test]
async fn a_record_of_consent_is_never_changed() {
    let stage = Stage::new().await;
    stage.ours().take_lead(stage.new_lead(&stage.token(), "a@b.example")).await.unwrap();
    let change = stage.store.inner.writer.write(|conn| {
        Box::pin(async move { conn.execute("UPDATE consents SET given = 1", args![]).await })
    });
    let error = change.await.unwrap_err().to_string();
    assert!(error.contains("a consent record is never changed"), "{error}");
}
