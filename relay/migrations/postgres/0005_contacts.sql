-- By what a person is found again (B-31): keyed hashes of e-mail addresses and telephone numbers, of
-- leads and of what was typed. Nobody without the dealer's key can try addresses against them.
CREATE TABLE contacts (
  dealer_id       TEXT NOT NULL,
  conversation_id TEXT NOT NULL,
  digest          BYTEA NOT NULL CHECK (length(digest) = 32),
  PRIMARY KEY (conversation_id, digest),
  FOREIGN KEY (dealer_id, conversation_id) REFERENCES conversations (dealer_id, id)
);

CREATE INDEX contacts_by_digest ON contacts (dealer_id, digest);
