-- What a relay tells many mailboxes in the same words stands once: an attempt names them by number (`words`) and has in `reply`
-- what was said to it alone. `used_at` is when they were last said, or up to a day before. An outcome is a letter; in rows of older versions it is the whole word.
CREATE TABLE replies (
    id      INTEGER NOT NULL PRIMARY KEY,
    words   TEXT NOT NULL UNIQUE,
    used_at INTEGER NOT NULL
) STRICT;
ALTER TABLE attempts ADD COLUMN words INTEGER;
