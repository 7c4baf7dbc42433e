//! A session before its conversation: waits for `hello`, then for what the store knows.

use std::time::Duration;

use protocol::{
    ClientMessage, CloseReason, Epoch, Failure, FailureCode, PROTOCOL_VERSION, ServerMessage,
    client::{Hello, Resume},
    dealer::DealerView,
    limits::HELLO_TIMEOUT_MS,
    server::{Resumed, Welcome},
    version::OLDEST_SUPPORTED,
};

use crate::{
    limits::FRAME_BURST,
    session::{
        Session,
        bad::BadFrame,
        effect::Effect,
        event::{Event, Found, FoundSite},
        frames,
        open::Open,
    },
};

/// A session before its conversation.
#[derive(Debug)]
pub struct Greeting {
    /// When the socket counts as mute.
    deadline: Duration,
    /// The `hello`, once it was said and while the store is asked.
    hello: Option<Box<Hello>>,
    /// Signs of life before the `hello`.
    heard: u32,
}

impl Greeting {
    /// A socket that was opened `now`.
    pub fn new(now: Duration) -> Self {
        Self { deadline: now + Duration::from_millis(HELLO_TIMEOUT_MS), hello: None, heard: 0 }
    }

    /// When the socket counts as mute.
    pub fn deadline(&self) -> Duration {
        self.deadline
    }

    /// Takes in one event; the step into conversation consumes the greeting.
    pub fn handle(mut self, event: Event, now: Duration) -> (Session, Vec<Effect>) {
        match event {
            Event::Frame(ClientMessage::Hello(hello)) if self.hello.is_none() => {
                self.on_hello(hello)
            }
            Event::Found(found) => self.on_found(found, now),
            Event::BadFrame(BadFrame::OtherVersion) => (Session::Closed, other_version()),
            Event::BadFrame(BadFrame::NoSiteKey) => {
                (Session::Closed, nothing_found(&Found::NoSite))
            }
            Event::Frame(_) | Event::BadFrame(_) => {
                let failure = Failure::new(
                    FailureCode::HelloRequired,
                    "the first frame must be `hello`, once; see docs/wire.md",
                );
                (Session::Closed, refuse(failure, CloseReason::Protocol))
            }
            Event::Heard if FRAME_BURST <= self.heard => {
                (Session::Closed, vec![Effect::Close(CloseReason::Flood)])
            }
            Event::Heard => {
                self.heard += 1;
                (Session::Greeting(self), Vec::new())
            }
            Event::Tick if self.deadline <= now && self.hello.is_none() => {
                (Session::Closed, vec![Effect::Close(CloseReason::HelloTimeout)])
            }
            Event::Stopping | Event::Leaving => {
                (Session::Closed, vec![Effect::Close(CloseReason::Restarting)])
            }
            _ => (Session::Greeting(self), Vec::new()),
        }
    }

    /// Checks what was said before anything is read from disk.
    fn on_hello(self, mut hello: Hello) -> (Session, Vec<Effect>) {
        if !(OLDEST_SUPPORTED..=PROTOCOL_VERSION).contains(&hello.protocol) {
            return (Session::Closed, other_version());
        }
        hello.locale = locale(&hello.locale);
        hello.build = build(&hello.build);
        let hello = Box::new(hello);
        let effects = vec![Effect::Find(hello.clone())];
        (Session::Greeting(Self { hello: Some(hello), ..self }), effects)
    }

    fn on_found(self, found: Found, now: Duration) -> (Session, Vec<Effect>) {
        let (Some(hello), Found::Site(site)) = (self.hello, &found) else {
            return (Session::Closed, nothing_found(&found));
        };
        debug_assert!(site.dealer.sites.iter().any(|known| known.key == hello.site_key));
        let Found::Site(site) = found else { return (Session::Closed, Vec::new()) };
        welcome(*hello, *site, now)
    }
}

/// The language of a chat that names none (RFC 5646).
const UNDETERMINED: &str = "und";

/// What is kept of a language tag (RFC 5646): language, script and region, in this order. It is kept in
/// clear, so that no words of anybody's fit in: what is none of these becomes `und`.
fn locale(text: &str) -> String {
    let is = |part: &str, lengths: &[usize]| {
        lengths.contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphabetic())
    };
    let mut parts = text.split(['-', '_']);
    let Some(language) = parts.next().filter(|part| is(part, &[2, 3])) else {
        return UNDETERMINED.to_owned();
    };
    let mut kept = language.to_owned();
    let mut next = parts.next();
    if let Some(script) = next.filter(|part| is(part, &[4])) {
        kept = format!("{kept}-{script}");
        next = parts.next();
    }
    let is_region = |part: &&str| {
        is(part, &[2]) || (part.len() == 3 && part.bytes().all(|b| b.is_ascii_digit()))
    };
    next.filter(is_region).map_or(kept.clone(), |region| format!("{kept}-{region}"))
}

