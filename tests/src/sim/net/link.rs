//! The relay's end of a socket: what a session reads from and writes to.

use std::sync::Arc;

use protocol::CloseReason;
use relay::session::link::{Gone, Inbound, Link};
use widget::event::Heard;

use super::{BROKEN, Offer, Socket};
use crate::sim::{World, agenda::Kind};

/// The relay's end of a socket.
pub struct SimLink {
    world: Arc<World>,
    socket: Arc<Socket>,
    said_why: bool,
}

impl SimLink {
    /// The relay's end of this socket.
    pub fn new(world: &Arc<World>, socket: &Arc<Socket>) -> Self {
        Self { world: Arc::clone(world), socket: Arc::clone(socket), said_why: false }
    }
}

impl Link for SimLink {
    async fn receive(&mut self) -> Option<Inbound> {
        loop {
            {
                let mut wire = self.socket.wire();
                if let Some(inbound) = wire.arrived.pop_front() {
                    return Some(inbound);
                }
                if wire.lost {
                    return None;
                }
            }
            self.socket.came.notified().await;
        }
    }

    async fn send(&mut self, text: String) -> Result<(), Gone> {
        loop {
            match self.socket.offer(&self.world, &text) {
                Offer::Taken => return Ok(()),
                Offer::Gone => return Err(Gone),
                Offer::Full => self.socket.room.notified().await,
            }
        }
    }

    /// A browser answers by itself, unless it sleeps.
    async fn ping(&mut self) -> Result<(), Gone> {
        let mut wire = self.socket.wire();
        if wire.lost {
            return Err(Gone);
        }
        let delay_ms = wire.lag() + wire.lag();
        drop(wire);
        let socket = Arc::clone(&self.socket);
        self.world.agenda.after(delay_ms, Kind::Network, self.socket.id, move |world| {
            if world.sleeps_until(socket.tab).is_none() && !socket.wire().tab_left {
                socket.arrive(Inbound::Alive);
            }
        });
        Ok(())
    }

    async fn close(&mut self, reason: CloseReason) {
        self.said_why = true;
        let delay_ms = self.socket.wire().lag();
        self.socket.tell(&self.world, delay_ms, Heard::Closed(reason.code()));
    }
}

impl Drop for SimLink {
    /// What is on its way still arrives, and then the end.
    fn drop(&mut self) {
        self.socket.wire().relay_left = true;
        if !self.said_why {
            let delay_ms = self.socket.wire().lag();
            self.socket.tell(&self.world, delay_ms, Heard::Closed(BROKEN));
        }
    }
}
