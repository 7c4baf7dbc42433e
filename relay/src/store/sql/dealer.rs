//! The dealers themselves, what they spend and what their documents say; the database's own facts.

use super::queries;

queries! {
    /// $1 dealer.
    COUNTERS = "SELECT month, conversations, messages, leads FROM counters
        WHERE dealer_id = $1 ORDER BY month";

    /// The last message of the longest silent that is there: $1 dealer.
    OLDEST_OF_DEALER = "SELECT MIN(c.last_at) FROM conversations c WHERE c.dealer_id = $1";

    /// $1 key.
    META = "SELECT value FROM meta WHERE key = $1";

    /// $1 key, $2 value; keeps what is there.
    INSERT_META = "INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING";

    /// $1 key, $2 value.
    PUT_META = "INSERT INTO meta (key, value) VALUES ($1, $2)
        ON CONFLICT (key) DO UPDATE SET value = excluded.value";

    /// $1 key.
    DELETE_META = "DELETE FROM meta WHERE key = $1";

    /// Counts one commit more, and answers how many there are.
    COUNT_COMMIT = "UPDATE meta SET value = CAST(CAST(value AS BIGINT) + 1 AS TEXT)
        WHERE key = 'commits' RETURNING CAST(value AS BIGINT)";

    /// Tells every process that its directory is old.
    TOUCH_DEALERS = "UPDATE meta SET value = CAST(CAST(value AS BIGINT) + 1 AS TEXT)
        WHERE key = 'dealers_version'";

    /// Oldest first.
    DEALERS = "SELECT id, config, seal FROM dealers WHERE status <> 'removing' ORDER BY created_at, id";

    /// $1 dealer.
    DEALER = "SELECT config, seal FROM dealers WHERE id = $1 AND status <> 'removing'";

    /// $1 dealer, $2 config, $3 status, $4 now, $5 seal.
    INSERT_DEALER = "INSERT INTO dealers
          (id, config, status, version, documents_version, created_at, updated_at, seal)
        VALUES ($1, $2, $3, 1, 0, $4, $4, $5)";

    /// $1 dealer, $2 config, $3 status, $4 now, $5 seal.
    UPDATE_DEALER = "UPDATE dealers
        SET config = $2, seal = $5, status = $3, version = version + 1, updated_at = $4
        WHERE id = $1 AND status <> 'removing'";

    /// $1 dealer, $2 now.
    MARK_REMOVING = "UPDATE dealers SET status = 'removing', updated_at = $2
        WHERE id = $1 AND status <> 'removing'";

    /// $1 site key, $2 dealer.
    INSERT_SITE = "INSERT INTO sites (site_key, dealer_id) VALUES ($1, $2)";

    /// The dealer of a site: $1 site key.
    SITE_OWNER = "SELECT dealer_id FROM sites WHERE site_key = $1";

    /// $1 dealer.
    DELETE_SITES = "DELETE FROM sites WHERE dealer_id = $1";

    /// $1 dealer, $2 day.
    TOKENS_SPENT = "SELECT prompt_tokens + completion_tokens FROM usage
        WHERE dealer_id = $1 AND day = $2";

    /// $1 dealer.
    DOCUMENTS = "SELECT name, title, url, text, seal FROM documents WHERE dealer_id = $1 ORDER BY name";

    /// $1 dealer.
    DOCUMENTS_VERSION = "SELECT documents_version FROM dealers WHERE id = $1";

    /// $1 dealer.
    TOUCH_DOCUMENTS = "UPDATE dealers SET documents_version = documents_version + 1
        WHERE id = $1 AND status <> 'removing'";

    /// $1 dealer.
    DELETE_DOCUMENTS = "DELETE FROM documents WHERE dealer_id = $1";

    /// $1 dealer, $2 name, $3 title, $4 url, $5 text, $6 seal.
    INSERT_DOCUMENT = "INSERT INTO documents (dealer_id, name, title, url, text, seal)
        VALUES ($1, $2, $3, $4, $5, $6)";
}
