-- Who may use the console, and who had what done.

-- The person, as they were called then: it stays when the user is removed. Null where nobody was at the controls.
ALTER TABLE audit ADD COLUMN person TEXT;

CREATE TABLE users (
    id         INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    address    TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    role       TEXT    NOT NULL,
    -- As a PHC string (argon2id); null until one is set.
    password   TEXT,
    -- The secret of the codes that an app makes (RFC 6238), and the step of the last one that was used.
    totp       BLOB,
    totp_step  INTEGER,
    -- Whom the organisation's own sign-on knows them as (OpenID Connect Core 1.0, section 5.7).
    issuer     TEXT,
    subject    TEXT,
    created_at INTEGER NOT NULL,
    seen_at    INTEGER
) STRICT;
CREATE UNIQUE INDEX users_address ON users (lower(address));
CREATE UNIQUE INDEX users_sign_on ON users (issuer, subject);

-- Links that are good once.
CREATE TABLE user_links (
    -- SHA-256 of what the link carries.
    token      BLOB    NOT NULL PRIMARY KEY,
    user_id    INTEGER NOT NULL,
    purpose    TEXT    NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
    -- SHA-256 of what the browser carries.
    token      BLOB    NOT NULL PRIMARY KEY,
    user_id    INTEGER NOT NULL,
    begun_at   INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    -- The network that it was begun from.
    network    TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_user ON sessions (user_id);

-- How often somebody was wrong who tried to sign in: by a keyed hash of the address, or of the network.
CREATE TABLE sign_in_tries (
    key     BLOB    NOT NULL PRIMARY KEY,
    wrong   INTEGER NOT NULL,
    last_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sign_in_tries_last ON sign_in_tries (last_at);
