//! What a store holds, table by table: the names of its columns, which of them are its key, and where a backend keeps it that keeps
//! it elsewhere. A table comes after those that it refers to.

use super::table::Kind::{Big, Bytes, Flag, Int, Small, Text};
use super::table::{Kept, Table, large, table};

/// The tables of either schema that do not move: what belongs to a place, or to processes there.
pub const STAYS: &[&str] = &[
    "claimants",
    "moved",
    "sqlite_sequence",
    "store",
    "epochs",
    "past_epochs",
    "nodes",
    "traces",
    "turns",
    "accepted_counts",
    "handed_over_counts",
    "sign_in_tries",
];

/// Every table that moves. Nothing is in hand then, so no delivery has a claim.
pub const TABLES: &[Table] = &[
    META,
    table("bands", 1, &[("id", Big), ("name", Text)]),
    table("suppressions", 1, &[("mac", Bytes), ("address", Text), ("reason", Text), ("at", Big)]),
    EDITIONS,
    large(
        "bulletins",
        1,
        &[
            ("number", Big),
            ("name", Text),
            ("approved", Text),
            ("content", Text),
            ("audience", Text),
            ("beside_edition", Flag),
            ("withdrawn_at", Big),
        ],
    ),
    large(
        "picks",
        2,
        &[
            ("edition", Big),
            ("position", Big),
            ("band", Text),
            ("activity", Text),
            ("title", Text),
            ("reason", Text),
            ("reason_detail", Text),
            ("fingerprint", Text),
        ],
    ),
    large("edition_texts", 2, &[("edition", Big), ("activity", Text), ("content", Text)]),
    large(
        "pictures",
        2,
        &[("edition", Big), ("subject", Text), ("name", Text), ("width", Big), ("height", Big), ("bytes", Bytes)],
    ),
    large("text_revisions", 3, &[("edition", Big), ("text", Text), ("number", Big), ("at", Big), ("content", Text)]),
    large("approved_texts", 1, &[("edition", Big), ("packed", Bytes)]),
    large(
        "text_versions",
        2,
        &[("file", Text), ("number", Big), ("at", Big), ("person", Text), ("digest", Text), ("packed", Bytes)],
    ),
    table("withdrawn_activities", 1, &[("activity", Text), ("at", Big), ("reinstated_at", Big)]),
    large(
        "segments",
        2,
        &[
            ("edition", Big),
            ("number", Big),
            ("bands", Big),
            ("sector", Small),
            ("locale", Small),
            ("rendered", Text),
            ("packed", Bytes),
            ("base", Big),
        ],
    ),
    table("names", 1, &[("id", Big), ("name", Text)]),
    SUBSCRIBERS,
    table("name_words", 2, &[("word", Text), ("subscriber", Big)]),
    table("former_names", 2, &[("subscriber", Big), ("name_id", Big)]),
    RECIPIENTS,
    SUBSCRIPTIONS,
    REQUESTS,
    large(
        "transactional_mails",
        1,
        &[
            ("id", Big),
            ("recipient", Big),
            ("address", Text),
            ("request", Big),
            ("kind", Text),
            ("at", Big),
            ("sender", Text),
            ("rendered", Text),
        ],
    ),
    DELIVERIES,
    ACCEPTED,
    table("replies", 1, &[("id", Big), ("words", Text), ("used_at", Big)]),
    ATTEMPTS,
    table(
        "audit",
        1,
        &[
            ("id", Big),
            ("at", Big),
            ("actor", Text),
            ("action", Text),
            ("subject", Text),
            ("detail", Text),
            ("person", Text),
        ],
    ),
    WAVES,
    BOUNCES,
    table("told", 2, &[("kind", Text), ("finding", Text), ("day", Text), ("at", Big)]),
    table("relay_outages", 1, &[("since", Big), ("seen_at", Big), ("until", Big), ("mails", Big)]),
    table("report_counts", 1, &[("kind", Text), ("count", Big)]),
    table("revisions", 1, &[("subject", Text), ("fingerprint", Text), ("number", Big), ("at", Big)]),
    table("list_counts", 1, &[("what", Text), ("count", Big)]),
    table("reader_counts", 3, &[("bands", Big), ("sector", Small), ("locale", Small), ("mailboxes", Big)]),
    USERS,
    table("user_links", 1, &[("token", Bytes), ("user_id", Big), ("purpose", Text), ("expires_at", Big)]),
    table(
        "sessions",
        1,
        &[
            ("token", Bytes),
            ("user_id", Big),
            ("begun_at", Big),
            ("seen_at", Big),
            ("expires_at", Big),
            ("network", Text),
        ],
    ),
    NUMBERS,
];

