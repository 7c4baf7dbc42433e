//! A stranger with a bare TCP connection, who writes frames as no library would.

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context, bail, ensure};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    time::timeout,
};

use crate::measure::Stopwatch;

/// The longest head of a response that is read.
const HEAD_BYTES_MAX: usize = 64 * 1024;

/// A text frame's first byte, unfragmented.
pub const TEXT: u8 = 0x81;
/// The first byte of a text in fragments.
pub const TEXT_BEGINS: u8 = 0x01;
/// The first byte of a fragment in the middle.
pub const GOES_ON: u8 = 0x00;
/// A ping's first byte.
pub const PING: u8 = 0x89;

/// How a socket ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// With a close frame and this code.
    Code(u16),
    /// Without a word.
    Cut,
    /// Not at all, within the time that it was given.
    Open,
}

/// What a stranger sends: something once, then something again and again.
#[derive(Clone, Debug, Default)]
pub struct Attack {
    /// Said as a visitor would, before the clock begins: text of a frame that is answered.
    pub greeting: Option<String>,
    /// First.
    pub begin: Vec<u8>,
    /// Then, until the socket ends; nothing where it is empty.
    pub again: Vec<u8>,
    /// The pause between two of them.
    pub pause: Duration,
}

/// An open socket.
pub struct RawSocket {
    read: OwnedReadHalf,
    write: OwnedWriteHalf,
    /// What was read and not taken in yet.
    rest: Vec<u8>,
}

impl RawSocket {
    /// Asks for an upgrade; answers the socket and the head of the response, or the whole refusal.
    pub async fn open(
        relay: SocketAddr,
        more_headers: &str,
    ) -> anyhow::Result<Result<(Self, String), String>> {
        let mut stream = TcpStream::connect(relay).await?;
        let request = format!(
            "GET /v1/chat HTTP/1.1\r\nhost: {relay}\r\norigin: http://{relay}\r\n\
             upgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-version: 13\r\n\
             sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n{more_headers}\r\n"
        );
        stream.write_all(request.as_bytes()).await?;
        let (head, rest) = head(&mut stream).await?;
        if !head.starts_with("HTTP/1.1 101 ") {
            return Ok(Err(head + &String::from_utf8_lossy(&rest)));
        }
        let (read, write) = stream.into_split();
        Ok(Ok((Self { read, write, rest }, head)))
    }

    /// Sends bytes as they are.
    pub async fn send(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        Ok(self.write.write_all(bytes).await?)
    }

    /// The next frame of the server: its first byte and its payload.
    pub async fn frame(&mut self) -> anyhow::Result<(u8, Vec<u8>)> {
        frame_from(&mut self.read, &mut self.rest).await
    }

    /// Attacks until the socket ends or the time is up; also says how long that took.
    pub async fn attack(mut self, attack: &Attack, time: Duration) -> (End, Duration) {
        if let Some(greeting) = &attack.greeting {
            let said = self.send(&frame(TEXT, true, greeting.as_bytes())).await;
            if said.is_err() || timeout(time, self.frame()).await.is_err() {
                return (End::Open, time);
            }
        }
        let watch = Stopwatch::start();
        let Self { mut read, mut write, mut rest } = self;
        let writing = async {
            let mut sent = write.write_all(&attack.begin).await;
            while sent.is_ok() && !attack.again.is_empty() {
                sent = write.write_all(&attack.again).await;
                if !attack.pause.is_zero() {
                    tokio::time::sleep(attack.pause).await;
                }
            }
            // Who can't write any more still listens for the reason.
            std::future::pending::<()>().await;
        };
        let end = tokio::select! {
            end = ending(&mut read, &mut rest) => end,
            () = writing => End::Open,
            () = tokio::time::sleep(time) => End::Open,
        };
        (end, watch.elapsed())
    }
}

