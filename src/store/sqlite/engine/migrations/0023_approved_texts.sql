-- What an edition's theme and activities said when somebody approved of it, compressed, until it is published: so whoever looks
-- again sees what was edited since.
CREATE TABLE approved_texts (
    edition INTEGER NOT NULL PRIMARY KEY REFERENCES editions ON DELETE CASCADE,
    packed  BLOB NOT NULL
) STRICT;
