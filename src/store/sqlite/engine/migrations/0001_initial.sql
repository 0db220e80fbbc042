-- Instants are milliseconds since 1970 in UTC, local dates are ISO 8601 text, sets of bands are masks of band ids.

CREATE TABLE meta (
    key   TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- A name keeps its id for ever, so that editing the config moves nothing. Id n is bit n - 1 of a mask.
CREATE TABLE bands (
    id   INTEGER NOT NULL PRIMARY KEY CHECK (id BETWEEN 1 AND 62),
    name TEXT NOT NULL UNIQUE
) STRICT;

-- Names of subscribers, apart: a delivery refers to the name as it was when its edition was published.
CREATE TABLE names (
    id   INTEGER NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE subscribers (
    id         INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    name_id    INTEGER NOT NULL REFERENCES names,
    sector     TEXT NOT NULL,
    locale     TEXT NOT NULL,
    urn        TEXT,
    origin     TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX subscribers_urn ON subscribers (urn) WHERE urn IS NOT NULL AND origin <> 'config';

-- An address is forgotten by setting both spellings to null; its keyed hash stays.
CREATE TABLE recipients (
    id         INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    address    TEXT,
    folded     TEXT UNIQUE,
    mac        BLOB NOT NULL CHECK (length(mac) = 16),
    owner      INTEGER NOT NULL REFERENCES subscribers,
    bands      INTEGER NOT NULL,
    chosen     INTEGER,
    state      TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    CHECK ((address IS NULL) = (folded IS NULL)),
    CHECK (address IS NOT NULL OR state = 'ended')
) STRICT;

CREATE TABLE subscriptions (
    recipient  INTEGER NOT NULL REFERENCES recipients,
    subscriber INTEGER NOT NULL REFERENCES subscribers,
    origin     TEXT NOT NULL,
    bands      INTEGER NOT NULL,
    since      INTEGER NOT NULL,
    ended      INTEGER,
    ended_by   TEXT,
    PRIMARY KEY (recipient, subscriber, origin)
) STRICT, WITHOUT ROWID;
CREATE INDEX subscriptions_subscriber ON subscriptions (subscriber, origin, ended);

CREATE TABLE suppressions (
    mac     BLOB NOT NULL PRIMARY KEY CHECK (length(mac) = 16),
    address TEXT,
    reason  TEXT NOT NULL,
    at      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE editions (
    number       INTEGER NOT NULL PRIMARY KEY,
    state        TEXT NOT NULL,
    reason       TEXT,
    date         TEXT NOT NULL,
    due_at       INTEGER NOT NULL,
    theme        TEXT NOT NULL,
    theme_reason TEXT NOT NULL,
    published_at INTEGER,
    finished_at  INTEGER,
    sender       TEXT,
    theme_text   TEXT
) STRICT;

CREATE TABLE picks (
    edition     INTEGER NOT NULL REFERENCES editions ON DELETE CASCADE,
    position    INTEGER NOT NULL,
    band        TEXT NOT NULL,
    activity    TEXT NOT NULL,
    title       TEXT NOT NULL,
    reason      TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    PRIMARY KEY (edition, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE segments (
    edition  INTEGER NOT NULL REFERENCES editions,
    number   INTEGER NOT NULL,
    bands    INTEGER NOT NULL,
    sector   TEXT NOT NULL,
    locale   TEXT NOT NULL,
    rendered TEXT NOT NULL,
    PRIMARY KEY (edition, number)
) STRICT;
-- Ends in the number, so that publishing finds it without reading the rendered text.
CREATE INDEX segments_key ON segments (edition, bands, sector, locale, number);

CREATE TABLE edition_texts (
    edition  INTEGER NOT NULL REFERENCES editions,
    activity TEXT NOT NULL,
    content  TEXT NOT NULL,
    PRIMARY KEY (edition, activity)
) STRICT;

CREATE TABLE withdrawn_activities (
    activity TEXT NOT NULL PRIMARY KEY,
    at       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One row per process that ever took deliveries in hand and did not end cleanly; `file` is its lock file.
CREATE TABLE claimants (
    id   INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    file TEXT NOT NULL UNIQUE
) STRICT;

-- A million rows an edition: integers only, no foreign keys, since every row is made from its parents by one statement.
-- state: 0 queued, 1 claimed, 2 at the dot, 3 accepted, 4 deferred, 5 uncertain, 6 failed, 7 expired, 8 suppressed.
CREATE TABLE deliveries (
    edition   INTEGER NOT NULL,
    recipient INTEGER NOT NULL,
    segment   INTEGER NOT NULL,
    state     INTEGER NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 8),
    name_id   INTEGER NOT NULL,
    attempts  INTEGER NOT NULL DEFAULT 0,
    next_at   INTEGER,
    claim     INTEGER,
    repeated  INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (edition, recipient),
    CHECK ((state IN (1, 2)) = (claim IS NOT NULL)),
    CHECK (next_at IS NULL OR state IN (4, 5)),
    CHECK (state <> 4 OR next_at IS NOT NULL)
) STRICT, WITHOUT ROWID;
CREATE INDEX deliveries_queued ON deliveries (edition, recipient) WHERE state = 0;
CREATE INDEX deliveries_retry ON deliveries (edition, next_at) WHERE next_at IS NOT NULL;
CREATE INDEX deliveries_in_hand ON deliveries (claim, edition) WHERE claim IS NOT NULL;

CREATE TABLE attempts (
    edition   INTEGER NOT NULL,
    recipient INTEGER NOT NULL,
    number    INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    outcome   TEXT NOT NULL,
    code      INTEGER,
    reply     TEXT NOT NULL,
    PRIMARY KEY (edition, recipient, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
    id      INTEGER NOT NULL PRIMARY KEY,
    at      INTEGER NOT NULL,
    actor   TEXT NOT NULL,
    action  TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail  TEXT NOT NULL
) STRICT;
