//! What a crowd in a process of its own is told, what it answers, and what it writes down.

use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf};

use protocol::{ClientMsgId, SiteKey, server::Resumed};
use serde::{Deserialize, Serialize};

/// The first line that a crowd reads.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Plan {
    /// Where they connect.
    pub relay: SocketAddr,
    /// Who comes.
    pub groups: Vec<Group>,
    /// Within how long all of them come first, each at a moment of its own.
    pub arrive_within_ms: u64,
    /// Where the ledger goes: one line of JSON a conversation.
    pub ledger: PathBuf,
}

/// Visitors of one kind.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Group {
    /// How many.
    pub n: usize,
    /// On which sites, one after the other.
    pub sites: Vec<SiteKey>,
    /// How much each says before it falls silent; without a number, it never does.
    pub turns: Option<u64>,
    /// How long each waits before it says the next thing.
    pub pause_ms: u64,
    /// How long a message is at least.
    pub chars: usize,
}

/// A later line. Each is answered with a [`Report`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Only report.
    #[default]
    Report,
    /// Drop all sockets without a word, and stay away until the next order.
    Leave,
    /// Whoever has no socket comes back within so many milliseconds, each after a wait of its own
    /// (full jitter); 0: all at once.
    Return(u64),
    /// End what is being said, write the ledger, end.
    Finish,
}

/// How it stands.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Report {
    /// Visitors who are connected and were greeted.
    pub here: u64,
    /// Visitors who have said what they had to say, and have their answers.
    pub quiet: u64,
    /// Acknowledgements so far.
    pub acknowledged: u64,
    /// Greetings so far that resumed a conversation with nothing missing.
    pub complete: u64,
    /// Greetings so far that brought a visitor with acknowledged words less than all of it.
    pub incomplete: u64,
    /// How often a visitor was turned away at the door and told when to come back.
    pub turned_away: u64,
    /// The same without being told.
    pub turned_away_bare: u64,
    /// How often no socket could be opened for another reason.
    pub unreached: u64,
    /// Sockets that were lost.
    pub lost: u64,
    /// Refusals, by their codes.
    pub refused: BTreeMap<String, u64>,
    /// What no relay may do: frames that can't be read, words missing, silence.
    pub complaints: Vec<String>,
}

impl Report {
    /// How often something was refused.
    pub fn n_refused(&self) -> u64 {
        self.refused.values().sum()
    }
}

/// One conversation as its visitor saw it: a line of the ledger.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Record {
    /// The site.
    pub site: String,
    /// The conversation, once something was acknowledged.
    pub conversation: Option<String>,
    /// What was sent, in order.
    pub said: Vec<Said>,
    /// Acknowledgements of one message with different places.
    pub contradictions: u64,
    /// What was received: the place, and the id of the message or of the reply.
    pub received: Vec<(u64, String)>,
    /// Each greeting: when, and how far it resumed.
    pub greeted: Vec<(u64, Resumed)>,
}

/// One message.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Said {
    /// The visitor's id of it, the same on each try.
    pub id: ClientMsgId,
    /// When it was last sent, in nanoseconds on the wall.
    pub sent_ns: u64,
    /// The place that was acknowledged, and when.
    pub accepted: Option<(u64, u64)>,
}

impl Said {
    /// How long the acknowledgement took, from the try that was acknowledged.
    pub fn wait_ns(&self) -> Option<u64> {
        self.accepted.map(|(_, at_ns)| at_ns.saturating_sub(self.sent_ns))
    }
}
