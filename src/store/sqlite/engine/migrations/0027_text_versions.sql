-- What texts of the library said, version by version: kept each time when one is saved in the console, the last fifty of a file.
-- `person` is who saved it; without one, the file was found like that.
CREATE TABLE text_versions (
    file   TEXT    NOT NULL,
    number INTEGER NOT NULL,
    at     INTEGER NOT NULL,
    person TEXT,
    digest TEXT    NOT NULL,
    packed BLOB    NOT NULL,
    PRIMARY KEY (file, number)
) STRICT;
