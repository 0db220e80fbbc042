-- A mailbox takes less room: an address stands once and is found by its keyed hash, a word of which there are few is a number
-- (its `code` in the domain), and a name belongs to one subscriber, so that nobody need look for it.
--
-- Tables that refer to each other are made anew beside the old ones. Those go then, whatever refers first.

-- Indexes give their room to what follows.
DROP INDEX recipients_ended;
DROP INDEX recipients_forgotten;
DROP INDEX recipients_domain;
DROP INDEX subscriptions_subscriber;
DROP INDEX subscribers_urn;

-- Numbers go on where they ended, also when the last of them are gone.
INSERT INTO sqlite_sequence (name, seq) SELECT 'new_' || name, seq FROM sqlite_sequence
    WHERE name IN ('subscribers', 'recipients', 'requests', 'transactional_mails');

-- Of those that shared a name, all but the first get a row of their own.
CREATE TABLE split_names (
    subscriber INTEGER NOT NULL PRIMARY KEY,
    shared     INTEGER NOT NULL,
    own        INTEGER NOT NULL
) STRICT;
INSERT INTO split_names (subscriber, shared, own)
    SELECT s.id, s.name_id, (SELECT max(id) FROM names) + row_number() OVER (ORDER BY s.id) FROM subscribers s
    WHERE EXISTS (SELECT 1 FROM subscribers o WHERE o.name_id = s.name_id AND o.id < s.id);

-- And so that forgetting one of them takes nothing from the others, their mails name them by it.
UPDATE deliveries SET name_id = (SELECT x.own FROM recipients r CROSS JOIN split_names x ON x.subscriber = r.owner
                                 WHERE r.id = deliveries.recipient)
    WHERE mailing IN (SELECT number FROM editions)
      AND recipient IN (SELECT r.id FROM split_names x CROSS JOIN recipients r ON r.owner = x.subscriber)
      AND name_id = (SELECT x.shared FROM recipients r CROSS JOIN split_names x ON x.subscriber = r.owner
                     WHERE r.id = deliveries.recipient);

-- What subscribers are called. A delivery refers to the name as it was when its edition was published.
CREATE TABLE new_names (
    id   INTEGER NOT NULL PRIMARY KEY,
    name TEXT NOT NULL
) STRICT;
INSERT INTO new_names (id, name) SELECT id, name FROM names;
INSERT INTO new_names (id, name) SELECT x.own, n.name FROM split_names x CROSS JOIN names n ON n.id = x.shared ORDER BY x.own;