/// Reads a head; answers it and what came after it.
pub async fn head(stream: &mut TcpStream) -> anyhow::Result<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let rest = bytes.split_off(end + 4);
            return Ok((String::from_utf8_lossy(&bytes).into_owned(), rest));
        }
        ensure!(bytes.len() < HEAD_BYTES_MAX, "a head without an end");
        if stream.read_buf(&mut bytes).await? == 0 {
            bail!("the connection ended within a head");
        }
    }
}

/// What a plain `GET` answers: the whole body, whatever the status.
pub async fn body(address: SocketAddr, path: &str) -> anyhow::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let (_, mut rest) = head(&mut stream).await?;
    stream.read_to_end(&mut rest).await?;
    Ok(String::from_utf8_lossy(&rest).into_owned())
}

/// Reads frames until the socket ends.
async fn ending(read: &mut OwnedReadHalf, rest: &mut Vec<u8>) -> End {
    loop {
        match frame_from(read, rest).await {
            Ok((0x88, payload)) => {
                let code = payload.first_chunk().copied().map_or(1005, u16::from_be_bytes);
                return End::Code(code);
            }
            Ok(_) => {}
            Err(_) => return End::Cut,
        }
    }
}

async fn frame_from(read: &mut OwnedReadHalf, rest: &mut Vec<u8>) -> anyhow::Result<(u8, Vec<u8>)> {
    loop {
        if let Some((first, from, to)) = whole_frame(rest)? {
            let payload = rest.get(from..to).context("a frame has its payload")?.to_vec();
            rest.drain(..to);
            return Ok((first, payload));
        }
        ensure!(read.read_buf(rest).await? != 0, "the socket ended");
    }
}

/// The first byte of a frame that is there as a whole, and where its payload lies.
fn whole_frame(bytes: &[u8]) -> anyhow::Result<Option<(u8, usize, usize)>> {
    let [first, length, ..] = *bytes else { return Ok(None) };
    ensure!(length & 0x80 == 0, "a server must not mask");
    let (from, length) = match length {
        126 => match bytes.get(2..4).and_then(|field| field.try_into().ok()) {
            Some(field) => (4, usize::from(u16::from_be_bytes(field))),
            None => return Ok(None),
        },
        127 => match bytes.get(2..10).and_then(|field| field.try_into().ok()) {
            Some(field) => (10, usize::try_from(u64::from_be_bytes(field))?),
            None => return Ok(None),
        },
        short => (2, usize::from(short)),
    };
    Ok((from + length <= bytes.len()).then_some((first, from, from + length)))
}

/// A frame with this first byte and this payload.
pub fn frame(first: u8, masked: bool, payload: &[u8]) -> Vec<u8> {
    let mut bytes = claim(first, masked, payload.len() as u64);
    bytes.extend(payload);
    bytes
}

/// The head of a frame that claims so many bytes.
pub fn claim(first: u8, masked: bool, length: u64) -> Vec<u8> {
    let mask = if masked { 0x80 } else { 0 };
    let mut bytes = vec![first];
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short @ ..=125), _) => bytes.push(mask | short),
        (_, Ok(medium)) => {
            bytes.push(mask | 0x7e);
            bytes.extend(medium.to_be_bytes());
        }
        _ => {
            bytes.push(mask | 0x7f);
            bytes.extend(length.to_be_bytes());
        }
    }
    if masked {
        // A mask of zeros is a mask.
        bytes.extend([0; 4]);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_that_was_written_is_read_whole_or_not_at_all() {
        for length in [0, 1, 125, 126, 65_535, 65_536] {
            let written = frame(TEXT, false, &vec![7; length]);
            let (first, from, to) = whole_frame(&written).unwrap().unwrap();
            assert_eq!((first, to - from, to), (TEXT, length, written.len()));
            assert_eq!(whole_frame(&written[..written.len() - 1]).unwrap(), None);
        }
        assert!(whole_frame(&frame(TEXT, true, b"x")).is_err());
    }
}
