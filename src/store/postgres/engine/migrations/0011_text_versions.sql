-- What texts of the library said, version by version: kept each time when one is saved in the console, the last fifty of a file.
-- `person` is who saved it; without one, the file was found like that.
CREATE TABLE text_versions (
    file   TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    at     BIGINT NOT NULL,
    person TEXT,
    digest TEXT COLLATE "C" NOT NULL,
    packed BYTEA  NOT NULL,
    PRIMARY KEY (file, number)
);
