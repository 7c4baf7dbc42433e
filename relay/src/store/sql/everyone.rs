//! The queries that cross dealers: the sweep's and the recovery's, and nobody else's (D6).

use super::queries;

/// What is held (G-29), by indexes alone: also where the row itself can't be read. The range of one id
/// keeps the index out of it that names no dealer.
macro_rules! held {
    () => {
        "(EXISTS (SELECT 1 FROM holds h WHERE h.conversation_id = c.id)
          OR EXISTS (SELECT 1 FROM holds h
            CROSS JOIN conversations o
            WHERE h.conversation_id IS NULL
              AND o.dealer_id = h.dealer_id AND o.id >= c.id AND o.id <= c.id))"
    };
}

/// What is due at $1: the index says so, and the row itself too. Where they differ, one of them is
/// damaged, and nothing is deleted on the word of one. What is held is not due, and known before its row
/// is looked at.
macro_rules! due {
    () => {
        concat!(
            "c.expires_at <= $1 AND NOT ",
            held!(),
            "
          AND (SELECT t.expires_at FROM conversations t WHERE t.id = c.id) <= $1"
        )
    };
}

/// The conversations that the sweep takes, in its order: $1 now, $2 and $3 the place after which,
/// $4 and $5 the place up to which.
macro_rules! taken {
    () => {
        concat!(
            "(SELECT c.id FROM conversations c
          WHERE ",
            due!(),
            " AND (c.expires_at, c.id) > ($2, $3) AND (c.expires_at, c.id) <= ($4, $5))"
        )
    };
}

