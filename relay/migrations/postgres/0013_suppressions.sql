-- Who wants no marketing by a channel (B-27): the keyed hash of an address or a number, so that nobody is
-- read from it. It outlives the conversation, since a "no" that is forgotten would be asked for again.
CREATE TABLE suppressions (
  dealer_id TEXT NOT NULL REFERENCES dealers (id),
  digest    BYTEA NOT NULL CHECK (length(digest) = 32),
  channel   TEXT NOT NULL,
  at        BIGINT NOT NULL,
  PRIMARY KEY (dealer_id, digest, channel)
);
