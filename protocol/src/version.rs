//! The version of the protocol, and what an old widget may expect.

/// The version that this build speaks.
///
/// A cached widget outlives a deploy: the relay serves versions `OLDEST_SUPPORTED..=PROTOCOL_VERSION`,
/// and both ends ignore fields that they don't know. A field is only ever added with a default;
/// a field that changes its meaning gets a new name.
pub const PROTOCOL_VERSION: u32 = 1;

/// The oldest version that a relay of this build still answers.
pub const OLDEST_SUPPORTED: u32 = 1;
