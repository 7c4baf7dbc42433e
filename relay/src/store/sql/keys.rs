//! The wrapped keys and the tombstones, in their database apart. No key in clear is ever an argument.

use super::{batches, queries};

/// The conversations of one step of `DESTROY`: as many as `STEP`.
macro_rules! destroyed {
    () => {
        "($3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)"
    };
}

/// How many ids a query takes at once; where there are fewer, the last is named again: see `step`.
pub(in crate::store) const STEP: usize = 20;

/// The keys of conversations that begin: by how many a text puts down at once, the most first.
pub(in crate::store) const INSERT_KEYS: [(usize, &str); 3] = [
    (16, INSERT_16_CONVERSATION_KEYS),
    (4, INSERT_4_CONVERSATION_KEYS),
    (1, INSERT_CONVERSATION_KEY),
];

queries! {
    /// $1 key.
    KEYS_META = "SELECT value FROM keys_meta WHERE key = $1";

    /// $1 key, $2 value; keeps what is there.
    INSERT_KEYS_META = "INSERT INTO keys_meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING";

    /// The operator's keys that are needed.
    OPERATOR_KEYS = "SELECT DISTINCT operator_key FROM dealer_keys ORDER BY operator_key";

    /// The key of a conversation and the dealer's key that wraps it: $1 dealer, $2 conversation.
    CONVERSATION_KEY = "SELECT k.wrapped, d.id AS dealer_key, d.wrapped AS dealer_wrapped, d.operator_key
        FROM conversation_keys k
        JOIN dealer_keys d ON d.id = k.dealer_key
        WHERE k.conversation_id = $2 AND k.dealer_id = $1";

    /// Whether a conversation was deleted: $1 dealer, $2 conversation.
    TOMBSTONE = "SELECT t.at FROM tombstones t WHERE t.conversation_id = $2 AND t.dealer_id = $1";

    /// A dealer's key: $1 dealer, $2 for what.
    CURRENT_DEALER_KEY = "SELECT d.id AS dealer_key, d.wrapped AS dealer_wrapped, d.operator_key
        FROM dealer_keys d
        WHERE d.dealer_id = $1 AND d.purpose = $2 AND d.is_current = 1";

    /// $1 id, $2 dealer, $3 for what, $4 operator's key, $5 wrapped, $6 now.
    INSERT_DEALER_KEY = "INSERT INTO dealer_keys
          (id, dealer_id, purpose, operator_key, wrapped, is_current, created_at)
        VALUES ($1, $2, $3, $4, $5, 1, $6)";

    /// The key of a conversation that begins: $1 conversation, $2 dealer, $3 dealer's key, $4 wrapped.
    INSERT_CONVERSATION_KEY = "INSERT INTO conversation_keys (conversation_id, dealer_id, dealer_key, wrapped)
        VALUES ($1, $2, $3, $4)";

    /// The same of four, one after the other.
    INSERT_4_CONVERSATION_KEYS = "INSERT INTO conversation_keys (conversation_id, dealer_id, dealer_key, wrapped)
        VALUES
          ($1, $2, $3, $4), ($5, $6, $7, $8), ($9, $10, $11, $12), ($13, $14, $15, $16)";

    /// The same of sixteen.
    INSERT_16_CONVERSATION_KEYS = "INSERT INTO conversation_keys (conversation_id, dealer_id, dealer_key, wrapped)
        VALUES
          ($1, $2, $3, $4), ($5, $6, $7, $8), ($9, $10, $11, $12), ($13, $14, $15, $16),
          ($17, $18, $19, $20), ($21, $22, $23, $24), ($25, $26, $27, $28), ($29, $30, $31, $32),
          ($33, $34, $35, $36), ($37, $38, $39, $40), ($41, $42, $43, $44), ($45, $46, $47, $48),
          ($49, $50, $51, $52), ($53, $54, $55, $56), ($57, $58, $59, $60), ($61, $62, $63, $64)";

    /// The dealers' keys that another of the operator's wraps than this: $1 operator's key.
    WRAPPED_BY_OTHERS = "SELECT dealer_id, id AS dealer_key, wrapped AS dealer_wrapped, operator_key
        FROM dealer_keys WHERE operator_key <> $1";

    /// $1 dealer's key, $2 operator's key, $3 wrapped.
    REWRAP_DEALER_KEY = "UPDATE dealer_keys SET operator_key = $2, wrapped = $3 WHERE id = $1";

    /// $1 dealer.
    RETIRE_DEALER_KEY = "UPDATE dealer_keys SET is_current = 0
        WHERE dealer_id = $1 AND purpose = 'seal' AND is_current = 1";

    /// The keys of conversations that an older key of their dealer's wraps: $1 dealer, $2 after this
    /// conversation, $3 limit.
    WRAPPED_BY_OLDER = "SELECT k.conversation_id, k.wrapped, d.id AS dealer_key,
          d.wrapped AS dealer_wrapped, d.operator_key
        FROM dealer_keys d
        JOIN conversation_keys k ON k.dealer_key = d.id
        WHERE d.dealer_id = $1 AND d.is_current = 0 AND k.conversation_id > $2
        ORDER BY k.conversation_id LIMIT $3";

    /// $1 conversation, $2 dealer's key, $3 wrapped.
    REWRAP_CONVERSATION_KEY = "UPDATE conversation_keys SET dealer_key = $2, wrapped = $3
        WHERE conversation_id = $1";

    /// $1 dealer.
    DELETE_OLDER_DEALER_KEYS = "DELETE FROM dealer_keys WHERE dealer_id = $1 AND is_current = 0
          AND NOT EXISTS (SELECT 1 FROM conversation_keys k WHERE k.dealer_key = dealer_keys.id)";

    /// What was deleted: $1 after this id, $2 limit.
    TOMBSTONES = "SELECT t.conversation_id, t.dealer_id, t.reason FROM tombstones t
        WHERE t.conversation_id > $1 ORDER BY t.conversation_id LIMIT $2";

    /// The first that there is, and its end: $1 how long each is kept, in milliseconds.
    FIRST_TOMBSTONE = "SELECT t.at, t.at + $1 FROM tombstones t ORDER BY t.at LIMIT 1";

    /// Whether there is one: $1 before this moment.
    OLD_TOMBSTONE = "SELECT t.at FROM tombstones t WHERE t.at < $1 LIMIT 1";

    /// A receipt, where there is a key to be destroyed: $1 id, $2 text, $3 public key, $4 signature,
    /// $5 conversation.
    INSERT_RECEIPT = "INSERT INTO receipts (id, body, signed_with, signature)
        SELECT $1, $2, $3, $4 FROM conversation_keys k WHERE k.conversation_id = $5";

    /// $1 id.
    RECEIPT = "SELECT id, body, signed_with, signature FROM receipts WHERE id = $1";

    /// $1 after this id, $2 limit.
    UNSIGNED_RECEIPTS = "SELECT id, body, signed_with, signature FROM receipts
        WHERE signature IS NULL AND id > $1 ORDER BY id LIMIT $2";

    /// $1 id, $2 public key, $3 signature.
    SIGN_RECEIPT = "UPDATE receipts SET signed_with = $2, signature = $3
        WHERE id = $1 AND signature IS NULL";

    /// $1 report, $2 limit.
    CLAIM_RECEIPTS = "UPDATE receipts SET report = $1 WHERE id IN
          (SELECT r.id FROM receipts r WHERE r.report IS NULL ORDER BY r.id LIMIT $2)";

    /// All of them: $1 after this id, $2 limit.
    RECEIPTS = "SELECT id, body, signed_with, signature FROM receipts
        WHERE id > $1 ORDER BY id LIMIT $2";

    /// Those that a report counts: $1 report, $2 after this id, $3 limit.
    RECEIPTS_OF = "SELECT id, body, signed_with, signature FROM receipts
        WHERE report = $1 AND id > $2 ORDER BY id LIMIT $3";

    /// Those that no report counts yet: $1 after this id, $2 limit.
    OPEN_RECEIPTS = "SELECT id, body, signed_with, signature FROM receipts
        WHERE report IS NULL AND id > $1 ORDER BY id LIMIT $2";

    /// How many name a report that there is not: $1 the next report.
    STRAY_RECEIPTS = "SELECT COUNT(*) FROM receipts WHERE report < 1 OR report > $1";

    /// $1 number, $2 text, $3 public key, $4 signature.
    INSERT_REPORT = "INSERT INTO reports (number, body, signed_with, signature) VALUES ($1, $2, $3, $4)";

    /// The last one.
    LAST_REPORT = "SELECT number, body, signed_with, signature FROM reports
        WHERE 0 < number ORDER BY number DESC LIMIT 1";

    /// $1 after this number, $2 limit.
    REPORTS = "SELECT number, body, signed_with, signature FROM reports
        WHERE number > $1 ORDER BY number LIMIT $2";

    /// Whose a conversation's key is: $1 conversation.
    KEY_OWNER = "SELECT k.dealer_id FROM conversation_keys k WHERE k.conversation_id = $1";

    /// $1 before this moment.
    DROP_TOMBSTONES = "DELETE FROM tombstones WHERE at < $1";

    /// Keys that a crash or a restore has left without a conversation, of a dealer that has none any
    /// more: $1 dealer.
    DELETE_LEFT_KEYS = "DELETE FROM conversation_keys WHERE dealer_key IN
          (SELECT d.id FROM dealer_keys d WHERE d.dealer_id = $1)";

    /// $1 dealer.
    DELETE_DEALER_KEYS = "DELETE FROM dealer_keys WHERE dealer_id = $1";
}

batches! {
    /// Destroys the keys of conversations and keeps their tombstones: $1 reason, $2 now, $3 to $22
    /// conversations.
    DESTROY =
        tombstone concat!("INSERT INTO tombstones (conversation_id, dealer_id, reason, at)
        SELECT k.conversation_id, k.dealer_id, $1, $2 FROM conversation_keys k
        WHERE k.conversation_id IN ", destroyed!(), " ON CONFLICT (conversation_id) DO NOTHING");
        then concat!("DELETE FROM conversation_keys WHERE conversation_id IN ", destroyed!());
}
