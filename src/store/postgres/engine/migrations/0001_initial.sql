-- The tables are those of SQLite (store/sqlite/engine/migrations), with the numbers kept here instead of in sequences, which
-- a transaction cannot take back. Text is compared byte by byte, as SQLite compares it.
CREATE TABLE store (
    one          BOOLEAN NOT NULL PRIMARY KEY DEFAULT true CHECK (one),
    application  TEXT    NOT NULL,
    version      BIGINT  NOT NULL,
    -- Where the store was moved to: then it is only looked at. Or of which store it is a copy that is not complete: then nobody
    -- uses it.
    moved_to     TEXT,
    copy_of      TEXT,
    -- Which database this is, wherever it is copied to by the engine's own means.
    id           BIGINT  NOT NULL DEFAULT ('x' || left(replace(gen_random_uuid()::text, '-', ''), 15))::bit(60)::bigint
);

-- How far the store has come: raised along with each decision about the mailing list and about editions. Whoever remembers more knows
-- that something was lost.
CREATE TABLE epochs (
    what  TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
) WITH (fillfactor = 20);
INSERT INTO epochs (what, value) VALUES ('list', 0), ('editions', 0);

-- The next number of each kind of row.
CREATE TABLE numbers (
    kind TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    next BIGINT NOT NULL
);

