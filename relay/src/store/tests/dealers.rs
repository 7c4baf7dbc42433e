//! The directory of dealers, the documents, and the lock of the data directory.

use super::*;
use crate::domain::document::Document;

fn site(key: &str) -> SiteKey {
    SiteKey::parse(key).unwrap()
}

#[tokio::test]
async fn a_dealer_is_found_by_its_id_and_its_site() {
    let stage = Stage::new().await;
    let found = stage.store.dealer_by_site(&site("site_ours")).unwrap();
    assert_eq!(*found, dealer(&stage.ours, "site_ours"));
    assert_eq!(stage.store.dealer_by_id(&stage.theirs).unwrap().id, stage.theirs);
    assert_eq!(stage.store.dealers().len(), 2);
    assert!(stage.store.dealer_by_site(&site("site_nobody")).is_none());
}

#[tokio::test]
async fn a_site_belongs_to_one_dealer() {
    let stage = Stage::new().await;
    let third = dealer(&DealerId::from_bytes(&[3; 16]), "site_ours");
    let error = stage.store.add_dealer(&third).await.unwrap_err();
    assert!(matches!(error, StoreError::SiteTaken(key) if key == site("site_ours")));
    assert!(stage.store.dealer_by_id(&third.id).is_none(), "nothing of it was kept");
    let again = stage.store.add_dealer(&dealer(&stage.ours, "site_other")).await.unwrap_err();
    assert!(matches!(again, StoreError::DealerExists(_)));
}

#[tokio::test]
async fn a_change_that_fails_leaves_the_old_dealer_with_its_old_documents() {
    let stage = Stage::new().await;
    let doc = |text: &str| {
        vec![Document { name: "a".into(), title: "A".into(), url: None, text: text.into() }]
    };
    let known = dealer(&stage.ours, "site_ours");
    stage.store.put_dealer(&known, Some(doc("old")), false).await.unwrap();
    let version = stage.ours().documents_version().await.unwrap();

    let mut changed = dealer(&stage.ours, "site_theirs");
    changed.name = "Quay Cars".into();
    let error = stage.store.put_dealer(&changed, Some(doc("new")), false).await.unwrap_err();
    assert!(matches!(error, StoreError::SiteTaken(_)));
    assert_eq!(stage.ours().documents().await.unwrap()[0].text, "old");
    assert_eq!(stage.ours().documents_version().await.unwrap(), version);
    assert_eq!(stage.store.dealer_by_id(&stage.ours).unwrap().name, known.name);

    let third = dealer(&DealerId::from_bytes(&[3; 16]), "site_ours");
    assert!(stage.store.put_dealer(&third, Some(doc("third")), true).await.is_err());
    assert!(stage.store.dealer(&third.id).documents().await.unwrap().is_empty());
}

#[tokio::test]
async fn the_sites_of_a_paused_dealer_are_unknown() {
    let stage = Stage::new().await;
    let mut paused = dealer(&stage.ours, "site_ours");
    paused.status = DealerStatus::Paused;
    stage.store.update_dealer(&paused).await.unwrap();
    assert!(stage.store.dealer_by_site(&site("site_ours")).is_none());
    assert!(stage.store.dealer_by_id(&stage.ours).is_some());
    paused.status = DealerStatus::Active;
    stage.store.update_dealer(&paused).await.unwrap();
    assert!(stage.store.dealer_by_site(&site("site_ours")).is_some());
}

#[tokio::test]
async fn a_tool_works_beside_a_server_which_learns_of_its_changes() {
    let stage = Stage::new().await;
    let tool = Store::open(stage.options(Role::Tool), &stage.tasks).await.unwrap();
    assert_eq!(tool.epoch(), stage.store.epoch());
    let mut renamed = dealer(&stage.ours, "site_renamed");
    renamed.name = "Quay Cars".into();
    tool.update_dealer(&renamed).await.unwrap();
    stage.store.refresh_dealers().await.unwrap();
    assert_eq!(stage.store.dealer_by_id(&stage.ours).unwrap().name, "Quay Cars");
    assert!(stage.store.dealer_by_site(&site("site_ours")).is_none());
    assert!(stage.store.dealer_by_site(&site("site_renamed")).is_some());
    tool.close().await;
    stage.store.probe().await.unwrap();
}

#[tokio::test]
async fn a_removed_dealer_leaves_no_row_and_its_neighbour_all() {
    let stage = Stage::new().await;
    let token = stage.token();
    stage.answered(&token).await;
    stage.ours().take_lead(stage.new_lead(&token, "a@b.example")).await.unwrap();
    let doc = Document { name: "a.md".into(), title: "A".into(), url: None, text: "x".into() };
    stage.ours().replace_documents(vec![doc]).await.unwrap();
    kept(stage.theirs().append(stage.words(&stage.token(), "theirs")).await.unwrap());
    let swept = stage.store.remove_dealer(&stage.ours).await.unwrap();
    assert_eq!((swept.dealers, swept.conversations, swept.leads), (1, 1, 1));
    assert!(stage.store.dealer_by_id(&stage.ours).is_none());
    for (sql, left) in [
        ("SELECT COUNT(*) FROM dealers", 1),
        ("SELECT COUNT(*) FROM sites", 1),
        ("SELECT COUNT(*) FROM conversations", 1),
        ("SELECT COUNT(*) FROM messages", 1),
        ("SELECT COUNT(*) FROM usage", 0),
        ("SELECT COUNT(*) FROM documents", 0),
        ("SELECT COUNT(*) FROM consents", 0),
        ("SELECT COUNT(*) FROM outbox", 0),
    ] {
        assert_eq!(stage.number(sql).await, left, "{sql}");
    }
    let gone = stage.store.remove_dealer(&stage.ours).await.unwrap_err();
    assert!(matches!(gone, StoreError::NoSuchDealer(_)));
}

