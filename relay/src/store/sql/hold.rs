//! Legal holds. Which conversations they keep from the sweep stands in `everyone.rs`.

use super::queries;

queries! {
    /// Where the dealer is there, and the conversation is its: $1 id, $2 dealer, $3 conversation or
    /// none, $4 reason, $5 basis, $6 requested by, $7 approved by, $8 now, $9 review at, $10 whether it
    /// restricts.
    INSERT_HOLD = "INSERT INTO holds
          (id, dealer_id, conversation_id, reason, basis, requested_by, approved_by, set_at, review_at,
           restricts)
        SELECT CAST($1 AS TEXT), d.id, CAST($3 AS TEXT), CAST($4 AS TEXT), CAST($5 AS TEXT),
          CAST($6 AS TEXT), CAST($7 AS TEXT), CAST($8 AS BIGINT), CAST($9 AS BIGINT), CAST($10 AS INTEGER)
        FROM dealers d
        WHERE d.id = $2 AND d.status <> 'removing'
          AND (CAST($3 AS TEXT) IS NULL OR EXISTS
            (SELECT 1 FROM conversations c WHERE c.dealer_id = d.id AND c.id = CAST($3 AS TEXT)))";

    /// All that stand, with how many conversations each holds, and how many of them are past their end:
    /// $1 now.
    HOLDS = "SELECT h.id, h.dealer_id, h.conversation_id, h.reason, h.basis, h.requested_by,
          h.approved_by, h.set_at, h.review_at, h.restricts,
          (SELECT COUNT(*) FROM conversations c WHERE c.dealer_id = h.dealer_id
            AND (h.conversation_id IS NULL OR c.id = h.conversation_id)) AS conversations,
          (SELECT COUNT(*) FROM conversations c WHERE c.dealer_id = h.dealer_id
            AND (h.conversation_id IS NULL OR c.id = h.conversation_id)
            AND c.expires_at <= $1) AS past_end
        FROM holds h WHERE h.id > '' ORDER BY h.id";

    /// How many stand, and how many of them are to be looked at again: $1 now.
    COUNT_HOLDS = "SELECT COUNT(*), COUNT(CASE WHEN h.review_at <= $1 THEN 1 END)
        FROM holds h WHERE h.id > ''";

    /// $1 id.
    RELEASE_HOLD = "DELETE FROM holds WHERE id = $1";

    /// What holds a conversation: $1 dealer, $2 conversation.
    HELD_BY = "SELECT h.id FROM holds h
        WHERE h.dealer_id = $1 AND (h.conversation_id IS NULL OR h.conversation_id = $2)
        ORDER BY h.id LIMIT 1";

    /// What is restricted by a hold: its dealer and conversation. $1 id.
    RESTRICTED_BY = "SELECT h.dealer_id, h.conversation_id FROM holds h
        WHERE h.id = $1 AND h.restricts = 1 AND h.conversation_id IS NOT NULL";

    /// What restricts a conversation: $1 dealer, $2 conversation.
    RESTRICTION = "SELECT h.id FROM holds h
        WHERE h.dealer_id = $1 AND h.conversation_id = $2 AND h.restricts = 1
        ORDER BY h.id LIMIT 1";

    /// Nothing more is written to what is restricted: $1 dealer, $2 conversation, $3 now.
    STOP_REPLIES = "UPDATE replies
        SET state = 'ended', snapshot = NULL, generator = NULL, updated_at = $3
        WHERE dealer_id = $1 AND conversation_id = $2 AND state = 'running'";

    /// What holds anything of a dealer's: $1 dealer.
    HOLD_OF_DEALER = "SELECT h.id FROM holds h WHERE h.dealer_id = $1 ORDER BY h.id LIMIT 1";
}
