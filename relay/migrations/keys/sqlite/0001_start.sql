-- The wrapped keys, apart from what they open (D7, G-20). No key stands here in clear.

-- What belongs to the keys as a whole: an id, by which the data know their keys.
CREATE TABLE keys_meta (
  key   TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- A dealer's keys, each wrapped with one of the operator's: one of `seal` wraps the conversations',
-- an older one is there for as long as it wraps one; that of `index` finds people again.
CREATE TABLE dealer_keys (
  id           TEXT    NOT NULL PRIMARY KEY,
  dealer_id    TEXT    NOT NULL,
  purpose      TEXT    NOT NULL CHECK (purpose IN ('seal', 'index')),
  operator_key TEXT    NOT NULL,
  wrapped      BLOB    NOT NULL,
  is_current   INTEGER NOT NULL CHECK (is_current IN (0, 1)),
  created_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX dealer_keys_of_dealer ON dealer_keys (dealer_id);
CREATE UNIQUE INDEX dealer_keys_current ON dealer_keys (dealer_id, purpose) WHERE is_current = 1;

-- A key for each conversation, wrapped with its dealer's. Its end is the end of the words.
CREATE TABLE conversation_keys (
  conversation_id TEXT    NOT NULL PRIMARY KEY,
  dealer_id       TEXT    NOT NULL,
  dealer_key      TEXT    NOT NULL REFERENCES dealer_keys (id),
  wrapped         BLOB    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX conversation_keys_of_dealer_key ON conversation_keys (dealer_key);

-- What was deleted, and why: no name, no word, nothing that joins to anyone (G-32).
CREATE TABLE tombstones (
  conversation_id TEXT    NOT NULL PRIMARY KEY,
  dealer_id       TEXT    NOT NULL,
  reason          TEXT    NOT NULL,
  at              INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX tombstones_by_time ON tombstones (at);
