-- When a mailbox moved to another address: what comes back about mail from before is about the old one.
ALTER TABLE recipients ADD COLUMN changed_at INTEGER;
