-- The pictures of an edition as they went out: each activity's, and the square for whoever passes the edition on. Its mails bring
-- the first kind with them; the web shows both for as long as it shows the edition.
CREATE TABLE pictures (
    edition INTEGER NOT NULL REFERENCES editions ON DELETE CASCADE,
    subject TEXT    NOT NULL,
    name    TEXT    NOT NULL,
    width   INTEGER NOT NULL,
    height  INTEGER NOT NULL,
    bytes   BLOB    NOT NULL,
    PRIMARY KEY (edition, subject)
) STRICT;
CREATE INDEX pictures_name ON pictures (name);
