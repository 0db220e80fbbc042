-- What a person decided about an edition, and when; and what the theme's text was when it was picked.
ALTER TABLE editions ADD COLUMN approved_at INTEGER;
ALTER TABLE editions ADD COLUMN released_at INTEGER;
ALTER TABLE editions ADD COLUMN theme_fingerprint TEXT NOT NULL DEFAULT '';
-- Approved before anybody wrote down when.
UPDATE editions SET approved_at = 0 WHERE state = 'approved';
