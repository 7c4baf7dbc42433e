//! Listeners on this machine to which nobody may connect.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Hears of each connection to this machine.
pub(super) struct Canary {
    /// The port that it listens on.
    pub(super) port: u16,
    heard: Arc<AtomicU64>,
    ending: CancellationToken,
}

impl Drop for Canary {
    fn drop(&mut self) {
        self.ending.cancel();
    }
}

impl Canary {
    /// One on a free port of each kind of address.
    pub(super) async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        let mut listeners = vec![listener];
        // Where the machine has it, the same port by IPv6; and 443, where this process may have it.
        for address in [format!("[::1]:{port}"), "127.0.0.1:443".to_owned(), "[::1]:443".to_owned()]
        {
            listeners.extend(TcpListener::bind(address.parse::<SocketAddr>()?).await.ok());
        }
        let (heard, ending) = (Arc::new(AtomicU64::new(0)), CancellationToken::new());
        let tracker = TaskTracker::new();
        for listener in listeners {
            let (heard, ending) = (Arc::clone(&heard), ending.clone());
            tracker.spawn(async move {
                while let Some(Ok(_)) = ending.run_until_cancelled(listener.accept()).await {
                    heard.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        Ok(Self { port, heard, ending })
    }

    /// How many connections came.
    pub(super) fn heard(&self) -> u64 {
        self.heard.load(Ordering::SeqCst)
    }
}
