//! What the upgrade of an older relay's rows needs, and nobody else.

use super::queries;

queries! {
    /// Whether there is any.
    ANY_CONVERSATION = "SELECT c.started_at FROM conversations c LIMIT 1";

    /// The snapshots of a conversation: $1 dealer, $2 conversation.
    ALL_SNAPSHOTS = "SELECT r.reply_id, r.snapshot FROM replies r
        WHERE r.dealer_id = $1 AND r.conversation_id = $2 AND r.snapshot IS NOT NULL";

    /// The leads of a conversation: $1 dealer, $2 conversation.
    ALL_LEADS = "SELECT l.id, l.fields FROM leads l
        WHERE l.dealer_id = $1 AND l.conversation_id = $2";

    /// $1 dealer, $2 conversation, $3 seq, $4 body, $5 chain.
    RESEAL_MESSAGE = "UPDATE messages SET body = $4, chain = $5
        WHERE dealer_id = $1 AND conversation_id = $2 AND seq = $3";

    /// $1 dealer, $2 conversation, $3 reply, $4 snapshot.
    RESEAL_SNAPSHOT = "UPDATE replies SET snapshot = $4
        WHERE dealer_id = $1 AND conversation_id = $2 AND reply_id = $3";

    /// $1 dealer, $2 conversation, $3 lead, $4 fields.
    RESEAL_LEAD = "UPDATE leads SET fields = $4
        WHERE dealer_id = $1 AND conversation_id = $2 AND id = $3";

    /// $1 dealer, $2 conversation, $3 chain, $4 seal.
    RESEAL_CONVERSATION = "UPDATE conversations SET chain = COALESCE($3, chain), seal = $4
        WHERE dealer_id = $1 AND id = $2";
}
