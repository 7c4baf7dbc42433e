//! Leads, the evidence of consent, and the deliveries owed, of one dealer.

use super::{conversation::conversation_columns, queries};

queries! {
    /// What a lead must know, expired or not: $1 dealer, $2 token hash, $3 client_msg_id.
    BEFORE_LEAD = concat!("SELECT ", conversation_columns!(), ", l.id AS same_lead,
          (SELECT COUNT(*) FROM leads o WHERE o.conversation_id = c.id) AS n_leads
        FROM conversations c
        LEFT JOIN leads l ON l.conversation_id = c.id AND l.client_msg_id = $3
        WHERE c.dealer_id = $1 AND c.token_hash = $2");

    /// $1 id, $2 dealer, $3 conversation, $4 lead, $5 schema version, $6 purpose, $7 channel,
    /// $8 given, $9 method, $10 text, $11 text version, $12 lang, $13 notice version, $14 build,
    /// $15 now.
    INSERT_CONSENT = "INSERT INTO consents
          (id, dealer_id, conversation_id, lead_id, schema_version, purpose, channel, given, method,
           text, text_version, lang, notice_version, build, at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";

    /// All since a moment, the newest first, over or not: whether one is over is believed only of a
    /// conversation that is intact. $1 dealer, $2 since when.
    LEADS = concat!("SELECT ", conversation_columns!(), ", l.id AS lead, l.fields, l.at
        FROM leads l
        JOIN conversations c ON c.dealer_id = l.dealer_id AND c.id = l.conversation_id
        WHERE l.dealer_id = $1 AND l.at >= $2
        ORDER BY l.at DESC, l.id");

    /// How many there are by the dealer, by the conversations, and with the row and the conversation
    /// that are shown: the same each time, unless the disk has lost one, since no two of these
    /// rest on the same index. $1 dealer.
    LEAD_COUNTS = "SELECT
          (SELECT COUNT(*) FROM leads l WHERE l.dealer_id = $1),
          (SELECT COUNT(*) FROM conversations c
            JOIN leads l ON l.conversation_id = c.id
            WHERE c.dealer_id = $1),
          (SELECT COUNT(l.at) FROM leads l
            JOIN conversations c ON c.dealer_id = l.dealer_id AND c.id = l.conversation_id
            WHERE l.dealer_id = $1)";

    /// $1 dealer, $2 lead.
    IS_LEFT = "SELECT l.at FROM leads l WHERE l.dealer_id = $1 AND l.id = $2";

    /// Of a lead whose conversation is not over, the oldest first. Found by the index, read by its key; the record itself
    /// must name the lead, too, lest a damaged index adds another's. $1 dealer, $2 lead.
    CONSENTS = "SELECT s.id, s.schema_version, s.purpose, s.channel, s.given, s.method, s.text,
          s.text_version, s.lang, s.notice_version, s.build, s.at
        FROM consents i
        JOIN consents s ON s.id = i.id
        WHERE i.dealer_id = $1 AND i.lead_id = $2 AND s.dealer_id = $1 AND s.lead_id || '' = $2
        ORDER BY s.at, s.given DESC, s.channel, s.id";

    /// Of a conversation that is not over, the oldest first: $1 dealer, $2 conversation.
    LEADS_OF = "SELECT l.id, l.fields, l.at
        FROM leads l
        WHERE l.dealer_id = $1 AND l.conversation_id = $2
        ORDER BY l.at, l.id";

    /// What is owed of a lead whose conversation is not over, or was: $1 dealer, $2 lead.
    DELIVERIES = "SELECT o.id, o.target, o.state, o.attempts, o.due, o.answer
        FROM outbox o
        WHERE o.dealer_id = $1 AND o.lead_id = $2
        ORDER BY o.id";

    /// One, its conversation over or not, as above: $1 dealer, $2 lead.
    LEAD = concat!("SELECT ", conversation_columns!(), ", l.id AS lead, l.fields, l.at
        FROM leads l
        JOIN conversations c ON c.dealer_id = l.dealer_id AND c.id = l.conversation_id
        WHERE l.dealer_id = $1 AND l.id = $2");

    /// $1 dealer, $2 conversation, $3 lead, $4 client_msg_id, $5 fields, $6 now.
    INSERT_LEAD = "INSERT INTO leads (id, dealer_id, conversation_id, client_msg_id, fields, at)
        VALUES ($3, $1, $2, $4, $5, $6)";

    /// $1 dealer, $2 lead, $3 fields.
    SEAL_LEAD = "UPDATE leads SET fields = $3 WHERE dealer_id = $1 AND id = $2";
}
