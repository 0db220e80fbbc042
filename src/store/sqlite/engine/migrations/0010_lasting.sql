-- What readers and diaries know this service's editions by: made by chance, so that no two services share it, and kept
-- for ever. Stores that have published go on with the address that stood in their ids until now.
INSERT INTO meta (key, value) VALUES ('public_name', coalesce(
    (SELECT json_extract(sender, '$.base_url') FROM editions WHERE published_at IS NOT NULL AND sender IS NOT NULL
     ORDER BY number DESC LIMIT 1),
    lower(hex(randomblob(16)))));

-- What feeds and the calendar show of things that may change: a hash of it, and when it changed last.
CREATE TABLE revisions (
    subject     TEXT NOT NULL PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    number      INTEGER NOT NULL,
    at          INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- An activity that may be used again was withdrawn once all the same, and its editions changed when it came back.
ALTER TABLE withdrawn_activities ADD COLUMN reinstated_at INTEGER;
