//! Who wants no marketing, by keyed hashes.

use super::queries;

queries! {
    /// $1 dealer, $2 digest, $3 channel, $4 now.
    SUPPRESS = "INSERT INTO suppressions (dealer_id, digest, channel, at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (dealer_id, digest, channel) DO UPDATE SET at = excluded.at";

    /// $1 dealer, $2 digest, $3 channel.
    LIFT_SUPPRESSION = "DELETE FROM suppressions WHERE dealer_id = $1 AND digest = $2 AND channel = $3";

    /// $1 dealer, $2 digest.
    SUPPRESSED = "SELECT s.channel, s.at FROM suppressions s
        WHERE s.dealer_id = $1 AND s.digest = $2 ORDER BY s.channel";

    /// $1 dealer.
    DELETE_SUPPRESSIONS = "DELETE FROM suppressions WHERE dealer_id = $1";
}
