-- The first tables. Forward only: a change is a new file.
-- Ids are text, times are milliseconds since 1970 in UTC, JSON is text.
-- The twin of the file for SQLite; a test holds the columns of both against inventory.toml.

-- What belongs to the database as a whole: its epoch, the version of the dealers.
CREATE TABLE meta (
  key   TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
);

INSERT INTO meta (key, value) VALUES ('dealers_version', '0');

-- The tenants. `config` is the whole of a checked dealer.toml: nothing here is queried by it.
CREATE TABLE dealers (
  id                TEXT    NOT NULL PRIMARY KEY,
  config            TEXT    NOT NULL,
  -- 'removing' hides a dealer whose rows are being deleted; a restart goes on with it.
  status            TEXT    NOT NULL CHECK (status IN ('active', 'paused', 'removing')),
  version           BIGINT NOT NULL,
  documents_version BIGINT NOT NULL,
  created_at        BIGINT NOT NULL,
  updated_at        BIGINT NOT NULL
);

-- A site key belongs to one dealer only; the rest of a site stands in the dealer's config.
CREATE TABLE sites (
  site_key  TEXT NOT NULL PRIMARY KEY,
  dealer_id TEXT NOT NULL REFERENCES dealers (id)
);

CREATE INDEX sites_of_dealer ON sites (dealer_id);

CREATE TABLE conversations (
  id             TEXT    NOT NULL PRIMARY KEY,
  dealer_id      TEXT    NOT NULL REFERENCES dealers (id),
  site_key       TEXT    NOT NULL,
  -- SHA-256 of the visitor's token: who reads the database can't go on with a conversation.
  token_hash     BYTEA   NOT NULL CHECK (length(token_hash) = 32),
  locale         TEXT    NOT NULL,
  -- What the visitor was told, so that it can be shown to have been true (G-44).
  notice_version TEXT    NOT NULL,
  build          TEXT    NOT NULL,
  -- The shortest period that was ever promised for this conversation (G-43).
  period         TEXT    NOT NULL,
  started_at     BIGINT NOT NULL,
  last_at        BIGINT NOT NULL,
  -- Never unknown (G-12): set with the first row and moved with each message.
  expires_at     BIGINT NOT NULL,
  next_seq       BIGINT NOT NULL CHECK (1 <= next_seq)
);

-- One conversation a token, within its dealer: every lookup names the dealer first (D6).
CREATE UNIQUE INDEX conversations_by_token ON conversations (dealer_id, token_hash);
-- What the rows below refer to: none can hang under another dealer's conversation.
CREATE UNIQUE INDEX conversations_of_dealer ON conversations (dealer_id, id);
-- The order of the sweep.
CREATE INDEX conversations_by_expiry ON conversations (expires_at, id);

-- Kept in the order in which they are read and deleted: by conversation.
CREATE TABLE messages (
  dealer_id       TEXT    NOT NULL,
  conversation_id TEXT    NOT NULL,
  seq             BIGINT NOT NULL CHECK (1 <= seq),
  author_kind     TEXT    NOT NULL CHECK (author_kind IN ('visitor', 'ai', 'human', 'system')),
  client_msg_id   TEXT,
  reply_id        TEXT,
  -- Sealed (crypt): the first byte is the format, never the first letter.
  body            BYTEA   NOT NULL CHECK (1 <= length(body)),
  at              BIGINT NOT NULL,
  finish          TEXT,
  generator       TEXT,
  sources         TEXT,
  offer           TEXT,
  PRIMARY KEY (conversation_id, seq),
  FOREIGN KEY (dealer_id, conversation_id) REFERENCES conversations (dealer_id, id)
);

-- A message that is sent again is no second message.
CREATE UNIQUE INDEX messages_by_client_id ON messages (conversation_id, client_msg_id)
  WHERE client_msg_id IS NOT NULL;
-- A reply that ends twice is no second message.
CREATE UNIQUE INDEX messages_by_reply ON messages (reply_id) WHERE reply_id IS NOT NULL;

-- The replies: what is being written, and which question each answers.
CREATE TABLE replies (
  dealer_id       TEXT    NOT NULL,
  conversation_id TEXT    NOT NULL,
  reply_id        TEXT    NOT NULL,
  answers_seq     BIGINT NOT NULL,
  state           TEXT    NOT NULL CHECK (state IN ('running', 'ended')),
  -- Sealed. What was written so far; gone when the reply has ended and is a message.
  snapshot        BYTEA,
  updated_at      BIGINT NOT NULL,
  PRIMARY KEY (conversation_id, reply_id),
  FOREIGN KEY (dealer_id, conversation_id) REFERENCES conversations (dealer_id, id)
);

