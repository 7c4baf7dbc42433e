//! Deliveries owed. What is claimed crosses dealers, as the sweep does (D6); what is noted names one.

use super::queries;

queries! {
    /// $1 id, $2 dealer, $3 conversation, $4 lead, $5 target, $6 now.
    INSERT_DELIVERY = "INSERT INTO outbox
          (id, dealer_id, conversation_id, lead_id, target, state, due, attempts, locked_until)
        VALUES ($1, $2, $3, $4, $5, 'pending', $6, 0, NULL)";

    /// The targets that something is owed to that nobody is trying, and when the first of it is due. What
    /// is over or restricted is owed to nobody. $1 now.
    OWED_TO = "SELECT o.dealer_id, o.target, MIN(o.due) FROM outbox o
        JOIN conversations c ON c.dealer_id = o.dealer_id AND c.id = o.conversation_id
        WHERE o.state = 'pending' AND (o.locked_until IS NULL OR o.locked_until <= $1)
          AND c.expires_at > $1
        GROUP BY o.dealer_id, o.target";

    /// What may be tried now at one target, the longest due first: whose conversation is not over and
    /// that nobody else is trying. $1 dealer, $2 target, $3 now, $4 limit.
    CLAIMABLE = "SELECT o.id FROM outbox o
        JOIN conversations c ON c.dealer_id = o.dealer_id AND c.id = o.conversation_id
        WHERE o.dealer_id = $1 AND o.target = $2 AND o.state = 'pending' AND o.due <= $3
          AND (o.locked_until IS NULL OR o.locked_until <= $3) AND c.expires_at > $3
        ORDER BY o.due LIMIT $4";

    /// $1 dealer, $2 delivery, $3 now, $4 until when it is claimed.
    CLAIM = "UPDATE outbox SET attempts = attempts + 1, locked_until = $4, tried_at = $3
        WHERE dealer_id = $1 AND id = $2 AND state = 'pending'
          AND (locked_until IS NULL OR locked_until <= $3)
        RETURNING lead_id, attempts, told";

    /// What has come of a try: $1 dealer, $2 delivery, $3 state, $4 due, $5 answer.
    NOTE_DELIVERY = "UPDATE outbox SET state = $3, due = $4, answer = $5, locked_until = NULL,
          told = CASE WHEN $3 = 'delivered' THEN 1 ELSE told END
        WHERE dealer_id = $1 AND id = $2 AND state = 'pending'";

    /// Of one lead that is not over, or all: the ledger. $1 dealer, $2 lead (empty: all), $3 now, $4 limit.
    LEDGER = "SELECT o.id, o.lead_id, o.target, o.state, o.attempts, o.due, o.tried_at, o.answer, l.at
        FROM outbox o
        JOIN conversations c ON c.dealer_id = o.dealer_id AND c.id = o.conversation_id
        JOIN leads l ON l.id = o.lead_id AND l.dealer_id = o.dealer_id
        WHERE o.dealer_id = $1 AND ($2 = '' OR o.lead_id = $2) AND c.expires_at > $3
        ORDER BY l.at DESC, o.lead_id, o.target LIMIT $4";

    /// Tries again what is done, under its id, unless its conversation is over: $1 dealer, $2 delivery,
    /// $3 now.
    REPLAY = "UPDATE outbox SET state = 'pending', due = $3, attempts = 0, locked_until = NULL
        WHERE dealer_id = $1 AND id = $2 AND state <> 'pending'
          AND EXISTS (SELECT 1 FROM conversations c
            WHERE c.dealer_id = $1 AND c.id = outbox.conversation_id AND c.expires_at > $3)";

    /// What a clock that was ahead has put off: it is due now. $1 dealer, $2 now, $3 later than any regular
    /// try.
    BRING_FORWARD = "UPDATE outbox SET due = $2, locked_until = NULL
        WHERE dealer_id = $1 AND state = 'pending' AND (due > $3 OR locked_until > $3)";
}
