//! What a backup saves and what a restore makes of it, with a damaged row among sound ones.

use super::*;

async fn seen(store: &Store, dealer: &DealerId, token: &SessionToken) -> Result<usize, StoreError> {
    let rows = store.dealer(dealer);
    let Some(found) = rows.resume(token).await? else { return Ok(0) };
    Ok(rows.history(&found.id, 0, 100).await?.len())
}

#[tokio::test]
async fn a_damaged_conversation_is_saved_only_where_that_is_wanted_and_stays_closed() {
    let stage = Stage::new().await;
    let (harmed, sound) = (stage.token(), stage.token());
    let (conversation, _) = stage.answered(&harmed).await;
    stage.pragma("UPDATE messages SET at = at + 1").await;
    stage.answered(&sound).await;
    let place = tempfile::tempdir().unwrap();
    let (saved, tasks) = (place.path().join("saved/"), Tasks::new());
    let options = stage.options(Role::Tool);
    let refused = stage.store.back_up(&options, &saved, Damaged::Refused, &tasks).await;
    let told = refused.unwrap_err().to_string();
    assert!(told.contains(conversation.as_str()), "{told}");
    assert!(!saved.exists() && !place.path().join("saved.partial").exists());
    let made = stage.store.back_up(&options, &saved, Damaged::Kept, &tasks).await.unwrap();
    assert_eq!((made.conversations, made.damaged), (2, 1));

    let options = StoreOptions { dir: place.path().join("new"), ..options };
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let open = std::fs::Permissions::from_mode(0o644);
        std::fs::set_permissions(saved.join("forecourt.db"), open).unwrap();
    }
    let restored = Store::restore(&options, &saved, &tasks).await.unwrap();
    assert_eq!((&restored.manifest, restored.replaced), (&made, None));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let made = std::fs::metadata(options.dir.join("forecourt.db")).unwrap();
        assert_eq!(made.permissions().mode() & 0o777, 0o600, "whatever the backup's are");
    }
    let store = Store::open(StoreOptions { role: Role::Server, ..options }, &tasks).await.unwrap();
    assert_ne!(store.epoch().as_str(), made.epoch);
    assert_eq!(seen(&store, &stage.ours, &sound).await.unwrap(), 2);
    assert!(seen(&store, &stage.ours, &harmed).await.is_err_and(|error| error.is_damage()));
}
