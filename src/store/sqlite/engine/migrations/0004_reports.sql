-- Editions that came back for good, by mailbox; meaning: 'policy', 'after 2', 'after 3', 'gone'.
CREATE TABLE bounces (
    recipient INTEGER NOT NULL,
    edition   INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    status    TEXT,
    meaning   TEXT NOT NULL,
    PRIMARY KEY (recipient, edition)
) STRICT, WITHOUT ROWID;
CREATE INDEX bounces_edition ON bounces (edition, meaning);

-- How many messages of each kind came in.
CREATE TABLE report_counts (
    kind  TEXT NOT NULL PRIMARY KEY,
    count INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
