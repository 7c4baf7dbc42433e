-- The register of what people ask for under data-protection law (B-30). It names no person and no
-- conversation, and it outlives the dealer, so nothing here refers to another table. Columns of words
-- hold those of closed lists.
CREATE TABLE requests (
  id           TEXT NOT NULL PRIMARY KEY,
  dealer_id    TEXT NOT NULL,
  controller   TEXT NOT NULL,
  kind         TEXT NOT NULL,
  jurisdiction TEXT NOT NULL,
  received     TEXT NOT NULL,
  channel      TEXT NOT NULL,
  proof        TEXT NOT NULL,
  entries      TEXT NOT NULL,
  outcome      TEXT,
  ground       TEXT,
  closed_at    BIGINT,
  expires_at   BIGINT,
  seal         BYTEA NOT NULL CHECK (length(seal) = 32),
  CHECK ((outcome IS NULL) = (closed_at IS NULL) AND (outcome IS NULL) = (expires_at IS NULL))
);

CREATE INDEX requests_by_day ON requests (received, id);
CREATE INDEX requests_by_end ON requests (expires_at, id);
