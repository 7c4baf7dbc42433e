-- A hold that also hides what it keeps, since the person asked for it (Art. 18 GDPR, A-C6.4): its
-- conversation ends for everyone at once, and goes on, or goes, when the hold is released.
ALTER TABLE holds ADD COLUMN restricts INTEGER NOT NULL DEFAULT 0 CHECK (restricts IN (0, 1));
