-- A delivery is owed to one of the dealer's systems, by its name; each is tried, answered and tried again
-- for itself. Of the answer only what says how it went, never its text.
ALTER TABLE outbox ADD COLUMN target TEXT NOT NULL DEFAULT '';
ALTER TABLE outbox ADD COLUMN tried_at INTEGER;
ALTER TABLE outbox ADD COLUMN answer TEXT;
-- Whether the target has taken it before: then it is told again, and not as new.
ALTER TABLE outbox ADD COLUMN told INTEGER NOT NULL DEFAULT 0 CHECK (told IN (0, 1));

-- From before there were targets: nobody could have had them.
DELETE FROM outbox WHERE target = '';

DROP INDEX outbox_due;
CREATE INDEX outbox_due ON outbox (dealer_id, target, due) WHERE state = 'pending';
