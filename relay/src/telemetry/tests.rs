//! What gets into a log line and what doesn't.

use std::sync::{Arc, Mutex, PoisonError};

use protocol::{
    ClientMessage, ClientMsgId, Message, ReplyId, ServerMessage, SessionToken,
    lead::{FieldKind, LeadFields, LeadKind},
    message::AuthorKind,
};
use tracing_subscriber::fmt::MakeWriter;

use super::*;
use crate::telemetry::names::{ALL, Kind};

const CANARY: &str = "Canary";

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Captured {
    fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl std::io::Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'w> MakeWriter<'w> for Captured {
    type Writer = Self;

    fn make_writer(&'w self) -> Self {
        self.clone()
    }
}

/// Everything that is logged while `work` runs, in both formats.
pub(crate) fn logged(filter: &str, work: impl Fn()) -> String {
    let captured = Captured::default();
    for format in [LogFormat::Human, LogFormat::Json] {
        let subscriber = subscriber(format, filter, false, captured.clone()).unwrap();
        tracing::subscriber::with_default(subscriber, &work);
    }
    captured.text()
}

fn canary_fields() -> LeadFields {
    let mut fields = LeadFields::default();
    for kind in FieldKind::ALL {
        fields.set(kind, Some(format!("{CANARY}@canary.example")));
    }
    fields
}

#[test]
fn what_carries_words_prints_none_at_the_finest_level() {
    let say = ClientMessage::Say {
        client_msg_id: ClientMsgId::from_bytes(&[1; 16]),
        text: CANARY.to_owned(),
    };
    let lead_frame = ClientMessage::Lead {
        client_msg_id: ClientMsgId::from_bytes(&[2; 16]),
        kind: LeadKind::Enquiry,
        fields: canary_fields(),
        consents: Vec::new(),
    };
    let message = Message {
        seq: 1,
        author_kind: AuthorKind::Visitor,
        text: CANARY.to_owned(),
        at: 0,
        client_msg_id: None,
        reply_id: None,
        finish: None,
        generator: None,
        sources: Vec::new(),
        offer: protocol::Offer::None,
    };
    let delta = ServerMessage::Delta {
        reply_id: ReplyId::from_bytes(&[3; 16]),
        offset: 0,
        text: CANARY.to_owned(),
    };
    let done = ServerMessage::History { messages: vec![message.clone()], more: false };
    let fields = canary_fields();
    let token = SessionToken::from_bytes(&[0xca; 32]);
    let text = logged("trace", || {
        tracing::trace!(
            ?say,
            ?lead_frame,
            ?message,
            ?fields,
            ?token,
            ?delta,
            ?done,
            "logged {say:?}"
        );
        tracing::trace!("{lead_frame:?} {message:?} {token:?} {fields:?}");
    });
    assert!(text.contains("logged Say("), "{text}");
    assert!(!text.to_lowercase().contains("canary") && !text.contains("caca"), "{text}");
}

#[test]
fn a_dependency_is_silent_below_warn_whatever_the_filter_says() {
    let text = logged("trace,tungstenite=trace", || {
        tracing::trace!(target: "tungstenite::protocol", "frame {CANARY}");
        tracing::info!(target: "sqlx::query", "statement {CANARY}");
        tracing::info!(target: "relayed", "{CANARY}");
        tracing::warn!(target: "hyper::proto", "a warning");
        tracing::trace!(target: "relay::session", "our own");
    });
    assert!(!text.contains(CANARY), "{text}");
    assert!(text.contains("a warning") && text.contains("our own"), "{text}");
}

#[test]
fn a_bad_filter_is_told() {
    let error = subscriber(LogFormat::Human, "relay=loud", false, Captured::default());
    assert!(error.err().unwrap().to_string().contains("`relay=loud` is wrong"));
}

#[test]
fn every_metric_renders_under_its_name_with_its_buckets() {
    let recorder = metrics::recorder();
    let handle = recorder.handle();
    ::metrics::with_local_recorder(&recorder, || {
        for metric in ALL {
            match metric.kind {
                Kind::Counter => ::metrics::counter!(metric.name).increment(1),
                Kind::Gauge => ::metrics::gauge!(metric.name).set(1.0),
                Kind::Histogram(_) => ::metrics::histogram!(metric.name).record(1.0),
            }
        }
    });
    let text = handle.render();
    for metric in ALL {
        let line = match metric.kind {
            Kind::Histogram(_) => format!("{}_bucket{{le=\"1\"}}", metric.name),
            _ => format!("{} 1", metric.name),
        };
        assert!(text.contains(&line), "{line}\n{text}");
    }
}
