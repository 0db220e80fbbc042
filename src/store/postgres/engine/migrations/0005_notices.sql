-- A mail to an operator has an address of its own, in place of a mailbox of the list. Its row of deliveries has the mailbox 0, which
-- nobody has.
ALTER TABLE transactional_mails ALTER COLUMN recipient DROP NOT NULL;
ALTER TABLE transactional_mails ADD COLUMN address TEXT COLLATE "C";
ALTER TABLE transactional_mails ADD CHECK ((recipient IS NULL) <> (address IS NULL));

-- What operators were told by mail: of which kind, what it was, and on which local day. So nothing is told twice.
CREATE TABLE told (
    kind    TEXT COLLATE "C" NOT NULL,
    finding TEXT COLLATE "C" NOT NULL,
    day     TEXT COLLATE "C" NOT NULL,
    at      BIGINT NOT NULL,
    PRIMARY KEY (kind, finding)
);

-- Times in which the relay could not be reached: since when, when that was last seen, and when it answered again. `mails` is how many
-- waited at most.
CREATE TABLE relay_outages (
    since   BIGINT NOT NULL PRIMARY KEY,
    seen_at BIGINT NOT NULL,
    until   BIGINT,
    mails   BIGINT NOT NULL
);

-- As before, and also of what goes to nobody's mailbox.
CREATE OR REPLACE FUNCTION items_in_hand(mailings BIGINT[], recipients BIGINT[], ours BIGINT[], spared TEXT, sending TEXT)
RETURNS TABLE (of_mailing BIGINT, of_recipient BIGINT, its_state SMALLINT, tries INTEGER, is_repeated BOOLEAN,
               is_forgotten BOOLEAN, is_suppressed BOOLEAN, is_being_sent BOOLEAN, lease BIGINT)
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    RETURN QUERY
    SELECT d.mailing, d.recipient, d.state, d.attempts, d.repeated, r.id IS NOT NULL AND r.address IS NULL,
           EXISTS (SELECT 1 FROM suppressions x
                   WHERE x.mac = r.mac AND x.reason <> CASE WHEN d.mailing < 0 THEN spared ELSE '' END),
           EXISTS (SELECT 1 FROM editions e WHERE e.number = d.mailing AND e.state = sending),
           (SELECT floor(extract(epoch FROM n.lease_until - clock_timestamp()) * 1000)::bigint
            FROM nodes n WHERE n.id = coalesce(d.claim, 0))
    FROM unnest(mailings, recipients) AS k (mailing, recipient)
    JOIN deliveries d ON d.mailing = k.mailing AND d.recipient = k.recipient
    LEFT JOIN recipients r ON r.id = d.recipient
    WHERE coalesce(d.claim, 0) = ANY (ours) ORDER BY d.mailing, d.recipient FOR UPDATE OF d;
END
$$;
