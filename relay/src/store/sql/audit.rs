//! The trail of what the staff did: of all dealers, and no row of a visitor.

use super::queries;

queries! {
    /// The last entry.
    LAST_AUDIT = "SELECT a.number, a.at, a.dealer_id, a.body FROM audit a
        WHERE 0 < a.number ORDER BY a.number DESC LIMIT 1";

    /// $1 number, $2 at, $3 dealer (empty: none), $4 text.
    INSERT_AUDIT = "INSERT INTO audit (number, at, dealer_id, body)
        VALUES ($1, $2, NULLIF($3, ''), $4)";

    /// All of them: $1 after this number, $2 limit.
    AUDIT = "SELECT a.number, a.at, a.dealer_id, a.body FROM audit a
        WHERE a.number > $1 ORDER BY a.number LIMIT $2";

    /// The last one whose time is up: $1 before this moment.
    OLD_AUDIT = "SELECT a.number, a.at, a.dealer_id, a.body FROM audit a
        WHERE a.at < $1 ORDER BY a.number DESC LIMIT 1";

    /// $1 up to this number.
    DROP_AUDIT = "DELETE FROM audit WHERE number <= $1";

    /// What the keys remember, replaced: $1 key, $2 value.
    PUT_KEYS_META = "INSERT INTO keys_meta (key, value) VALUES ($1, $2)
        ON CONFLICT (key) DO UPDATE SET value = excluded.value";
}
