-- Who may use the console, and who had what done.

-- The person, as they were called then: it stays when the user is removed. Null where nobody was at the controls.
ALTER TABLE audit ADD COLUMN person TEXT;

CREATE TABLE users (
    id         BIGINT NOT NULL PRIMARY KEY,
    address    TEXT COLLATE "C" NOT NULL,
    name       TEXT   NOT NULL,
    role       TEXT COLLATE "C" NOT NULL,
    -- As a PHC string (argon2id); null until one is set.
    password   TEXT COLLATE "C",
    -- The secret of the codes that an app makes (RFC 6238), and the step of the last one that was used.
    totp       BYTEA,
    totp_step  BIGINT,
    -- Whom the organisation's own sign-on knows them as (OpenID Connect Core 1.0, section 5.7).
    issuer     TEXT COLLATE "C",
    subject    TEXT COLLATE "C",
    created_at BIGINT NOT NULL,
    seen_at    BIGINT
);
CREATE UNIQUE INDEX users_address ON users (lower(address));
CREATE UNIQUE INDEX users_sign_on ON users (issuer, subject);

-- Links that are good once.
CREATE TABLE user_links (
    -- SHA-256 of what the link carries.
    token      BYTEA  NOT NULL PRIMARY KEY,
    user_id    BIGINT NOT NULL,
    purpose    TEXT COLLATE "C" NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE TABLE sessions (
    -- SHA-256 of what the browser carries.
    token      BYTEA  NOT NULL PRIMARY KEY,
    user_id    BIGINT NOT NULL,
    begun_at   BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    -- The network that it was begun from.
    network    TEXT COLLATE "C" NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id);

-- How often somebody was wrong who tried to sign in: by a keyed hash of the address, or of the network.
CREATE TABLE sign_in_tries (
    key     BYTEA  NOT NULL PRIMARY KEY,
    wrong   BIGINT NOT NULL,
    last_at BIGINT NOT NULL
);
CREATE INDEX sign_in_tries_last ON sign_in_tries (last_at);
