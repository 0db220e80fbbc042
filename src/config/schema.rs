//! The JSON Schema (2020-12) of config.toml, for editors that check while one types.
//!
//! Which keys there are, which must be there and how they look comes from [`keys`](super::keys), which the reader uses; the
//! words come from the types that it reads into. Dates and times are text in JSON. Rules between keys are left to `check`.

use serde_json::{Map, Value, json};

use super::bands::OLDEST;
use super::dkim::KEY_LIMIT;
use super::keys::{DKIM, Key, OCCASION, PAUSE, TOP, Table, Usage};
use super::{Nation, OnUncertain};
use crate::domain::calendar::{Approval, ClosedDayPolicy};
use crate::domain::subscriber::{Locale, Sector};
use crate::domain::text::NAME_LIMIT;

/// What a value is: a description, and the keywords that say its form.
type Row = (&'static str, Value);

/// The schema of the file.
pub fn schema() -> Value {
    let offered = TOP.iter().filter(|(_, table)| table.offered().next().is_some());
    let properties: Map<String, Value> = offered.map(|(name, table)| ((*name).to_owned(), section(table))).collect();
    let required = TOP.iter().filter(|(_, table)| !table.is_list() && !table.required().is_empty());
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The configuration of Fortnightly",
        "description": "config.toml. Paths are relative to it. Any value of a section may come from the environment instead, \
                        as FORTNIGHTLY__SECTION__KEY; keys that are required here may then be left out.",
        "type": "object",
        "properties": properties,
        "required": required.map(|(name, _)| *name).collect::<Vec<_>>(),
        "additionalProperties": false,
    })
}

/// A section, or a list of entries.
fn section(table: &Table) -> Value {
    let keys = table.keys.iter().filter(|key| matches!(key.usage, Usage::Scalar | Usage::Nested));
    let properties: Map<String, Value> = keys.map(|key| (key.name.to_owned(), property(table, key))).collect();
    let mut object = json!({
        "type": "object",
        "properties": properties,
        "required": table.required(),
        "additionalProperties": false,
    });
    if table.bare_heading() == "subscribers" {
        object["oneOf"] = json!([{"required": ["bands"]}, {"required": ["ages"]}]);
    }
    let about = about_table(table);
    if table.is_list() {
        let least = usize::from(table.bare_heading() == "bands");
        let mut list = json!({"description": about, "type": "array", "items": object, "minItems": least});
        if table.bare_heading() == "mail.dkim" {
            list["maxItems"] = KEY_LIMIT.into();
        }
        return list;
    }
    object["description"] = about.into();
    object
}

fn about_table(table: &Table) -> &'static str {
    match table.bare_heading() {
        "service" => "Who sends.",
        "store" => "Where it is remembered who subscribed and what was sent.",
        "schedule" => "When editions go out.",
        "schedule.pauses" => "Days on which nothing goes out, such as school holidays.",
        "schedule.occasions" => "Dated campaigns, which pull matching activities forward.",
        "bands" => "The age bands. Left out: 4-5, 5-7, 8-10, 11-14 and 14+.",
        "mail" => "How mail leaves.",
        "mail.dkim" => "Keys that sign every mail (DKIM): one or two.",
        "web" => "Where the recipients' pages are.",
        "retention" => "How long what is about people is kept.",
        "subscribers" => "Schools and organisations that get the digest.",
        _ => "",
    }
}

fn property(table: &Table, key: &Key) -> Value {
    let inner = match (table.name, key.name) {
        ("schedule", "pauses") => Some(&PAUSE),
        ("schedule", "occasions") => Some(&OCCASION),
        ("mail", "dkim") => Some(&DKIM),
        _ => None,
    };
    if let Some(inner) = inner {
        return section(inner);
    }
    let (about, mut form) = row(table.bare_heading(), key.name).unwrap_or_default();
    if !form.is_object() {
        form = json!({});
    }
    form["description"] = about.into();
    if let Some(example) = example(key) {
        form["examples"] = json!([example]);
    }
    form
}

/// The example of a key, as JSON.
fn example(key: &Key) -> Option<Value> {
    let table: toml::Table = format!("value = {}", key.example).parse().ok()?;
    Some(match table.get("value")? {
        toml::Value::Datetime(moment) => moment.to_string().into(),
        other => serde_json::to_value(other).ok()?,
    })
}

