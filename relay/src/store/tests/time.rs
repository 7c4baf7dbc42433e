//! A clock that steps: nothing comes back, nothing goes too early, and what is believed is kept.

use super::*;
use crate::domain::belief::Verdict;

#[tokio::test]
async fn a_clock_that_goes_back_shows_nothing_again_that_had_expired() {
    let stage = Stage::new().await;
    let token = stage.token();
    stage.answered(&token).await;
    stage.store.look_at_clock().await.unwrap();
    stage.clock.set(year().expires_at(START));
    stage.store.look_at_clock().await.unwrap();
    assert_eq!(stage.ours().resume(&token).await.unwrap(), None);
    stage.clock.step(START);
    assert_eq!(stage.ours().resume(&token).await.unwrap(), None);
}

#[tokio::test]
async fn what_is_written_while_the_clock_is_back_expires_no_sooner_than_promised() {
    let stage = Stage::new().await;
    stage.store.look_at_clock().await.unwrap();
    stage.clock.step(START.minus(DAY * 3_650));
    stage.clock.advance(DAY);
    let words = stage.words(&stage.token(), "still 2026");
    let kept = kept(stage.ours().append(words).await.unwrap());
    assert_eq!(kept.expires_at, year().expires_at(START.plus(DAY)));
}

#[tokio::test]
async fn a_doubt_outlives_the_process_and_ends_with_the_operators_word() {
    let stage = Stage::new().await;
    stage.store.look_at_clock().await.unwrap();
    stage.clock.step(START.plus(DAY * 400));
    let stage = stage.reopened().await;
    assert!(matches!(stage.store.look_at_clock().await.unwrap(), Verdict::Doubt(_)));
    let doubt = stage.store.clock_doubt().unwrap().to_string();
    assert!(doubt.contains("retention confirm") && doubt.contains("24 h"), "{doubt}");
    stage.store.believe_clock().await.unwrap();
    assert_eq!(stage.store.clock_doubt(), None);
    let sure = Verdict::Sure(START.plus(DAY * 400));
    assert_eq!(stage.store.look_at_clock().await.unwrap(), sure);
}

#[tokio::test]
async fn a_command_hides_what_the_relay_hides() {
    let stage = Stage::new().await;
    let token = stage.token();
    stage.answered(&token).await;
    stage.clock.set(year().expires_at(START));
    stage.store.look_at_clock().await.unwrap();
    stage.clock.step(START);
    let tool = Store::open(stage.options(Role::Tool), &stage.tasks).await.unwrap();
    assert_eq!(tool.dealer(&stage.ours).resume(&token).await.unwrap(), None);
}

#[tokio::test]
async fn a_look_for_a_dry_run_comes_to_the_same_and_keeps_nothing() {
    let stage = Stage::new().await;
    stage.store.look_at_clock().await.unwrap();
    stage.clock.step(START.plus(DAY * 400));
    let kept = "SELECT COUNT(*) FROM meta WHERE key = 'clock' AND value LIKE '%doubted%'";
    let verdict = stage.store.clock_verdict().await.unwrap();
    assert!(matches!(verdict, Verdict::Doubt(_)));
    assert_eq!(stage.number(kept).await, 0);
    assert_eq!(stage.store.look_at_clock().await.unwrap(), verdict);
    assert_eq!(stage.number(kept).await, 1);
}
