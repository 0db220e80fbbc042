-- One outbox: every mail is a row of deliveries, whose first column names what it belongs to: an edition (1 and more), or
-- a transactional mail (its id, negated). The row of a transactional mail has no segment and no name.
ALTER TABLE deliveries RENAME COLUMN edition TO mailing;
ALTER TABLE attempts RENAME COLUMN edition TO mailing;

-- What confirmations and good-byes say, until they are settled.
CREATE TABLE transactional_mails (
    id        INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    recipient INTEGER NOT NULL REFERENCES recipients,
    request   INTEGER REFERENCES requests,
    kind      TEXT NOT NULL,
    at        INTEGER NOT NULL,
    sender    TEXT NOT NULL,
    rendered  TEXT NOT NULL
) STRICT;
CREATE INDEX transactional_mails_recipient ON transactional_mails (recipient);
CREATE INDEX transactional_mails_request ON transactional_mails (request);

-- Numbers go on where letters ended, also when the last of them are gone: a Message-ID is made of its number.
INSERT INTO sqlite_sequence (name, seq) SELECT 'transactional_mails', seq FROM sqlite_sequence WHERE name = 'letters';
INSERT INTO transactional_mails (id, recipient, request, kind, at, sender, rendered)
    SELECT id, recipient, request, kind, at, sender, rendered FROM letters;
INSERT INTO deliveries (mailing, recipient, segment, state, name_id, attempts, next_at, claim, repeated)
    SELECT -id, recipient, 0, state, 0, attempts, CASE WHEN state IN (4, 5) THEN next_at END, claim, repeated FROM letters;
-- Of the attempts only the last reply was kept, and not when it came.
INSERT INTO attempts (mailing, recipient, number, at, outcome, code, reply)
    SELECT -id, recipient, attempts, at,
           CASE WHEN state = 3 THEN 'accepted' WHEN state = 5 THEN 'uncertain' WHEN state = 6 THEN 'permanent' ELSE 'transient' END,
           code, coalesce(reply, '')
    FROM letters WHERE attempts > 0 AND (code IS NOT NULL OR reply IS NOT NULL);
DROP TABLE letters;
