-- What is kept beyond its end because the law asks for it (G-29): one conversation, or all of a
-- dealer's. No word of a visitor stands here.
CREATE TABLE holds (
  id              TEXT    NOT NULL PRIMARY KEY,
  dealer_id       TEXT    NOT NULL REFERENCES dealers (id),
  -- None: all of this dealer's, also those that begin later.
  conversation_id TEXT,
  reason          TEXT    NOT NULL,
  basis           TEXT    NOT NULL,
  requested_by    TEXT    NOT NULL,
  approved_by     TEXT    NOT NULL CHECK (approved_by <> requested_by),
  set_at          INTEGER NOT NULL,
  review_at       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX holds_of_dealer ON holds (dealer_id, conversation_id);
CREATE INDEX holds_of_conversation ON holds (conversation_id, dealer_id);
