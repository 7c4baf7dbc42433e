//! The sweep takes what is due, all of it and nothing else, and leaves no trace.

use proptest::prelude::*;

use super::*;
use crate::{
    clock::Clock,
    domain::retention::{Action, Period, RetentionPolicy},
    store::{
        Place,
        tests::{DAY, START, Stage, kept, occurrences, quarter, year},
    },
};

#[tokio::test]
async fn a_day_before_it_is_there_and_after_the_sweep_it_is_gone() {
    let stage = Stage::new().await;
    let token = stage.token();
    let (conversation, _) = stage.answered(&token).await;
    stage.ours().take_lead(stage.new_lead(&token, "a@b.example")).await.unwrap();
    let end = year().expires_at(START);
    let early = sweep_once(&stage.store, end.minus(DAY)).await.unwrap();
    assert_eq!(early, Swept::default());
    stage.clock.set(end);
    let swept = sweep_once(&stage.store, end).await.unwrap();
    let wanted = Swept {
        conversations: 1,
        messages: 2,
        leads: 1,
        contacts: 1,
        consents: 2,
        replies: 1,
        outbox: 1,
        batches: 1,
        ..Swept::default()
    };
    assert_eq!(swept, wanted);
    assert!(stage.ours().history(&conversation, 0, 10).await.unwrap().is_empty());
    assert_eq!(stage.ours().tokens_spent("2026-11-22").await.unwrap(), 120, "counters survive");
    assert_eq!(sweep_once(&stage.store, end).await.unwrap(), Swept::default());
}

#[tokio::test]
async fn what_is_overdue_for_a_day_is_told_and_after_three_nobody_is_sent_here() {
    let stage = Stage::new().await;
    stage.answered(&stage.token()).await;
    let end = year().expires_at(START);
    let hours = |n| end.plus(Duration::from_hours(n));
    let shortly_before = |at: Timestamp| at.minus(Duration::from_millis(1));
    let at = async |now| {
        stage.clock.set(now);
        stage.store.look_at_clock().await.unwrap();
        standing(&stage.store).await
    };
    let almost_a_day = at(shortly_before(hours(24))).await;
    assert_eq!((almost_a_day.words.as_str(), almost_a_day.is_unfit), ("ok", false));
    let late = at(hours(24)).await;
    assert!(late.words.starts_with("overdue: the oldest ended 24 hours ago"), "{late:?}");
    assert!(!late.is_unfit);
    assert!(!at(shortly_before(hours(72))).await.is_unfit);
    assert!(at(hours(72)).await.is_unfit);
    sweep_once(&stage.store, hours(72)).await.unwrap();
    let wanted = Standing { words: "ok".to_owned(), is_unfit: false, overdue: Duration::ZERO };
    assert_eq!(standing(&stage.store).await, wanted);
}

#[tokio::test]
async fn a_clock_that_jumps_ahead_makes_nothing_overdue() {
    let stage = Stage::new().await;
    stage.answered(&stage.token()).await;
    stage.store.look_at_clock().await.unwrap();
    stage.clock.step(year().expires_at(START).plus(DAY * 400));
    let verdict = stage.store.look_at_clock().await.unwrap();
    assert!(matches!(verdict, Verdict::Doubt(_)), "{verdict:?}");
    assert_eq!(stage.store.overdue().await.unwrap(), None);
}

#[tokio::test]
async fn after_a_long_downtime_nothing_overdue_is_left_before_serving() {
    // A process that was down for long beside its machine, and a machine that was off for weeks.
    for (reboots, days) in [(false, 600), (true, 60)] {
        let stage = Stage::new().await;
        for _ in 0..3 {
            let mut words = stage.words(&stage.token(), "Is it red?");
            words.policy = RetentionPolicy::own(Period::of_days(30), Action::Delete);
            kept(stage.ours().append(words).await.unwrap());
            stage.clock.advance(DAY);
        }
        sweep(&stage.store, &CancellationToken::new()).await.unwrap();
        if reboots {
            stage.clock.reboot();
        }
        stage.clock.advance(DAY * days);
        let stage = stage.reopened().await;
        let Some(Outcome::Swept(swept)) = run(&stage.store, &stage.tasks).await.unwrap() else {
            panic!("time that passed is doubted: reboots {reboots}")
        };
        assert_eq!((swept.conversations, swept.messages), (3, 3));
        assert!(due(&stage.store, stage.clock.now()).await.unwrap().is_empty());
        assert!(stage.tasks.stop(DAY).await, "the loop ends when the relay stops");
    }
}

