-- The notices that went out with an edition, for those who read it on the web.
ALTER TABLE editions ADD COLUMN notices TEXT;
CREATE INDEX edition_texts_activity ON edition_texts (activity, edition);

-- What somebody asked for that waits for a click: a subscription, other bands, an undo of leaving.
CREATE TABLE requests (
    id         INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    recipient  INTEGER NOT NULL REFERENCES recipients,
    kind       TEXT NOT NULL,
    subscriber INTEGER REFERENCES subscribers,
    bands      INTEGER NOT NULL,
    made_at    INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    done_at    INTEGER
) STRICT;
CREATE INDEX requests_recipient ON requests (recipient, made_at);
CREATE INDEX requests_open ON requests (expires_at) WHERE done_at IS NULL;

-- Mail that is no edition. States are those of deliveries. What it says is forgotten once it is settled.
CREATE TABLE letters (
    id         INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    recipient  INTEGER NOT NULL REFERENCES recipients,
    request    INTEGER REFERENCES requests,
    kind       TEXT NOT NULL,
    at         INTEGER NOT NULL,
    subscriber TEXT NOT NULL,
    sender     TEXT NOT NULL,
    rendered   TEXT NOT NULL,
    state      INTEGER NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 8),
    attempts   INTEGER NOT NULL DEFAULT 0,
    next_at    INTEGER,
    claim      INTEGER,
    repeated   INTEGER NOT NULL DEFAULT 0,
    code       INTEGER,
    reply      TEXT,
    CHECK ((state IN (1, 2)) = (claim IS NOT NULL)),
    CHECK (state <> 4 OR next_at IS NOT NULL)
) STRICT;
CREATE INDEX letters_recipient ON letters (recipient);
CREATE INDEX letters_waiting ON letters (next_at) WHERE state IN (0, 4, 5);
CREATE INDEX letters_in_hand ON letters (claim) WHERE claim IS NOT NULL;
