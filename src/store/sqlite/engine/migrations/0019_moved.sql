-- Where the store was moved to: then it is only looked at. Or of which store it is a copy that is not complete: then nobody uses it.
CREATE TABLE moved (
    one      INTEGER NOT NULL PRIMARY KEY DEFAULT 1 CHECK (one = 1),
    moved_to TEXT,
    copy_of  TEXT,
    CHECK ((moved_to IS NULL) <> (copy_of IS NULL))
) STRICT;
