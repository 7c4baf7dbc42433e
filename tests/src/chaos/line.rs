//! One connection through the proxy: both ways, and what befalls it.

use std::{
    io,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use relay::random::{self, SeededRandom};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpStream,
        tcp::{ReadHalf, WriteHalf},
    },
    sync::watch,
    time::sleep,
};

use super::{Blow, Plan, Way};

/// How much is read at once.
const READ_BYTES: usize = 16 * 1024;

/// What becomes of the bytes of one way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Flow {
    #[default]
    Passes,
    Held,
    Lost,
    Ended,
}

/// What becomes of a connection.
#[derive(Clone, Copy, Debug, Default)]
struct Fate {
    up: Flow,
    down: Flow,
    /// Whether it ends, and whether by a reset.
    end: Option<bool>,
}

impl Fate {
    /// What becomes of a way. Where the whole connection ends, nothing more passes before it does.
    fn flow(mut self, way: Way) -> Flow {
        if self.end.is_some() { Flow::Held } else { *self.of(way) }
    }

    fn of(&mut self, way: Way) -> &mut Flow {
        match way {
            Way::Up => &mut self.up,
            Way::Down => &mut self.down,
        }
    }

    fn strike(&mut self, blow: Blow) {
        let all = |fate: &mut Self, to: fn(Flow) -> Flow| {
            fate.up = to(fate.up);
            fate.down = to(fate.down);
        };
        match blow {
            Blow::Cut => self.end = Some(false),
            Blow::Reset => self.end = Some(true),
            Blow::HalfClose(way) => *self.of(way) = Flow::Ended,
            Blow::Lose(way) => *self.of(way) = Flow::Lost,
            Blow::Stall => {
                all(self, |flow| if flow == Flow::Ended { flow } else { Flow::Held });
            }
            Blow::Heal => {
                all(self, |flow| if flow == Flow::Ended { flow } else { Flow::Passes });
            }
        }
    }
}

/// One connection.
pub(super) struct Line {
    plan: Plan,
    /// After how many bytes of the plan's way its blow falls.
    at: u64,
    random: Mutex<SeededRandom>,
    fate: watch::Sender<Fate>,
    struck: AtomicBool,
}

impl Line {
    pub(super) fn new(plan: Plan, seed: u64) -> Self {
        let random = SeededRandom::new(seed);
        let spread = plan.to.saturating_sub(plan.from) + 1;
        let at = plan.from + random::below(&random, spread);
        Self {
            at,
            plan,
            random: Mutex::new(random),
            fate: watch::Sender::default(),
            struck: AtomicBool::new(false),
        }
    }

    /// A blow from outside.
    pub(super) fn strike(&self, blow: Blow) {
        self.fate.send_modify(|fate| fate.strike(blow));
    }

    /// Whether the blow of its plan has fallen.
    pub(super) fn is_struck(&self) -> bool {
        self.struck.load(Ordering::Relaxed)
    }

    /// Carries bytes both ways until both have ended or the connection does.
    pub(super) async fn carry(
        &self,
        mut client: TcpStream,
        mut server: TcpStream,
    ) -> io::Result<()> {
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = server.split();
        let mut fates = self.fate.subscribe();
        let by_reset = tokio::select! {
            biased;
            Ok(fate) = fates.wait_for(|fate| fate.end.is_some()) => fate.end == Some(true),
            carried = async {
                tokio::try_join!(
                    self.pump(Way::Up, from_client, to_server),
                    self.pump(Way::Down, from_server, to_client),
                )
            } => carried.is_err(),
        };
        if by_reset {
            client.set_zero_linger()?;
            server.set_zero_linger()?;
        }
        Ok(())
    }

    async fn pump(
        &self,
        way: Way,
        mut reader: ReadHalf<'_>,
        mut writer: WriteHalf<'_>,
    ) -> io::Result<()> {
        let mut fates = self.fate.subscribe();
        let mut flow = Flow::default();
        let mut buffer = vec![0; READ_BYTES];
        let mut passed = 0;
        while flow != Flow::Ended {
            let read = tokio::select! {
                biased;
                changed = self.changed(way, flow, &mut fates) => {
                    flow = changed;
                    continue;
                }
                read = reader.read(&mut buffer), if flow != Flow::Held => read?,
            };
            if read == 0 {
                break;
            }
            sleep(Duration::from_millis(self.plan.latency_ms)).await;
            let mut rest = &buffer[..read];
            while !rest.is_empty() && flow != Flow::Ended {
                flow = self.unheld(way, &mut fates).await;
                let (piece, after) = rest.split_at(self.piece(way, passed, rest.len()));
                if flow == Flow::Passes {
                    writer.write_all(piece).await?;
                }
                passed += piece.len() as u64;
                rest = after;
                self.strike_at(way, passed);
                if 0 < self.plan.pause_ms {
                    sleep(Duration::from_millis(self.plan.pause_ms)).await;
                }
            }
        }
        writer.shutdown().await
    }

    /// Comes back when what becomes of a way is no longer `before`.
    async fn changed(&self, way: Way, before: Flow, fates: &mut watch::Receiver<Fate>) -> Flow {
        let changed = fates.wait_for(|fate| fate.flow(way) != before).await;
        changed.map_or(Flow::Ended, |fate| fate.flow(way))
    }

    /// Waits while a way is held.
    async fn unheld(&self, way: Way, fates: &mut watch::Receiver<Fate>) -> Flow {
        self.changed(way, Flow::Held, fates).await
    }

    /// How much passes at once: no more than up to the blow.
    fn piece(&self, way: Way, passed: u64, there: usize) -> usize {
        let mut piece = there as u64;
        if 0 < self.plan.slice_bytes {
            let random = self.random.lock().unwrap_or_else(PoisonError::into_inner);
            piece = piece.min(1 + random::below(&*random, self.plan.slice_bytes));
        }
        if self.plan.blow.is_some() && way == self.plan.way && passed < self.at {
            piece = piece.min(self.at - passed);
        }
        usize::try_from(piece).unwrap_or(there).min(there)
    }

    fn strike_at(&self, way: Way, passed: u64) {
        let Some(blow) = self.plan.blow.filter(|_| way == self.plan.way && self.at <= passed)
        else {
            return;
        };
        if !self.struck.swap(true, Ordering::Relaxed) {
            self.strike(blow);
        }
    }
}
