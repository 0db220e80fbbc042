//! Every key of the contract: where it may stand, how it is used and how it is written.

/// How a key is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Usage {
    /// One value, which the environment may override.
    Scalar,
    /// A list or tables: only in the file.
    Nested,
    /// In the contract, but this version does not honour it.
    Later,
    /// A secret, which must not stand in the file.
    Secret,
}

/// One key.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) usage: Usage,
    /// A value as it stands in the file.
    pub(super) example: &'static str,
}

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Text in quotes.
    Text,
    /// A date.
    Date,
    /// A time of day.
    Time,
    /// Anything else.
    Other,
}

impl Key {
    /// How its value is written.
    pub(super) fn form(&self) -> Form {
        match self.example {
            text if text.starts_with('"') => Form::Text,
            text if !text.starts_with(|c: char| c.is_ascii_digit()) => Form::Other,
            text if text.contains('-') => Form::Date,
            text if text.contains(':') => Form::Time,
            _ => Form::Other,
        }
    }
}

/// The keys that may stand below one heading.
#[derive(Debug)]
pub(super) struct Table {
    /// The heading, with its brackets.
    pub(super) heading: &'static str,
    /// The name that environment variables use; empty for tables that cannot come from there.
    pub(super) name: &'static str,
    pub(super) keys: &'static [Key],
}

impl Table {
    /// The key of this name.
    pub(super) fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }

    /// The heading without its brackets.
    pub(super) fn bare_heading(&self) -> &'static str {
        self.heading.trim_matches(['[', ']'])
    }

    /// Whether entries of this table repeat, each below a heading in double brackets.
    pub(super) fn is_list(&self) -> bool {
        self.heading.starts_with("[[")
    }

    /// What people call an entry of this list.
    pub(super) fn entry(&self) -> &'static str {
        match self.bare_heading() {
            "subscribers" => "subscriber",
            "bands" => "band",
            "schedule.pauses" => "pause",
            "schedule.occasions" => "occasion",
            "mail.dkim" => "key",
            _ => "entry",
        }
    }

    /// The keys that this section, or an entry of this list, cannot do without.
    pub(super) fn required(&self) -> &'static [&'static str] {
        match self.bare_heading() {
            "service" => &["name", "from", "postal_address", "base_url"],
            "schedule" => &["anchor"],
            "schedule.pauses" => &["from", "to", "reason"],
            "schedule.occasions" => &["name", "on"],
            "mail.dkim" => &["domain", "selector", "private_key_file"],
            "bands" => &["id", "label", "min"],
            "subscribers" => &["name", "email"],
            _ => &[],
        }
    }

    /// The keys that this version honours and that may stand in the file.
    pub(super) fn offered(&self) -> impl Iterator<Item = &'static str> {
        self.keys.iter().filter(|key| matches!(key.usage, Usage::Scalar | Usage::Nested)).map(|key| key.name)
    }

    /// How messages name a key: with its section, where it has one.
    pub(super) fn path(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) }
    }
}

const fn scalar(name: &'static str, example: &'static str) -> Key {
    Key { name, usage: Usage::Scalar, example }
}

const fn nested(name: &'static str, example: &'static str) -> Key {
    Key { name, usage: Usage::Nested, example }
}

const fn later(name: &'static str) -> Key {
    Key { name, usage: Usage::Later, example: "" }
}

pub(super) static SERVICE: Table = Table {
    heading: "[service]",
    name: "service",
    keys: &[
        scalar("name", "\"Online Safety at Home\""),
        scalar("from", "\"Online Safety at Home <activities@example.org>\""),
        scalar("reply_to", "\"team@example.org\""),
        scalar("postal_address", "\"1 High Street, Anytown AB1 2CD\""),
        scalar("base_url", "\"https://activities.example.org\""),
        scalar("nation", "\"england\""),
    ],
};

pub(super) static STORE: Table =
    Table { heading: "[store]", name: "store", keys: &[scalar("url", "\"sqlite:var/fortnightly.db\"")] };

pub(super) static SCHEDULE: Table = Table {
    heading: "[schedule]",
    name: "schedule",
    keys: &[
        scalar("anchor", "2026-09-07"),
        scalar("send_at", "08:00:00"),
        scalar("timezone", "\"Europe/London\""),
        scalar("grace", "\"72h\""),
        scalar("plan_ahead", "3"),
        scalar("on_closed_day", "\"shift\""),
        scalar("approval", "\"automatic\""),
        nested("pauses", "[[schedule.pauses]]"),
        nested("occasions", "[[schedule.occasions]]"),
    ],
};

pub(super) static PAUSE: Table = Table {
    heading: "[[schedule.pauses]]",
    name: "",
    keys: &[
        scalar("from", "2026-12-19"),
        scalar("to", "2027-01-03"),
        scalar("reason", "\"Christmas holidays\""),
        scalar("on_closed_day", "\"skip\""),
    ],
};