/// What a store remembers, but for what is true of one place alone: that something forgotten may still lie in a file, and which keys the
/// nodes of a database sign with.
const META: Table = Table {
    sqlite: Kept::Elsewhere {
        read: "(SELECT key, value FROM meta WHERE key NOT IN ('unscrubbed', 'unrebuilt', 'signing_keys'))",
        write: &["INSERT INTO meta (key, value) VALUES (?1, ?2)"],
    },
    postgres: Kept::Elsewhere {
        read: "(SELECT key, value FROM meta WHERE key NOT IN ('unscrubbed', 'unrebuilt', 'signing_keys'))",
        write: &["INSERT INTO meta (key, value) SELECT * FROM unnest($1, $2)"],
    },
    ..table("meta", 1, &[("key", Text), ("value", Text)])
};

const EDITIONS: Table = large(
    "editions",
    1,
    &[
        ("number", Big),
        ("state", Text),
        ("reason", Text),
        ("reason_detail", Text),
        ("date", Text),
        ("due_at", Big),
        ("theme", Text),
        ("theme_reason", Text),
        ("theme_reason_detail", Text),
        ("theme_fingerprint", Text),
        ("theme_text", Text),
        ("notices", Text),
        ("approved_at", Big),
        ("released_at", Big),
        ("published_at", Big),
        ("finished_at", Big),
        ("sender", Text),
        ("mails", Big),
    ],
);

const SUBSCRIBERS: Table = table(
    "subscribers",
    1,
    &[
        ("id", Big),
        ("name_id", Big),
        ("sector", Small),
        ("locale", Small),
        ("urn", Text),
        ("origin", Small),
        ("created_at", Big),
    ],
);

const RECIPIENTS: Table = table(
    "recipients",
    1,
    &[
        ("id", Big),
        ("address", Text),
        ("mac", Bytes),
        ("owner", Big),
        ("bands", Big),
        ("chosen", Big),
        ("state", Small),
        ("created_at", Big),
        ("changed_at", Big),
    ],
);

const SUBSCRIPTIONS: Table = table(
    "subscriptions",
    3,
    &[
        ("recipient", Big),
        ("subscriber", Big),
        ("origin", Small),
        ("bands", Big),
        ("since", Big),
        ("ended", Big),
        ("ended_by", Text),
    ],
);

const REQUESTS: Table = table(
    "requests",
    1,
    &[
        ("id", Big),
        ("recipient", Big),
        ("kind", Text),
        ("subscriber", Big),
        ("bands", Big),
        ("made_at", Big),
        ("expires_at", Big),
        ("done_at", Big),
    ],
);

const DELIVERIES: Table = table(
    "deliveries",
    2,
    &[
        ("mailing", Big),
        ("recipient", Big),
        ("segment", Big),
        ("name_id", Big),
        ("next_at", Big),
        ("retried_at", Big),
        ("attempts", Int),
        ("state", Small),
        ("repeated", Flag),
    ],
);

