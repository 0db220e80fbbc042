-- A name belongs to one subscriber. Where two were called the same before, 0016 gave it to both: it is the first one's.
DELETE FROM former_names
    WHERE (subscriber, name_id) NOT IN (SELECT min(subscriber), name_id FROM former_names GROUP BY name_id);

-- How many questions were asked in the last hour. Nobody asks which are open for the whole list.
DROP INDEX IF EXISTS requests_open;
CREATE INDEX IF NOT EXISTS requests_made ON requests (made_at, kind);
