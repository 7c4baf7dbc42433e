//! The times and bounds of what data-protection law asks for: requests, and the record of processing.

/// Within how many days a request is answered, as both policies promise (A-C6.7); a month of the
/// calendar that is shorter counts instead.
pub const REQUEST_DAYS: i64 = 30;

/// How many months a difficult request may take longer: Art. 12(3) GDPR.
pub const REQUEST_EXTENSION_MONTHS: i64 = 2;

/// From which days on somebody is reminded (A-C6.7).
pub const REQUEST_REMINDERS: [i64; 3] = [7, 21, 27];

/// How many days before its end a request counts as due soon.
pub const REQUEST_SOON_DAYS: i64 = 7;

/// How many days the operator has to pass a request on to the dealer (B-33).
pub const REQUEST_FORWARD_DAYS: i64 = 1;

/// How long a request that was closed stays in the register: three years (B-30).
pub const REQUEST_LIFE_MONTHS: u16 = 36;

/// The most entries of one request: far beyond what anybody does by hand, and it keeps a script that
/// runs wild from filling the disk.
pub const REQUEST_ENTRIES: usize = 200;

/// The longest sentence about the operator in the record of processing, such as an address.
pub const MAX_STATEMENT_CHARS: usize = 300;
