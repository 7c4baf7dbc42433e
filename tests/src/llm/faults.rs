//! The faults of T23 and T24, each with how an answer must end that meets it.

use crate::llm::script::{Act, Newline, Script};

/// How an answer must end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Whole, with the words of the script.
    Whole,
    /// Whole, with some words.
    Complete,
    /// Cut at a limit.
    Truncated,
    /// Broken off, with the words so far.
    Interrupted,
    /// Answered by the documents: not a word came from the provider.
    Documents,
}

/// A fault: its name, what the server does, how the answer must end.
pub type Fault = (&'static str, Script, End);

/// The script of a fault.
pub fn named(name: &str) -> Option<Script> {
    all().into_iter().find(|(fault, _, _)| *fault == name).map(|(_, script, _)| script)
}

/// All faults.
pub fn all() -> Vec<Fault> {
    [lines(), events(), silences(), cuts(), strangers(), garbage(), sizes()].concat()
}

/// Those that are about time and broken connections: T23.
pub fn hanging() -> Vec<Fault> {
    [silences(), cuts()].concat()
}

/// Those that are about what is sent: T24, with the streams that end too soon.
pub fn garbled() -> Vec<Fault> {
    [lines(), events(), cuts(), strangers(), garbage(), sizes()].concat()
}

fn stop() -> [Act; 3] {
    [Act::Stop { reason: String::new() }, Act::Done, Act::EndBody]
}

fn say(text: &str) -> Act {
    Act::Say { text: text.into() }
}

fn event(name: &str, data: &str) -> Act {
    Act::Event { name: name.into(), data: data.into() }
}

/// These steps, then a proper end.
fn then_stop(acts: impl IntoIterator<Item = Act>) -> Script {
    let acts: Vec<Act> = acts.into_iter().chain(stop()).collect();
    Script::acts(acts)
}

/// Odd but lawful lines and chunks.
fn lines() -> Vec<Fault> {
    let lines = |newline| Script { newline, ..Script::default() };
    let bytes = |chunk_bytes| Script { chunk_bytes, ..Script::default() };
    vec![
        ("usual", Script::default(), End::Whole),
        ("crlf", lines(Newline::Crlf), End::Whole),
        ("cr", lines(Newline::Cr), End::Whole),
        ("mixed_lines", lines(Newline::Mixed), End::Whole),
        ("bom", Script { bom: true, ..Script::default() }, End::Whole),
        ("byte_by_byte", bytes(1), End::Whole),
        ("chunks_of_three", bytes(3), End::Whole),
        (
            "crlf_byte_by_byte",
            Script { newline: Newline::Crlf, bom: true, chunk_bytes: 1, ..Script::default() },
            End::Whole,
        ),
        (
            "no_type",
            Script { content_type: "application/octet-stream".into(), ..Script::default() },
            End::Whole,
        ),
    ]
}

/// Odd but lawful events.
fn events() -> Vec<Fault> {
    vec![
        (
            "comments",
            then_stop([
                Act::Raw { bytes: b": keep-alive\n\n:\n\n".to_vec() },
                Act::Open,
                Act::SayText,
            ]),
            End::Whole,
        ),
        (
            "unknown_event",
            then_stop([Act::Open, event("weather", "{\"sunny\":true}"), Act::SayText]),
            End::Whole,
        ),
        (
            "unknown_event_no_json",
            then_stop([Act::Open, event("weather", "sunny"), Act::SayText]),
            End::Whole,
        ),
        (
            "unknown_fields",
            then_stop([
                Act::Open,
                Act::Raw { bytes: b"id: 7\nretry: 10\nfoo: bar\n\n".to_vec() },
                Act::SayText,
            ]),
            End::Whole,
        ),
        ("nothing_before_words", then_stop([Act::SayText]), End::Whole),
        (
            "empty_objects",
            then_stop([Act::Open, event("", "{\"type\":\"x\"}"), Act::SayText]),
            End::Whole,
        ),
        (
            "hang_after_stop",
            Script::acts([Act::Open, Act::SayText, Act::Stop { reason: String::new() }, Act::Hang]),
            End::Whole,
        ),
        (
            "reset_after_stop",
            Script::acts([
                Act::Open,
                Act::SayText,
                Act::Stop { reason: String::new() },
                Act::Reset,
            ]),
            End::Whole,
        ),
        (
            "end_after_stop",
            Script::acts([
                Act::Open,
                Act::SayText,
                Act::Stop { reason: String::new() },
                Act::EndBody,
            ]),
            End::Whole,
        ),
    ]
}

/// Silences: T23.
fn silences() -> Vec<Fault> {
    vec![
        ("hang_at_once", Script::acts([Act::Hang]), End::Documents),
        ("hang_before_first_word", Script::acts([Act::Open, Act::Hang]), End::Documents),
        ("trickle_before_first_word", Script::acts([Act::Trickle { ms: 5 }]), End::Documents),
        (
            "flood_of_nothing_before_first_word",
            Script::acts([Act::Open, Act::FloodOfNothing]),
            End::Documents,
        ),
        (
            "flood_of_nothing_in_the_middle",
            Script::acts([Act::Open, say("Half an "), Act::FloodOfNothing]),
            End::Interrupted,
        ),
        (
            "hang_in_the_middle",
            Script::acts([Act::Open, say("Half an "), Act::Hang]),
            End::Interrupted,
        ),
        (
            "trickle_in_the_middle",
            Script::acts([
                Act::Open,
                say("Half an "),
                Act::Raw { bytes: b"\n".to_vec() },
                Act::Trickle { ms: 5 },
            ]),
            End::Interrupted,
        ),
    ]
}

/// Streams that end too soon. A reset may overtake words on their way, so it waits for a release.
fn cuts() -> Vec<Fault> {
    vec![
        ("close_at_once", Script::acts([Act::Close]), End::Documents),
        ("reset_at_once", Script::acts([Act::Reset]), End::Documents),
        ("empty_body", Script::acts([Act::EndBody]), End::Documents),
        ("stop_without_words", then_stop([Act::Open]), End::Documents),
        ("blank_answer", then_stop([Act::Open, say(" "), say("\n\u{200b}\n")]), End::Documents),
        (
            "blank_before_words",
            then_stop([Act::Open, say("\n"), say(" "), Act::SayText]),
            End::Whole,
        ),
        (
            "thought_only",
            Script::acts([
                Act::Open,
                Act::Stop { reason: "length".into() },
                Act::Done,
                Act::EndBody,
            ]),
            End::Documents,
        ),
        (
            "close_in_the_middle",
            Script::acts([Act::Open, say("Half an "), Act::Close]),
            End::Interrupted,
        ),
        (
            "reset_in_the_middle",
            Script::acts([Act::Open, say("Half an "), Act::Gate, Act::Reset]),
            End::Interrupted,
        ),
        ("missing_end", Script::acts([Act::Open, Act::SayText, Act::EndBody]), End::Interrupted),
        (
            "json_cut",
            Script::acts([
                Act::Open,
                say("Half an "),
                Act::Raw { bytes: b"data: {\"choices\":[{\"index\":0,\"del".to_vec() },
                Act::EndBody,
            ]),
            End::Interrupted,
        ),
    ]
}

/// Answers of something else than the provider: T24.
fn strangers() -> Vec<Fault> {
    let typed = |content_type: &str, body: &str| Script {
        content_type: content_type.into(),
        body: Some(body.into()),
        ..Script::default()
    };
    vec![
        (
            "html_with_200",
            typed("text/html; charset=utf-8", "<html><h1>Bad gateway</h1></html>"),
            End::Documents,
        ),
        (
            "json_with_200",
            typed("application/json", "{\"error\":{\"type\":\"api_error\"}}"),
            End::Documents,
        ),
        (
            "html_as_stream",
            typed("text/event-stream", "<html>\n\n<h1>Bad gateway</h1>\n\n</html>"),
            End::Documents,
        ),
        (
            "redirect",
            Script {
                status: 302,
                body: Some(String::new()),
                headers: [("location".to_owned(), "/v1/chat/completions".to_owned())].into(),
                ..Script::default()
            },
            End::Documents,
        ),
    ]
}

/// Garbage in a stream: T24.
fn garbage() -> Vec<Fault> {
    vec![
        (
            "error_event_first",
            Script::acts([
                event(
                    "error",
                    "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\"x\"}}",
                ),
                Act::EndBody,
            ]),
            End::Documents,
        ),
        (
            "error_event_in_the_middle",
            Script::acts([
                Act::Open,
                say("Half an "),
                event("error", "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"}}"),
                Act::EndBody,
            ]),
            End::Interrupted,
        ),
        (
            "error_event_no_json",
            Script::acts([Act::Open, say("Half an "), event("error", "overloaded"), Act::EndBody]),
            End::Interrupted,
        ),
        (
            "no_json_in_the_middle",
            Script::acts([Act::Open, say("Half an "), event("", "{\"choices\":[{"), Act::EndBody]),
            End::Interrupted,
        ),
        (
            "bad_utf8",
            then_stop([Act::Open, Act::Raw { bytes: b": \xFF\xFE\n\n".to_vec() }, Act::SayText]),
            End::Whole,
        ),
        (
            "bad_utf8_in_data",
            then_stop([
                Act::Open,
                say("Words "),
                Act::Raw { bytes: b"event: news\ndata: \xFF\xC3\n\n".to_vec() },
            ]),
            End::Complete,
        ),
        (
            "binary",
            Script::acts([Act::Raw { bytes: (0..=255).collect() }, Act::EndBody]),
            End::Documents,
        ),
        (
            "stopped_by_length",
            Script::acts([
                Act::Open,
                Act::SayText,
                Act::Stop { reason: "length".into() },
                Act::Done,
                Act::EndBody,
            ]),
            End::Truncated,
        ),
    ]
}

/// Sizes over every limit.
fn sizes() -> Vec<Fault> {
    let megabyte = 1_000_000;
    vec![
        (
            "line_of_a_megabyte",
            then_stop([Act::Open, Act::Giant { bytes: megabyte }]),
            End::Truncated,
        ),
        (
            "token_of_ten_megabytes_first",
            then_stop([Act::Open, Act::Giant { bytes: 10 * megabyte }]),
            End::Documents,
        ),
        (
            "token_of_ten_megabytes",
            then_stop([Act::Open, say("Half an "), Act::Giant { bytes: 10 * megabyte }]),
            End::Truncated,
        ),
        (
            "line_without_end",
            Script::acts([
                Act::Open,
                say("Half an "),
                Act::Raw { bytes: vec![b'x'; 2 * megabyte] },
                Act::Hang,
            ]),
            End::Truncated,
        ),
        ("endless", Script::acts([Act::Open, Act::Flood]), End::Truncated),
    ]
}
