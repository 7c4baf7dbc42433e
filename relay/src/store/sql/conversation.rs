//! Conversations, messages and replies of one dealer.

use super::{batches, queries};

/// The columns of a message, in the order in which `row.rs` reads them.
macro_rules! message_columns {
    () => {
        "m.seq, m.author_kind, m.body, m.at, m.client_msg_id, m.reply_id, m.finish, m.generator, m.sources, m.offer"
    };
}

/// All columns of a conversation, by the names that `ConversationRow` has.
macro_rules! conversation_columns {
    () => {
        "c.id, c.dealer_id, c.site_key, c.token_hash, c.locale, c.notice_version, c.build, c.period, c.policy, c.started_at, c.last_at, c.expires_at, c.next_seq, c.chain, c.seal"
    };
}
pub(super) use conversation_columns;

queries! {
    /// The row of a token and the oldest running reply, expired or not: whether it is over is
    /// believed only of a row that is intact. No words: $1 dealer, $2 token hash.
    RESUME = concat!("SELECT ", conversation_columns!(), ",
          (SELECT r.reply_id FROM replies r
            WHERE r.conversation_id = c.id AND r.state = 'running'
            ORDER BY r.answers_seq LIMIT 1) AS running
        FROM conversations c
        WHERE c.dealer_id = $1 AND c.token_hash = $2");

    /// By its id, expired or not, as above. No words: $1 dealer, $2 conversation.
    CONVERSATION = concat!("SELECT ", conversation_columns!(), "
        FROM conversations c
        WHERE c.dealer_id = $1 AND c.id = $2");

    /// What the other index knows of a token that the first does not know: $1 dealer, $2 token
    /// hash. The empty text keeps the first index out of it.
    KNOWN_AGAIN = "SELECT c.id FROM conversations c
        WHERE c.token_hash = $2 AND c.dealer_id || '' = $1";

    /// How many messages a conversation has had, where none was found: by another index than the one
    /// that found none, as in `KNOWN_AGAIN`. $1 dealer, $2 conversation, $3 now.
    NEXT_SEQ = "SELECT c.next_seq FROM conversations c
        WHERE c.dealer_id || '' = $1 AND c.id = $2 AND c.expires_at > $3";

    /// All conversations, to be checked, over or not: whether one is over is believed only of a row
    /// that is intact. No words: $1 dealer, $2 after this id, $3 limit.
    TO_VERIFY = concat!("SELECT ", conversation_columns!(), "
        FROM conversations c
        WHERE c.dealer_id = $1 AND c.id > $2
        ORDER BY c.id LIMIT $3");

    /// What is kept so far of a reply: $1 dealer, $2 conversation, $3 reply, $4 now.
    SNAPSHOT = "SELECT r.snapshot, r.generator
        FROM replies r
        JOIN conversations c ON c.dealer_id = r.dealer_id AND c.id = r.conversation_id
        WHERE r.dealer_id = $1 AND r.conversation_id = $2 AND r.reply_id = $3
          AND c.expires_at > $4";

    /// The message at a place, whose hash the next one rests on, and those after it, each with what
    /// the conversation says of its end: $1 dealer, $2 conversation, $3 the place, $4 now, $5 limit.
    HISTORY = concat!("SELECT ", message_columns!(), ", m.chain, c.next_seq, c.chain AS last_chain
        FROM messages m
        JOIN conversations c ON c.dealer_id = m.dealer_id AND c.id = m.conversation_id
        WHERE m.dealer_id = $1 AND m.conversation_id = $2 AND m.seq >= $3 AND c.expires_at > $4
        ORDER BY m.seq LIMIT $5");

    /// What an append must know, expired or not: $1 dealer, $2 token hash, $3 client_msg_id.
    /// The repeat of a message finds its place and the reply that is being written to it.
    BEFORE_APPEND = concat!("SELECT ", conversation_columns!(), ",
          m.seq AS same_seq, m.at AS same_at,
          (SELECT r.reply_id FROM replies r
            WHERE r.conversation_id = c.id AND r.answers_seq = m.seq AND r.state = 'running'
            LIMIT 1) AS same_reply,
          (SELECT COUNT(*) FROM replies r
            WHERE r.conversation_id = c.id AND r.state = 'running') AS n_running
        FROM conversations c
        LEFT JOIN messages m ON m.conversation_id = c.id AND m.client_msg_id = $3
        WHERE c.dealer_id = $1 AND c.token_hash = $2");

    /// $1 dealer, $2 conversation, $3 site, $4 token hash, $5 locale, $6 notice version, $7 build,
    /// $8 period, $9 now, $10 expires_at, $11 seal, $12 policy.
    INSERT_CONVERSATION = "INSERT INTO conversations
          (dealer_id, id, site_key, token_hash, locale, notice_version, build, period, policy,
           started_at, last_at, expires_at, next_seq, chain, seal)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $12, $9, $9, $10, 1, NULL, $11)";

    /// What a finished reply must know: $1 dealer, $2 conversation, $3 reply, $4 now.
    BEFORE_FINISH = concat!("SELECT ", conversation_columns!(), ", r.state
        FROM replies r
        JOIN conversations c ON c.dealer_id = r.dealer_id AND c.id = r.conversation_id
        WHERE r.dealer_id = $1 AND r.conversation_id = $2 AND r.reply_id = $3
          AND c.expires_at > $4");

    /// The message that a reply became: $1 dealer, $2 conversation, $3 reply, $4 now.
    FINISHED = concat!("SELECT ", message_columns!(), ", c.expires_at
        FROM messages m
        JOIN conversations c ON c.dealer_id = m.dealer_id AND c.id = m.conversation_id
        WHERE m.dealer_id = $1 AND m.conversation_id = $2 AND m.reply_id = $3
          AND c.expires_at > $4");

    /// What another try must know: $1 dealer, $2 conversation, $3 the old reply, $4 now.
    BEFORE_RETRY = "SELECT m.seq, m.finish, r.answers_seq, c.next_seq, c.last_at,
          (SELECT COUNT(*) FROM replies o
            WHERE o.conversation_id = c.id AND o.state = 'running')
        FROM messages m
        JOIN replies r ON r.conversation_id = m.conversation_id AND r.reply_id = m.reply_id
        JOIN conversations c ON c.dealer_id = m.dealer_id AND c.id = m.conversation_id
        WHERE m.dealer_id = $1 AND m.conversation_id = $2 AND m.reply_id = $3
          AND c.expires_at > $4";

    /// $1 dealer, $2 conversation, $3 reply, $4 answers seq, $5 now.
    INSERT_REPLY = "INSERT INTO replies
          (dealer_id, conversation_id, reply_id, answers_seq, state, snapshot, updated_at)
        VALUES ($1, $2, $3, $4, 'running', NULL, $5)";

    /// $1 dealer, $2 conversation, $3 last_at, $4 expires_at, $5 seal, $6 next_seq and $7 last_at as
    /// they were.
    MOVE_END = "UPDATE conversations SET last_at = $3, expires_at = $4, seal = $5
        WHERE dealer_id = $1 AND id = $2 AND next_seq = $6 AND last_at = $7";

    /// The conversations that were promised another period than this, or another action, over or not:
    /// whether one is over is believed only of a row that is intact. No words: $1 dealer, $2 after this
    /// id, $3 period, $4 limit, $5 action.
    OF_OTHER_PERIOD = concat!("SELECT ", conversation_columns!(), "
        FROM conversations c
        WHERE c.dealer_id = $1 AND c.id > $2 AND (c.period <> $3 OR c.policy NOT LIKE '% ' || $5)
        ORDER BY c.id LIMIT $4");

    /// $1 dealer, $2 conversation, $3 period, $4 expires_at, $5 seal, $6 next_seq and $7 last_at as they
    /// were, $8 policy.
    SHORTEN = "UPDATE conversations SET period = $3, policy = $8, expires_at = $4, seal = $5
        WHERE dealer_id = $1 AND id = $2 AND next_seq = $6 AND last_at = $7";

    /// $1 dealer, $2 conversation, $3 reply, $4 snapshot, $5 generator, $6 now.
    UPDATE_SNAPSHOT = "UPDATE replies SET snapshot = $4, generator = $5, updated_at = $6
        WHERE dealer_id = $1 AND conversation_id = $2 AND reply_id = $3 AND state = 'running'";
}

batches! {
    /// A visitor's message and the reply owed to it: $1 dealer, $2 conversation, $3 seq,
    /// $4 client_msg_id, $5 body, $6 now, $7 expires_at, $8 period, $9 reply, $10 chain, $11 seal,
    /// $12 policy.
    APPEND =
        message "INSERT INTO messages
          (dealer_id, conversation_id, seq, author_kind, client_msg_id, body, at, chain)
        VALUES ($1, $2, $3, 'visitor', $4, $5, $6, $10)",
        place "UPDATE conversations
        SET next_seq = $3 + 1, last_at = $6, expires_at = $7, period = $8, policy = $12, chain = $10,
          seal = $11
        WHERE dealer_id = $1 AND id = $2";
        then "INSERT INTO replies
          (dealer_id, conversation_id, reply_id, answers_seq, state, snapshot, updated_at)
        VALUES ($1, $2, $9, $3, 'running', NULL, $6)";

    /// A reply becomes a message: $1 dealer, $2 conversation, $3 seq, $4 reply, $5 body, $6 at,
    /// $7 expires_at, $8 period, $9 finish, $10 generator, $11 sources, $12 offer, $13 day,
    /// $14 prompt tokens, $15 completion tokens, $16 last_at, $17 chain, $18 seal,
    /// $19 policy.
    FINISH =
        message "INSERT INTO messages
          (dealer_id, conversation_id, seq, author_kind, reply_id, body, at, finish, generator,
           sources, offer, chain)
        VALUES ($1, $2, $3, 'ai', $4, $5, $6, $9, $10, $11, $12, $17)",
        place "UPDATE conversations
        SET next_seq = $3 + 1, last_at = $16, expires_at = $7, period = $8, policy = $19,
          chain = $17, seal = $18
        WHERE dealer_id = $1 AND id = $2",
        reply "UPDATE replies
        SET state = 'ended', snapshot = NULL, generator = NULL, updated_at = $6
        WHERE dealer_id = $1 AND conversation_id = $2 AND reply_id = $4";
        then "INSERT INTO usage (dealer_id, day, prompt_tokens, completion_tokens, replies)
        VALUES ($1, $13, $14, $15, 1)
        ON CONFLICT (dealer_id, day) DO UPDATE SET
          prompt_tokens = usage.prompt_tokens + excluded.prompt_tokens,
          completion_tokens = usage.completion_tokens + excluded.completion_tokens,
          replies = usage.replies + 1";
}
