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
  due          BIGINT NOT NULL,
  attempts     BIGINT NOT NULL,
  locked_until BIGINT,
  tried_at     BIGINT,
  answer       TEXT,
  at           BIGINT NOT NULL,
  expires_at   BIGINT NOT NULL
);

CREATE INDEX notices_due ON notices (dealer_id, target, due) WHERE state = 'pending';
CREATE INDEX notices_known ON notices (dealer_id, event, about, at);
CREATE INDEX notices_by_end ON notices (expires_at);
