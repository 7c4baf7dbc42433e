//! Deliveries owed. What is claimed crosses dealers, as the sweep does (D6); what is noted names one.

use super::queries;

queries! {
    /// $1 id, $2 dealer, $3 conversation, $4 lead, $5 target, $6 now.
    INSERT_DELIVERY = "INSERT INTO outbox
          (id, dealer_id, conversation_id, lead_id, target, state, due, attempts, locked_until)
        VALUES ($1, $2, $3, $4, $5, 'pending', $6, 0, NULL)";

    /// The targets that leads and notices are owed to that nobody is trying, and when the first is due. What
    /// is over or restricted is owed to nobody. $1 now.
    OWED_TO = "SELECT o.dealer_id, o.target, MIN(o.due) FROM outbox o
        JOIN conversations c ON c.dealer_id = o.dealer_id AND c.id = o.conversation_id
        WHERE o.state = 'pending' AND (o.locked_until IS NULL OR o.locked_until <= $1)
          AND c.expires_at > $1
        GROUP BY o.dealer_id, o.target
        UNION ALL
        SELECT n.dealer_id, n.target, MIN(n.due) FROM notices n
        WHERE n.state = 'pending' AND (n.locked_until IS NULL OR n.locked_until <= $1)
          AND n.expires_at > $1
        GROUP BY n.dealer_id, n.target";

    /// What may be tried now at one target, the longest due first, and whether it is a notice: whose
    /// conversation is not over and that nobody else is trying. $1 dealer, $2 target, $3 now, $4 limit.
    CLAIMABLE = "SELECT o.id, o.due, 'lead' AS event FROM outbox o
          JOIN conversations c ON c.dealer_id = o.dealer_id AND c.id = o.conversation_id
          WHERE o.dealer_id = $1 AND o.target = $2 AND o.state = 'pending' AND o.due <= $3
            AND (o.locked_until IS NULL OR o.locked_until <= $3) AND c.expires_at > $3
        UNION ALL
        SELECT n.id, n.due, n.event FROM notices n
          WHERE n.dealer_id = $1 AND n.target = $2 AND n.state = 'pending' AND n.due <= $3
            AND (n.locked_until IS NULL OR n.locked_until <= $3) AND n.expires_at > $3
        ORDER BY 2, 1 LIMIT $4";

    /// $1 dealer, $2 delivery, $3 now, $4 until when it is claimed.
    CLAIM = "UPDATE outbox SET attempts = attempts + 1, locked_until = $4, tried_at = $3
        WHERE dealer_id = $1 AND id = $2 AND state = 'pending'
          AND (locked_until IS NULL OR locked_until <= $3)
        RETURNING lead_id, attempts, told";

    /// What has come of a try: $1 dealer, $2 delivery, $3 state, $4 due, $5 answer.
    NOTE_DELIVERY = "UPDATE outbox SET state = $3, due = $4, answer = $5, locked_until = NULL,
          told = CASE WHEN $3 = 'delivered' THEN 1 ELSE told END
        WHERE dealer_id = $1 AND id = $2 AND state = 'pending'";

    /// Of one lead that is not over, or all: the ledger, and what its recipients were told since.
    /// $1 dealer, $2 lead (empty: all), $3 now, $4 limit.
    LEDGER = "SELECT o.id, 'lead' AS event, o.lead_id, o.target, o.state, o.attempts, o.due, o.tried_at,
            o.answer, l.at
          FROM outbox o
          JOIN conversations c ON c.dealer_id = o.dealer_id AND c.id = o.conversation_id
          JOIN leads l ON l.id = o.lead_id AND l.dealer_id = o.dealer_id
          WHERE o.dealer_id = $1 AND ($2 = '' OR o.lead_id = $2) AND c.expires_at > $3
        UNION ALL
        SELECT n.id, n.event, n.lead_id, n.about, n.state, n.attempts, n.due, n.tried_at, n.answer, n.at
          FROM notices n
          WHERE n.dealer_id = $1 AND ($2 = '' OR n.lead_id = $2) AND n.expires_at > $3
        ORDER BY 10 DESC, 3, 2, 4, 1 LIMIT $4";

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
