-- The words by which subscribers are found: those of their names as they are compared, and their register numbers. They are
-- filled in by the program, because SQL knows no letters without accents.
CREATE TABLE name_words (
    word       TEXT    NOT NULL,
    subscriber INTEGER NOT NULL,
    PRIMARY KEY (word, subscriber)
) STRICT, WITHOUT ROWID;