#[tokio::test]
async fn a_machine_that_was_off_for_months_hides_at_once_and_deletes_within_a_day() {
    let stage = Stage::new().await;
    let token = stage.token();
    stage.answered(&token).await;
    let never = CancellationToken::new();
    sweep(&stage.store, &never).await.unwrap();
    stage.clock.reboot();
    stage.clock.advance(DAY * 400);
    assert!(matches!(sweep(&stage.store, &never).await.unwrap(), Outcome::Halted(_)));
    assert!(stage.ours().resume(&token).await.unwrap().is_none());
    stage.clock.advance(DAY);
    let Outcome::Swept(swept) = sweep(&stage.store, &never).await.unwrap() else {
        panic!("halted for longer than a day")
    };
    assert_eq!(swept.conversations, 1);
}

#[tokio::test]
async fn a_clock_that_jumped_deletes_nothing_until_it_has_stayed_there_for_a_day() {
    let stage = Stage::new().await;
    let token = stage.token();
    stage.answered(&token).await;
    let never = CancellationToken::new();
    let nothing = Ok(Outcome::Swept(Swept::default()));
    assert_eq!(sweep(&stage.store, &never).await.map_err(drop), nothing);
    stage.clock.step(START.plus(DAY * 400));
    for _ in 0..2 {
        let doubt = dry_run(&stage.store).await.unwrap().unwrap_err();
        assert!(doubt.to_string().contains("nothing is deleted"), "{doubt}");
        let halted = sweep(&stage.store, &never).await.unwrap();
        assert!(matches!(halted, Outcome::Halted(_)));
        assert!(stage.ours().resume(&token).await.unwrap().is_none(), "reads hide it nevertheless");
        stage.clock.advance(DAY * 23 / 24);
    }
    assert_eq!(dry_run(&stage.store).await.unwrap().map(|due| due.0.len()), Ok(1));
    let Outcome::Swept(swept) = sweep(&stage.store, &never).await.unwrap() else {
        panic!("halted for longer than a day")
    };
    assert_eq!(swept.conversations, 1);
}

#[tokio::test]
async fn what_is_written_while_the_clock_is_ahead_is_kept_no_longer_for_it() {
    for (looks, restarts) in [(true, false), (true, true), (false, false)] {
        let mut stage = Stage::new().await;
        let (token, before) = (stage.token(), stage.token());
        let never = CancellationToken::new();
        stage.answered(&before).await;
        sweep(&stage.store, &never).await.unwrap();
        stage.clock.step(START.plus(DAY * 3_650));
        if looks {
            assert!(matches!(sweep(&stage.store, &never).await.unwrap(), Outcome::Halted(_)));
        }
        stage.answered(&token).await;
        if restarts {
            stage = stage.reopened().await;
        }
        stage.clock.step(START);
        stage.clock.advance(DAY / 24);
        assert!(matches!(sweep(&stage.store, &never).await.unwrap(), Outcome::Swept(_)));
        let end = stage.ours().resume(&token).await.unwrap().unwrap().expires_at;
        assert_eq!(end, year().expires_at(START.plus(DAY / 24)), "{looks} {restarts}");
        let other = stage.ours().resume(&before).await.unwrap().unwrap().expires_at;
        assert_eq!(other, year().expires_at(START), "what was dated right stays");
        assert!(stage.store.verify().await.unwrap().is_sound());
        stage.clock.set(end);
        let Outcome::Swept(swept) = sweep(&stage.store, &never).await.unwrap() else {
            panic!("halted")
        };
        assert_eq!(swept.conversations, 2);
    }
}

#[tokio::test]
async fn more_than_a_batch_goes_in_batches() {
    let stage = Stage::new().await;
    let n = crate::limits::SWEEP_BATCH + 3;
    let appends = (0..n).map(|_| {
        let words = stage.words(&stage.token(), "x");
        let ours = stage.ours();
        async move { ours.append(words).await.unwrap() }
    });
    futures_util::future::join_all(appends).await;
    let later = stage.clock.now().plus(DAY * 400);
    let swept = sweep_once(&stage.store, later).await.unwrap();
    assert_eq!((swept.conversations, swept.messages), (n as u64, n as u64));
    assert_eq!(swept.batches, 2);
}

