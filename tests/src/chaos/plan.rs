//! What the proxy is told, in Rust or as JSON, and what it says of itself.

use serde::{Deserialize, Serialize};

/// Which way bytes go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// From the client to the server.
    Up,
    /// From the server to the client.
    #[default]
    Down,
}

/// What befalls a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Blow {
    /// Both sides are closed.
    Cut,
    /// Both sides are reset: what is on its way is lost with it.
    Reset,
    /// One way ends, the other goes on.
    HalfClose(Way),
    /// Nothing passes any more, and nothing ends.
    Stall,
    /// What goes this way is lost from here on; the other way goes on.
    Lose(Way),
    /// What was held passes again, and nothing more is lost.
    Heal,
}

/// How a connection is treated. Without anything said it passes as it comes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Plan {
    /// How long each read waits before it passes on, in milliseconds.
    pub latency_ms: u64,
    /// Cuts what passes into pieces of one to so many bytes; 0 leaves it whole.
    pub slice_bytes: u64,
    /// How long to wait between pieces, in milliseconds.
    pub pause_ms: u64,
    /// What befalls it by itself.
    pub blow: Option<Blow>,
    /// Whose bytes are counted.
    pub way: Way,
    /// The blow comes after a number of bytes that is drawn from here …
    pub from: u64,
    /// … to here.
    pub to: u64,
}

impl Plan {
    /// A blow after `from` to `to` bytes of one way.
    pub fn blow(blow: Blow, way: Way, from: u64, to: u64) -> Self {
        Self { blow: Some(blow), way, from, to, ..Self::default() }
    }

    /// The same in small pieces.
    #[must_use]
    pub fn sliced(self, slice_bytes: u64) -> Self {
        Self { slice_bytes, ..self }
    }
}

/// A command, in Rust or as a line of JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// The plan of each connection from now on; plans for the next ones are forgotten.
    Usually(Plan),
    /// The plan of the next connection that has none yet.
    Next(Plan),
    /// A blow for all that are open.
    Now(Blow),
    /// Whether connections are reset as they come: a server that is not there.
    Refuse(bool),
    /// Only asks how things stand.
    Look,
}

/// How things stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// Connections that are open.
    pub open: u64,
    /// Connections that came.
    pub accepted: u64,
    /// Blows that fell by plan.
    pub struck: u64,
}
