-- Hard bounces that came in such numbers that a person decides about them. `scope` says what they have in common besides
-- their edition: nothing ('edition'), or the 'domain' or mail 'server' of this name.
CREATE TABLE waves (
    id         INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    edition    INTEGER NOT NULL,
    scope      TEXT NOT NULL,
    name       TEXT,
    at         INTEGER NOT NULL,
    state      TEXT NOT NULL,
    settled_at INTEGER
) STRICT;
CREATE INDEX waves_edition ON waves (edition, scope, name);

-- Which mail server reported a bounce, and which wave it is one of. What the relay refuses at RCPT is here, too.
ALTER TABLE bounces ADD COLUMN server TEXT;
ALTER TABLE bounces ADD COLUMN wave INTEGER REFERENCES waves;
CREATE INDEX bounces_wave ON bounces (wave) WHERE wave IS NOT NULL;

-- One more hard bounce is judged by the others of its edition, by those of its domain, and by what its server reported.
DROP INDEX bounces_edition;
CREATE INDEX bounces_edition ON bounces (edition, meaning, at, wave);
CREATE INDEX bounces_server ON bounces (server, edition) WHERE server IS NOT NULL;
CREATE INDEX recipients_domain ON recipients (substr(folded, instr(folded, '@') + 1)) WHERE folded IS NOT NULL;
