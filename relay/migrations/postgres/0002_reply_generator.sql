-- What writes a reply, known with its first words: a reply that a crash cuts short says it too
-- (C-10). Gone, like the snapshot, when the reply has ended and is a message.
ALTER TABLE replies ADD COLUMN generator TEXT;