-- Few at any time: found without a look at those that have ended.
CREATE INDEX replies_running ON replies (conversation_id, answers_seq) WHERE state = 'running';

CREATE TABLE leads (
  id              TEXT    NOT NULL PRIMARY KEY,
  dealer_id       TEXT    NOT NULL,
  conversation_id TEXT    NOT NULL,
  client_msg_id   TEXT    NOT NULL,
  -- Sealed.
  fields          BYTEA   NOT NULL CHECK (1 <= length(fields)),
  at              BIGINT NOT NULL,
  FOREIGN KEY (dealer_id, conversation_id) REFERENCES conversations (dealer_id, id)
);

CREATE UNIQUE INDEX leads_by_client_id ON leads (conversation_id, client_msg_id);
CREATE INDEX leads_of_dealer ON leads (dealer_id, conversation_id);

-- The evidence of each box of the form, ticked or not (B-20). The person is named by the lead
-- alone; no address, no IP, no device stands here.
CREATE TABLE consents (
  id              TEXT    NOT NULL PRIMARY KEY,
  dealer_id       TEXT    NOT NULL,
  conversation_id TEXT    NOT NULL,
  lead_id         TEXT    NOT NULL REFERENCES leads (id),
  schema_version  BIGINT NOT NULL,
  purpose         TEXT    NOT NULL,
  channel         TEXT    NOT NULL,
  given           BIGINT NOT NULL CHECK (given IN (0, 1)),
  -- How it was asked: a box that was not ticked beforehand.
  method          TEXT    NOT NULL,
  -- The exact text that stood beside the box.
  text            TEXT    NOT NULL,
  text_version    TEXT    NOT NULL,
  lang            TEXT    NOT NULL,
  notice_version  TEXT    NOT NULL,
  build           TEXT    NOT NULL,
  at              BIGINT NOT NULL,
  FOREIGN KEY (dealer_id, conversation_id) REFERENCES conversations (dealer_id, id)
);

CREATE INDEX consents_of_conversation ON consents (conversation_id);
CREATE INDEX consents_of_lead ON consents (lead_id);

-- Append only: a consent is withdrawn by a new record, never by a change of the old one.
CREATE FUNCTION consents_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a consent record is never changed';
END;
$$;

CREATE TRIGGER consents_append_only BEFORE UPDATE ON consents
  FOR EACH ROW EXECUTE FUNCTION consents_refuse_change();

-- Deliveries owed. No copy of the lead: the worker reads it when it delivers, so what has
-- expired can't be sent.
CREATE TABLE outbox (
  id              TEXT    NOT NULL PRIMARY KEY,
  dealer_id       TEXT    NOT NULL,
  conversation_id TEXT    NOT NULL,
  lead_id         TEXT    NOT NULL REFERENCES leads (id),
  state           TEXT    NOT NULL CHECK (state IN ('pending', 'delivered', 'failed')),
  due             BIGINT NOT NULL,
  attempts        BIGINT NOT NULL,
  locked_until    BIGINT,
  FOREIGN KEY (dealer_id, conversation_id) REFERENCES conversations (dealer_id, id)
);

CREATE INDEX outbox_due ON outbox (due) WHERE state = 'pending';
CREATE INDEX outbox_of_conversation ON outbox (conversation_id);
CREATE INDEX outbox_of_lead ON outbox (lead_id);

-- Counters a dealer and day: no text, no id of a visitor, nothing finer than a day (G-03). They
-- survive the conversations.
CREATE TABLE usage (
  dealer_id         TEXT    NOT NULL REFERENCES dealers (id),
  day               TEXT    NOT NULL,
  prompt_tokens     BIGINT NOT NULL,
  completion_tokens BIGINT NOT NULL,
  replies           BIGINT NOT NULL,
  PRIMARY KEY (dealer_id, day)
);

-- The dealer's own documents, on which answers rest.
CREATE TABLE documents (
  dealer_id TEXT NOT NULL REFERENCES dealers (id),
  name      TEXT NOT NULL,
  title     TEXT NOT NULL,
  url       TEXT,
  text      TEXT NOT NULL,
  PRIMARY KEY (dealer_id, name)
);

-- PostgreSQL's planner keeps samples of column values beyond a DELETE (G-22): none of a visitor's.
ALTER TABLE messages ALTER COLUMN body SET STATISTICS 0;
ALTER TABLE replies ALTER COLUMN snapshot SET STATISTICS 0;
ALTER TABLE leads ALTER COLUMN fields SET STATISTICS 0;
ALTER TABLE conversations ALTER COLUMN token_hash SET STATISTICS 0;
