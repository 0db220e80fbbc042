-- The words by which subscribers are found: those of their names as they are compared, and their register numbers. They are
-- filled in by the program, so that both backends compare in the same way.
CREATE TABLE name_words (
    word       TEXT COLLATE "C" NOT NULL,
    subscriber BIGINT NOT NULL,
    PRIMARY KEY (word, subscriber)
);