/// How many mails of an edition are accepted: a column of the edition on `SQLite`, a row for each node on `PostgreSQL`.
const ACCEPTED: Table = Table {
    sqlite: Kept::Elsewhere {
        read: "(SELECT number AS edition, accepted AS count FROM editions WHERE accepted <> 0)",
        write: &["UPDATE editions SET accepted = ?2 WHERE number = ?1"],
    },
    postgres: Kept::Elsewhere {
        read: "(SELECT edition, sum(count)::bigint AS count FROM accepted_counts GROUP BY edition HAVING sum(count) <> 0)",
        write: &["INSERT INTO accepted_counts (edition, node, trace, count)
                  SELECT edition, 0, 0, count FROM unnest($1, $2) AS k (edition, count)"],
    },
    ..table("accepted", 1, &[("edition", Big), ("count", Big)])
};

/// Attempts. Older versions wrote an outcome as a whole word, where it is a letter now.
const ATTEMPTS: Table = Table {
    sqlite: Kept::Elsewhere {
        read: "(SELECT mailing, recipient, number, at,
                       CASE WHEN outcome LIKE 'th%' THEN 'h' ELSE substr(outcome, 1, 1) END AS outcome, code, reply, words
                FROM attempts)",
        write: &["INSERT INTO attempts (mailing, recipient, number, at, outcome, code, reply, words)
                  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"],
    },
    ..table(
        "attempts",
        3,
        &[
            ("mailing", Big),
            ("recipient", Big),
            ("number", Int),
            ("at", Big),
            ("outcome", Text),
            ("code", Int),
            ("reply", Text),
            ("words", Big),
        ],
    )
};

const WAVES: Table = table(
    "waves",
    1,
    &[
        ("id", Big),
        ("edition", Big),
        ("scope", Text),
        ("name", Text),
        ("at", Big),
        ("state", Text),
        ("settled_at", Big),
    ],
);

const BOUNCES: Table = table(
    "bounces",
    2,
    &[
        ("recipient", Big),
        ("edition", Big),
        ("at", Big),
        ("status", Text),
        ("meaning", Text),
        ("server", Text),
        ("wave", Big),
    ],
);

const USERS: Table = table(
    "users",
    1,
    &[
        ("id", Big),
        ("address", Text),
        ("name", Text),
        ("role", Text),
        ("password", Text),
        ("totp", Bytes),
        ("totp_step", Big),
        ("issuer", Text),
        ("subject", Text),
        ("created_at", Big),
        ("seen_at", Big),
    ],
);

/// The numbers that rows get next. Those of names follow from the names that there are.
const NUMBERS: Table = Table {
    sqlite: Kept::Elsewhere {
        read: "(SELECT CASE name WHEN 'subscribers' THEN 'subscriber' WHEN 'recipients' THEN 'recipient'
                                 WHEN 'requests' THEN 'request' WHEN 'transactional_mails' THEN 'mail'
                                 WHEN 'waves' THEN 'wave' WHEN 'users' THEN 'user' END AS kind, seq + 1 AS next
                FROM sqlite_sequence WHERE seq > 0
                AND name IN ('subscribers', 'recipients', 'requests', 'transactional_mails', 'waves', 'users'))",
        write: &[
            "DELETE FROM sqlite_sequence WHERE ?2 > 0 AND name = CASE ?1 WHEN 'mail' THEN 'transactional_mails' ELSE ?1 || 's' END",
            "INSERT INTO sqlite_sequence (name, seq)
             VALUES (CASE ?1 WHEN 'mail' THEN 'transactional_mails' ELSE ?1 || 's' END, ?2 - 1)",
        ],
    },
    postgres: Kept::Elsewhere {
        read: "(SELECT kind, next FROM numbers
                WHERE kind IN ('subscriber', 'recipient', 'request', 'mail', 'wave', 'user') AND next > 1)",
        write: &["INSERT INTO numbers (kind, next) SELECT * FROM unnest($1, $2)
                  ON CONFLICT (kind) DO UPDATE SET next = excluded.next"],
    },
    ..table("numbers", 1, &[("kind", Text), ("next", Big)])
};
