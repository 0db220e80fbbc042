//! The one table of config.toml: every key with its form, its default and what it means. The reader, the JSON schema and
//! the README's table of keys come from it.

use super::settings::OnUncertain;
use crate::domain::activity::Nation;
use crate::domain::calendar::{Approval, ClosedDayPolicy};
use crate::domain::subscriber::{Locale, Sector};
use crate::toml_form::{Form, Key, Presence, Table};

/// The highest age that may stand anywhere, in years.
pub(super) const OLDEST: u8 = 25;

/// Two algorithms, or two keys while one takes the other's place: more signatures help nobody.
pub(super) const DKIM_KEYS: usize = 2;

const fn key(name: &'static str, form: Form, presence: Presence, example: &'static str, about: &'static str) -> Key {
    Key { name, form, presence, example, about, label: "" }
}

const fn required(name: &'static str, form: Form, example: &'static str, about: &'static str) -> Key {
    key(name, form, Presence::Required, example, about)
}

const fn optional(name: &'static str, form: Form, example: &'static str, about: &'static str) -> Key {
    key(name, form, Presence::Optional, example, about)
}

/// A key whose default is its example.
const fn usual(name: &'static str, form: Form, default: &'static str, about: &'static str) -> Key {
    key(name, form, Presence::Default(default), default, about)
}

const fn section(name: &'static str, table: &'static Table) -> Key {
    key(name, Form::Table(table), Presence::Optional, table.heading, table.about)
}

const fn list(name: &'static str, of: &'static Table, least: usize, most: Option<usize>) -> Key {
    key(name, Form::Tables { of, least, most }, Presence::Optional, of.heading, of.about)
}

const LINE: Form = Form::Line { joint: " " };
const PATH: Form = text(".");
const ADDRESS: Form = text("[^@\\s]@[^@\\s]");
/// An address without a name: what is in one text is one mailbox.
const BARE_ADDRESS: Form = text("^[^@]+@[^@\\s,;]+$");
const SOCKET: Form = text("^.+:[0-9]{1,5}$");
const IP: Form = text("^[0-9A-Fa-f:.]+(/[0-9]{1,3})?$");
const BAND_NAME: Form = text("^[A-Za-z0-9+-]{1,20}$");
const AGE: Form = Form::Whole { least: 0, most: OLDEST as i64 };
const CLOSED_DAY: Form = Form::Words(|| ClosedDayPolicy::ALL.iter().map(|word| word.as_str()).collect());

const fn text(pattern: &'static str) -> Form {
    Form::Text { pattern, limit: None }
}

const fn limited(pattern: &'static str, limit: usize) -> Form {
    Form::Text { pattern, limit: Some(limit) }
}

const fn whole(least: i64, most: i64) -> Form {
    Form::Whole { least, most }
}

/// The whole file. Below, a row is: name, form, example (of a `usual` one: the default), meaning.
pub(super) static ROOT: Table = Table::of_file(
    "the configuration",
    &[
        section("service", &SERVICE),
        section("store", &STORE),
        section("schedule", &SCHEDULE),
        list("bands", &BAND, 1, None),
        section("mail", &MAIL),
        section("web", &WEB),
        section("retention", &RETENTION),
        list("subscribers", &SUBSCRIBER, 0, None),
    ],
);

