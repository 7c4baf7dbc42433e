//! The register of requests: the operator's own rows, in which no visitor is named.

use super::queries;

/// The columns of a request, as `RequestRow` reads them.
macro_rules! request_columns {
    () => {
        "r.id, r.dealer_id, r.controller, r.kind, r.jurisdiction, r.received, r.channel, r.proof,
          r.entries, r.outcome, r.ground, r.closed_at, r.expires_at, r.seal"
    };
}

queries! {
    /// $1 id, $2 dealer, $3 controller, $4 kind, $5 jurisdiction, $6 received, $7 channel, $8 proof,
    /// $9 entries, $10 seal.
    INSERT_REQUEST = "INSERT INTO requests
          (id, dealer_id, controller, kind, jurisdiction, received, channel, proof, entries, seal)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

    /// One that the register has not forgotten: $1 id, $2 now.
    REQUEST = concat!("SELECT ", request_columns!(), " FROM requests r
        WHERE r.id = $1 AND (r.expires_at IS NULL OR r.expires_at > $2)");

    /// All that the register has not forgotten, the oldest first: $1 now.
    REQUESTS = concat!("SELECT ", request_columns!(), " FROM requests r
        WHERE r.expires_at IS NULL OR r.expires_at > $1
        ORDER BY r.received, r.id");

    /// $1 id, $2 entries, $3 seal.
    NOTE_REQUEST = "UPDATE requests SET entries = $2, seal = $3 WHERE id = $1 AND outcome IS NULL";

    /// $1 id, $2 outcome, $3 ground, $4 closed at, $5 expires at, $6 seal.
    CLOSE_REQUEST = "UPDATE requests
        SET outcome = $2, ground = $3, closed_at = $4, expires_at = $5, seal = $6
        WHERE id = $1 AND outcome IS NULL";

    /// What the sweep takes: $1 now.
    DUE_REQUESTS = "SELECT r.id, r.expires_at FROM requests r
        WHERE r.expires_at <= $1 ORDER BY r.expires_at, r.id";

    /// The same, taken: $1 now.
    SWEEP_REQUESTS = "DELETE FROM requests WHERE expires_at <= $1";
}
