-- Who of the staff did what with the data, and when: no content (B-44). Each entry holds the hash of the
-- one before it. The last one's hash is remembered in keys.db, apart from these.
CREATE TABLE audit (
  number    INTEGER NOT NULL PRIMARY KEY CHECK (1 <= number),
  at        INTEGER NOT NULL,
  -- Whose data it was, where it was one dealer's.
  dealer_id TEXT,
  body      TEXT NOT NULL
) STRICT;

CREATE INDEX audit_by_time ON audit (at);
CREATE INDEX audit_of_dealer ON audit (dealer_id, number);
