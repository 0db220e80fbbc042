-- What a segment reads is compressed: the fullest of its edition by itself, each other with that one's text as dictionary
-- (`base` is its number). An older row keeps its text in `rendered`; one that has neither is no longer kept.
ALTER TABLE segments ADD COLUMN packed BLOB;
ALTER TABLE segments ADD COLUMN base INTEGER;
