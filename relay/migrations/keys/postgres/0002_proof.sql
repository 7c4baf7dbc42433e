-- What proves that deleting was done: signed, without a name, a word, or an id that somebody had
-- (G-50, G-51). Beside the keys, since the two happen together.

-- A receipt for each conversation that was deleted, and which report counts it.
CREATE TABLE receipts (
  id          TEXT   NOT NULL PRIMARY KEY,
  body        TEXT   NOT NULL,
  signed_with TEXT,
  signature   TEXT,
  report      BIGINT
);

CREATE INDEX receipts_of_report ON receipts (report, id);
CREATE INDEX receipts_unsigned ON receipts (id) WHERE signature IS NULL;

-- The reports, each with the hash of the one before.
CREATE TABLE reports (
  number      BIGINT NOT NULL PRIMARY KEY,
  body        TEXT   NOT NULL,
  signed_with TEXT   NOT NULL,
  signature   TEXT   NOT NULL
);
