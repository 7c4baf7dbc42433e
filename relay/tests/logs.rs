//! What the program itself writes to its standard error, at the loudest: no visitor in it.

#![cfg(test)]

use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use futures_util::{SinkExt, StreamExt};
use protocol::{
    ClientMessage, ClientMsgId, PROTOCOL_VERSION, ServerMessage, SiteKey,
    client::Hello,
    lead::{LeadFields, LeadKind},
};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest},
};

/// Where the visitor comes from, as a proxy says it.
const ADDRESS: &str = "203.0.113.77";

/// What must stand in no line: words, a lead's fields, what was asked of a door.
const CANARIES: [&str; 6] =
    ["CANARY", "canary-mail", "900123", ADDRESS, "forged line", "\u{1b}[31m"];

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// A demonstration that logs all it can, into a file.
struct Loud {
    child: Child,
    origin: String,
}

impl Loud {
    fn start(dir: &Path, format: &str) -> Self {
        let free = "127.0.0.1:0";
        let mut child = Command::new(env!("CARGO_BIN_EXE_forecourt"))
            .current_dir(dir)
            .env_clear()
            .args(["demo", "--listen", free, "--admin-listen", free, "--site-listen", free])
            .args(["--log-format", format])
            .env("FORECOURT_LOG_FILTER", "trace")
            .env("FORECOURT_TRUSTED_PROXIES", "127.0.0.0/8")
            // Nobody listens there: each answer begins with a fault that is logged.
            .env("FORECOURT_LLM_PROVIDER", "openai-compatible")
            .env("FORECOURT_LLM_BASE_URL", "http://127.0.0.1:9/v1")
            .env("FORECOURT_LLM_MODEL", "none")
            .stdout(Stdio::piped())
            .stderr(File::create(dir.join("log")).unwrap())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let origin = lines.map_while(Result::ok).find_map(|line| {
            line.strip_prefix("Relay: ")
                .and_then(|rest| rest.split(' ').next())
                .map(|url| url.trim_end_matches('/').to_owned())
        });
        Self { child, origin: origin.unwrap() }
    }

    /// Stops it and answers what it wrote.
    fn stop(mut self, dir: &Path) -> String {
        let stop = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(stop.unwrap().success());
        assert!(self.child.wait().unwrap().success());
        std::fs::read_to_string(dir.join("log")).unwrap()
    }
}

/// A failed test must not leave a server behind.
impl Drop for Loud {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends what may be a frame and waits for the answer that `is_it`.
async fn ask(
    socket: &mut Socket,
    text: String,
    is_it: impl Fn(&ServerMessage) -> bool,
) -> ServerMessage {
    socket.send(Message::text(text)).await.unwrap();
    loop {
        let Some(Ok(Message::Text(text))) = socket.next().await else { continue };
        let message = serde_json::from_str(&text).unwrap();
        if is_it(&message) {
            return message;
        }
    }
}

fn frame(message: &ClientMessage) -> String {
    serde_json::to_string(message).unwrap()
}

/// A chat with a lead, a frame that is none and a door that is none; answers the visitor's token.
async fn chat(origin: &str) -> String {
    let address = origin.strip_prefix("http://").unwrap();
    let mut request = format!("ws://{address}/v1/chat").into_client_request().unwrap();
    request.headers_mut().insert("origin", origin.parse().unwrap());
    request.headers_mut().insert("x-forwarded-for", ADDRESS.parse().unwrap());
    let (mut socket, _) = connect_async(request).await.unwrap();
    let hello = ClientMessage::Hello(Hello {
        protocol: PROTOCOL_VERSION,
        site_key: SiteKey::parse("site_harbour-cars").unwrap(),
        resume: None,
        locale: "en".into(),
        build: "tests".into(),
    });
    let is_welcome = |message: &ServerMessage| matches!(message, ServerMessage::Welcome(_));
    let welcome = ask(&mut socket, frame(&hello), is_welcome).await;
    let ServerMessage::Welcome(welcome) = welcome else { panic!("no welcome") };
    let say = ClientMessage::Say {
        client_msg_id: ClientMsgId::from_bytes(&[1; 16]),
        text: "CANARY-WORDS \u{1b}[31m\r\nforged line: is it red?".into(),
    };
    ask(&mut socket, frame(&say), |message| matches!(message, ServerMessage::Done { .. })).await;
    let lead = ClientMessage::Lead {
        client_msg_id: ClientMsgId::from_bytes(&[2; 16]),
        kind: LeadKind::Enquiry,
        fields: LeadFields {
            name: Some("CANARY-NAME".into()),
            email: Some("canary-mail@example.org".into()),
            phone: Some("07700 900123".into()),
            ..LeadFields::default()
        },
        consents: Vec::new(),
    };
    let is_taken = |message: &ServerMessage| matches!(message, ServerMessage::LeadTaken { .. });
    ask(&mut socket, frame(&lead), is_taken).await;
    let is_refused = |message: &ServerMessage| matches!(message, ServerMessage::Failed(_));
    ask(&mut socket, "{\"type\":\"say\",\"text\":\"CANARY-BAD\"".into(), is_refused).await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    for path in ["/chat/CANARY-SITE?lang=CANARY", "/CANARY-DOOR"] {
        let asked = http.get(format!("{origin}{path}")).header("x-forwarded-for", ADDRESS);
        assert!(asked.send().await.unwrap().status().is_client_error(), "{path}");
    }
    welcome.token.unwrap().as_str().to_owned()
}

#[tokio::test]
async fn at_the_loudest_no_line_of_the_program_holds_a_visitors_words_address_or_token() {
    for format in ["human", "json"] {
        let dir = tempfile::tempdir().unwrap();
        let relay = Loud::start(dir.path(), format);
        let token = chat(&relay.origin).await;
        let logged = relay.stop(dir.path());
        assert!(logged.contains("openai-compatible"), "the control: the fault was logged");
        for canary in CANARIES.into_iter().chain([token.as_str()]) {
            let line = logged.lines().find(|line| line.contains(canary));
            assert_eq!(line, None, "{canary} stands in the log ({format})");
        }
        for line in logged.lines().filter(|_| format == "json") {
            let read: serde_json::Result<serde_json::Value> = serde_json::from_str(line);
            assert!(read.is_ok(), "not JSON: {line}");
        }
    }
}
