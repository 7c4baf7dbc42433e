-- Who deletes now (G-25): beside the receipts, of which there is one for each deletion. Taken over once
-- it has run out, or its process has ended.
CREATE TABLE leases (
  name   TEXT    NOT NULL PRIMARY KEY,
  owner  TEXT    NOT NULL,
  boot   TEXT    NOT NULL,
  pid    INTEGER NOT NULL,
  ends   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
