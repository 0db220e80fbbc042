-- A text of an edition as it reads since a slip in it was mended: what the web shows. What was sent stays where it is.
CREATE TABLE text_revisions (
    edition INTEGER NOT NULL REFERENCES editions,
    -- An activity's id, or the theme's folder.
    text    TEXT NOT NULL,
    number  INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (edition, text, number)
) STRICT, WITHOUT ROWID;
