//! Notices: what recipients of a lead are told after it. They name a lead by its id and hold nothing of it.

use super::queries;

queries! {
    /// Who may have got leads of a conversation, or one of them: $1 dealer, $2 conversation, $3 lead
    /// (empty: all).
    TRIED_TO = "SELECT o.lead_id, o.target, o.locked_until FROM outbox o
        WHERE o.dealer_id = $1 AND o.conversation_id = $2 AND ($3 = '' OR o.lead_id = $3)
          AND o.tried_at IS NOT NULL
        ORDER BY o.lead_id, o.target";

    /// $1 id, $2 dealer, $3 event, $4 lead, $5 about, $6 target, $7 due, $8 at, $9 expires at.
    INSERT_NOTICE = "INSERT INTO notices
          (id, dealer_id, event, lead_id, about, target, state, due, attempts, at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, 'pending', $7, 0, $8, $9)";

    /// The same that nobody has tried yet: $1 dealer, $2 event, $3 lead, $4 about.
    WAITING_NOTICE = "SELECT n.id FROM notices n
        WHERE n.dealer_id = $1 AND n.event = $2 AND n.lead_id = $3 AND n.about = $4
          AND n.state = 'pending' AND n.tried_at IS NULL";

    /// One since a moment: $1 dealer, $2 event, $3 about, $4 since when, $5 lead (empty: any).
    NOTICED_SINCE = "SELECT n.id FROM notices n
        WHERE n.dealer_id = $1 AND n.event = $2 AND n.about = $3 AND n.at > $4
          AND ($5 = '' OR n.lead_id = $5) LIMIT 1";

    /// Until when somebody has a notice of a lead to a target in hand: $1 dealer, $2 lead, $3 target.
    NOTICED_UNTIL = "SELECT MAX(n.locked_until) FROM notices n
        WHERE n.dealer_id = $1 AND n.target = $3 AND n.lead_id = $2 AND n.state = 'pending'";

    /// What nobody has in hand and an erasure makes useless: $1 dealer, $2 lead, $3 target, $4 now.
    CANCEL_NOTICES = "DELETE FROM notices
        WHERE dealer_id = $1 AND target = $3 AND lead_id = $2 AND state = 'pending'
          AND event IN ('lead.updated', 'subject.restricted')
          AND (locked_until IS NULL OR locked_until <= $4)";

    /// Whether a lead that is not over was tried at a target: $1 dealer, $2 lead, $3 target, $4 now.
    WAS_TRIED = "SELECT o.id FROM outbox o
        JOIN conversations c ON c.dealer_id = o.dealer_id AND c.id = o.conversation_id
        WHERE o.dealer_id = $1 AND o.lead_id = $2 AND o.target = $3 AND o.tried_at IS NOT NULL
          AND c.expires_at > $4 LIMIT 1";

    /// $1 dealer, $2 notice, $3 now, $4 until when it is claimed.
    CLAIM_NOTICE = "UPDATE notices SET attempts = attempts + 1, locked_until = $4, tried_at = $3
        WHERE dealer_id = $1 AND id = $2 AND state = 'pending'
          AND (locked_until IS NULL OR locked_until <= $3)
        RETURNING event, lead_id, about, at, attempts";

    /// What has come of a try: $1 dealer, $2 notice, $3 state, $4 due, $5 answer.
    NOTE_NOTICE = "UPDATE notices SET state = $3, due = $4, answer = $5, locked_until = NULL
        WHERE dealer_id = $1 AND id = $2 AND state = 'pending'";

    /// Tries again what is done: $1 dealer, $2 notice, $3 now.
    REPLAY_NOTICE = "UPDATE notices SET state = 'pending', due = $3, attempts = 0, locked_until = NULL
        WHERE dealer_id = $1 AND id = $2 AND state <> 'pending' AND expires_at > $3";

    /// What a clock that was ahead has put off: $1 dealer, $2 now, $3 later than any regular try.
    BRING_NOTICES_FORWARD = "UPDATE notices SET due = $2, locked_until = NULL
        WHERE dealer_id = $1 AND state = 'pending' AND (due > $3 OR locked_until > $3)";

    /// What the sweep takes: $1 now.
    DUE_NOTICES = "SELECT n.id, n.expires_at FROM notices n
        WHERE n.expires_at <= $1 ORDER BY n.expires_at, n.id";

    /// The same, taken: $1 now.
    SWEEP_NOTICES = "DELETE FROM notices WHERE expires_at <= $1";

    /// $1 dealer.
    DELETE_NOTICES = "DELETE FROM notices WHERE dealer_id = $1";
}
