-- A sender's page is one statement, and so one transaction and one round trip, as long as everything is as the sender remembers it.

-- Which of some items are still wanted. NULL stands for all of them: they were when the store had come so far, neither counter has
-- risen since, and they are still in hand under a number whose lease lasts. Otherwise are_wanted is asked.
CREATE FUNCTION wanted_since(
    list_then BIGINT, editions_then BIGINT, claimed_under BIGINT,
    ours BIGINT[], mailings BIGINT[], recipients BIGINT[], spared TEXT, sending TEXT,
    OUT database BIGINT, OUT list BIGINT, OUT editions BIGINT, OUT wanted BOOLEAN[]
) LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET jit = off AS $$
BEGIN
    SELECT s.id, l.value, e.value INTO database, list, editions
    FROM store s, epochs l, epochs e WHERE s.one AND l.what = 'list' AND e.what = 'editions';
    IF list_then IS DISTINCT FROM list OR editions_then IS DISTINCT FROM editions
       OR NOT EXISTS (SELECT 1 FROM nodes n WHERE n.id = claimed_under AND n.lease_until > clock_timestamp())
       OR cardinality(mailings) <> (
           SELECT count(*) FROM unnest(mailings, recipients) AS k (mailing, recipient)
           JOIN deliveries d ON d.mailing = k.mailing AND d.recipient = k.recipient
           WHERE coalesce(d.claim, 0) = claimed_under) THEN
        wanted := are_wanted(ours, mailings, recipients, spared, sending);
    END IF;
END
$$;

-- Whether a statement that was not answered has left this word in this row. Who asks waits for it, because both write the row. If it
-- has not, it never will: should it come after this, it finds its word in `before`, and does nothing.
CREATE FUNCTION is_left(trace_row BIGINT, trace_word BIGINT) RETURNS BOOLEAN LANGUAGE plpgsql SET lock_timeout = '2s' AS $$
DECLARE
    found BIGINT;
BEGIN
    INSERT INTO traces AS t (id, word, before, at) VALUES (trace_row, 0, trace_word, clock_timestamp())
    ON CONFLICT (id) DO UPDATE SET before = CASE WHEN t.word = trace_word THEN t.before ELSE trace_word END
    RETURNING t.word INTO found;
    RETURN found = trace_word;
END
$$;

