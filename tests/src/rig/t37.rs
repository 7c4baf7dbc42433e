//! T37: JSON that no client of ours writes, against the relay's own decoder and over real sockets.
//! Nothing panics, each wrong frame is refused with its type and in the same way, what is taken means
//! one thing only. The controls are decoders known to be wrong: one that panics within a character,
//! one that lets the last of two equal names win.
//!
//! That there is one JSON parser and one URL parser is held by `cargo xtask tidy`.

mod frames;

use std::{panic::catch_unwind, time::Duration};

use anyhow::{Context, ensure};
use protocol::{ClientMessage, FailureCode, ServerMessage};
use relay::session::{bad::BadFrame, event::Event};

use self::frames::{Fate, Frames, GOLDEN};
use super::{Findings, Tier};
use crate::{
    measure::Stopwatch,
    process::Forecourt,
    raw::body,
    visitor::{Heard, Visitor},
};

/// How many frames the controls are shown.
const CONTROL_FRAMES: u64 = 20_000;

/// How long one frame may take to be read: the longest and the deepest, too.
const READ_MS_MAX: f64 = 10.0;

/// How often a frame that was slow is read again before it counts as slow.
const AGAIN: u32 = 4;

/// How many bad frames close a socket (`relay::limits`).
const BAD_FRAMES: usize = relay::limits::MAX_BAD_FRAMES as usize;

/// How a frame is read: what it means, or nothing where it is refused.
type Decoder = fn(&str) -> Option<ClientMessage>;

/// What came of many frames.
#[derive(Debug, Default)]
struct Verdict {
    taken: u64,
    refused: u64,
    panics: u64,
    /// Frames that were taken and must not be, or the other way round, or that mean two things.
    wrong: u64,
    slowest: Duration,
}

/// Runs the test and its controls.
pub async fn run(tier: Tier, findings: &mut Findings) -> anyhow::Result<()> {
    let n_frames = tier.pick(100_000, 10_000_000, 30_000_000);
    let verdict = shown(own, n_frames)?;
    findings.note("frames", n_frames);
    findings.note("taken", verdict.taken);
    findings.note("refused", verdict.refused);
    findings.exactly("panics", verdict.panics, 0);
    findings.exactly("wrong", verdict.wrong, 0);
    findings.fast("read_ms_max", verdict.slowest.as_secs_f64() * 1e3, READ_MS_MAX);
    over_sockets(tier.pick(40, 1_000, 5_000), findings).await?;

    // Its panics are what is looked for; their words would only hide the figures.
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| ()));
    let (cuts, lenient) =
        (shown(cuts_characters, CONTROL_FRAMES), shown(last_wins, CONTROL_FRAMES));
    std::panic::set_hook(hook);
    findings.control("a decoder that cuts within a character", 0 < cuts?.panics);
    findings.control("a decoder that lets the last of two names win", 0 < lenient?.wrong);
    Ok(())
}

/// The relay's own.
fn own(text: &str) -> Option<ClientMessage> {
    match Event::read(text) {
        Event::Frame(message) => Some(message),
        _ => None,
    }
}

/// Looks at the first bytes of a text before it reads it.
fn cuts_characters(text: &str) -> Option<ClientMessage> {
    let first = &text[..text.len().min(8)];
    first.contains('{').then(|| own(text)).flatten()
}

/// Reads a tree first, in which the last of two equal names wins.
fn last_wins(text: &str) -> Option<ClientMessage> {
    serde_json::from_value(serde_json::from_str(text).ok()?).ok()
}