#[tokio::test]
async fn documents_are_replaced_as_a_whole() {
    let stage = Stage::new().await;
    let doc = |name: &str| Document {
        name: name.into(),
        title: name.to_uppercase(),
        url: Some("https://harbour.example".into()),
        text: "Öffnungszeiten".into(),
    };
    let ours = stage.ours();
    assert_eq!(ours.documents_version().await.unwrap(), 0);
    ours.replace_documents(vec![doc("b"), doc("a")]).await.unwrap();
    assert_eq!(ours.documents().await.unwrap(), [doc("a"), doc("b")]);
    assert_eq!(ours.documents_version().await.unwrap(), 1);
    ours.replace_documents(vec![doc("c")]).await.unwrap();
    assert_eq!(ours.documents().await.unwrap(), [doc("c")]);
    assert_eq!(ours.documents_version().await.unwrap(), 2);
}

#[tokio::test]
async fn a_damaged_document_silences_no_other_and_is_told_once_a_version() {
    for damage in [
        "UPDATE documents SET text = 'The warranty is ten years.' WHERE name = 'a'",
        "UPDATE documents SET title = CAST(X'ff' AS TEXT) WHERE name = 'a'",
    ] {
        let stage = Stage::new().await;
        let doc = |name: &str, text: &str| Document {
            name: name.into(),
            title: name.to_uppercase(),
            url: None,
            text: text.into(),
        };
        let both =
            vec![doc("a", "The warranty is one year."), doc("b", "We open at nine o'clock.")];
        let ours = stage.ours();
        ours.replace_documents(both).await.unwrap();
        stage.pragma(damage).await;
        let knowledge = crate::knowledge::Knowledge::new(stage.store.clone());
        let said = knowledge.find(&stage.ours, "en", "When do you open?", 5).await.unwrap();
        assert_eq!(said.len(), 1, "{damage}");
        assert!(knowledge.find(&stage.ours, "en", "warranty", 5).await.unwrap().is_empty());
        assert!(!ours.is_news(1), "it was told");
        assert!(ours.documents().await.unwrap_err().is_damage());
        let found = stage.store.verify().await.unwrap();
        assert_eq!(found.damaged.len(), 1, "{found:?}");
        assert!(found.damaged[0].contains(&format!("{}/a", stage.ours)), "{found:?}");
    }
}

#[tokio::test]
async fn a_second_server_is_refused_by_name() {
    let stage = Stage::new().await;
    let error = Store::open(stage.options(Role::Server), &stage.tasks).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("forecourt.lock"), "{text}");
    assert!(text.contains(&format!("process {}", std::process::id())), "{text}");
    let options = stage.options(Role::Server);
    stage.store.close().await;
    Store::open(options, &stage.tasks).await.unwrap();
}

#[tokio::test]
async fn the_epoch_stays_with_the_database() {
    let stage = Stage::new().await;
    let epoch = stage.store.epoch().clone();
    let stage = stage.reopened().await;
    assert_eq!(*stage.store.epoch(), epoch);
    assert_ne!(*Stage::fresh_epoch().await.store.epoch(), epoch);
}

impl Stage {
    /// A store whose randomness is its own.
    async fn fresh_epoch() -> Self {
        let stage = Self::new().await;
        let mut options = stage.options(Role::Server);
        let dir = tempfile::tempdir().unwrap();
        options.dir = dir.path().to_owned();
        options.keys = dir.path().to_owned();
        let store = Store::open(options, &stage.tasks).await.unwrap();
        Self { store, dir, ..stage }
    }
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_may_read_the_files() {
    use std::os::unix::fs::PermissionsExt;

    let stage = Stage::new().await;
    kept(stage.ours().append(stage.words(&stage.token(), "x")).await.unwrap());
    for name in ["forecourt.db", "forecourt.db-wal"] {
        let meta = std::fs::metadata(stage.dir.path().join(name)).unwrap();
        assert_eq!(meta.permissions().mode() & 0o077, 0, "{name}");
    }
}

#[tokio::test]
async fn a_closed_store_has_copied_its_log() {
    let stage = Stage::new().await;
    kept(stage.ours().append(stage.words(&stage.token(), "x")).await.unwrap());
    let clone = stage.store.clone();
    stage.store.close().await;
    assert!(!exists(stage.dir.path(), "forecourt.db-wal"));
    assert!(matches!(clone.probe().await, Err(StoreError::Closed)));
}