-- Writes a page of items as they became, if each is still as it was when that was decided, in hand under this node's number. If not,
-- or if anything else is not as it should be, it fails, so that nothing is written and no trace is left: the sender then reads them
-- first. It says for how many milliseconds the node's lease lasts, how far the database has come, and which word was in the row
-- where it leaves its trace.
CREATE FUNCTION write_page(
    schema BIGINT, list_then BIGINT, editions_then BIGINT, list_known BIGINT, editions_known BIGINT,
    trace_row BIGINT, trace_word BIGINT, me BIGINT, spared TEXT, sending TEXT,
    mailings BIGINT[], recipients BIGINT[], were SMALLINT[], had INTEGER[], were_repeated BOOLEAN[],
    states SMALLINT[], tries INTEGER[], times BIGINT[], repeats BOOLEAN[], held BOOLEAN[],
    of_mailings BIGINT[], of_recipients BIGINT[], numbers INTEGER[], ended BIGINT[], outcomes TEXT[], codes INTEGER[],
    replies TEXT[], words BIGINT[], editions_of BIGINT[], more BIGINT[], quarters BIGINT[], arrived BIGINT[],
    OUT lease BIGINT, OUT database BIGINT, OUT list BIGINT, OUT editions BIGINT, OUT word_before BIGINT
) LANGUAGE plpgsql
SET lock_timeout = '10s' SET jit = off
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    -- Not an error: whoever reads the server's log need do nothing.
    elsewise CONSTANT TEXT := 'a page of a sender is written in another way, as something has changed (this is no fault)';
    is_ours BOOLEAN;
    is_same BOOLEAN;
    written BIGINT;
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION USING MESSAGE = elsewise, ERRCODE = 'FN001';
    END IF;
    INSERT INTO traces AS t (id, word, at) VALUES (trace_row, trace_word, clock_timestamp())
    ON CONFLICT (id) DO UPDATE SET word = excluded.word, at = excluded.at, before = t.word
    WHERE t.before IS DISTINCT FROM trace_word RETURNING t.before INTO word_before;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING MESSAGE = elsewise, ERRCODE = 'FN001';
    END IF;

    SELECT s.id, l.value, e.value, s.version = schema AND s.moved_to IS NULL AND s.copy_of IS NULL
    INTO database, list, editions, is_ours
    FROM store s, epochs l, epochs e WHERE s.one AND l.what = 'list' AND e.what = 'editions';
    SELECT floor(extract(epoch FROM n.lease_until - clock_timestamp()) * 1000)::bigint INTO lease FROM nodes n WHERE n.id = me;
    IF NOT is_ours OR list < list_known OR editions < editions_known OR coalesce(lease, 0) <= 0 THEN
        RAISE EXCEPTION USING MESSAGE = elsewise, ERRCODE = 'FN001';
    END IF;
    is_same := list = list_then AND editions = editions_then;

    WITH as_they_were AS MATERIALIZED (
        SELECT d.ctid AS place, k.state, k.attempts, k.next_at, k.repeated, k.is_in_hand
        FROM unnest(mailings, recipients, were, had, were_repeated, states, tries, times, repeats, held)
            AS k (mailing, recipient, was, had, was_repeated, state, attempts, next_at, repeated, is_in_hand)
        JOIN deliveries d ON d.mailing = k.mailing AND d.recipient = k.recipient
        -- Found by its key; see the functions before.
        WHERE coalesce(d.claim, 0) = me AND d.state = k.was AND d.attempts = k.had AND d.repeated = k.was_repeated
          AND (is_same OR NOT k.is_in_hand OR (are_wanted(NULL, ARRAY[k.mailing], ARRAY[k.recipient], spared, sending))[1])
        ORDER BY d.mailing, d.recipient FOR UPDATE OF d)
    UPDATE deliveries AS d
    SET state = k.state, attempts = k.attempts, next_at = k.next_at, repeated = k.repeated,
        claim = CASE WHEN k.is_in_hand THEN me END
    FROM as_they_were k
    WHERE d.ctid = k.place AND (SELECT count(*) FROM as_they_were) = cardinality(mailings);
    GET DIAGNOSTICS written = ROW_COUNT;
    IF written < cardinality(mailings) THEN
        RAISE EXCEPTION USING MESSAGE = elsewise, ERRCODE = 'FN001';
    END IF;

    INSERT INTO attempts (mailing, recipient, number, at, outcome, code, reply, words)
    -- An address that was forgotten: what a relay says may name it.
    SELECT k.mailing, k.recipient, k.number, k.at, k.outcome, k.code,
           CASE WHEN r.address IS NULL THEN '' ELSE k.reply END, CASE WHEN r.address IS NULL THEN NULL ELSE k.words END
    FROM unnest(of_mailings, of_recipients, numbers, ended, outcomes, codes, write_page.replies, write_page.words)
        AS k (mailing, recipient, number, at, outcome, code, reply, words)
    LEFT JOIN recipients r ON r.id = k.recipient;
    INSERT INTO accepted_counts AS c (edition, node, trace, count)
    SELECT k.edition, me, trace_row, k.more FROM unnest(editions_of, write_page.more) AS k (edition, more)
    ON CONFLICT (edition, node, trace) DO UPDATE SET count = c.count + excluded.count;
    INSERT INTO handed_over_counts AS c (quarter, node, trace, count)
    SELECT k.quarter, me, trace_row, k.arrived FROM unnest(quarters, write_page.arrived) AS k (quarter, arrived)
    ON CONFLICT (quarter, node, trace) DO UPDATE SET count = c.count + excluded.count;
END
$$;