#[rustfmt::skip]
static SERVICE: Table = Table::section("[service]", "Who sends.", &[
    required("name", LINE, "Online Safety at Home", "The service's name."),
    required("from", ADDRESS, "Online Safety at Home <activities@example.org>",
        "The sender: `Name <address>`, or an address alone."),
    optional("reply_to", ADDRESS, "team@example.org",
        "An address that someone reads. Left out: the mail says that replies are not read."),
    required("postal_address", Form::Line { joint: ", " }, "1 High Street, Anytown AB1 2CD",
        "The sender's postal address, in one line; at the foot of every mail."),
    required("base_url", limited("^https?://[^/?#]", 500), "https://activities.example.org",
        "The public https address of the recipients' pages; http on this machine only."),
    usual("nation", Form::Words(|| Nation::ALL.iter().map(|word| word.as_str()).collect()), "england",
        "Whose help lines and bank holidays count."),
    optional("operators", Form::OneOrMore(&BARE_ADDRESS), "officer@example.org",
        "Who gets mail about the service itself: what is coming, what is held, stopped or finished, and what needs a person."),
    usual("operator_notice", Form::Length, "4d",
        "How long before an edition is due the operators are told what is in it and who gets it."),
    optional("logo", PATH, "logo.png",
        "A picture (PNG, JPEG or WebP) of at most 1 MB: the organisation's logo, in place of the service's name at the top of mails and \
         public pages. Keep it beside this file."),
    optional("colour", text("^#[0-9A-Fa-f]{6}$"), "#14504d",
        "The organisation's colour, for titles, buttons and links in mails and on the public pages; on dark screens, shades of \
         it. One in which links could not be read is refused, with the nearest that will do."),
    optional("footer", LINE, "Anyshire County Council", "A line at the foot of mails and public pages, such as a charity's number."),
    optional("privacy_url", limited("^https://[^/?#]", 500), "https://example.org/privacy",
        "The organisation's own privacy notice; linked at the foot of mails and public pages."),
]);

#[rustfmt::skip]
static STORE: Table = Table::section("[store]", "Where the program remembers who subscribed and what was sent.", &[
    usual("url", text("^(sqlite:.|postgres(ql)?://.)"), "sqlite:var/fortnightly.db",
        "Where the store is: `sqlite:` and the path of its file, or, where several machines share it, \
         `postgres://USER@HOST[,HOST…]/DATABASE`. Of several hosts, the one that takes writes is used. A host must show a \
         certificate for its name, unless it is this machine."),
    optional("password_file", PATH, "secrets/database",
        "For PostgreSQL: a file with the password and nothing else, mode 0600. If `FORTNIGHTLY__STORE__PASSWORD` is set, \
         that is used instead."),
    key("password", PATH, Presence::Secret, "password_file = \"secrets/database\"", ""),
    optional("ca_file", PATH, "database-ca.pem",
        "For PostgreSQL: a file with the certificates (PEM) to trust instead of the public authorities."),
]);

#[rustfmt::skip]
static SCHEDULE: Table = Table::section("[schedule]", "When editions go out.", &[
    required("anchor", Form::Date, "2026-09-07",
        "Fortnight 1 goes out on this local date. Changing it is refused once something was sent."),
    usual("send_at", Form::Time, "08:00:00", "The local time at which editions go out."),
    usual("timezone", text(""), "Europe/London", "The time zone of dates and times, by its IANA name."),
    usual("grace", Form::Length, "72h",
        "How late an edition may still go out by itself: numbers with the units s, m, h or d."),
    usual("plan_ahead", whole(1, 26), "3", "How many editions are planned in advance."),
    usual("on_closed_day", CLOSED_DAY, "shift",
        "A pause or bank holiday on the day: `shift` to the next open day within a week (never to a weekend, \
         unless the anchor is on one), `skip` the edition, or `send` all the same."),
    usual("approval", Form::Words(|| Approval::ALL.iter().map(|word| word.as_str()).collect()), "automatic",
        "Whether an edition waits for a person: with `required` it waits for `approve`, and any later change of \
         its activities or their text takes the approval back."),
    list("pauses", &PAUSE, 0, None),
    list("occasions", &OCCASION, 0, None),
]);

#[rustfmt::skip]
static PAUSE: Table = Table::list("[[schedule.pauses]]", "pause", "Days on which nothing goes out, such as school holidays.", &[
    required("from", Form::Date, "2026-12-19", "The first day."),
    required("to", Form::Date, "2027-01-03", "The last day."),
    required("reason", LINE, "Christmas holidays", "What the calendar says about it."),
    optional("on_closed_day", CLOSED_DAY, "skip", "The rule for this pause alone."),
]);

#[rustfmt::skip]
static OCCASION: Table = Table::list("[[schedule.occasions]]", "occasion", "Dated campaigns: the last edition up to that day takes activities that list the name.", &[
    required("name", limited("^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", 80), "safer-internet-day",
        "Its name, as in the activities' `occasions`."),
    required("on", Form::Date, "2027-02-09", "Its day."),
]);

