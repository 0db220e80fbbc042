-- A delivery that an operator takes up again has its full time anew.
ALTER TABLE deliveries ADD COLUMN retried_at INTEGER;
