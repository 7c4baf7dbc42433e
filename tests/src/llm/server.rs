//! The connections of the scripted server: one task each, playing scripts byte by byte.

use std::{collections::BTreeMap, io, sync::Arc, time::Duration};

use serde_json::Value;
use tokio::{
    io::AsyncReadExt,
    net::{
        TcpListener, TcpStream,
        tcp::{ReadHalf, WriteHalf},
    },
    time::sleep,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    llm::{
        Outcome, Recorded, Shared, control,
        http::{self, Request},
        script::{Act, Script, stamped},
        wire::{Wire, encode},
    },
    measure::wall_ns,
};

/// What becomes of a connection after an answer.
enum After {
    /// It waits for the next request.
    Keep,
    /// It is closed.
    Close,
    /// It is reset.
    Reset,
}

/// Accepts connections until it is stopped.
pub(crate) async fn run(
    listener: TcpListener,
    shared: Arc<Shared>,
    tasks: TaskTracker,
    stop: CancellationToken,
) {
    loop {
        let stream = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, _)) = stream else { continue };
        let (shared, stop) = (Arc::clone(&shared), stop.clone());
        tasks.spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                _ = connection(stream, &shared) => {}
            }
        });
    }
}

async fn connection(mut stream: TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::new();
    while let Some(request) = http::read(&mut stream, &mut buffer).await? {
        let after = if request.path.starts_with("/__") {
            control::answer(&mut stream, shared, &request).await?;
            After::Keep
        } else {
            play(&mut stream, shared, request).await?
        };
        match after {
            After::Keep => {}
            After::Close => return Ok(()),
            After::Reset => {
                stream.set_zero_linger()?;
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Plays the script that is due for a request, and notes how it ended.
async fn play(stream: &mut TcpStream, shared: &Shared, request: Request) -> io::Result<After> {
    let Some(wire) = Wire::of(&request.path).filter(|_| request.method == "POST") else {
        let body = br#"{"error":{"type":"not_found_error"}}"#;
        http::answer(stream, 404, "application/json", &BTreeMap::new(), body).await?;
        return Ok(After::Keep);
    };
    let refusal = wire.refuse(&request.headers, &request.body);
    let (number, script) = shared.with(|inner| {
        inner.requests.push(Recorded {
            path: request.path.clone(),
            headers: request.headers.clone(),
            body: request.body.clone(),
            arrived_ns: wall_ns(),
            stamped: String::new(),
            outcome: Outcome::Open,
        });
        let script = if refusal.is_some() { None } else { inner.scripts.pop_front() };
        (inner.requests.len() - 1, script.unwrap_or_else(|| inner.usual.clone()))
    });
    if let Some((status, body)) = refusal {
        let body = body.to_string();
        http::answer(stream, status, "application/json", &BTreeMap::new(), body.as_bytes()).await?;
        shared.settle(number, Outcome::Played);
        return Ok(After::Keep);
    }
    let (mut reader, writer) = stream.split();
    let (script, request) = (&script, &request);
    let mut actor = Player { writer, wire, script, request, number, shared, events: 0, words: 0 };
    let played = tokio::select! {
        biased;
        played = actor.play() => played.ok(),
        () = gone(&mut reader) => None,
    };
    shared.settle(number, if played.is_some() { Outcome::Played } else { Outcome::Cancelled });
    Ok(played.unwrap_or(After::Close))
}

/// Waits until the client has left.
async fn gone(reader: &mut ReadHalf<'_>) {
    let mut byte = [0; 64];
    while let Ok(1..) = reader.read(&mut byte).await {}
}

/// A script being played.
struct Player<'a> {
    writer: WriteHalf<'a>,
    wire: Wire,
    script: &'a Script,
    request: &'a Request,
    number: usize,
    shared: &'a Shared,
    events: usize,
    words: usize,
}

impl Player<'_> {
    async fn play(&mut self) -> io::Result<After> {
        let script = self.script;
        let content_type = match script.content_type.as_str() {
            "" => "text/event-stream",
            content_type => content_type,
        };
        if let Some(body) = &script.body {
            http::answer(
                &mut self.writer,
                script.status,
                content_type,
                &script.headers,
                body.as_bytes(),
            )
            .await?;
            return Ok(After::Keep);
        }
        http::begin(&mut self.writer, script.status, content_type, &script.headers).await?;
        if script.bom {
            self.send(b"\xEF\xBB\xBF").await?;
        }
        for act in &script.acts {
            if let Some(after) = self.act(act).await? {
                return Ok(after);
            }
        }
        Ok(After::Close)
    }

    async fn act(&mut self, act: &Act) -> io::Result<Option<After>> {
        match act {
            Act::Open => {
                for event in self.wire.open() {
                    self.event(&event).await?;
                }
            }
            Act::Say { text } => self.say(text).await?,
            Act::SayText => self.say_text().await?,
            Act::Stamped { count, late_ms, changed } => {
                self.say_stamped(*count, *late_ms, *changed).await?;
            }
            Act::Event { name, data } => self.event(&(name.clone(), data.clone())).await?,
            Act::Raw { bytes } => self.send(bytes).await?,
            Act::Giant { bytes } => self.say(&"g".repeat(*bytes)).await?,
            Act::Stop { reason } => {
                let asked = &self.request.body["stream_options"]["include_usage"];
                for event in self.wire.stop(reason, self.words, *asked == Value::Bool(true)) {
                    self.event(&event).await?;
                }
            }
            Act::Done => self.event(&self.wire.done()).await?,
            Act::Sleep { ms } => sleep(Duration::from_millis(*ms)).await,
            Act::Gate => self.shared.gate.acquire().await.map_err(io::Error::other)?.forget(),
            Act::Hang => std::future::pending().await,
            Act::Trickle { ms } => loop {
                self.send(b":").await?;
                sleep(Duration::from_millis(*ms)).await;
            },
            Act::Flood => loop {
                self.say("more and more ").await?;
                tokio::task::yield_now().await;
            },
            Act::FloodOfNothing => {
                // So much at once that the client always has more to read.
                let event = encode(&self.wire.say(""), self.script.newline, self.events);
                let many = event.repeat(2_000);
                loop {
                    self.send(&many).await?;
                }
            }
            Act::Reset => return Ok(Some(After::Reset)),
            Act::Close => return Ok(Some(After::Close)),
            Act::EndBody => {
                http::end(&mut self.writer).await?;
                return Ok(Some(After::Keep));
            }
        }
        Ok(None)
    }

    /// Words that tell when they left, for whoever measures how long they took; and are noted, for
    /// whoever compares.
    async fn say_stamped(&mut self, count: usize, late_ms: u64, changed: bool) -> io::Result<()> {
        for number in 0..count {
            self.pause().await;
            let now = wall_ns();
            let mut word = stamped(&now.to_string(), number);
            self.shared.with(|inner| {
                if let Some(request) = inner.requests.get_mut(self.number) {
                    request.stamped.push_str(&word);
                }
            });
            if changed && number + 1 == count {
                word = stamped(&(now + 1).to_string(), number);
            }
            if 0 < late_ms {
                sleep(Duration::from_millis(late_ms)).await;
            }
            self.say(&word).await?;
        }
        Ok(())
    }

    async fn say_text(&mut self) -> io::Result<()> {
        let text = if self.script.obey { self.order() } else { self.script.text.clone() };
        for word in text.split_inclusive(' ') {
            self.say(word).await?;
            self.pause().await;
        }
        Ok(())
    }

    /// The script's pace.
    async fn pause(&self) {
        if 0 < self.script.words_per_second {
            sleep(Duration::from_secs(1) / self.script.words_per_second).await;
        }
    }

    /// What the prompt tells to say: what follows its last `SAY: `, up to the end of that line.
    fn order(&self) -> String {
        let messages = self.request.body["messages"].as_array().cloned().unwrap_or_default();
        let mut texts = messages.iter().rev().filter_map(|message| message["content"].as_str());
        let order = texts.find_map(|text| text.rsplit_once("SAY: "));
        order.map_or_else(String::new, |(_, order)| order.lines().next().unwrap_or_default().into())
    }

    async fn say(&mut self, text: &str) -> io::Result<()> {
        self.words += 1;
        self.event(&self.wire.say(text)).await
    }

    async fn event(&mut self, event: &(String, String)) -> io::Result<()> {
        let bytes = encode(event, self.script.newline, self.events);
        self.events += 1;
        self.send(&bytes).await
    }

    async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let size =
            if self.script.chunk_bytes == 0 { bytes.len().max(1) } else { self.script.chunk_bytes };
        for part in bytes.chunks(size) {
            http::chunk(&mut self.writer, part).await?;
        }
        Ok(())
    }
}