#[rustfmt::skip]
static BAND: Table = Table::list("[[bands]]", "band", "The age bands. Left out: 4-5, 5-7, 8-10, 11-14 and 14+.", &[
    required("id", BAND_NAME, "4-5", "Its name in the activities."),
    required("label", LINE, "Ages 4 to 5", "Its name for readers."),
    required("min", AGE, "4", "The youngest age."),
    optional("max", AGE, "5", "The oldest age. Left out: none."),
]);

#[rustfmt::skip]
static MAIL: Table = Table::section("[mail]", "How mail leaves.", &[
    key("transport", text("^(maildir:.|smtps?://.)"), Presence::Default("maildir:var/mail"),
        "smtps://relay.example.org",
        "`maildir:PATH` writes mail to a folder and sends nothing; `smtps://HOST[:PORT]` sends over TLS, and \
         `smtp://HOST[:PORT]` over STARTTLS."),
    usual("tls", Form::Words(|| vec!["required", "none"]), "required",
        "Whether `smtp://` needs STARTTLS; `none` for a relay on this machine only."),
    optional("username", PATH, "digest", "The login at the relay."),
    optional("password_file", PATH, "secrets/smtp-password",
        "A file with the password alone, for this user only; the password may come from \
         `FORTNIGHTLY__MAIL__PASSWORD` instead."),
    key("password", PATH, Presence::Secret, "password_file = \"secrets/smtp-password\"", ""),
    usual("connections", whole(1, 64), "8", "SMTP connections at once."),
    optional("rate_per_second", whole(1, 100_000), "50",
        "The most mails handed over in a second, by all connections together; on PostgreSQL, by all nodes together. Left \
         out: no limit."),
    optional("daily_cap", whole(1, 1_000_000_000), "20000",
        "The most mails handed over in a day, from midnight to midnight; on PostgreSQL, by all nodes together. The rest \
         waits for the next day. Left out: no limit."),
    usual("window", whole(1, 64), "2",
        "How many mails each connection may have begun before their results are recorded: a killed process repeats \
         at most as many per connection. More is faster on disks that sync slowly. With 1, no mail is \
         opened along with the one before it, so each takes a second round trip to the relay."),
    optional("ca_file", PATH, "relay-ca.pem", "Certificates (PEM) to trust instead of the public roots."),
    optional("bounce_address", ADDRESS, "bounces@example.org",
        "Where bounces go, as `bounces+TOKEN@…`. Left out: bounces@ the sender's domain."),
    optional("bounce_maildir", PATH, "var/bounces",
        "A Maildir in which mail to that address, and to `unsubscribe+TOKEN@…`, arrives: the daemon reads it."),
    usual("on_uncertain", Form::Words(|| OnUncertain::ALL.iter().map(|word| word.as_str()).collect()), "resend",
        "Whether a mail that may have arrived is sent again with the same bytes (`resend`: three times at most), or waits \
         for a person (`hold`)."),
    list("dkim", &DKIM, 0, Some(DKIM_KEYS)),
]);

#[rustfmt::skip]
static DKIM: Table = Table::list("[[mail.dkim]]", "key", "Keys that sign every mail (DKIM): one, or one RSA and one Ed25519 key. Change keys between editions: a new \
            key changes the mails that are still to be repeated.", &[
    required("domain", limited("^[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)+$", 253), "example.org",
        "The domain that signs: that of `service.from`, or one above it."),
    required("selector", limited("^[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*$", 63), "s1",
        "The name of the key in DNS: `SELECTOR._domainkey.DOMAIN`."),
    required("private_key_file", PATH, "secrets/dkim.pem",
        "The private key (PEM): RSA with 2048 to 4096 bits, or Ed25519. For this user only."),
]);