fn row(heading: &str, key: &str) -> Option<Row> {
    match heading {
        "service" => service(key),
        "schedule" => schedule(key),
        "schedule.pauses" | "schedule.occasions" => dated(key),
        "bands" => band(key),
        "mail" => mail(key),
        "mail.dkim" => dkim(key),
        "subscribers" => subscriber(key),
        "store" => Some((
            "The database: sqlite: and the path of its file.",
            json!({"type": "string", "pattern": "^sqlite:.", "default": "sqlite:var/fortnightly.db"}),
        )),
        "web" if key == "listen" => Some((
            "Where the recipients' pages listen: an IP address with a port.",
            json!({"type": "string", "pattern": "^.+:[0-9]{1,5}$", "default": "127.0.0.1:8025"}),
        )),
        "web" if key == "console_listen" => Some((
            "Where the operators' pages listen: a loopback address with a port. /metrics is for Prometheus.",
            json!({"type": "string", "pattern": "^.+:[0-9]{1,5}$", "default": "127.0.0.1:8026"}),
        )),
        "retention" => retention(key),
        "web" => Some(("The keys behind every link: made on the first run. Back it up.", path("var/secret"))),
        _ => None,
    }
}

fn service(key: &str) -> Option<Row> {
    Some(match key {
        "name" => ("The service's name.", line()),
        "from" => ("The sender: Name <address>, or an address alone.", address()),
        "reply_to" => ("An address that somebody reads. Left out: the mail says that replies are not read.", address()),
        "postal_address" => ("The sender's postal address, in one line; at the foot of every mail.", line()),
        "base_url" => (
            "The public https address of the recipients' pages; http on this machine only.",
            json!({"type": "string", "pattern": "^https?://[^/?#]", "maxLength": 500}),
        ),
        "nation" => ("Whose help lines and bank holidays.", word(Nation::ALL, Some(Nation::England))),
        _ => return None,
    })
}

fn retention(key: &str) -> Option<Row> {
    let length = |default| json!({"type": "string", "pattern": "^([0-9]+[smhd])+$", "default": default});
    Some(match key {
        "attempts" => ("How long it is kept what a relay said about a mail.", length("90d")),
        "ended" => ("How long the address of somebody whose subscriptions have ended is kept.", length("28d")),
        _ => return None,
    })
}

fn schedule(key: &str) -> Option<Row> {
    Some(match key {
        "anchor" => ("Fortnight 1 goes out on this local date. Refused to change once something was sent.", date()),
        "send_at" => (
            "The local time at which editions go out.",
            json!({"type": "string", "pattern": "^[0-2][0-9]:[0-5][0-9](:[0-5][0-9](\\.[0-9]+)?)?$", "default": "08:00:00"}),
        ),
        "timezone" => (
            "The time zone of dates and times, by its IANA name.",
            json!({"type": "string", "default": "Europe/London"}),
        ),
        "grace" => (
            "How late an edition may still go out by itself: numbers with the units s, m, h or d.",
            json!({"type": "string", "pattern": "^([0-9]+[smhd])+$", "default": "72h"}),
        ),
        "plan_ahead" => (
            "How many editions are planned in advance.",
            json!({"type": "integer", "minimum": 1, "maximum": 26, "default": 3}),
        ),
        "on_closed_day" => (
            "A pause or bank holiday on the day: shift to the next open day, skip the edition, or send all the same.",
            word(ClosedDayPolicy::ALL, Some(ClosedDayPolicy::Shift)),
        ),
        "approval" => {
            ("Whether an edition waits for a person's approval.", word(Approval::ALL, Some(Approval::Automatic)))
        }
        _ => return None,
    })
}

fn dated(key: &str) -> Option<Row> {
    Some(match key {
        "from" => ("The first day.", date()),
        "to" => ("The last day.", date()),
        "reason" => ("What the calendar says about it.", line()),
        "on_closed_day" => ("The rule for this pause alone.", word(ClosedDayPolicy::ALL, None)),
        "name" => (
            "Its name, as in the activities' occasions.",
            json!({"type": "string", "pattern": "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", "maxLength": 80}),
        ),
        "on" => ("Its day.", date()),
        _ => return None,
    })
}

fn band(key: &str) -> Option<Row> {
    let age = || json!({"type": "integer", "minimum": 0, "maximum": OLDEST});
    Some(match key {
        "id" => ("Its name in the activities.", json!({"type": "string", "pattern": BAND})),
        "label" => ("Its name for readers.", line()),
        "min" => ("The youngest age.", age()),
        "max" => ("The oldest age. Left out: none.", age()),
        _ => return None,
    })
}

/// The form of a band's name.
const BAND: &str = "^[A-Za-z0-9+-]{1,20}$";