#[tokio::test]
async fn a_cancelled_sweep_takes_nothing_and_the_next_goes_on() {
    let stage = Stage::new().await;
    stage.answered(&stage.token()).await;
    let later = START.plus(DAY * 400);
    let stopped = CancellationToken::new();
    stopped.cancel();
    let swept = sweep_until(&stage.store, later, &stopped).await.unwrap();
    assert_eq!(swept, Swept::default());
    assert_eq!(sweep_once(&stage.store, later).await.unwrap().conversations, 1);
}

/// Many conversations, each with a message, a snapshot and a lead; every second one is due, so that
/// the pages stay in use.
struct Haunted {
    stage: Stage,
    /// What the rows hold that are due, as it is sealed, and their keys, as they are wrapped.
    due: Vec<Vec<u8>>,
    /// The same of the others.
    kept: Vec<Vec<u8>>,
}

/// Everything sealed of the conversations of a period, and the hashes of their tokens.
macro_rules! sealed_of {
    ($period:literal) => {
        concat!(
            "WITH c AS (SELECT * FROM conversations WHERE period = '",
            $period,
            "')
             SELECT token_hash FROM c
             UNION ALL SELECT m.body FROM messages m JOIN c ON c.id = m.conversation_id
             UNION ALL SELECT r.snapshot FROM replies r JOIN c ON c.id = r.conversation_id
             UNION ALL SELECT l.fields FROM leads l JOIN c ON c.id = l.conversation_id"
        )
    };
}

impl Haunted {
    async fn new() -> Self {
        let stage = Stage::new().await;
        let mut ids = [Vec::new(), Vec::new()];
        for n in 0..40 {
            let token = stage.token();
            let mut words = stage.words(&token, &format!("{n} {}", "and so on ".repeat(20)));
            words.policy = if n % 2 == 0 { quarter() } else { year() };
            let asked = kept(stage.ours().append(words).await.unwrap());
            let reply = asked.reply.unwrap();
            let (ours, id) = (stage.ours(), &asked.conversation);
            ours.snapshot(id, &reply, "It is red", "documents").await.unwrap();
            ours.take_lead(stage.new_lead(&token, "a@b.example")).await.unwrap();
            ids[n % 2].push(id.as_str().to_owned());
        }
        let mut due = stage.blobs(sealed_of!("P90D")).await;
        let mut others = stage.blobs(sealed_of!("P12M")).await;
        assert_eq!((due.len(), others.len()), (80, 80));
        let mut keys = stage.wrapped_keys().await;
        due.extend(ids[0].iter().map(|id| keys.remove(id).unwrap()));
        others.extend(ids[1].iter().map(|id| keys.remove(id).unwrap()));
        assert!(keys.is_empty());
        Self { stage, due, kept: others }
    }

    /// How many of these stand in the files.
    fn found(&self, what: &[Vec<u8>]) -> usize {
        let bytes = self.stage.bytes();
        what.iter().filter(|one| 0 < occurrences(&bytes, one)).count()
    }
}

#[tokio::test]
async fn no_byte_of_a_swept_conversation_is_left() {
    let haunted = Haunted::new().await;
    assert_eq!(haunted.found(&haunted.due), 100, "it was there");
    let swept = sweep_once(&haunted.stage.store, START.plus(DAY * 100)).await.unwrap();
    assert_eq!((swept.conversations, swept.leads, swept.replies), (20, 20, 20));
    assert_eq!(haunted.found(&haunted.due), 0);
    assert_eq!(haunted.found(&haunted.kept), 100, "what is not due is there");
}

#[tokio::test]
async fn without_the_scrub_it_is_still_in_the_logs() {
    let haunted = Haunted::new().await;
    haunted.stage.store.sweep_batch(START.plus(DAY * 100), Place::default()).await.unwrap();
    assert_eq!(haunted.found(&haunted.due), 100);
}

#[tokio::test]
async fn without_secure_delete_it_is_still_in_the_database() {
    let haunted = Haunted::new().await;
    haunted.stage.pragma("PRAGMA secure_delete = OFF").await;
    // Nor what overwrites pages afterwards.
    let (later, never) = (START.plus(DAY * 100), CancellationToken::new());
    sweep_until(&haunted.stage.store, later, &never).await.unwrap();
    assert!(0 < haunted.found(&haunted.due));
}

