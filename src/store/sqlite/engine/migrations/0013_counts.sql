-- What is asked for often is counted as it changes: nobody reads every mailbox to answer (see `reader_counts`, too).
-- Subscribers by their best mailbox ('active', 'pending', 'ended'), and addresses that are 'suppressed'.
CREATE TABLE list_counts (
    what  TEXT NOT NULL PRIMARY KEY,
    count INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO list_counts (what, count)
    SELECT CASE best WHEN 2 THEN 'active' WHEN 1 THEN 'pending' ELSE 'ended' END, count(*) FROM (
        SELECT coalesce(max(CASE r.state WHEN 'active' THEN 2 WHEN 'pending' THEN 1 ELSE 0 END), 0) AS best
        FROM subscribers s LEFT JOIN recipients r ON r.owner = s.id GROUP BY s.id
    ) GROUP BY best;
INSERT INTO list_counts (what, count) SELECT 'suppressed', count(*) FROM suppressions;

-- How many mails an edition has. Those that are neither queued nor accepted are few among many, and found by an index.
ALTER TABLE editions ADD COLUMN mails INTEGER NOT NULL DEFAULT 0;
UPDATE editions SET mails = (SELECT count(*) FROM deliveries WHERE mailing = number) WHERE published_at IS NOT NULL;
-- "IN (5, 6, 7, 8)" would say the same, and cost every accepted mail 7 µs: SQLite makes a table of the four at each change.
CREATE INDEX deliveries_ended ON deliveries (mailing, recipient, state) WHERE state > 4;
DROP INDEX deliveries_retry;
CREATE INDEX deliveries_retry ON deliveries (mailing, next_at, state) WHERE next_at IS NOT NULL;
