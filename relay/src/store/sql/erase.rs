//! Deleting conversations by their ids.

use super::{batches, queries};

/// The conversations of one step: as many as `STEP`.
macro_rules! these {
    () => {
        "($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)"
    };
}

queries! {
    /// Whether a conversation is this dealer's: $1 dealer, $2 conversation.
    OURS = "SELECT c.id FROM conversations c WHERE c.dealer_id = $1 AND c.id = $2";

    /// What is deleted with some conversations, for their receipts (G-50): how many rows, how many
    /// sealed bytes, and what was promised. $1 to $20.
    SIZES = concat!("SELECT c.id, c.period, c.policy, c.last_at, c.next_seq - 1 AS messages,
          (SELECT COUNT(*) FROM leads l WHERE l.conversation_id = c.id) AS leads,
          (SELECT COUNT(*) FROM consents s WHERE s.conversation_id = c.id) AS consents,
          (SELECT COUNT(*) FROM contacts k WHERE k.conversation_id = c.id) AS contacts,
          (SELECT COUNT(*) FROM outbox o WHERE o.conversation_id = c.id) AS deliveries,
          (SELECT COALESCE(SUM(LENGTH(m.body)), 0) FROM messages m WHERE m.conversation_id = c.id)
          + (SELECT COALESCE(SUM(LENGTH(l.fields)), 0) FROM leads l WHERE l.conversation_id = c.id)
          + (SELECT COALESCE(SUM(LENGTH(r.snapshot)), 0) FROM replies r
              WHERE r.conversation_id = c.id) AS bytes,
          (SELECT MAX(m.at) FROM messages m WHERE m.conversation_id = c.id
              AND (m.generator LIKE 'openai/%' OR m.generator LIKE 'anthropic/%'
                OR m.generator LIKE 'mistral/%')) AS provider_at
        FROM conversations c WHERE c.id IN ", these!());

    /// Which of some conversations are there, whosever they are: $1 to $20.
    THERE = concat!("SELECT c.id FROM conversations c WHERE c.id IN ", these!());
}

batches! {
    /// All rows of some conversations: $1 to $20.
    ERASE =
        deliveries concat!("DELETE FROM outbox WHERE conversation_id IN ", these!()),
        contacts_of concat!("DELETE FROM contacts WHERE conversation_id IN ", these!()),
        evidence concat!("DELETE FROM consents WHERE conversation_id IN ", these!()),
        details concat!("DELETE FROM leads WHERE conversation_id IN ", these!()),
        answers concat!("DELETE FROM replies WHERE conversation_id IN ", these!()),
        words concat!("DELETE FROM messages WHERE conversation_id IN ", these!());
        then concat!("DELETE FROM conversations WHERE id IN ", these!());
}
