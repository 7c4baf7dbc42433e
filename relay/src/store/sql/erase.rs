//! Deleting conversations by their ids.

use super::{batches, queries};

/// The conversations of one step: as many as `STEP`.
macro_rules! these {
    () => {
        "($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)"
    };
}

queries! {
    /// How many messages and leads a conversation of this dealer's has: $1 dealer, $2 conversation.
    OURS = "SELECT c.next_seq - 1, (SELECT COUNT(*) FROM leads l WHERE l.conversation_id = c.id)
        FROM conversations c WHERE c.dealer_id = $1 AND c.id = $2";

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
