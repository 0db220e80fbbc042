-- How many of the editions' mails were handed over, or may have been, in each quarter of an hour since 1970, in as many rows as those
-- that are accepted. Whoever claims within a day's cap asks for it, so that it takes no longer in the evening than in the morning; every
-- day of every time zone begins with a quarter. Those of days that are over are forgotten.
CREATE TABLE handed_over_counts (
    quarter BIGINT NOT NULL,
    node    BIGINT NOT NULL,
    trace   BIGINT NOT NULL,
    count   BIGINT NOT NULL,
    PRIMARY KEY (quarter, node, trace)
);
INSERT INTO handed_over_counts (quarter, node, trace, count)
SELECT at / 900000, 0, 0, count(*) FROM attempts
WHERE mailing > 0 AND outcome IN ('a', 'u') AND at >= floor(extract(epoch FROM now() - interval '2 days') * 1000)::bigint
GROUP BY 1;

-- The values that each counter of decisions has had, for some months: whoever remembers another one remembers what this database has
-- lost, however much was decided since.
CREATE TABLE past_epochs (
    what  TEXT COLLATE "C" NOT NULL,
    value BIGINT NOT NULL,
    at    TIMESTAMPTZ NOT NULL DEFAULT now(),
    PRIMARY KEY (what, value)
);
INSERT INTO past_epochs (what, value) SELECT what, value FROM epochs;

DROP FUNCTION write_items(BIGINT, BIGINT, BIGINT[], BIGINT[], SMALLINT[], INTEGER[], BIGINT[], BOOLEAN[], BOOLEAN[], BIGINT[], BIGINT[],
                          INTEGER[], BIGINT[], TEXT[], INTEGER[], TEXT[], BIGINT[], BIGINT[], BIGINT[]);

-- Writes items as they became, what their attempts came to, how many more of which edition are accepted, and how many were handed over
-- in which quarter of an hour.
CREATE FUNCTION write_items(
    me BIGINT, counted_in BIGINT,
    mailings BIGINT[], recipients BIGINT[], states SMALLINT[], tries INTEGER[], times BIGINT[], repeats BOOLEAN[], held BOOLEAN[],
    of_mailings BIGINT[], of_recipients BIGINT[], numbers INTEGER[], ended BIGINT[], outcomes TEXT[], codes INTEGER[],
    replies TEXT[], words BIGINT[], editions BIGINT[], more BIGINT[],
    quarters BIGINT[], arrived BIGINT[]
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
    INSERT INTO handed_over_counts AS c (quarter, node, trace, count)
    SELECT k.quarter, me, counted_in, k.arrived FROM unnest(quarters, write_items.arrived) AS k (quarter, arrived)
    ON CONFLICT (quarter, node, trace) DO UPDATE SET count = c.count + excluded.count;
END
$$;
