//! A TCP proxy on this machine that mistreats what passes through it: by a plan for each
//! connection, and by commands while they are open. The same seed draws the same numbers.
//!
//! It knows bytes and no protocol: a cut falls within a frame, within its header or within the
//! HTTP request before it.

mod line;
mod plan;

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, VecDeque},
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::net::{TcpListener, TcpStream};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use line::Line;
pub use plan::{Blow, Order, Plan, Standing, Way};

/// The proxy. Dropping it ends all its connections.
pub struct ChaosProxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: CancellationToken,
}

struct Shared {
    target: SocketAddr,
    seed: u64,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    usual: Plan,
    next: VecDeque<Plan>,
    open: BTreeMap<u64, Arc<Line>>,
    accepted: u64,
    struck: u64,
    refuses: bool,
}

impl Inner {
    /// Strikes all that are open; answers how many of them no blow of their plan had met.
    fn strike(&self, blow: Blow) -> u64 {
        self.open.values().for_each(|line| line.strike(blow));
        self.open.values().filter(|line| !line.is_struck()).count() as u64
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lists a connection that came; none where it is refused.
    fn accept(&self) -> Option<(u64, Arc<Line>)> {
        let mut inner = self.lock();
        inner.accepted += 1;
        if inner.refuses {
            return None;
        }
        let number = inner.accepted;
        let plan = inner.next.pop_front().unwrap_or_else(|| inner.usual.clone());
        // Far apart, so that neighbours share no numbers.
        let line =
            Arc::new(Line::new(plan, self.seed ^ number.wrapping_mul(0xA076_1D64_78BD_642F)));
        inner.open.insert(number, Arc::clone(&line));
        Some((number, line))
    }

    fn leave(&self, number: u64, struck: bool) {
        let mut inner = self.lock();
        inner.open.remove(&number);
        inner.struck += u64::from(struck);
    }
}

impl ChaosProxy {
    /// Starts on a free port.
    pub async fn start(target: SocketAddr, seed: u64) -> io::Result<Self> {
        Self::listen(SocketAddr::from(([127, 0, 0, 1], 0)), target, seed).await
    }

    /// Starts on this address.
    pub async fn listen(address: SocketAddr, target: SocketAddr, seed: u64) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared { target, seed, inner: Mutex::default() });
        let stop = CancellationToken::new();
        let tasks = TaskTracker::new();
        tasks.spawn(run(listener, Arc::clone(&shared), tasks.clone(), stop.clone()));
        Ok(Self { address, shared, stop })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Does what it is told, and says how things stand then.
    pub fn order(&self, order: Order) -> Standing {
        let mut inner = self.shared.lock();
        match order {
            Order::Usually(plan) => {
                inner.usual = plan;
                inner.next.clear();
            }
            Order::Next(plan) => inner.next.push_back(plan),
            Order::Now(blow) => {
                inner.strike(blow);
            }
            Order::Refuse(refuses) => inner.refuses = refuses,
            Order::Look => {}
        }
        let by_plan = inner.open.values().filter(|line| line.is_struck()).count() as u64;
        Standing {
            open: inner.open.len() as u64,
            accepted: inner.accepted,
            struck: inner.struck + by_plan,
        }
    }

    /// The plan of each connection from now on.
    pub fn usually(&self, plan: Plan) {
        self.order(Order::Usually(plan));
    }

    /// The plan of the next connection that has none yet.
    pub fn next(&self, plan: Plan) {
        self.order(Order::Next(plan));
    }

    /// A blow for all that are open; answers how many it met that their own plan had spared so far.
    pub fn now(&self, blow: Blow) -> u64 {
        self.shared.lock().strike(blow)
    }

    /// How things stand.
    pub fn look(&self) -> Standing {
        self.order(Order::Look)
    }
}

impl Drop for ChaosProxy {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Accepts connections until it is stopped.
async fn run(
    listener: TcpListener,
    shared: Arc<Shared>,
    tasks: TaskTracker,
    stop: CancellationToken,
) {
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((client, _)) = accepted else { continue };
        let Some((number, line)) = shared.accept() else {
            let _ = client.set_zero_linger();
            continue;
        };
        let (shared, stop) = (Arc::clone(&shared), stop.clone());
        tasks.spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                _ = connection(client, shared.target, &line) => {}
            }
            shared.leave(number, line.is_struck());
        });
    }
}

async fn connection(client: TcpStream, target: SocketAddr, line: &Line) -> io::Result<()> {
    let server = TcpStream::connect(target).await;
    let server = server.inspect_err(|_| drop(client.set_zero_linger()))?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    line.carry(client, server).await
}
