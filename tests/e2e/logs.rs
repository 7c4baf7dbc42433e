//! No line of any log holds a visitor's words, address or token, at any level.

use std::{
    io::Write,
    sync::{Arc, Mutex, PoisonError},
};

use forecourt_tests::{
    llm::Script,
    relay::{TestRelay, llm, model},
};
use protocol::lead::LeadFields;
use tracing_subscriber::{filter::LevelFilter, fmt::MakeWriter, layer::SubscriberExt};

/// All that was logged.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn a_whole_chat_with_faults_leaves_no_word_of_it_in_the_log() -> anyhow::Result<()> {
    let lines = Lines::default();
    let subscriber = tracing_subscriber::registry()
        .with(tracing_subscriber::fmt::layer().with_writer(lines.clone()).with_ansi(false))
        .with(LevelFilter::TRACE);
    let _guard = tracing::subscriber::set_default(subscriber);

    let model = model(Script::words(["CANARY-ANSWER"])).await?;
    let relay = TestRelay::with_llm(llm(&model)).await?;
    let mut visitor = relay.visitor().await?;
    let token = visitor.token.clone().unwrap();
    visitor.ask("CANARY-WORDS \u{1b}[31m\r\nforged line").await?;
    let fields = LeadFields {
        name: Some("CANARY-NAME".to_owned()),
        email: Some("canary-mail@example.org".to_owned()),
        phone: Some("07700 900123".to_owned()),
        ..LeadFields::default()
    };
    visitor.lead(fields, Vec::new()).await?.unwrap();
    visitor.send_text("{\"type\":\"say\",\"text\":\"CANARY-BAD\"".to_owned()).await?;
    visitor.frame().await?;
    model.usually(Script::status(500));
    visitor.ask("CANARY-AGAIN").await?;
    drop(relay);

    let logged = String::from_utf8_lossy(&lines.0.lock().unwrap()).into_owned();
    assert!(!logged.is_empty(), "the control: something was logged");
    for canary in ["CANARY", "canary-mail", "900123", token.as_str(), "forged line"] {
        assert!(!logged.contains(canary), "{canary} stands in the log");
    }
    Ok(())
}
