//! Silences and answers without an end: each is ended at its own timeout, and not before.

use forecourt_tests::{llm::listen::Ended, measure::Stopwatch};

use super::*;

/// How much later than its timeout an answer may end on a busy machine; far below what the other
/// timeouts are set to.
const TOLERANCE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_timeout_cancels_the_call_and_keeps_what_came() {
    let model = play(Script::acts([Act::Open, Act::SayText, Act::Hang])).await;
    let (text, end) = ask(&answerer(&quick(model.config(ProviderKind::OpenaiCompatible)))).await;
    assert_eq!((text.as_str(), end.finish), (USUAL_TEXT, Finish::Interrupted));
    assert!(0 < end.completion_tokens && 0 < end.prompt_tokens, "counts are guessed");
    assert_eq!(end.sources.len(), 1);
    cancelled(&model).await;
}

/// Asks, and fails where the answer did not end at this timeout: never before it, and soon after.
async fn ends_after(timeout: Duration, config: &LlmConfig, case: &str) -> (String, Ended) {
    let watch = Stopwatch::start();
    let told = ask(&answerer(config)).await;
    let took = watch.elapsed();
    assert!(timeout <= took && took < timeout + TOLERANCE, "{case}: after {took:?}");
    told
}

#[tokio::test]
async fn each_silence_ends_at_its_own_timeout_and_not_before() {
    let silences = [
        ("hang_at_once", true),
        ("hang_before_first_word", true),
        ("trickle_before_first_word", true),
        ("hang_in_the_middle", false),
        ("trickle_in_the_middle", false),
    ];
    futures_util::future::join_all(silences.map(async |(name, before_first)| {
        let model = play(faults::named(name).unwrap()).await;
        let mut config = model.config(ProviderKind::OpenaiCompatible);
        let (short, long) = (1_500, 60_000);
        config.first_token_timeout_ms = if before_first { short } else { long };
        config.idle_timeout_ms = if before_first { long } else { short };
        config.total_timeout_ms = long;
        ends_after(Duration::from_millis(short), &config, name).await;
    }))
    .await;
}

#[tokio::test]
async fn an_answer_that_never_ends_is_ended() {
    let drip = Act::Say { text: "drip ".into() };
    let acts =
        std::iter::repeat_n([drip, Act::Sleep { ms: 20 }], 3_000).flatten().collect::<Vec<_>>();
    let model = play(Script::acts(acts)).await;
    let mut config = quick(model.config(ProviderKind::OpenaiCompatible));
    config.total_timeout_ms = 2_000;
    let (text, end) = ends_after(Duration::from_secs(2), &config, "drip").await;
    assert_eq!(end.finish, Finish::Interrupted);
    assert!(text.starts_with("drip drip "));
    cancelled(&model).await;
}