CREATE TABLE new_subscribers (
    id         INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    name_id    INTEGER NOT NULL REFERENCES new_names,
    sector     INTEGER NOT NULL,
    locale     INTEGER NOT NULL,
    urn        TEXT,
    origin     INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
INSERT INTO new_subscribers (id, name_id, sector, locale, urn, origin, created_at)
    SELECT s.id, coalesce(x.own, s.name_id),
           CASE s.sector WHEN 'school' THEN 0 WHEN 'social-care' THEN 1 WHEN 'law-enforcement' THEN 2 WHEN 'health' THEN 3
                         WHEN 'charity' THEN 4 WHEN 'other' THEN 5 END,
           CASE s.locale WHEN 'en-GB' THEN 0 END,
           s.urn,
           CASE s.origin WHEN 'config' THEN 0 WHEN 'import' THEN 1 WHEN 'cli' THEN 2 END,
           s.created_at
    FROM subscribers s LEFT JOIN split_names x ON x.subscriber = s.id ORDER BY s.id;

-- What subscribers were called before, so that it is known when one is to be forgotten. Of older renamings the audit tells.
CREATE TABLE former_names (
    subscriber INTEGER NOT NULL REFERENCES new_subscribers,
    name_id    INTEGER NOT NULL REFERENCES new_names,
    PRIMARY KEY (subscriber, name_id)
) STRICT, WITHOUT ROWID;
INSERT INTO former_names (subscriber, name_id)
    SELECT DISTINCT s.id, n.id
    FROM audit a NOT INDEXED CROSS JOIN names n ON n.name = a.detail
    CROSS JOIN subscribers s ON s.id = CAST(substr(a.subject, length('subscriber ') + 1) AS INTEGER)
    WHERE a.subject GLOB 'subscriber *' AND NOT EXISTS (SELECT 1 FROM subscribers o WHERE o.name_id = n.id);

-- An address is forgotten by setting it to null; its keyed hash stays.
CREATE TABLE new_recipients (
    id         INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    address    TEXT,
    mac        BLOB NOT NULL CHECK (length(mac) = 16),
    owner      INTEGER NOT NULL REFERENCES new_subscribers,
    bands      INTEGER NOT NULL,
    chosen     INTEGER,
    state      INTEGER NOT NULL CHECK (state BETWEEN 0 AND 2),
    created_at INTEGER NOT NULL,
    changed_at INTEGER,
    CHECK (address IS NOT NULL OR state = 0)
) STRICT;
INSERT INTO new_recipients (id, address, mac, owner, bands, chosen, state, created_at, changed_at)
    SELECT id, address, mac, owner, bands, chosen,
           CASE state WHEN 'ended' THEN 0 WHEN 'active' THEN 1 WHEN 'pending' THEN 2 END,
           created_at, changed_at
    FROM recipients ORDER BY id;

CREATE TABLE new_subscriptions (
    recipient  INTEGER NOT NULL REFERENCES new_recipients,
    subscriber INTEGER NOT NULL REFERENCES new_subscribers,
    origin     INTEGER NOT NULL,
    bands      INTEGER NOT NULL,
    since      INTEGER NOT NULL,
    ended      INTEGER,
    ended_by   TEXT,
    PRIMARY KEY (recipient, subscriber, origin)
) STRICT, WITHOUT ROWID;
INSERT INTO new_subscriptions (recipient, subscriber, origin, bands, since, ended, ended_by)
    SELECT recipient, subscriber, CASE origin WHEN 'config' THEN 0 WHEN 'import' THEN 1 WHEN 'cli' THEN 2 END,
           bands, since, ended, ended_by
    FROM subscriptions;

CREATE TABLE new_requests (
    id         INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    recipient  INTEGER NOT NULL REFERENCES new_recipients,
    kind       TEXT NOT NULL,
    subscriber INTEGER REFERENCES new_subscribers,
    bands      INTEGER NOT NULL,
    made_at    INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    done_at    INTEGER
) STRICT;
INSERT INTO new_requests (id, recipient, kind, subscriber, bands, made_at, expires_at, done_at)
    SELECT id, recipient, kind, subscriber, bands, made_at, expires_at, done_at FROM requests;

CREATE TABLE new_transactional_mails (
    id        INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    recipient INTEGER NOT NULL REFERENCES new_recipients,
    request   INTEGER REFERENCES new_requests,
    kind      TEXT NOT NULL,
    at        INTEGER NOT NULL,
    sender    TEXT NOT NULL,
    rendered  TEXT NOT NULL
) STRICT;
INSERT INTO new_transactional_mails (id, recipient, request, kind, at, sender, rendered)
    SELECT id, recipient, request, kind, at, sender, rendered FROM transactional_mails;

CREATE TABLE new_segments (
    edition  INTEGER NOT NULL REFERENCES editions,
    number   INTEGER NOT NULL,
    bands    INTEGER NOT NULL,
    sector   INTEGER NOT NULL,
    locale   INTEGER NOT NULL,
    rendered TEXT NOT NULL,
    packed   BLOB,
    base     INTEGER,
    PRIMARY KEY (edition, number)
) STRICT;
INSERT INTO new_segments (edition, number, bands, sector, locale, rendered, packed, base)
    SELECT edition, number, bands,
           CASE sector WHEN 'school' THEN 0 WHEN 'social-care' THEN 1 WHEN 'law-enforcement' THEN 2 WHEN 'health' THEN 3
                       WHEN 'charity' THEN 4 WHEN 'other' THEN 5 END,
           CASE locale WHEN 'en-GB' THEN 0 END,
           rendered, packed, base
    FROM segments;

DROP TABLE transactional_mails;
DROP TABLE requests;
DROP TABLE subscriptions;
DROP TABLE recipients;
DROP TABLE subscribers;
DROP TABLE names;
DROP TABLE split_names;
DROP TABLE segments;
ALTER TABLE new_names RENAME TO names;
ALTER TABLE new_subscribers RENAME TO subscribers;
ALTER TABLE new_recipients RENAME TO recipients;
ALTER TABLE new_subscriptions RENAME TO subscriptions;
ALTER TABLE new_requests RENAME TO requests;
ALTER TABLE new_transactional_mails RENAME TO transactional_mails;
ALTER TABLE new_segments RENAME TO segments;

CREATE INDEX subscribers_urn ON subscribers (urn) WHERE urn IS NOT NULL AND origin <> 0;
-- The subscribers that the config file made, so that a sync need not read all.
CREATE INDEX subscribers_config ON subscribers (id) WHERE origin = 0;
CREATE INDEX recipients_owner ON recipients (owner);
CREATE INDEX recipients_ended ON recipients (id) WHERE state = 0 AND address IS NOT NULL;
CREATE INDEX recipients_pending ON recipients (id) WHERE state = 2;
-- No two mailboxes have one address. Who left and was forgotten is known by the hash, and so is whoever subscribed anew.
CREATE UNIQUE INDEX recipients_mac ON recipients (mac) WHERE address IS NOT NULL;
CREATE INDEX recipients_forgotten ON recipients (mac) WHERE address IS NULL;
CREATE INDEX recipients_domain ON recipients (lower(substr(address, instr(address, '@') + 1))) WHERE address IS NOT NULL;
CREATE INDEX subscriptions_subscriber ON subscriptions (subscriber, origin, ended);
CREATE INDEX requests_recipient ON requests (recipient, made_at);
CREATE INDEX requests_open ON requests (expires_at) WHERE done_at IS NULL;
CREATE INDEX transactional_mails_recipient ON transactional_mails (recipient);
CREATE INDEX transactional_mails_request ON transactional_mails (request);
-- Ends in the number, so that publishing finds it without reading what is rendered.
CREATE INDEX segments_key ON segments (edition, bands, sector, locale, number);

-- Mailboxes that get digests, by the bands, sector and locale that make a segment; counted as they change.
CREATE TABLE reader_counts (
    bands     INTEGER NOT NULL,
    sector    INTEGER NOT NULL,
    locale    INTEGER NOT NULL,
    mailboxes INTEGER NOT NULL,
    PRIMARY KEY (bands, sector, locale)
) STRICT, WITHOUT ROWID;
INSERT INTO reader_counts (bands, sector, locale, mailboxes)
    SELECT r.bands, o.sector, o.locale, count(*) FROM recipients r CROSS JOIN subscribers o ON o.id = r.owner
    WHERE r.state = 1 AND NOT EXISTS (SELECT 1 FROM suppressions x WHERE x.mac = r.mac)
    GROUP BY r.bands, o.sector, o.locale;
