-- What an edition's theme and activities said when somebody approved of it, compressed, until it is published: so whoever looks
-- again sees what was edited since.
CREATE TABLE approved_texts (
    edition BIGINT NOT NULL PRIMARY KEY REFERENCES editions ON DELETE CASCADE,
    packed  BYTEA  NOT NULL
);
