//! A page of the disk that can't be read keeps alive what stands on it, and nothing else.

use super::*;

const NEEDLE: &str = "needle-on-the-disk";

/// How many conversations there are: their rows stand on many pages.
const MANY: u64 = 60;

/// Which of them stands on the page that is lost.
const DAMAGED: u64 = 30;

/// Where the needle is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum On {
    Message,
    Conversation,
    Snapshot,
}

impl On {
    /// What is sealed there, if anything is.
    fn sealed(self) -> &'static str {
        match self {
            Self::Message => "SELECT body FROM messages",
            Self::Snapshot => "SELECT snapshot FROM replies",
            Self::Conversation => "SELECT token_hash FROM conversations WHERE 1 = 0",
        }
    }
}

/// Many conversations, of which the disk has lost one page.
async fn damaged(on: On) -> Stage {
    let stage = Stage::new().await;
    let long = "and so on ".repeat(40);
    let (mut before, mut sealed) = (Vec::new(), Vec::new());
    for n in 0..MANY {
        if n == DAMAGED {
            before = stage.blobs(on.sealed()).await;
        }
        let place = if n == DAMAGED { NEEDLE } else { "sound" };
        let said = |here| if on == here { format!("{place} {n} {long}") } else { long.clone() };
        let mut words = stage.words(&stage.token(), &said(On::Message));
        words.build = said(On::Conversation);
        let asked = kept(stage.ours().append(words).await.unwrap());
        let (reply, text) = (asked.reply.unwrap(), said(On::Snapshot));
        stage.ours().snapshot(&asked.conversation, &reply, &text, "documents").await.unwrap();
        if n == DAMAGED {
            sealed = stage.blobs(on.sealed()).await;
            sealed.retain(|one| !before.contains(one));
        }
    }
    // What is sealed is as good a needle as any, as far as it stands on the page of its row.
    let needle = sealed.first().map_or(NEEDLE.as_bytes(), |sealed| &sealed[..40]);
    stage.without_pages(|_, page| 0 < occurrences(page, needle)).await
}

#[tokio::test]
async fn what_a_damaged_page_holds_is_left_and_all_else_is_deleted_at_the_start() {
    for on in [On::Message, On::Conversation, On::Snapshot] {
        let stage = damaged(on).await;
        stage.clock.advance(DAY * 400);
        let Some(Outcome::Swept(swept)) = run(&stage.store, &stage.tasks).await.unwrap() else {
            panic!("{on:?}: it is late")
        };
        assert!((1..20).contains(&swept.stuck), "{on:?}: {swept:?}");
        assert_eq!(swept.conversations, MANY - swept.stuck, "{on:?}");
        assert!(stage.wrapped_keys().await.is_empty(), "{on:?}: nobody reads what is left");
        let trouble = stage.store.retention_trouble().unwrap();
        assert!(trouble.contains(&format!("{} that are past", swept.stuck)), "{trouble}");
        // It is told, and is no reason to serve nobody: without its key it is deleted already.
        let is_unfit = standing(&stage.store).await.is_unfit;
        assert!(!is_unfit && stage.store.overdue().await.unwrap().is_none(), "{on:?}");
        let again = sweep(&stage.store, &CancellationToken::new()).await.unwrap();
        let wanted = Swept { stuck: swept.stuck, ..Swept::default() };
        assert_eq!(again, Outcome::Swept(wanted), "{on:?}: it is stepped past again");
    }
}

#[tokio::test]
async fn a_sweep_that_fails_on_damage_starts_nevertheless_and_says_so() {
    let stage = Stage::new().await;
    stage.answered(&stage.token()).await;
    let index = "SELECT rootpage FROM sqlite_schema WHERE name = 'conversations_by_expiry'";
    let root = usize::try_from(stage.number(index).await).unwrap();
    let stage = stage.without_pages(|number, _| number == root).await;
    assert_eq!(run(&stage.store, &stage.tasks).await.unwrap(), None);
    let trouble = stage.store.retention_trouble().unwrap();
    assert!(trouble.starts_with("late: "), "{trouble}");
    assert!(stage.tasks.stop(DAY).await);
}

#[tokio::test]
async fn a_dealer_of_whom_one_row_is_damaged_is_hidden_and_all_else_of_it_is_deleted() {
    for on in [On::Message, On::Conversation] {
        let stage = damaged(on).await;
        let other = stage.token();
        let mut words = stage.words(&other, "Is it red?");
        words.site = protocol::SiteKey::parse("site_theirs").unwrap();
        kept(stage.theirs().append(words).await.unwrap());
        let swept = stage.store.remove_dealer(&stage.ours).await.unwrap();
        assert!((1..20).contains(&swept.stuck), "{on:?}: {swept:?}");
        assert_eq!((swept.conversations, swept.dealers), (MANY - swept.stuck, 0), "{on:?}");
        assert!(stage.store.dealer_by_id(&stage.ours).is_none());
        assert!(stage.theirs().resume(&other).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn replies_that_can_not_be_found_do_not_stop_the_start() {
    let stage = damaged(On::Snapshot).await;
    let ended = stage.store.interrupt_open_replies().await.unwrap();
    assert!(ended < MANY);
}

#[tokio::test]
async fn what_is_held_keeps_its_key_and_its_neighbours_go_whatever_page_is_lost() {
    for on in [On::Message, On::Conversation, On::Snapshot] {
        let stage = damaged(on).await;
        let ids: Vec<String> = stage.wrapped_keys().await.into_keys().collect();
        let (mut wanted, mut n_held) = (Vec::new(), 0);
        // Two of three, so that some stand on the page that is lost.
        for (n, id) in ids.into_iter().enumerate() {
            if n % 3 != 0 {
                let conversation = protocol::ConversationId::parse(&id).unwrap();
                hold::set(&stage, Some(conversation)).await;
                wanted.push(id);
                n_held += 1;
            }
        }
        let now = START.plus(DAY * 400);
        stage.clock.set(now);
        let swept = sweep_once(&stage.store, now).await.unwrap();
        assert!(swept.stuck < 7, "{on:?}: {swept:?}");
        assert_eq!(swept.conversations, MANY - n_held - swept.stuck, "{on:?}");
        let left: Vec<String> = stage.wrapped_keys().await.into_keys().collect();
        assert_eq!(left, wanted, "{on:?}: the keys of what is held, and no other");
    }
}

#[tokio::test]
async fn a_dealer_that_is_held_loses_no_key_whatever_page_is_lost() {
    for on in [On::Message, On::Conversation, On::Snapshot] {
        let stage = damaged(on).await;
        hold::set(&stage, None).await;
        let now = START.plus(DAY * 400);
        stage.clock.set(now);
        let swept = sweep_once(&stage.store, now).await.unwrap();
        assert_eq!((swept.conversations, swept.stuck, swept.held), (0, 0, MANY), "{on:?}");
        assert_eq!(stage.wrapped_keys().await.len() as u64, MANY, "{on:?}");
    }
}
