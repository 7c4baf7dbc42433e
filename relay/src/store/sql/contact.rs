//! The blind index of one dealer: by what its visitors are found again.

use super::{conversation::conversation_columns, queries};

queries! {
    /// Keeps what is there. $1 dealer, $2 conversation, $3 digest.
    INSERT_CONTACT = "INSERT INTO contacts (dealer_id, conversation_id, digest) VALUES ($1, $2, $3)
        ON CONFLICT (conversation_id, digest) DO NOTHING";

    /// Whether there is any: $1 dealer.
    ANY_CONTACT = "SELECT k.conversation_id FROM contacts k WHERE k.dealer_id = $1 LIMIT 1";

    /// The conversations in which a contact stands; what is held beyond its end is nobody's to read and
    /// the person's to know of (G-29): $1 dealer, $2 digest, $3 now.
    WITH_CONTACT = "SELECT c.id, c.site_key, c.started_at, c.last_at, c.expires_at, c.next_seq - 1 AS messages,
          (SELECT COUNT(*) FROM leads l WHERE l.conversation_id = c.id) AS leads,
          (SELECT MIN(h.id) FROM holds h WHERE h.dealer_id = c.dealer_id
            AND (h.conversation_id IS NULL OR h.conversation_id = c.id)) AS held
        FROM contacts k
        JOIN conversations c ON c.dealer_id = k.dealer_id AND c.id = k.conversation_id
        WHERE k.dealer_id = $1 AND k.digest = $2 AND (c.expires_at > $3
          OR EXISTS (SELECT 1 FROM holds h WHERE h.dealer_id = c.dealer_id
            AND (h.conversation_id IS NULL OR h.conversation_id = c.id)))
        ORDER BY c.started_at, c.id";

    /// The leads in whose conversation a contact stands, the oldest first; none that is over. $1 dealer,
    /// $2 digest, $3 left since, $4 now, $5 limit.
    LEADS_WITH_CONTACT = concat!("SELECT ", conversation_columns!(), ", l.id AS lead, l.fields, l.at
        FROM contacts k
        JOIN conversations c ON c.dealer_id = k.dealer_id AND c.id = k.conversation_id
        JOIN leads l ON l.dealer_id = c.dealer_id AND l.conversation_id = c.id
        WHERE k.dealer_id = $1 AND k.digest = $2 AND l.at >= $3 AND c.expires_at > $4
        ORDER BY l.at, l.id LIMIT $5");
}
