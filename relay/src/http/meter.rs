//! Counts what a stranger sends between two things that make sense: a request, a message.
//!
//! The limits of a frame and of a message are tungstenite's; it does not limit how many fragments
//! without a byte in them, or headers without an end, a connection may send before anything comes
//! of them. Here the bytes themselves are counted, below HTTP and below the frames.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

use crate::limits::UNANSWERED_BYTES;

/// How many bytes came since the last thing that made sense. Cheap to clone; a clone counts along.
#[derive(Clone, Debug)]
pub struct Meter(Arc<Counts>);

#[derive(Debug)]
struct Counts {
    seen: AtomicUsize,
    most: AtomicUsize,
}

impl Default for Meter {
    fn default() -> Self {
        Self(Arc::new(Counts {
            seen: AtomicUsize::new(0),
            most: AtomicUsize::new(UNANSWERED_BYTES),
        }))
    }
}

impl Meter {
    /// What came made sense: the count begins anew.
    pub fn reset(&self) {
        self.0.seen.store(0, Ordering::Relaxed);
    }

    /// Lets so many bytes pass from now on.
    pub fn allow(&self, most: usize) {
        self.0.most.store(most, Ordering::Relaxed);
    }

    /// Whether more came than may.
    pub fn is_over(&self) -> bool {
        self.0.most.load(Ordering::Relaxed) < self.0.seen.load(Ordering::Relaxed)
    }

    fn count(&self, bytes: usize) {
        self.0.seen.fetch_add(bytes, Ordering::Relaxed);
    }
}

/// A connection whose incoming bytes are counted; beyond the bound it reads no more.
#[derive(Debug)]
pub struct Metered {
    stream: TcpStream,
    meter: Meter,
}

impl Metered {
    /// Counts what comes over this connection.
    pub fn new(stream: TcpStream, meter: Meter) -> Self {
        Self { stream, meter }
    }
}

impl AsyncRead for Metered {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.meter.is_over() {
            return Poll::Ready(Err(io::Error::other("too much that makes no sense")));
        }
        let before = buf.filled().len();
        let polled = Pin::new(&mut this.stream).poll_read(cx, buf);
        this.meter.count(buf.filled().len() - before);
        polled
    }
}

impl AsyncWrite for Metered {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;

    #[tokio::test]
    async fn a_connection_reads_no_more_than_it_may_until_something_made_sense() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut stranger = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        let meter = Meter::default();
        meter.allow(10);
        let mut metered = Metered::new(stream, meter.clone());
        stranger.write_all(&[7; 11]).await.unwrap();
        let mut bytes = [0; 11];
        metered.read_exact(&mut bytes).await.unwrap();
        assert!(meter.is_over());
        assert!(metered.read_u8().await.is_err());
        meter.reset();
        stranger.write_all(&[7; 4]).await.unwrap();
        metered.read_exact(&mut bytes[..4]).await.unwrap();
        metered.write_all(b"x").await.unwrap();
        assert_eq!(stranger.read_u8().await.unwrap(), b'x');
    }
}
