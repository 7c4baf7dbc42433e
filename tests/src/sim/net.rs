//! Sockets: frames that take their time, in order on each socket and in none between two; buffers
//! that fill; networks that break with a sign or without one.

mod link;

use std::sync::{Arc, Mutex, PoisonError};

use relay::{limits::SOCKET_MAX_WRITE_BYTES, session::link::Inbound};
use tokio::sync::Notify;
use widget::event::Heard;

pub use link::SimLink;

use super::{World, agenda::Kind, dice::Dice, planted::Plant};

/// What the network says of a socket that broke.
const BROKEN: u16 = 1_006;

/// A socket between a tab and the relay.
pub struct Socket {
    /// Which one; no two of a world are the same.
    pub id: u64,
    /// Which tab opened it.
    pub tab: usize,
    /// Which incarnation of the database was there when it was opened.
    pub era: u64,
    wire: Mutex<Wire>,
    /// Rung when something came for the relay.
    came: Notify,
    /// Rung when there is room to write again.
    room: Notify,
}

#[expect(clippy::struct_excessive_bools, reason = "each end, and the wire, ends by itself")]
struct Wire {
    dice: Dice,
    lag_ms: (u64, u64),
    /// How many bytes a second the tab reads; none for as fast as they come.
    bytes_per_second: Option<u64>,
    capacity: usize,
    /// Written by the relay and not read by the tab.
    buffered: usize,
    arrived: std::collections::VecDeque<Inbound>,
    up_due_ms: u64,
    down_due_ms: u64,
    /// The network swallows everything.
    mute: bool,
    /// Nothing more arrives at either end.
    lost: bool,
    relay_left: bool,
    tab_left: bool,
}

/// What became of a frame that the relay writes.
enum Offer {
    Taken,
    Full,
    Gone,
}

impl Socket {
    /// A socket of a tab, fast or slow as chance will have it.
    pub fn new(world: &World, id: u64, tab: usize, era: u64) -> Self {
        let mut dice = Dice::new(world.seed, "socket", id);
        let quick = dice.percent(70);
        let low = if quick { dice.within(2, 15) } else { dice.within(20, 200) };
        let high = low + dice.within(0, low * 3);
        let is_slow = !world.is_calm() && dice.percent(12);
        let wire = Wire {
            lag_ms: (low, high),
            bytes_per_second: is_slow.then(|| dice.within(400, 3_000)),
            capacity: if is_slow { 2 * 1024 } else { SOCKET_MAX_WRITE_BYTES },
            buffered: 0,
            arrived: std::collections::VecDeque::new(),
            up_due_ms: 0,
            down_due_ms: 0,
            mute: false,
            lost: false,
            relay_left: false,
            tab_left: false,
            dice,
        };
        Self { id, tab, era, wire: Mutex::new(wire), came: Notify::new(), room: Notify::new() }
    }

    /// When something that is sent up now arrives.
    pub fn lag_up(&self, world: &World) -> u64 {
        let mut wire = self.wire();
        let lag = wire.lag();
        wire.up_due_ms = wire.up_due_ms.max(world.now_ms() + lag);
        wire.up_due_ms
    }

    /// The tab writes a frame.
    pub fn say(self: &Arc<Self>, world: &World, text: String) {
        if self.wire().mute {
            return;
        }
        let (due_ms, socket) = (self.lag_up(world), Arc::clone(self));
        world.agenda.at(due_ms, Kind::Network, self.id, move |_| {
            socket.arrive(Inbound::Text(text));
        });
    }

    fn arrive(&self, inbound: Inbound) {
        let mut wire = self.wire();
        if !wire.lost && !wire.mute {
            wire.arrived.push_back(inbound);
        }
        drop(wire);
        self.came.notify_one();
    }

    /// The tab hangs up; the relay hears of it unless the network is mute.
    pub fn hang_up(self: &Arc<Self>, world: &World) {
        self.wire().tab_left = true;
        let (due_ms, socket) = (self.lag_up(world), Arc::clone(self));
        world.agenda.at(due_ms, Kind::Network, self.id, move |_| {
            if !socket.wire().mute {
                socket.lose();
            }
        });
    }