CREATE TABLE meta (
    key   TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

-- What readers and diaries know this service's editions by, for ever.
INSERT INTO meta (key, value) VALUES ('public_name', replace(gen_random_uuid()::text, '-', ''));

CREATE TABLE bands (
    id   BIGINT NOT NULL PRIMARY KEY CHECK (id BETWEEN 1 AND 62),
    name TEXT COLLATE "C" NOT NULL UNIQUE
);

CREATE TABLE suppressions (
    mac     BYTEA  NOT NULL PRIMARY KEY CHECK (length(mac) = 16),
    address TEXT COLLATE "C",
    reason  TEXT COLLATE "C" NOT NULL,
    at      BIGINT NOT NULL
);
-- Who was erased comes first of those of one moment.
CREATE INDEX suppressions_listed ON suppressions (at, address NULLS FIRST, mac);

CREATE TABLE editions (
    number              BIGINT NOT NULL PRIMARY KEY,
    state               TEXT COLLATE "C" NOT NULL,
    reason              TEXT,
    reason_detail       TEXT,
    date                TEXT   NOT NULL,
    due_at              BIGINT NOT NULL,
    theme               TEXT   NOT NULL,
    theme_reason        TEXT   NOT NULL,
    theme_reason_detail TEXT,
    theme_fingerprint   TEXT   NOT NULL DEFAULT '',
    theme_text          TEXT,
    notices             TEXT,
    approved_at         BIGINT,
    released_at         BIGINT,
    published_at        BIGINT,
    finished_at         BIGINT,
    sender              TEXT,
    mails               BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE picks (
    edition       BIGINT NOT NULL REFERENCES editions ON DELETE CASCADE,
    position      BIGINT NOT NULL,
    band          TEXT   NOT NULL,
    activity      TEXT   NOT NULL,
    title         TEXT   NOT NULL,
    reason        TEXT   NOT NULL,
    reason_detail TEXT,
    fingerprint   TEXT   NOT NULL,
    PRIMARY KEY (edition, position)
);

CREATE TABLE edition_texts (
    edition  BIGINT NOT NULL REFERENCES editions,
    activity TEXT COLLATE "C" NOT NULL,
    content  TEXT   NOT NULL,
    PRIMARY KEY (edition, activity)
);
CREATE INDEX edition_texts_activity ON edition_texts (activity, edition);

CREATE TABLE withdrawn_activities (
    activity      TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    at            BIGINT NOT NULL,
    reinstated_at BIGINT
);

CREATE TABLE segments (
    edition  BIGINT NOT NULL REFERENCES editions,
    number   BIGINT NOT NULL,
    bands    BIGINT NOT NULL,
    sector   SMALLINT NOT NULL,
    locale   SMALLINT NOT NULL,
    rendered TEXT   NOT NULL,
    packed   BYTEA,
    base     BIGINT,
    PRIMARY KEY (edition, number)
);
CREATE UNIQUE INDEX segments_key ON segments (edition, bands, sector, locale);

CREATE TABLE names (
    id   BIGINT NOT NULL PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL
);

CREATE TABLE subscribers (
    id         BIGINT   NOT NULL PRIMARY KEY,
    name_id    BIGINT   NOT NULL REFERENCES names,
    sector     SMALLINT NOT NULL,
    locale     SMALLINT NOT NULL,
    urn        TEXT COLLATE "C",
    origin     SMALLINT NOT NULL,
    created_at BIGINT   NOT NULL
);
CREATE INDEX subscribers_urn ON subscribers (urn) WHERE urn IS NOT NULL AND origin <> 0;
CREATE INDEX subscribers_config ON subscribers (id) WHERE origin = 0;

CREATE TABLE former_names (
    subscriber BIGINT NOT NULL REFERENCES subscribers,
    name_id    BIGINT NOT NULL REFERENCES names,
    PRIMARY KEY (subscriber, name_id)
);

CREATE TABLE recipients (
    id         BIGINT   NOT NULL PRIMARY KEY,
    address    TEXT COLLATE "C",
    mac        BYTEA    NOT NULL CHECK (length(mac) = 16),
    owner      BIGINT   NOT NULL REFERENCES subscribers,
    bands      BIGINT   NOT NULL,
    chosen     BIGINT,
    state      SMALLINT NOT NULL CHECK (state BETWEEN 0 AND 2),
    created_at BIGINT   NOT NULL,
    changed_at BIGINT,
    CHECK (address IS NOT NULL OR state = 0)
);
-- Ends in the number, so that a page of a list is read in its order.
CREATE INDEX recipients_owner ON recipients (owner, id);
CREATE INDEX recipients_ended ON recipients (id) WHERE state = 0 AND address IS NOT NULL;
CREATE INDEX recipients_pending ON recipients (id) WHERE state = 2;
CREATE UNIQUE INDEX recipients_mac ON recipients (mac) WHERE address IS NOT NULL;
CREATE INDEX recipients_forgotten ON recipients (mac) WHERE address IS NULL;
CREATE INDEX recipients_domain ON recipients (lower(substr(address, position('@' in address) + 1)) COLLATE "C")
    WHERE address IS NOT NULL;

CREATE TABLE subscriptions (
    recipient  BIGINT   NOT NULL REFERENCES recipients,
    subscriber BIGINT   NOT NULL REFERENCES subscribers,
    origin     SMALLINT NOT NULL,
    bands      BIGINT   NOT NULL,
    since      BIGINT   NOT NULL,
    ended      BIGINT,
    ended_by   TEXT,
    PRIMARY KEY (recipient, subscriber, origin)
);
CREATE INDEX subscriptions_subscriber ON subscriptions (subscriber, origin, ended);

CREATE TABLE requests (
    id         BIGINT NOT NULL PRIMARY KEY,
    recipient  BIGINT NOT NULL REFERENCES recipients,
    kind       TEXT COLLATE "C" NOT NULL,
    subscriber BIGINT REFERENCES subscribers,
    bands      BIGINT NOT NULL,
    made_at    BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    done_at    BIGINT
);
CREATE INDEX requests_recipient ON requests (recipient, made_at);
CREATE INDEX requests_made ON requests (made_at, kind);

CREATE TABLE transactional_mails (
    id        BIGINT NOT NULL PRIMARY KEY,
    recipient BIGINT NOT NULL REFERENCES recipients,
    request   BIGINT REFERENCES requests,
    kind      TEXT   NOT NULL,
    at        BIGINT NOT NULL,
    sender    TEXT   NOT NULL,
    rendered  TEXT   NOT NULL
);
CREATE INDEX transactional_mails_recipient ON transactional_mails (recipient);
CREATE INDEX transactional_mails_request ON transactional_mails (request);

-- A mail changes its state three times, and each leaves a row and its places in the indexes to be cleared away: often, so that
-- whoever claims need not pass them.
CREATE TABLE deliveries (
    mailing    BIGINT   NOT NULL,
    recipient  BIGINT   NOT NULL,
    segment    BIGINT   NOT NULL,
    name_id    BIGINT   NOT NULL,
    next_at    BIGINT,
    claim      BIGINT,
    retried_at BIGINT,
    attempts   INTEGER  NOT NULL DEFAULT 0,
    state      SMALLINT NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 8),
    repeated   BOOLEAN  NOT NULL DEFAULT false,
    PRIMARY KEY (mailing, recipient),
    CHECK ((state IN (1, 2)) = (claim IS NOT NULL)),
    CHECK (next_at IS NULL OR state IN (4, 5)),
    CHECK (state <> 4 OR next_at IS NOT NULL)
) WITH (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX deliveries_queued ON deliveries (mailing, recipient) WHERE state = 0;
CREATE INDEX deliveries_in_hand ON deliveries (claim, mailing) WHERE claim IS NOT NULL;
CREATE INDEX deliveries_ended ON deliveries (mailing, recipient, state) WHERE state > 4;
CREATE INDEX deliveries_retry ON deliveries (mailing, next_at, state) WHERE next_at IS NOT NULL;

-- How many mails of an edition are accepted, for each node that sent some, and in as many rows as its transactions count at once (by
-- the rows in which they leave their traces): so none waits for another's commit to count its own.
CREATE TABLE accepted_counts (
    edition BIGINT NOT NULL,
    node    BIGINT NOT NULL,
    trace   BIGINT NOT NULL,
    count   BIGINT NOT NULL,
    PRIMARY KEY (edition, node, trace)
);

CREATE TABLE replies (
    id      BIGINT NOT NULL PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    words   TEXT COLLATE "C" NOT NULL UNIQUE,
    used_at BIGINT NOT NULL
);

CREATE TABLE attempts (
    mailing   BIGINT  NOT NULL,
    recipient BIGINT  NOT NULL,
    number    INTEGER NOT NULL,
    at        BIGINT  NOT NULL,
    outcome   TEXT    NOT NULL,
    code      INTEGER,
    reply     TEXT    NOT NULL,
    words     BIGINT,
    PRIMARY KEY (mailing, recipient, number)
);

CREATE TABLE audit (
    id      BIGINT NOT NULL PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    at      BIGINT NOT NULL,
    actor   TEXT   NOT NULL,
    action  TEXT   NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    detail  TEXT   NOT NULL
);
CREATE INDEX audit_subject ON audit (subject, id);

CREATE TABLE waves (
    id         BIGINT NOT NULL PRIMARY KEY,
    edition    BIGINT NOT NULL,
    scope      TEXT COLLATE "C" NOT NULL,
    name       TEXT COLLATE "C",
    at         BIGINT NOT NULL,
    state      TEXT COLLATE "C" NOT NULL,
    settled_at BIGINT
);
CREATE INDEX waves_edition ON waves (edition, scope, name);

CREATE TABLE bounces (
    recipient BIGINT NOT NULL,
    edition   BIGINT NOT NULL,
    at        BIGINT NOT NULL,
    status    TEXT,
    meaning   TEXT COLLATE "C" NOT NULL,
    server    TEXT COLLATE "C",
    wave      BIGINT REFERENCES waves,
    PRIMARY KEY (recipient, edition)
);
CREATE INDEX bounces_wave ON bounces (wave) WHERE wave IS NOT NULL;
CREATE INDEX bounces_edition ON bounces (edition, meaning, at, wave);
CREATE INDEX bounces_server ON bounces (server, edition) WHERE server IS NOT NULL;

CREATE TABLE report_counts (
    kind  TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    count BIGINT NOT NULL
);

CREATE TABLE revisions (
    subject     TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    fingerprint TEXT   NOT NULL,
    number      BIGINT NOT NULL,
    at          BIGINT NOT NULL
);

CREATE TABLE list_counts (
    what  TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    count BIGINT NOT NULL
);

CREATE TABLE reader_counts (
    bands     BIGINT   NOT NULL,
    sector    SMALLINT NOT NULL,
    locale    SMALLINT NOT NULL,
    mailboxes BIGINT   NOT NULL,
    PRIMARY KEY (bands, sector, locale)
);

-- What transactions leave, by which it is known after a lost answer whether they were committed. A row is written anew by one
-- after the other.
CREATE TABLE traces (
    id BIGINT PRIMARY KEY,
    word BIGINT NOT NULL,
    -- What was there before: whoever left it sees whether it was kept.
    before BIGINT,
    at TIMESTAMPTZ NOT NULL
) WITH (fillfactor = 20);

-- The processes that share the store. A lease is over when the database's own clock says so; what its holder had in hand is
-- then anybody's.
CREATE TABLE nodes (
    id          BIGINT NOT NULL PRIMARY KEY,
    name        TEXT   NOT NULL,
    role        TEXT   NOT NULL,
    version     TEXT   NOT NULL,
    started_at  TIMESTAMPTZ NOT NULL,
    seen_at     TIMESTAMPTZ NOT NULL,
    lease_until TIMESTAMPTZ NOT NULL
);

-- When the next mail may leave of all that the nodes send, where their rate is limited. Lost in a crash, it begins anew.
CREATE UNLOGGED TABLE turns (
    one     BOOLEAN     NOT NULL PRIMARY KEY DEFAULT true CHECK (one),
    next_at TIMESTAMPTZ NOT NULL
) WITH (fillfactor = 20);

-- Every decision leaves a line, and whoever waits for one is told that there is something new, but nothing of what it is.
CREATE FUNCTION tell_nodes() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    NOTIFY fortnightly;
    RETURN NULL;
END
$$;
CREATE TRIGGER audit_is_told AFTER INSERT OR UPDATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION tell_nodes();

-- What a sender asks for every mail stands in functions: there a connection plans it once, and not each time, which takes longer
-- than to do it. It's made for any number of items, and no plan may read whole tables: they may have been small when it was made.
-- Items are found by their keys: when a plan was made the index of what is in hand may have been empty, and it holds hundreds of rows
-- later. No node has the number 0, and what may be null is in no such index.

-- Of each of some items, whether its mailbox may get it, but for the suppression that is spared, its edition is in this state, and
-- it is in hand under one of our numbers, if there are some, whose lease is not over.
CREATE FUNCTION are_wanted(ours BIGINT[], mailings BIGINT[], recipients BIGINT[], spared TEXT, sending TEXT) RETURNS BOOLEAN[]
LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    RETURN ARRAY(
        SELECT (k.mailing < 0 OR EXISTS (SELECT 1 FROM editions e WHERE e.number = k.mailing AND e.state = sending))
            AND NOT EXISTS (
                SELECT 1 FROM recipients r
                LEFT JOIN suppressions x ON x.mac = r.mac AND x.reason <> CASE WHEN k.mailing < 0 THEN spared ELSE '' END
                WHERE r.id = k.recipient AND (x.mac IS NOT NULL OR r.address IS NULL))
            AND (ours IS NULL
                 OR EXISTS (SELECT 1 FROM deliveries d
                            JOIN nodes n ON n.id = coalesce(d.claim, 0) AND n.lease_until > clock_timestamp()
                            WHERE d.mailing = k.mailing AND d.recipient = k.recipient AND coalesce(d.claim, 0) = ANY (ours)))
        FROM unnest(mailings, recipients) WITH ORDINALITY AS k (mailing, recipient, place) ORDER BY k.place);
END
$$;

-- Those of some items that are in hand under our numbers, locked in one order whoever locks them; and for how many milliseconds the
-- lease lasts under which each was claimed.
CREATE FUNCTION items_in_hand(mailings BIGINT[], recipients BIGINT[], ours BIGINT[], spared TEXT, sending TEXT)
RETURNS TABLE (of_mailing BIGINT, of_recipient BIGINT, its_state SMALLINT, tries INTEGER, is_repeated BOOLEAN,
               is_forgotten BOOLEAN, is_suppressed BOOLEAN, is_being_sent BOOLEAN, lease BIGINT)
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    RETURN QUERY
    SELECT d.mailing, d.recipient, d.state, d.attempts, d.repeated, r.address IS NULL,
           EXISTS (SELECT 1 FROM suppressions x
                   WHERE x.mac = r.mac AND x.reason <> CASE WHEN d.mailing < 0 THEN spared ELSE '' END),
           EXISTS (SELECT 1 FROM editions e WHERE e.number = d.mailing AND e.state = sending),
           (SELECT floor(extract(epoch FROM n.lease_until - clock_timestamp()) * 1000)::bigint
            FROM nodes n WHERE n.id = coalesce(d.claim, 0))
    FROM unnest(mailings, recipients) AS k (mailing, recipient)
    JOIN deliveries d ON d.mailing = k.mailing AND d.recipient = k.recipient
    JOIN recipients r ON r.id = d.recipient
    WHERE coalesce(d.claim, 0) = ANY (ours) ORDER BY d.mailing, d.recipient FOR UPDATE OF d;
END
$$;

-- Writes items as they became, what their attempts came to, and how many more of which edition are accepted.
CREATE FUNCTION write_items(
    me BIGINT, counted_in BIGINT,
    mailings BIGINT[], recipients BIGINT[], states SMALLINT[], tries INTEGER[], times BIGINT[], repeats BOOLEAN[], held BOOLEAN[],
    of_mailings BIGINT[], of_recipients BIGINT[], numbers INTEGER[], ended BIGINT[], outcomes TEXT[], codes INTEGER[],
    replies TEXT[], words BIGINT[], editions BIGINT[], more BIGINT[]
) RETURNS VOID LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    UPDATE deliveries AS d
    SET state = k.state, attempts = k.attempts, next_at = k.next_at, repeated = k.repeated,
        claim = CASE WHEN k.is_in_hand THEN d.claim END
    FROM unnest(mailings, recipients, states, tries, times, repeats, held)
        AS k (mailing, recipient, state, attempts, next_at, repeated, is_in_hand)
    WHERE d.mailing = k.mailing AND d.recipient = k.recipient;
    INSERT INTO attempts (mailing, recipient, number, at, outcome, code, reply, words)
    -- The address may have been forgotten since the items were read, which then waited for that: what a relay says may name it.
    SELECT k.mailing, k.recipient, k.number, k.at, k.outcome, k.code,
           CASE WHEN r.address IS NULL THEN '' ELSE k.reply END, CASE WHEN r.address IS NULL THEN NULL ELSE k.words END
    FROM unnest(of_mailings, of_recipients, numbers, ended, outcomes, codes, replies, write_items.words)
        AS k (mailing, recipient, number, at, outcome, code, reply, words)
    LEFT JOIN recipients r ON r.id = k.recipient;
    INSERT INTO accepted_counts AS c (edition, node, trace, count)
    SELECT k.edition, me, counted_in, k.more FROM unnest(editions, write_items.more) AS k (edition, more)
    ON CONFLICT (edition, node, trace) DO UPDATE SET count = c.count + excluded.count;
END
$$;
