-- What recipients of a lead are told after it, and what a dealer is told of its deliveries (Art. 19 GDPR).
-- It outlives the conversation, so nothing here refers to one; a lead is named by its id alone.
CREATE TABLE notices (
  id           TEXT NOT NULL PRIMARY KEY,
  dealer_id    TEXT NOT NULL REFERENCES dealers (id),
  event        TEXT NOT NULL,
  lead_id      TEXT NOT NULL,
  -- The target that it is about, and the one that it goes to: empty for the dealer's own address.
  about        TEXT NOT NULL,
  target       TEXT NOT NULL,
  state        TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'failed')),
  due          INTEGER NOT NULL,
  attempts     INTEGER NOT NULL,
  locked_until INTEGER,
  tried_at     INTEGER,
  answer       TEXT,
  at           INTEGER NOT NULL,
  expires_at   INTEGER NOT NULL
) STRICT;

CREATE INDEX notices_due ON notices (dealer_id, target, due) WHERE state = 'pending';
CREATE INDEX notices_known ON notices (dealer_id, event, about, at);
CREATE INDEX notices_by_end ON notices (expires_at);
