-- Suppressions are listed in pages, each from where the last one ended.
CREATE INDEX suppressions_listed ON suppressions (at, address);