#[tokio::test]
async fn a_reader_that_holds_the_log_open_is_waited_for() {
    let haunted = Haunted::new().await;
    let stage = &haunted.stage;
    let path = stage.dir.path().join("forecourt.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).read_only(true);
    let mut reader = sqlx::ConnectOptions::connect(&options).await.unwrap();
    sqlx::query("BEGIN").execute(&mut reader).await.unwrap();
    sqlx::query("SELECT COUNT(*) FROM messages").execute(&mut reader).await.unwrap();
    stage.store.sweep_batch(START.plus(DAY * 100), Place::default()).await.unwrap();
    assert!(!stage.store.cut_log().await.unwrap(), "the pragma says so without an error");
    let go_on = async {
        // Each of these stands behind a step of the scrub in the writer's queue, so that by the
        // last of them the scrub has met the closed log itself.
        for _ in 0..6 {
            assert!(!stage.store.cut_log().await.unwrap());
        }
        sqlx::query("COMMIT").execute(&mut reader).await.unwrap();
    };
    let never = CancellationToken::new();
    let (scrubbed, ()) = tokio::join!(scrub(&stage.store, &never), go_on);
    assert!(scrubbed.unwrap());
    clear(&stage.store, &never).await.unwrap();
    assert_eq!(haunted.found(&haunted.due), 0);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    /// The dry run lists what the sweep takes, neither more nor less (G-28).
    #[test]
    fn what_is_listed_is_what_is_taken(
        talks in prop::collection::vec(
            (0..200_u32, any::<bool>(), 1..4_usize, prop::bool::weighted(0.2)),
            1..12,
        ),
        all_held in prop::bool::weighted(0.1),
        look in 0..500_u32,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let stage = Stage::new().await;
            let mut ends = Vec::new();
            let mut holds = Vec::new();
            for (day, short, messages, is_held) in talks {
                stage.clock.set(START.plus(DAY * day));
                let policy = if short { quarter() } else { year() };
                let token = stage.token();
                let mut begun = None;
                for _ in 0..messages {
                    let mut words = stage.words(&token, "x");
                    words.policy = policy.clone();
                    let append = stage.ours().append(words).await.unwrap();
                    begun = Some(kept(append).conversation);
                }
                let end = policy.expires_at(START.plus(DAY * day));
                ends.push((end, messages as u64, is_held || all_held));
                if is_held {
                    holds.push(hold::set(&stage, begun).await);
                }
            }
            if all_held {
                holds.push(hold::set(&stage, None).await);
            }
            let now = START.plus(DAY * look);
            same_set(&stage, now, ends.iter().filter(|(.., is_held)| !is_held)).await;
            for hold in holds {
                assert!(stage.store.release_hold(&hold).await.unwrap());
            }
            same_set(&stage, now, ends.iter().filter(|(.., is_held)| *is_held)).await;
        });
    }
}

/// What is listed is what is taken, and it is those of these that are past their end.
async fn same_set<'a>(
    stage: &Stage,
    now: Timestamp,
    ends: impl Iterator<Item = &'a (Timestamp, u64, bool)>,
) {
    let wanted: Vec<u64> =
        ends.filter(|(end, ..)| *end <= now).map(|(_, messages, _)| *messages).collect();
    let listed = due(&stage.store, now).await.unwrap();
    assert_eq!(listed.len(), wanted.len());
    let messages: u64 = listed.iter().map(|due| due.messages).sum();
    assert_eq!(messages, wanted.iter().sum::<u64>());
    let before = stage.number("SELECT COUNT(*) FROM conversations").await;
    let swept = sweep_once(&stage.store, now).await.unwrap();
    assert_eq!((swept.conversations, swept.messages), (listed.len() as u64, messages));
    let after = stage.number("SELECT COUNT(*) FROM conversations").await;
    assert_eq!(u64::try_from(before - after).unwrap(), swept.conversations);
    let left =
        "SELECT COUNT(*) FROM messages WHERE conversation_id NOT IN (SELECT id FROM conversations)";
    assert_eq!(stage.number(left).await, 0);
}

mod account;
mod anonymise;
mod damage;
mod hold;
mod restrict;
