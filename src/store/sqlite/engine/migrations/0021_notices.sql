-- A mail to an operator has an address of its own, in place of a mailbox of the list. Its row of deliveries has the mailbox 0, which
-- nobody has.
INSERT INTO sqlite_sequence (name, seq) SELECT 'new_' || name, seq FROM sqlite_sequence WHERE name = 'transactional_mails';
CREATE TABLE new_transactional_mails (
    id        INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    recipient INTEGER REFERENCES recipients,
    address   TEXT,
    request   INTEGER REFERENCES requests,
    kind      TEXT NOT NULL,
    at        INTEGER NOT NULL,
    sender    TEXT NOT NULL,
    rendered  TEXT NOT NULL,
    CHECK ((recipient IS NULL) <> (address IS NULL))
) STRICT;
INSERT INTO new_transactional_mails (id, recipient, request, kind, at, sender, rendered)
    SELECT id, recipient, request, kind, at, sender, rendered FROM transactional_mails;
DROP TABLE transactional_mails;
ALTER TABLE new_transactional_mails RENAME TO transactional_mails;
CREATE INDEX transactional_mails_recipient ON transactional_mails (recipient);
CREATE INDEX transactional_mails_request ON transactional_mails (request);

-- What operators were told by mail: of which kind, what it was, and on which local day. So nothing is told twice.
CREATE TABLE told (
    kind    TEXT NOT NULL,
    finding TEXT NOT NULL,
    day     TEXT NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (kind, finding)
) STRICT, WITHOUT ROWID;

-- Times in which the relay could not be reached: since when, when that was last seen, and when it answered again. `mails` is how many
-- waited at most.
CREATE TABLE relay_outages (
    since   INTEGER NOT NULL PRIMARY KEY,
    seen_at INTEGER NOT NULL,
    until   INTEGER,
    mails   INTEGER NOT NULL
) STRICT;