/// Shows many frames to a decoder.
fn shown(decoder: Decoder, n_frames: u64) -> anyhow::Result<Verdict> {
    let frames = Frames::of(37);
    let mut verdict = Verdict::default();
    for _ in 0..n_frames {
        let (fate, text) = frames.next()?;
        let watch = Stopwatch::start();
        let read = catch_unwind(|| decoder(&text));
        let mut took = watch.elapsed();
        if verdict.slowest < took && read.is_ok() {
            // Other work of the machine may have come between; the frame is as slow each time.
            for _ in 0..AGAIN {
                let watch = Stopwatch::start();
                let _ = decoder(&text);
                took = took.min(watch.elapsed());
            }
        }
        verdict.slowest = verdict.slowest.max(took);
        match read {
            Err(_) => verdict.panics += 1,
            Ok(None) => {
                verdict.refused += 1;
                verdict.wrong += u64::from(fate == Fate::Taken);
            }
            Ok(Some(message)) => {
                verdict.taken += 1;
                let sound = fate != Fate::Refused && means_one_thing(decoder, &text, &message);
                verdict.wrong += u64::from(!sound);
            }
        }
    }
    Ok(verdict)
}

/// What is taken is JSON, and what it was taken for is read back as the same.
fn means_one_thing(decoder: Decoder, text: &str, message: &ClientMessage) -> bool {
    let is_json = serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
    let written = serde_json::to_string(message).unwrap_or_default();
    is_json && decoder(&written).as_ref() == Some(message)
}

/// Sends some of them over real sockets: each is refused by name, the fifth ends the socket, nobody
/// else notices, and no task of the relay panicked.
async fn over_sockets(n_sockets: usize, findings: &mut Findings) -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let mut relay = Forecourt::named("FORECOURT_BIN", &dir.path().join("data"))?.without_paces();
    relay.start().await?;
    let frames = Frames::of(3_737);
    let mut calm = Forecourt::stranger()?;
    relay.greet(&mut calm).await?;
    let (mut typed, mut otherwise) = (0, 0);
    for _ in 0..n_sockets {
        let mut visitor = Forecourt::stranger()?;
        relay.greet(&mut visitor).await?;
        for _ in 0..BAD_FRAMES {
            visitor.send_text(bad(&frames)?).await?;
            let answer = visitor.heard().await?;
            let refused = matches!(answer, Heard::Frame(ServerMessage::Failed(failure))
                if failure.code == FailureCode::BadFrame);
            *(if refused { &mut typed } else { &mut otherwise }) += 1;
        }
        otherwise += u64::from(visitor.closed().await? != Some(4000));
    }
    unasked(&relay, &bad(&frames)?).await?;
    findings.note("refused_over_sockets", typed);
    findings.exactly("refused_otherwise", otherwise, 0);
    for golden in GOLDEN.iter().filter(|golden| golden.contains("hello")) {
        let mut visitor = Forecourt::stranger()?;
        visitor.connect(relay.address(), &relay.origin()).await?;
        visitor.send_text((*golden).to_owned()).await?;
        ensure!(matches!(visitor.frame().await?, ServerMessage::Welcome(_)), "a golden hello");
    }
    calm.say("How long is the warranty?").await.context("another visitor noticed")?;
    let metrics = body(relay.admin(), "/metrics").await?;
    let panicked = metrics.lines().filter(|line| line.starts_with("forecourt_task_panics")).count();
    findings.exactly("tasks_that_panicked", panicked as u64, 0);
    relay.kill().await
}

/// The next frame that must be refused and fits a frame.
fn bad(frames: &Frames) -> anyhow::Result<String> {
    loop {
        let (_, text) = frames.next()?;
        let fits = text.len() <= protocol::limits::MAX_FRAME_BYTES;
        if fits && matches!(Event::read(&text), Event::BadFrame(BadFrame::Shape)) {
            return Ok(text);
        }
    }
}

/// Before a greeting one bad frame is enough.
async fn unasked(relay: &Forecourt, text: &str) -> anyhow::Result<()> {
    let mut visitor: Visitor = Forecourt::stranger()?;
    visitor.connect(relay.address(), &relay.origin()).await?;
    visitor.send_text(text.to_owned()).await?;
    let code = visitor.closed().await?;
    ensure!(code == Some(4000), "a bad frame before a greeting closed with {code:?}");
    Ok(())
}