pub(super) static OCCASION: Table = Table {
    heading: "[[schedule.occasions]]",
    name: "",
    keys: &[scalar("name", "\"safer-internet-day\""), scalar("on", "2027-02-09")],
};

pub(super) static BAND: Table = Table {
    heading: "[[bands]]",
    name: "",
    keys: &[scalar("id", "\"4-5\""), scalar("label", "\"Ages 4 to 5\""), scalar("min", "4"), scalar("max", "5")],
};

pub(super) static MAIL: Table = Table {
    heading: "[mail]",
    name: "mail",
    keys: &[
        scalar("transport", "\"smtps://relay.example.org\""),
        scalar("tls", "\"required\""),
        scalar("username", "\"digest\""),
        scalar("password_file", "\"secrets/smtp-password\""),
        Key { name: "password", usage: Usage::Secret, example: "" },
        scalar("connections", "8"),
        scalar("rate_per_second", "50"),
        scalar("daily_cap", "20000"),
        scalar("window", "2"),
        scalar("ca_file", "\"relay-ca.pem\""),
        scalar("bounce_address", "\"bounces@example.org\""),
        scalar("bounce_maildir", "\"var/bounces\""),
        scalar("on_uncertain", "\"resend\""),
        nested("dkim", "[[mail.dkim]]"),
    ],
};

pub(super) static DKIM: Table = Table {
    heading: "[[mail.dkim]]",
    name: "",
    keys: &[
        scalar("domain", "\"example.org\""),
        scalar("selector", "\"s1\""),
        scalar("private_key_file", "\"secrets/dkim.pem\""),
    ],
};

pub(super) static WEB: Table = Table {
    heading: "[web]",
    name: "web",
    keys: &[
        scalar("listen", "\"127.0.0.1:8025\""),
        scalar("console_listen", "\"127.0.0.1:8026\""),
        scalar("secret_file", "\"var/secret\""),
        later("console_password_file"),
    ],
};

pub(super) static RETENTION: Table = Table {
    heading: "[retention]",
    name: "retention",
    keys: &[scalar("attempts", "\"90d\""), scalar("ended", "\"28d\"")],
};

pub(super) static SUBSCRIBER: Table = Table {
    heading: "[[subscribers]]",
    name: "",
    keys: &[
        scalar("name", "\"Hillside Primary School\""),
        scalar("sector", "\"school\""),
        scalar("email", "\"office@hillside.example\""),
        nested("bands", "[\"4-5\", \"5-7\"]"),
        nested("ages", "[4, 11]"),
        scalar("locale", "\"en-GB\""),
        scalar("urn", "\"123456\""),
    ],
};

/// The sections that the environment may override.
pub(super) static SECTIONS: [&Table; 6] = [&SERVICE, &STORE, &SCHEDULE, &MAIL, &WEB, &RETENTION];

/// What may stand at the top of the file.
pub(super) static TOP: [(&str, &Table); 8] = [
    ("service", &SERVICE),
    ("store", &STORE),
    ("schedule", &SCHEDULE),
    ("bands", &BAND),
    ("mail", &MAIL),
    ("web", &WEB),
    ("retention", &RETENTION),
    ("subscribers", &SUBSCRIBER),
];

/// The tables that a heading may name.
fn all() -> impl Iterator<Item = &'static Table> {
    TOP.iter().map(|(_, table)| *table).chain([&PAUSE, &OCCASION, &DKIM])
}

/// The table that `line` is the heading of, whatever the number of its brackets.
pub(super) fn table_of(line: &str) -> Option<&'static Table> {
    let name = heading_name(line)?;
    all().find(|table| table.bare_heading() == name)
}

/// What stands between the brackets of a heading.
pub(super) fn heading_name(line: &str) -> Option<String> {
    let inner = line.trim_start().strip_prefix('[')?;
    let inner = inner.strip_prefix('[').unwrap_or(inner);
    let end = inner.find(']').unwrap_or(inner.len());
    Some(inner[..end].chars().filter(|c| !c.is_whitespace()).collect())
}

/// The headings of the sections that this version honours.
pub(super) fn headings() -> Vec<&'static str> {
    let offered = TOP.iter().map(|(_, table)| *table).filter(|table| table.offered().next().is_some());
    offered.map(|table| table.heading).collect()
}

/// The heading under which a key of this name may stand, when there is just one.
pub(super) fn home_of(name: &str) -> Option<&'static str> {
    let mut homes = TOP.iter().filter(|(_, table)| table.offered().any(|key| key == name));
    let first = homes.next()?;
    homes.next().is_none().then_some(first.1.heading)
}