#[rustfmt::skip]
static WEB: Table = Table::section("[web]", "Where the recipients' pages are.", &[
    usual("listen", SOCKET, "127.0.0.1:8025",
        "Where the recipients' pages and feeds are, and `/healthz`: an IP address with a port. `service.base_url` \
         must lead here before the first real mail."),
    usual("console_listen", SOCKET, "127.0.0.1:8026",
        "Where the console is, and `/readyz` and `/metrics` for monitoring. An address that is not on loopback needs \
         `console_url` and at least one user (`fortnightly users add`). When it is left out, it is no error that something \
         else is there."),
    usual("secret_file", PATH, "var/secret",
        "The keys behind every link: made on the first run, mode 0600. Back it up with the store."),
    optional("console_url", limited("^https?://[^/?#]", 500), "https://fortnightly.example.org",
        "The public https address of the console, where a proxy leads to it; http on this machine only. Needed when \
         `console_listen` is not on loopback."),
    optional("trusted_proxies", Form::OneOrMore(&IP), "127.0.0.1",
        "The proxies that are believed about where a request comes from (`Forwarded`, `X-Forwarded-For`): IP addresses, or \
         networks such as `10.0.0.0/8`. Left out: none."),
    key("console_password_file", PATH, Presence::NotYet, "", ""),
    section("oidc", &OIDC),
]);

#[rustfmt::skip]
static OIDC: Table = Table::section("[web.oidc]", "The organisation's own accounts (OpenID Connect), for signing in to the console.", &[
    required("issuer", limited("^https?://[^/?#]", 500), "https://login.microsoftonline.com/TENANT/v2.0",
        "The provider's issuer, exactly as it writes it: an https address; http on this machine only. People who signed in \
         through another issuer need a new link (`users reset`)."),
    required("client_id", limited("^[\\x21-\\x7e]+$", 255), "00000000-0000-0000-0000-000000000000",
        "The client ID that the provider gave the console when it was registered."),
    required("client_secret_file", PATH, "secrets/oidc",
        "A file with the client secret that the provider gave for it, and nothing else, mode 0600. If \
         `FORTNIGHTLY__WEB__OIDC__CLIENT_SECRET` is set, that is used instead."),
    key("client_secret", PATH, Presence::Secret, "client_secret_file = \"secrets/oidc\"", ""),
    optional("ca_file", PATH, "provider-ca.pem",
        "A file with the certificates (PEM) to trust instead of the public authorities, for a provider inside the \
         organisation."),
]);

#[rustfmt::skip]
static RETENTION: Table = Table::section("[retention]", "How long personal data is kept.", &[
    usual("attempts", Form::Length, "90d",
        "How long to keep what relays said about mails, the mails of an edition that was sent (pages and feeds keep \
         its texts), and bounces (those of the last 12 editions longer, if need be). Confirmations and good-byes go \
         after 28 days."),
    usual("ended", Form::Length, "28d",
        "How long to keep the address of someone whose subscriptions have all ended, and the name of a subscriber \
         without any other. The list of suppressed addresses keeps its own until `subscribers erase`. `run` looks \
         once a day, `send` too."),
]);

#[rustfmt::skip]
static SUBSCRIBER: Table = Table::list("[[subscribers]]", "subscriber", "Schools and organisations that get the digest.", &[
    required("name", LINE, "Hillside Primary School", "The school or organisation."),
    usual("sector", Form::Words(|| Sector::ALL.iter().map(|word| word.as_str()).collect()), "school",
        "What it is."),
    required("email", Form::OneOrMore(&BARE_ADDRESS), "office@hillside.example", "Its mailbox, or a list of them."),
    optional("bands", Form::List { of: &BAND_NAME, least: 1, most: None }, "[\"4-5\", \"5-7\"]",
        "The age bands that it gets."),
    optional("ages", Form::List { of: &AGE, least: 2, most: Some(2) }, "[4, 11]",
        "Instead of bands: pupils from the first age until they reach the second."),
    usual("locale", Form::Words(|| Locale::ALL.iter().map(|word| word.as_str()).collect()), "en-GB",
        "The language."),
    optional("urn", text("^[A-Za-z0-9]{1,20}$"), "123456", "Its number in the register of schools."),
]);

#[cfg(test)]
mod tests;
