-- A bulletin is sent under a number beyond those of editions, and has a row of `editions` by it: with its state, its sender and how
-- many mails it has. Here is what else it has.
CREATE TABLE bulletins (
    number   INTEGER NOT NULL PRIMARY KEY REFERENCES editions,
    name     TEXT NOT NULL UNIQUE,
    -- The fingerprint of what a person approved of.
    approved TEXT,
    -- What it said when it went out, and whom it was for.
    content  TEXT,
    audience TEXT,
    -- Whether it may go out beside an edition.
    beside_edition INTEGER NOT NULL DEFAULT 0,
    -- When somebody withdrew it in the middle of its sending, in milliseconds.
    withdrawn_at INTEGER
) STRICT;
