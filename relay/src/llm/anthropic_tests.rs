//! Tests of Anthropic's wire, with a transcript.

use proptest::prelude::*;

use super::*;
use crate::{
    llm::sse::SseDecoder,
    redact::{Clean, Redaction, Redactor, Role},
};

const TRANSCRIPT: &str = include_str!("fixtures/anthropic.sse");

fn on(name: &str, data: &str) -> Result<Vec<Delta>, LlmError> {
    on_event(&Event { name: name.into(), data: data.into() })
}

fn read(text: &str) -> Vec<Delta> {
    let (mut sse, mut events) = (SseDecoder::default(), Vec::new());
    sse.push(text.as_bytes(), &mut events).unwrap();
    events.iter().flat_map(|event| on_event(event).unwrap()).collect()
}

#[test]
fn the_transcript_gives_its_words_counts_and_end() {
    let words = |text: &str| Delta::Text(text.into());
    let expected = [
        Delta::Usage { prompt: Some(412), completion: Some(1) },
        words("We open"),
        words(" at nine – grüße 🚗."),
        Delta::Usage { prompt: None, completion: Some(9) },
        Delta::Stop(Stop::Finished),
        Delta::Done,
    ];
    assert_eq!(read(TRANSCRIPT), expected);
}

#[test]
fn an_error_in_the_stream_is_an_error_with_its_code_only() {
    let error = on(
        "error",
        r#"{"type":"error","error":{"type":"overloaded_error","message":"secret words"}}"#,
    );
    assert_eq!(error, Err(LlmError::Reported { code: Some("overloaded_error".into()) }));
    assert_eq!(on("error", "no json"), Err(LlmError::Reported { code: None }));
}

#[test]
fn counts_beyond_all_measure_do_not_overflow_and_odd_ones_cost_no_answer() {
    let max = u64::MAX;
    let data = format!(
        r#"{{"type":"message_start","message":{{"usage":{{"input_tokens":{max},"cache_read_input_tokens":{max},"cache_creation_input_tokens":7}}}}}}"#
    );
    let usage = Delta::Usage { prompt: Some(max), completion: None };
    assert_eq!(on("message_start", &data), Ok(vec![usage]));
    let odd = r#"{"type":"message_delta","delta":{"stop_reason":7},"usage":{"output_tokens":9.0}}"#;
    let usage = Delta::Usage { prompt: None, completion: Some(9) };
    assert_eq!(on("message_delta", odd), Ok(vec![usage]));
}

#[test]
fn unknown_events_are_skipped_and_known_ones_must_be_readable() {
    assert_eq!(on("news", "no json"), Ok(vec![]));
    assert_eq!(on("news", r#"{"type":"news"}"#), Ok(vec![]));
    assert_eq!(on("content_block_delta", r#"{"type":"content_blo"#), Err(LlmError::Malformed));
}

#[test]
fn words_count_whatever_block_they_say_they_are_in() {
    let data =
        r#"{"type":"content_block_delta","index":99,"delta":{"type":"text_delta","text":"a"}}"#;
    assert_eq!(on("content_block_delta", data).unwrap(), [Delta::Text("a".into())]);
}

#[test]
fn reasons_to_stop_are_told_apart() {
    for (reason, stop) in [
        ("end_turn", Stop::Finished),
        ("max_tokens", Stop::Length),
        ("refusal", Stop::BrokenOff),
        ("new", Stop::Finished),
    ] {
        let data = format!(r#"{{"type":"message_delta","delta":{{"stop_reason":"{reason}"}}}}"#);
        assert_eq!(on("message_delta", &data).unwrap(), [Delta::Stop(stop)], "{reason}");
    }
}

#[test]
fn the_system_text_stands_apart_from_the_turns() {
    let ask = (Role::User, Clean::ours("Open today?"));
    let redactor = Redactor::new(Redaction::Balanced);
    let (prompt, _) = redactor.prompt(Clean::ours("Be short."), vec![ask]);
    let body = body("m", &prompt, 180);
    assert_eq!(body["system"], "Be short.");
    assert_eq!(body["messages"], json!([{ "role": "user", "content": "Open today?" }]));
    assert_eq!(body["max_tokens"], 180);
}

proptest! {
    #[test]
    fn no_data_makes_it_panic(data in ".{0,200}", name in "(|error|message_start|ping)") {
        let _ = on_event(&Event { name, data });
    }
}
