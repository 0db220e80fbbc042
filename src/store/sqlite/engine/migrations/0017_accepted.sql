-- How many of an edition's mails are accepted: kept as it changes, so that the many that wait need not be counted.
ALTER TABLE editions ADD COLUMN accepted INTEGER NOT NULL DEFAULT 0;
UPDATE editions SET accepted = mails
    - (SELECT count(*) FROM deliveries INDEXED BY deliveries_queued WHERE mailing = number AND deliveries.state = 0)
    - (SELECT count(*) FROM deliveries INDEXED BY deliveries_in_hand WHERE claim IS NOT NULL AND mailing = number)
    - (SELECT count(*) FROM deliveries INDEXED BY deliveries_retry
       WHERE mailing = number AND next_at IS NOT NULL AND deliveries.state = 4)
    - (SELECT count(*) FROM deliveries INDEXED BY deliveries_ended WHERE mailing = number AND deliveries.state > 4)
    WHERE mails > 0;