/// What is kept of a build: its version, in clear; of anything else, nothing.
fn build(text: &str) -> String {
    let is_number =
        |part: &str| (1..=4).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    let is_version = text.split('.').count() == 3 && text.split('.').all(is_number);
    if is_version { text.to_owned() } else { String::new() }
}

/// Sends a refusal and closes.
fn refuse(failure: Failure, reason: CloseReason) -> Vec<Effect> {
    vec![Effect::Send(ServerMessage::Failed(failure)), Effect::Close(reason)]
}

/// What follows where the client speaks a version that this relay does not.
fn other_version() -> Vec<Effect> {
    let sentence = format!("this relay speaks versions {OLDEST_SUPPORTED} to {PROTOCOL_VERSION}");
    let failure = Failure::new(FailureCode::UnsupportedVersion, sentence);
    refuse(failure, CloseReason::UnsupportedVersion)
}

/// What follows when there is no site to greet.
fn nothing_found(found: &Found) -> Vec<Effect> {
    match found {
        Found::Unavailable => refuse(
            Failure::new(FailureCode::StorageUnavailable, "the relay can't read now; come back"),
            CloseReason::Internal,
        ),
        Found::NoSite | Found::Site(_) => refuse(
            Failure::new(
                FailureCode::UnknownSite,
                "no site has this key, or its dealer is paused; check data-site in the snippet",
            ),
            CloseReason::UnknownSite,
        ),
    }
}

/// How far a resume goes, and after which `seq` to read: whole or complete, never partial.
///
/// A place from another incarnation of the database, or beyond its end, means nothing here.
pub fn place(resume: &Resume, epoch: &Epoch, last_seq: u64) -> (Resumed, u64) {
    if resume.epoch == *epoch && resume.after_seq <= last_seq {
        (Resumed::Complete, resume.after_seq)
    } else {
        (Resumed::Incomplete, 0)
    }
}

/// Opens the conversation and says what is known of it.
fn welcome(hello: Hello, mut site: FoundSite, now: Duration) -> (Session, Vec<Effect>) {
    let mut conversation = site.conversation.take();
    let messages = conversation.as_mut().map(|found| std::mem::take(&mut found.messages));
    let messages = messages.unwrap_or_default();
    let mut pages = frames::pages(messages).into_iter();
    let first = pages.next().unwrap_or_default();
    let found = conversation.as_ref();
    let reply = found.and_then(|found| found.running.clone());
    let welcome = Welcome {
        protocol: hello.protocol.min(PROTOCOL_VERSION),
        epoch: site.epoch.clone(),
        resumed: found.map_or(Resumed::New, |found| found.resumed),
        token: found.is_none().then(|| site.fresh_token.clone()),
        conversation: found.map(|found| found.id.clone()),
        messages: first,
        more: 0 < pages.len(),
        reply: reply.clone(),
        dealer: DealerView::clone(&site.view),
        expires_at: found.map(|found| found.expires_at.millis()),
    };
    let mut effects = vec![Effect::Send(ServerMessage::Welcome(Box::new(welcome)))];
    effects.extend(frames::history(pages));
    let resume = hello.resume.as_ref();
    let offset = resume
        .and_then(|resume| resume.reply.as_ref())
        .filter(|place| Some(&place.id) == reply.as_ref())
        .map_or(0, |place| place.offset);
    let open = Open::new(hello, site, conversation, now);
    effects.extend(match reply {
        Some(reply) => Some(Effect::Follow { reply, offset }),
        None => open.look_on(),
    });
    (Session::Open(Box::new(open)), effects)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_language_its_script_and_region_are_kept_and_no_other_word() {
        for (text, kept) in [
            ("en-GB", "en-GB"),
            ("en_GB", "en-GB"),
            ("zh-Hant-TW", "zh-Hant-TW"),
            ("es-419", "es-419"),
            ("de-CH-1996", "de-CH"),
            ("sl-rozaj-biske", "sl"),
            ("kingfisher", "und"),
            ("en-kingfisher", "en"),
            ("", "und"),
            ("é-GB", "und"),
        ] {
            assert_eq!(locale(text), kept, "{text}");
        }
    }

    #[test]
    fn of_a_build_its_version_is_kept_and_nothing_else() {
        for (text, kept) in [
            ("0.1.0", "0.1.0"),
            ("12.340.5678", "12.340.5678"),
            ("kingfisher", ""),
            ("0.1.kingfisher", ""),
            ("0.1.0-kingfisher", ""),
            ("+44.131.4960123", ""),
            ("0.1", ""),
            ("", ""),
        ] {
            assert_eq!(build(text), kept, "{text}");
        }
    }
}
