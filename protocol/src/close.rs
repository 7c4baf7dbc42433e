//! Why the relay closes a socket, and whether the client may come back.
//!
//! 4000 to 4099: final, another try would end the same way. 4100 to 4199: come back, with
//! jittered back-off. A client that doesn't know a code can act on its range alone.

/// Why the relay closes a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// The client broke the protocol again and again.
    Protocol,
    /// No site has this key.
    UnknownSite,
    /// The client speaks a version that this relay does not.
    UnsupportedVersion,
    /// Frames kept coming far beyond the limit.
    Flood,
    /// No `hello` came in time.
    HelloTimeout,
    /// Nothing was said for long; open again when the visitor acts.
    Idle,
    /// The client read too slowly. Resume: nothing is lost.
    SlowClient,
    /// The relay restarts. Resume: nothing is lost.
    Restarting,
    /// The relay has as many sockets as it may hold.
    Overloaded,
    /// The relay failed inside. Resume: what was acknowledged is kept.
    Internal,
    /// The visitor has deleted the conversation. Come back: a new one begins, nothing is left of this one.
    Erased,
}

impl CloseReason {
    /// All reasons, for tables and tests.
    pub const ALL: [Self; 11] = [
        Self::Protocol,
        Self::UnknownSite,
        Self::UnsupportedVersion,
        Self::Flood,
        Self::HelloTimeout,
        Self::Idle,
        Self::SlowClient,
        Self::Restarting,
        Self::Overloaded,
        Self::Internal,
        Self::Erased,
    ];

    /// The WebSocket close code.
    pub fn code(self) -> u16 {
        match self {
            Self::Protocol => 4000,
            Self::UnknownSite => 4001,
            Self::UnsupportedVersion => 4002,
            Self::Flood => 4003,
            Self::HelloTimeout => 4100,
            Self::Idle => 4101,
            Self::SlowClient => 4102,
            Self::Restarting => 4103,
            Self::Overloaded => 4104,
            Self::Internal => 4105,
            Self::Erased => 4106,
        }
    }

    /// The reason in a word, within the 123 bytes that a close frame has.
    pub fn word(self) -> &'static str {
        match self {
            Self::Protocol => "protocol",
            Self::UnknownSite => "unknown_site",
            Self::UnsupportedVersion => "unsupported_version",
            Self::Flood => "flood",
            Self::HelloTimeout => "hello_timeout",
            Self::Idle => "idle",
            Self::SlowClient => "slow_client",
            Self::Restarting => "restarting",
            Self::Overloaded => "overloaded",
            Self::Internal => "internal",
            Self::Erased => "erased",
        }
    }
}

/// Whether a client that was closed with `code` may come back.
///
/// Codes outside 4000 to 4099 (also 1001, 1006, 1011, 1012, 1013) mean yes; 1008 and 1009 mean
/// that the client did something that it must not repeat.
pub fn may_come_back(code: u16) -> bool {
    !matches!(code, 1002 | 1003 | 1007 | 1008 | 1009 | 4000..=4099)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_range_of_a_code_says_whether_to_come_back() {
        for reason in CloseReason::ALL {
            assert_eq!(may_come_back(reason.code()), 4100 <= reason.code(), "{reason:?}");
        }
        assert!(may_come_back(1006));
        assert!(!may_come_back(1009));
    }

    #[test]
    fn no_two_reasons_share_a_code() {
        let mut codes: Vec<u16> = CloseReason::ALL.iter().map(|r| r.code()).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), CloseReason::ALL.len());
    }
}