fn mail(key: &str) -> Option<Row> {
    Some(match key {
        "transport" => (
            "maildir:PATH writes mail to a folder and sends nothing; smtps://HOST[:PORT] sends over TLS, and \
             smtp://HOST[:PORT] over STARTTLS.",
            json!({"type": "string", "pattern": "^(maildir:.|smtps?://.)", "default": "maildir:var/mail"}),
        ),
        "tls" => (
            "Whether smtp:// needs STARTTLS; none for a relay on this machine only.",
            json!({"enum": ["required", "none"], "default": "required"}),
        ),
        "username" => ("The login at the relay.", json!({"type": "string", "minLength": 1})),
        "password_file" => {
            ("A file with the password alone, for this user only.", json!({"type": "string", "minLength": 1}))
        }
        "connections" => {
            ("SMTP connections at once.", json!({"type": "integer", "minimum": 1, "maximum": 64, "default": 8}))
        }
        "rate_per_second" => (
            "The most mails handed over in a second, all connections together. Left out: no limit.",
            json!({"type": "integer", "minimum": 1, "maximum": 100_000}),
        ),
        "daily_cap" => (
            "The most mails handed over in a day, midnight to midnight; the rest waits for the next. Left out: no limit.",
            json!({"type": "integer", "minimum": 1, "maximum": 1_000_000_000}),
        ),
        "window" => (
            "Mails that a connection may have begun and not recorded: what a killed process repeats at most, per connection. \
             More helps on disks that sync slowly.",
            json!({"type": "integer", "minimum": 1, "maximum": 64, "default": 2}),
        ),
        "ca_file" => {
            ("Certificates (PEM) to trust instead of the public roots.", json!({"type": "string", "minLength": 1}))
        }
        "bounce_address" => ("Where bounces go. Left out: bounces@ the sender's domain.", address()),
        "bounce_maildir" => {
            ("A Maildir in which mail to that address, and to unsubscribe+…, arrives: the daemon reads it.", any_path())
        }
        "on_uncertain" => (
            "A mail that may have arrived is sent again, the same bytes, or waits for a person.",
            word(OnUncertain::ALL, Some(OnUncertain::Resend)),
        ),
        _ => return None,
    })
}

fn dkim(key: &str) -> Option<Row> {
    Some(match key {
        "domain" => (
            "The domain that signs: that of service.from, or one above it.",
            json!({"type": "string", "pattern": "^[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)+$", "maxLength": 253}),
        ),
        "selector" => (
            "The name of the key in DNS: <selector>._domainkey.<domain>.",
            json!({"type": "string", "pattern": "^[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*$", "maxLength": 63}),
        ),
        "private_key_file" => (
            "The private key (PEM): RSA with 2048 to 4096 bits, or Ed25519. For this user only.",
            json!({"type": "string", "minLength": 1}),
        ),
        _ => return None,
    })
}

fn subscriber(key: &str) -> Option<Row> {
    Some(match key {
        "name" => ("The school or organisation.", line()),
        "sector" => ("What it is.", word(Sector::ALL, Some(Sector::School))),
        "email" => (
            "Its mailbox, or a list of them.",
            json!({"anyOf": [bare(), {"type": "array", "items": bare(), "minItems": 1, "uniqueItems": true}]}),
        ),
        "bands" => (
            "The bands that it gets.",
            json!({"type": "array", "items": {"type": "string", "pattern": BAND}, "minItems": 1}),
        ),
        "ages" => (
            "Instead of bands: pupils from the first age until they reach the second.",
            json!({
                "type": "array", "items": {"type": "integer", "minimum": 0, "maximum": OLDEST}, "minItems": 2, "maxItems": 2,
            }),
        ),
        "locale" => ("The language.", word(Locale::ALL, Some(Locale::EnGb))),
        "urn" => {
            ("Its number in the register of schools.", json!({"type": "string", "pattern": "^[A-Za-z0-9]{1,20}$"}))
        }
        _ => return None,
    })
}

fn line() -> Value {
    json!({"type": "string", "pattern": "^[^\\r\\n\\t]*[^\\s][^\\r\\n\\t]*$", "maxLength": NAME_LIMIT})
}

fn address() -> Value {
    json!({"type": "string", "pattern": "[^@\\s]@[^@\\s]"})
}

/// An address without a name: what is in one text is one mailbox.
fn bare() -> Value {
    json!({"type": "string", "pattern": "^[^@]+@[^@\\s,;]+$"})
}

fn path(default: &str) -> Value {
    json!({"type": "string", "minLength": 1, "default": default})
}

fn any_path() -> Value {
    json!({"type": "string", "minLength": 1})
}

fn date() -> Value {
    json!({"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"})
}

fn word<T: ToString>(all: &[T], default: Option<T>) -> Value {
    let mut form = json!({"enum": all.iter().map(ToString::to_string).collect::<Vec<_>>()});
    if let Some(default) = default {
        form["default"] = default.to_string().into();
    }
    form
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_that_the_reader_takes_is_described() {
        let lists = [&PAUSE, &OCCASION, &DKIM];
        for table in TOP.iter().map(|(_, table)| *table).chain(lists) {
            for name in table.offered().filter(|name| !matches!(*name, "pauses" | "occasions" | "dkim")) {
                let (about, form) = row(table.bare_heading(), name).unwrap_or_default();
                assert!(about.ends_with('.') && form.is_object(), "{}: {name} lacks its row", table.heading);
            }
        }
    }
}
