//! Tests of the wire of OpenAI and its imitators, with one transcript a provider.

use proptest::prelude::*;

use super::*;
use crate::{
    llm::sse::SseDecoder,
    redact::{Clean, Redaction, Redactor, Role},
};

const TRANSCRIPTS: [(&str, u64); 3] = [
    (include_str!("fixtures/openai.sse"), 412),
    (include_str!("fixtures/mistral.sse"), 398),
    (include_str!("fixtures/ollama.sse"), 430),
];

fn on(data: &str) -> Result<Vec<Delta>, LlmError> {
    on_event(&Event { name: String::new(), data: data.into() })
}

fn read(chunks: &[&[u8]]) -> Vec<Delta> {
    let (mut sse, mut events) = (SseDecoder::default(), Vec::new());
    for chunk in chunks {
        sse.push(chunk, &mut events).unwrap();
    }
    let deltas = events.iter().map(|event| on_event(event).unwrap());
    deltas.flatten().collect()
}

fn words(deltas: &[Delta]) -> String {
    deltas.iter().map(|delta| if let Delta::Text(text) = delta { text } else { "" }).collect()
}

fn prompt() -> RedactedPrompt {
    let ask = (Role::User, Clean::ours("Open today?"));
    Redactor::new(Redaction::Balanced).prompt(Clean::ours("Be short."), vec![ask]).0
}

#[test]
fn each_providers_transcript_gives_its_words_counts_and_end() {
    for (transcript, prompt) in TRANSCRIPTS {
        let deltas = read(&[transcript.as_bytes()]);
        assert_eq!(words(&deltas), "We open at nine – grüße 🚗.");
        assert!(deltas.contains(&Delta::Stop(Stop::Finished)));
        assert!(deltas.contains(&Delta::Usage { prompt: Some(prompt), completion: Some(9) }));
        assert_eq!(deltas.last(), Some(&Delta::Done));
    }
}

#[test]
fn an_error_that_is_null_is_none() {
    assert_eq!(
        on(r#"{"choices":[{"delta":{"content":"a"}}],"error":null}"#).unwrap(),
        [Delta::Text("a".into())]
    );
    let error = on(r#"{"error":{"message":"secret words","type":"server_error","code":null}}"#);
    assert_eq!(error, Err(LlmError::Reported { code: Some("server_error".into()) }));
}

#[test]
fn choices_that_were_not_asked_for_are_skipped() {
    assert_eq!(on(r#"{"choices":[{"index":7,"delta":{"content":"x"}},{"index":-1,"delta":{"content":"y"}}]}"#).unwrap(), []);
}

#[test]
fn odd_contents_are_no_words_and_no_error() {
    for data in [
        r#"{"choices":[{"delta":{"content":7}}]}"#,
        r#"{"choices":[{"delta":null}]}"#,
        r#"{"choices":null}"#,
        "{}",
        r#"{"choices":[{"delta":{"content":[{"type":"thinking","thinking":[]}]}}]}"#,
    ] {
        assert_eq!(on(data).unwrap(), [], "{data}");
    }
}

#[test]
fn what_is_no_json_is_malformed_unless_the_event_is_unknown() {
    assert_eq!(on("{\"choices\":[{"), Err(LlmError::Malformed));
    let event = Event { name: "weather".into(), data: "sunny".into() };
    assert_eq!(on_event(&event), Ok(vec![]));
    let event = Event { name: "error".into(), data: "oh no".into() };
    assert_eq!(on_event(&event), Err(LlmError::Reported { code: None }));
}

#[test]
fn reasons_to_stop_are_told_apart() {
    for (reason, stop) in [
        ("stop", Stop::Finished),
        ("length", Stop::Length),
        ("model_length", Stop::Length),
        ("content_filter", Stop::BrokenOff),
        ("new", Stop::Finished),
    ] {
        let data = format!(r#"{{"choices":[{{"delta":{{}},"finish_reason":"{reason}"}}]}}"#);
        assert_eq!(on(&data).unwrap(), [Delta::Stop(stop)], "{reason}");
    }
}

fn link(kind: ProviderKind, effort: Option<&str>) -> Link {
    Link {
        kind,
        model: "m".into(),
        base_url: "https://llm.example/v1".into(),
        host: "llm.example".into(),
        recipient: crate::domain::view::Recipient::Operator,
        reasoning_effort: effort.map(ToOwned::to_owned),
        key: None,
    }
}

#[test]
fn how_long_to_think_is_sent_only_where_it_was_set() {
    let body = |effort| body(&link(ProviderKind::Openai, effort), &prompt(), 180);
    assert_eq!(body(Some("low"))["reasoning_effort"], "low");
    assert!(body(None).get("reasoning_effort").is_none());
}

#[test]
fn what_stands_oddly_beside_the_words_costs_no_answer() {
    let data = r#"{"choices":[{"index":0.0,"delta":{"content":"a","refusal":7},"finish_reason":{"x":1}}],"usage":{"prompt_tokens":12.0,"completion_tokens":"9"}}"#;
    let usage = Delta::Usage { prompt: Some(12), completion: None };
    assert_eq!(on(data).unwrap(), [Delta::Text("a".into()), usage]);
    let negative = on(r#"{"usage":{"prompt_tokens":-1,"completion_tokens":1e300}}"#).unwrap();
    assert_eq!(negative, [Delta::Usage { prompt: None, completion: Some(u64::MAX) }]);
    assert_eq!(on(r#"{"choices":[],"usage":"many"}"#).unwrap(), []);
}

#[test]
fn each_provider_is_sent_only_what_it_accepts() {
    let keys = |kind| {
        let body = body(&link(kind, None), &prompt(), 180);
        let mut keys: Vec<String> = body.as_object().unwrap().keys().cloned().collect();
        keys.sort();
        keys
    };
    assert_eq!(
        keys(ProviderKind::Openai),
        ["max_completion_tokens", "messages", "model", "store", "stream", "stream_options"]
    );
    assert_eq!(
        keys(ProviderKind::Mistral),
        ["max_tokens", "messages", "model", "stream", "temperature"]
    );
    assert_eq!(
        keys(ProviderKind::OpenaiCompatible),
        ["max_tokens", "messages", "model", "stream", "stream_options", "temperature"]
    );
}

proptest! {
    #[test]
    fn a_transcript_cut_anywhere_reads_the_same(cuts in prop::collection::vec(0usize..2_000, 0..12), which in 0usize..3) {
        let bytes = TRANSCRIPTS[which].0.as_bytes();
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
        cuts.sort_unstable();
        cuts.push(bytes.len());
        let mut from = 0;
        let mut chunks = Vec::new();
        for cut in cuts {
            chunks.push(&bytes[from..cut]);
            from = cut;
        }
        prop_assert_eq!(read(&chunks), read(&[bytes]));
    }

    #[test]
    fn no_data_makes_it_panic(data in ".{0,200}", name in "(|error|message|ping)") {
        let _ = on_event(&Event { name, data });
    }
}
