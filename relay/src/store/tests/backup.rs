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

    let dir = place.path().join("new");
    let options = StoreOptions { dir: dir.clone(), keys: dir, ..options };
    move_keys(&stage, &options.keys);
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

/// Copies the keys to another directory, as an operator does on another machine.
fn move_keys(stage: &Stage, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for name in ["keys.db", "keys.db-wal"] {
        let from = stage.dir.path().join(name);
        if from.exists() {
            std::fs::copy(from, to.join(name)).unwrap();
        }
    }
}

/// A backup of a store with one conversation, and where to restore it to.
async fn backed_up(stage: &Stage, damaged: Damaged) -> (TempDir, StoreOptions) {
    let place = tempfile::tempdir().unwrap();
    let (options, saved) = (stage.options(Role::Tool), place.path().join("saved"));
    stage.store.back_up(&options, &saved, damaged, &stage.tasks).await.unwrap();
    let dir = place.path().join("new");
    let options = StoreOptions { dir: dir.clone(), keys: dir, ..options };
    move_keys(stage, &options.keys);
    (place, options)
}

#[tokio::test]
async fn a_restore_that_fails_or_is_killed_leaves_no_copy_of_what_was_said() {
    let stage = Stage::new().await;
    stage.answered(&stage.token()).await;
    stage.pragma("UPDATE messages SET at = at + 1").await;
    let (place, options) = backed_up(&stage, Damaged::Kept).await;
    let saved = place.path().join("saved");
    // It says that all of it is sound, which the copy is not.
    let manifest = std::fs::read_to_string(saved.join("backup.json")).unwrap();
    let wrong = manifest.replace("\"damaged\": 1", "\"damaged\": 0");
    std::fs::write(saved.join("backup.json"), wrong).unwrap();
    Store::restore(&options, &saved, &stage.tasks).await.unwrap_err();
    assert!(!exists(&options.dir, STAGING));

    std::fs::write(saved.join("backup.json"), manifest).unwrap();
    Store::restore(&options, &saved, &stage.tasks).await.unwrap();
    let left = options.dir.join(STAGING);
    std::fs::create_dir(&left).unwrap();
    std::fs::copy(saved.join("forecourt.db"), left.join("forecourt.db")).unwrap();
    let tool = Store::open(options.clone(), &stage.tasks).await.unwrap();
    assert!(left.exists(), "a command may stand beside a restore");
    tool.close().await;
    let options = StoreOptions { role: Role::Server, ..options };
    let store = Store::open(options.clone(), &stage.tasks).await.unwrap();
    assert!(!left.exists(), "a start deletes it");
    store.close().await;
    std::fs::create_dir(&left).unwrap();
    std::fs::write(options.dir.join("forecourt.restoring"), "").unwrap();
    let half = Store::open(options, &stage.tasks).await.unwrap_err();
    assert!(matches!(half, StoreError::HalfRestored { .. }), "{half}");
    assert!(left.exists());
}

#[tokio::test]
async fn an_old_backup_on_another_machine_does_not_halt_the_sweep() {
    let stage = Stage::new().await;
    stage.answered(&stage.token()).await;
    stage.store.look_at_clock().await.unwrap();
    let (place, options) = backed_up(&stage, Damaged::Refused).await;
    stage.clock.reboot();
    stage.clock.advance(DAY * 100);
    Store::restore(&options, &place.path().join("saved"), &stage.tasks).await.unwrap();
    let options = StoreOptions { role: Role::Server, ..options };
    let store = Store::open(options, &stage.tasks).await.unwrap();
    let verdict = store.look_at_clock().await.unwrap();
    assert_eq!(verdict, crate::domain::belief::Verdict::Sure(START.plus(DAY * 100)));
}

#[tokio::test]
async fn a_backup_of_yesterday_brings_back_nothing_that_was_erased_since() {
    let stage = Stage::new().await;
    let (erased, removed, kept) = (stage.token(), stage.token(), stage.token());
    let (conversation, _) = stage.answered(&erased).await;
    stage.ours().take_lead(stage.new_lead(&erased, "a@b.example")).await.unwrap();
    stage.answered(&kept).await;
    let mut words = stage.words(&removed, "Is it red?");
    words.site = SiteKey::parse("site_theirs").unwrap();
    super::kept(stage.theirs().append(words).await.unwrap());
    let (place, mut options) = backed_up(&stage, Damaged::Refused).await;

    stage.clock.advance(DAY);
    assert!(stage.ours().erase(&conversation).await.unwrap().is_some());
    stage.store.remove_dealer(&stage.theirs).await.unwrap();
    stage.store.clone().close().await;
    // Restored where it was, with the keys of today.
    (options.dir, options.keys) = (stage.dir.path().to_owned(), stage.dir.path().to_owned());
    Store::restore(&options, &place.path().join("saved"), &stage.tasks).await.unwrap();
    // Before anything is replayed, nothing can be read.
    let tool = Store::open(options.clone(), &stage.tasks).await.unwrap();
    let ours = tool.dealer(&stage.ours);
    assert!(ours.resume(&erased).await.unwrap().is_some(), "the row is back");
    assert!(matches!(ours.history(&conversation, 0, 9).await, Err(StoreError::Gone)));
    assert!(ours.leads(9).await.unwrap().is_empty());
    assert_eq!(seen(&tool, &stage.ours, &kept).await.unwrap(), 2);
    tool.close().await;

    options.role = Role::Server;
    let store = Store::open(options, &stage.tasks).await.unwrap();
    assert_eq!(store.dealer(&stage.ours).resume(&erased).await.unwrap(), None);
    assert_eq!(store.dealer(&stage.theirs).resume(&removed).await.unwrap(), None);
    assert_eq!(seen(&store, &stage.ours, &kept).await.unwrap(), 2);
    let left: Option<(i64, i64)> = store
        .inner
        .readers
        .optional("SELECT (SELECT COUNT(*) FROM messages), (SELECT COUNT(*) FROM leads)", args![])
        .await
        .unwrap();
    assert_eq!(left, Some((2, 0)));
}