    /// The network breaks, and both sides hear of it.
    pub fn cut(self: &Arc<Self>, world: &World) {
        if !self.wire().lost {
            self.lose();
            self.tell(world, 1, Heard::Closed(BROKEN));
        }
    }

    /// The network swallows everything from now on, without a sign.
    pub fn mute(&self) {
        self.wire().mute = true;
    }

    /// The network is well again: it is quick, and where it had swallowed everything it says that
    /// the other end is unknown.
    pub fn heal(self: &Arc<Self>, world: &World) {
        let mut wire = self.wire();
        wire.bytes_per_second = None;
        let was_mute = std::mem::take(&mut wire.mute);
        drop(wire);
        if was_mute {
            self.cut(world);
        }
    }

    /// The relay does not answer: the tab hears that the socket did not open.
    pub fn refuse(self: &Arc<Self>, world: &World) {
        let delay_ms = self.wire().lag();
        self.tell(world, delay_ms, Heard::Closed(BROKEN));
    }

    /// The tab hears that the socket is open.
    pub fn open(self: &Arc<Self>, world: &World) {
        let delay_ms = self.wire().lag();
        self.tell(world, delay_ms, Heard::Opened);
    }

    fn lose(&self) {
        let mut wire = self.wire();
        wire.lost = true;
        wire.arrived.clear();
        drop(wire);
        self.came.notify_one();
        self.room.notify_one();
    }

    /// Tells the tab something, after all that is on its way to it.
    fn tell(self: &Arc<Self>, world: &World, delay_ms: u64, heard: Heard) {
        let mut wire = self.wire();
        wire.down_due_ms = wire.down_due_ms.max(world.now_ms() + delay_ms);
        let (due_ms, socket) = (wire.down_due_ms, Arc::clone(self));
        drop(wire);
        world.agenda.at(due_ms, Kind::Network, self.id, move |world| {
            if !socket.wire().mute {
                world.tab_hears(&socket, heard);
            }
        });
    }

    /// The relay writes a frame, if there is room.
    fn offer(self: &Arc<Self>, world: &World, text: &str) -> Offer {
        let mut wire = self.wire();
        if wire.lost || wire.relay_left {
            return Offer::Gone;
        }
        let fits = wire.buffered == 0 || wire.buffered + text.len() <= wire.capacity;
        if !fits && !world.is_planted(Plant::UnboundedQueue) {
            return Offer::Full;
        }
        wire.buffered += text.len();
        let allowed = wire.capacity.max(protocol::limits::MAX_FRAME_BYTES.min(text.len()));
        let buffered = wire.buffered;
        if wire.mute {
            return Offer::Taken;
        }
        let lag = wire.lag();
        let reading = wire.bytes_per_second.map_or(0, |rate| text.len() as u64 * 1_000 / rate);
        wire.down_due_ms = wire.down_due_ms.max(world.now_ms() + lag) + reading;
        let due_ms = wire.down_due_ms;
        drop(wire);
        if allowed < buffered {
            world.breach(9, || format!("{buffered} bytes wait on a socket that takes {allowed}"));
        }
        self.deliver_at(world, due_ms, text.to_owned());
        Offer::Taken
    }

    fn deliver_at(self: &Arc<Self>, world: &World, due_ms: u64, text: String) {
        let socket = Arc::clone(self);
        world.agenda.at(due_ms, Kind::Network, self.id, move |world| {
            if let Some(awake_ms) = world.sleeps_until(socket.tab) {
                return socket.deliver_at(world, awake_ms, text);
            }
            let mut wire = socket.wire();
            if wire.mute || wire.lost {
                return;
            }
            wire.buffered = wire.buffered.saturating_sub(text.len());
            drop(wire);
            socket.room.notify_one();
            world.tab_reads(&socket, &text);
        });
    }

    fn wire(&self) -> std::sync::MutexGuard<'_, Wire> {
        self.wire.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wire {
    fn lag(&mut self) -> u64 {
        let (low, high) = self.lag_ms;
        self.dice.within(low, high)
    }
}