queries! {
    /// The one selector of the sweep and of its dry run (G-28): $1 now, $2 and $3 the place after
    /// which, $4 limit.
    DUE = concat!("SELECT c.dealer_id, c.id, c.last_at, c.expires_at, c.next_seq - 1,
          (SELECT COUNT(*) FROM leads l WHERE l.conversation_id = c.id)
        FROM conversations c
        WHERE ", due!(), " AND (c.expires_at, c.id) > ($2, $3)
        ORDER BY c.expires_at, c.id LIMIT $4");

    /// The first place after one, by the index alone: what a damaged page hides has it too. $1 now,
    /// $2 and $3 the place after which.
    NEXT_DUE = concat!("SELECT c.expires_at, c.id FROM conversations c
        WHERE c.expires_at <= $1 AND (c.expires_at, c.id) > ($2, $3) AND NOT ", held!(), "
        ORDER BY c.expires_at, c.id LIMIT 1");

    /// How many are past their end and held: $1 now.
    HELD = concat!("SELECT COUNT(*) FROM conversations c WHERE c.expires_at <= $1 AND ", held!());

    /// The first that is due, by the index and the row: $1 now, $2 and $3 the place after which.
    OLDEST_DUE = concat!("SELECT c.expires_at, c.id FROM conversations c
        WHERE ", due!(), " AND (c.expires_at, c.id) > ($2, $3)
        ORDER BY c.expires_at, c.id LIMIT 1");

    /// How many are due, and how many held beyond their end, of each dealer that has any: $1 now.
    LATE = concat!("SELECT c.dealer_id, SUM(CASE WHEN ", held!(), " THEN 0 ELSE 1 END),
          SUM(CASE WHEN ", held!(), " THEN 1 ELSE 0 END)
        FROM conversations c WHERE c.expires_at <= $1 GROUP BY c.dealer_id");

    /// Of what is not held the one that ends first: its last message, its end.
    FIRST_CONVERSATION = concat!("SELECT c.last_at, c.expires_at FROM conversations c
        WHERE NOT ", held!(), " ORDER BY c.expires_at, c.id LIMIT 1");

    /// The same of the register: when it was closed, its end.
    FIRST_REQUEST = "SELECT r.closed_at, r.expires_at FROM requests r
        WHERE r.expires_at IS NOT NULL ORDER BY r.expires_at, r.id LIMIT 1";

    /// The first entry of the trail, and its end: $1 how long each is kept, in milliseconds.
    FIRST_AUDIT = "SELECT a.at, a.at + $1 FROM audit a ORDER BY a.at LIMIT 1";

    /// Conversations of which the index says that they are due, and the row does not: $1 now.
    DISPUTED = "SELECT COUNT(*) FROM conversations c
        WHERE c.expires_at <= $1
          AND COALESCE((SELECT t.expires_at FROM conversations t WHERE t.id = c.id), $1 + 1) > $1";

    /// $1 to $5 as in `taken`.
    SWEEP_OUTBOX = concat!("DELETE FROM outbox WHERE conversation_id IN ", taken!());

    /// $1 to $5 as in `taken`.
    SWEEP_CONTACTS = concat!("DELETE FROM contacts WHERE conversation_id IN ", taken!());

    /// $1 to $5 as in `taken`.
    SWEEP_CONSENTS = concat!("DELETE FROM consents WHERE conversation_id IN ", taken!());

    /// $1 to $5 as in `taken`.
    SWEEP_LEADS = concat!("DELETE FROM leads WHERE conversation_id IN ", taken!());

    /// $1 to $5 as in `taken`.
    SWEEP_REPLIES = concat!("DELETE FROM replies WHERE conversation_id IN ", taken!());

    /// $1 to $5 as in `taken`.
    SWEEP_MESSAGES = concat!("DELETE FROM messages WHERE conversation_id IN ", taken!());

    /// $1 to $5 as in `taken`; the last, since the others find their rows by it.
    SWEEP_CONVERSATIONS = concat!("DELETE FROM conversations WHERE id IN ", taken!());

    /// The replies that a crash left open: $1 now, $2 and $3 the place after which, $4 limit.
    OPEN_REPLIES = "SELECT r.dealer_id, r.conversation_id, r.reply_id, r.snapshot, r.generator,
          r.updated_at, r.answers_seq
        FROM replies r
        JOIN conversations c ON c.dealer_id = r.dealer_id AND c.id = r.conversation_id
        WHERE r.state = 'running' AND c.expires_at > $1
          AND (r.conversation_id, r.answers_seq) > ($2, $3)
        ORDER BY r.conversation_id, r.answers_seq LIMIT $4";

    /// Dealers whose removal has begun.
    REMOVING = "SELECT id FROM dealers WHERE status = 'removing' ORDER BY id";

    /// Hides all conversations of a dealer at once and puts them first in the sweep: $1 dealer. Their
    /// seals would not fit any more, and what is on its way out needs none.
    EXPIRE_DEALER = "UPDATE conversations SET expires_at = 0, seal = NULL WHERE dealer_id = $1 AND expires_at <> 0";

    /// The conversations of a dealer, by an index alone: $1 dealer, $2 after this id, $3 limit.
    OF_DEALER = "SELECT c.id FROM conversations c
        WHERE c.dealer_id = $1 AND c.id > $2 ORDER BY c.id LIMIT $3";

    /// The same as `EXPIRE_DEALER` for one: $1 conversation.
    EXPIRE_CONVERSATION = "UPDATE conversations SET expires_at = 0, seal = NULL WHERE id = $1 AND expires_at <> 0";

    /// Counts what is anonymised: $1 dealer, $2 month, $3 conversations, $4 messages, $5 leads.
    ADD_COUNTERS = "INSERT INTO counters (dealer_id, month, conversations, messages, leads)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (dealer_id, month) DO UPDATE SET
          conversations = counters.conversations + excluded.conversations,
          messages = counters.messages + excluded.messages,
          leads = counters.leads + excluded.leads";

    /// $1 dealer.
    DELETE_COUNTERS = "DELETE FROM counters WHERE dealer_id = $1";

    /// $1 dealer.
    DELETE_USAGE = "DELETE FROM usage WHERE dealer_id = $1";

    /// Unless a conversation of it is left: $1 dealer.
    DELETE_DEALER = "DELETE FROM dealers WHERE id = $1 AND status = 'removing'
          AND NOT EXISTS (SELECT 1 FROM conversations c WHERE c.dealer_id = $1)";
}
