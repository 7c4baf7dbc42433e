//! As much of HTTP/1.1 as the scripted server needs, over a plain stream so that each byte is ours.

use std::{collections::BTreeMap, io};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// The largest request that is read.
const MAX_REQUEST_BYTES: usize = 4 * 1024 * 1024;

/// A request.
#[derive(Debug)]
pub struct Request {
    /// The method.
    pub method: String,
    /// The path.
    pub path: String,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body as JSON; null where it is none.
    pub body: Value,
}

/// Reads the next request; `None` where the client has closed the connection.
pub async fn read(
    stream: &mut (impl AsyncReadExt + Unpin),
    buffer: &mut Vec<u8>,
) -> io::Result<Option<Request>> {
    let head_end = loop {
        if let Some(at) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        if !fill(stream, buffer).await? {
            return Ok(None);
        }
    };
    let head = String::from_utf8_lossy(&buffer[..head_end]).into_owned();
    let mut lines = head.lines();
    let mut first = lines.next().unwrap_or_default().split(' ');
    let method = first.next().unwrap_or_default().to_owned();
    let path = first.next().unwrap_or_default().to_owned();
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length: usize = length.and_then(|(_, value)| value.parse().ok()).unwrap_or(0);
    while buffer.len() < head_end + length {
        if !fill(stream, buffer).await? {
            return Ok(None);
        }
    }
    let body = serde_json::from_slice(&buffer[head_end..head_end + length]).unwrap_or(Value::Null);
    buffer.drain(..head_end + length);
    Ok(Some(Request { method, path, headers, body }))
}

/// Reads more; says whether there was any.
async fn fill(stream: &mut (impl AsyncReadExt + Unpin), buffer: &mut Vec<u8>) -> io::Result<bool> {
    if MAX_REQUEST_BYTES < buffer.len() {
        return Err(io::Error::other("the request is too large"));
    }
    Ok(stream.read_buf(buffer).await? != 0)
}

/// Writes a whole answer.
pub async fn answer(
    stream: &mut (impl AsyncWriteExt + Unpin),
    status: u16,
    content_type: &str,
    headers: &BTreeMap<String, String>,
    body: &[u8],
) -> io::Result<()> {
    let mut head = head(status, content_type, headers);
    head.extend(["content-length: ", &body.len().to_string(), "\r\n\r\n"]);
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body).await
}

/// Writes the head of an answer whose body follows in chunks.
pub async fn begin(
    stream: &mut (impl AsyncWriteExt + Unpin),
    status: u16,
    content_type: &str,
    headers: &BTreeMap<String, String>,
) -> io::Result<()> {
    let mut head = head(status, content_type, headers);
    head.push_str("transfer-encoding: chunked\r\n\r\n");
    stream.write_all(head.as_bytes()).await
}

/// Writes one chunk.
pub async fn chunk(stream: &mut (impl AsyncWriteExt + Unpin), bytes: &[u8]) -> io::Result<()> {
    if bytes.is_empty() {
        return Ok(());
    }
    let mut framed = format!("{:x}\r\n", bytes.len()).into_bytes();
    framed.extend_from_slice(bytes);
    framed.extend_from_slice(b"\r\n");
    stream.write_all(&framed).await
}

/// Writes the end of a body in chunks.
pub async fn end(stream: &mut (impl AsyncWriteExt + Unpin)) -> io::Result<()> {
    stream.write_all(b"0\r\n\r\n").await
}

fn head(status: u16, content_type: &str, headers: &BTreeMap<String, String>) -> String {
    let mut head = format!("HTTP/1.1 {status} Mock\r\ncontent-type: {content_type}\r\n");
    for (name, value) in headers {
        head.extend([name, ": ", value, "\r\n"]);
    }
    head
}
