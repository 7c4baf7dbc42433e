-- What makes damage show: a hash of each message over itself and all before it, and of each
-- conversation's row over the last of these. Rows from before have none.
ALTER TABLE messages ADD COLUMN chain BYTEA CHECK (length(chain) = 32);
ALTER TABLE conversations ADD COLUMN chain BYTEA CHECK (length(chain) = 32);
ALTER TABLE conversations ADD COLUMN seal BYTEA CHECK (length(seal) = 32);
ALTER TABLE dealers ADD COLUMN seal BYTEA CHECK (length(seal) = 32);
ALTER TABLE documents ADD COLUMN seal BYTEA CHECK (length(seal) = 32);

-- A token that the first index doesn't know is looked for here: what only one of them knows is
-- damage, and not a stranger.
CREATE INDEX conversations_by_token_again ON conversations (token_hash);
