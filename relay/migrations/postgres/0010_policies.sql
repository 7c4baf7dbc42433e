-- Which of a dealer's policies a conversation's end rests on (G-41), and what it says happens then:
-- `3 delete`. None where that was not kept yet. A part of the row's seal where it is there.
ALTER TABLE conversations ADD COLUMN policy TEXT;

-- What survives of the conversations of a dealer that has chosen to anonymise (G-03, A-T6b): how much
-- there was in a month. No text, no id of anything but the dealer, nothing finer than a month.
CREATE TABLE counters (
  dealer_id     TEXT    NOT NULL REFERENCES dealers (id),
  month         TEXT    NOT NULL CHECK (length(month) = 7),
  conversations BIGINT  NOT NULL,
  messages      BIGINT  NOT NULL,
  leads         BIGINT  NOT NULL,
  PRIMARY KEY (dealer_id, month)
);
