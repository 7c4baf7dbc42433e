//! Listening sockets that another process opened and passed on: systemd, or whoever speaks its
//! protocol (`LISTEN_FDS`, `LISTEN_PID`; sd_listen_fds(3)).
//!
//! The socket outlives the relay that accepts on it. While one relay stops and the next one starts,
//! connections wait in its queue instead of being refused.

use std::{io, net::SocketAddr};

use listenfd::ListenFd;

/// The sockets that were passed and not asked for yet.
#[derive(Debug, Default)]
pub struct Inherited(Vec<std::net::TcpListener>);

impl Inherited {
    /// Takes what was passed to this process, once. To be called before there are threads: the
    /// variables that say so are taken out of the environment.
    pub fn of_process() -> io::Result<Self> {
        let mut passed = ListenFd::from_env();
        let mut all = Vec::new();
        for place in 0..passed.len() {
            all.extend(passed.take_tcp_listener(place)?);
        }
        Ok(Self(all))
    }

    /// The socket for this address, if it was passed. An address of any interface means the same
    /// with IPv4 and with IPv6, which systemd opens as one.
    pub fn take(&mut self, wanted: SocketAddr) -> io::Result<Option<tokio::net::TcpListener>> {
        let is_it = |listener: &std::net::TcpListener| {
            listener.local_addr().is_ok_and(|passed| {
                let anywhere = passed.ip().is_unspecified() && wanted.ip().is_unspecified();
                passed == wanted || (anywhere && passed.port() == wanted.port())
            })
        };
        let Some(place) = self.0.iter().position(is_it) else { return Ok(None) };
        let listener = self.0.swap_remove(place);
        // Inherited sockets may block; the runtime's must not.
        listener.set_nonblocking(true)?;
        tokio::net::TcpListener::from_std(listener).map(Some)
    }

    /// The address of a socket that nobody asked for.
    pub fn left(&self) -> Option<SocketAddr> {
        self.0.first().and_then(|listener| listener.local_addr().ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_passed_socket_is_known_by_its_address() {
        let one = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let everywhere = std::net::TcpListener::bind("0.0.0.0:0").unwrap();
        let (at, port) = (one.local_addr().unwrap(), everywhere.local_addr().unwrap().port());
        let mut inherited = Inherited(vec![one, everywhere]);
        assert!(inherited.take(SocketAddr::from(([127, 0, 0, 1], 1))).unwrap().is_none());
        let taken = inherited.take(at).unwrap().unwrap();
        assert_eq!(taken.local_addr().unwrap(), at);
        assert!(inherited.take(at).unwrap().is_none(), "it is passed once");
        assert_eq!(inherited.left().map(|left| left.port()), Some(port));
        assert!(inherited.take(SocketAddr::from(([0; 16], port))).unwrap().is_some());
        assert_eq!(inherited.left(), None);
        let _ = tokio::net::TcpStream::connect(at).await.unwrap();
        taken.accept().await.unwrap();
    }
}
