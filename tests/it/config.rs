//! Configurations, good and bad, each bad one with the message that it must give.

#![allow(clippy::unwrap_used)] // A test that panics has failed, as it should.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use fortnightly::config::{Config, OnUncertain, StoreUrl, Tls, TransportUrl, load, load_with};
use fortnightly::domain::calendar::{Approval, ClosedDayPolicy};
use fortnightly::domain::diagnostic::Diagnostic;
use fortnightly::domain::subscriber::Sector;
use proptest::prelude::{prop_assert, proptest};
use secrecy::ExposeSecret as _;

const FIXTURES: &str = "tests/fixtures/config";
const BASE: &str = include_str!("../fixtures/config/good/minimal.toml");

fn display(findings: &[Diagnostic]) -> String {
    let mut text = String::new();
    for finding in findings {
        writeln!(text, "{finding}\n  code: {}", finding.code).unwrap();
    }
    text.replace(&format!("{FIXTURES}/bad/"), "").replace(FIXTURES, "(fixtures)")
}

fn with(text: &str, variables: &[(&str, &str)]) -> Result<Config, Vec<Diagnostic>> {
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    load_with(Path::new("config.toml"), text, variables)
}

fn good(name: &str) -> Config {
    let path = PathBuf::from(format!("{FIXTURES}/good/{name}.toml"));
    load(&path).unwrap_or_else(|findings| panic!("{}", display(&findings)))
}

/// The lines that differ, as a reader of the test's output needs them.
fn difference(expected: &str, found: &str) -> String {
    let (old, new): (Vec<_>, Vec<_>) = (expected.lines().collect(), found.lines().collect());
    let gone = old.iter().filter(|line| !new.contains(line)).map(|line| format!("- {line}\n"));
    let added = new.iter().filter(|line| !old.contains(line)).map(|line| format!("+ {line}\n"));
    gone.chain(added).collect()
}

#[test]
fn every_bad_configuration_gives_its_message() {
    let update = std::env::var_os("UPDATE_EXPECTED").is_some();
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(format!("{FIXTURES}/bad")).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    let mut wrong = String::new();
    for file in &files {
        let text = std::fs::read_to_string(file).unwrap();
        let found = match load_with(file, &text, std::iter::empty()) {
            Ok(_) => "it was taken\n".to_owned(),
            // Whether the fixture with the password may be read by all depends on who cloned the repository.
            Err(findings) => display(&findings.into_iter().filter(|f| f.code != "secret-readable").collect::<Vec<_>>()),
        };
        assert!(!found.contains("hunter2"), "{} shows a secret:\n{found}", file.display());
        let expected_file = file.with_extension("expected");
        if update {
            std::fs::write(&expected_file, &found).unwrap();
        }
        let expected = std::fs::read_to_string(&expected_file).unwrap_or_default();
        if expected != found || found == "it was taken\n" {
            writeln!(wrong, "{}\n{}", file.display(), difference(&expected, &found)).unwrap();
        }
    }
    assert!(files.len() >= 22, "only {} bad configurations", files.len());
    assert!(wrong.is_empty(), "{wrong}(UPDATE_EXPECTED=1 rewrites what is expected)");
}

#[test]
fn the_shortest_configuration_gets_every_default() {
    let config = with(BASE, &[]).unwrap();
    assert_eq!(config.folder, Path::new("."));
    assert_eq!(config.service.nation.as_str(), "england");
    assert_eq!(config.service.reply_to, None);
    assert!(matches!(&config.store, StoreUrl::Sqlite(path) if path == Path::new("var/fortnightly.db")));
    let schedule = &config.schedule;
    assert_eq!(schedule.anchor, NaiveDate::from_ymd_opt(2026, 9, 7).unwrap());
    assert_eq!(schedule.send_at.to_string(), "08:00:00");
    assert_eq!(schedule.timezone.name(), "Europe/London");
    assert_eq!((schedule.grace.num_hours(), schedule.plan_ahead), (72, 3));
    assert_eq!((schedule.on_closed_day, schedule.approval), (ClosedDayPolicy::Shift, Approval::Automatic));
    assert!(schedule.pauses.is_empty() && schedule.occasions.is_empty());
    assert_eq!(schedule.holidays.len(), 24, "England's bank holidays of three years");
    assert_eq!(config.bands, fortnightly::domain::band::Bands::shipped());
    assert!(matches!(&config.mail.transport, TransportUrl::Maildir(path) if path == Path::new("var/mail")));
    assert_eq!(config.mail.bounce_address.as_str(), "bounces@example.org");
    assert_eq!((config.mail.on_uncertain, config.mail.connections), (OnUncertain::Resend, 8));
    assert_eq!(config.web.listen.to_string(), "127.0.0.1:8025");
    assert_eq!(config.web.secret_file, Path::new("var/secret"));
    assert!(config.subscribers.is_empty() && config.warnings.is_empty());
}

#[test]
fn the_contract_s_example_loads() {
    let config = good("contract");
    assert!(config.warnings.is_empty(), "{}", display(&config.warnings));
    assert_eq!(config.folder, Path::new("tests/fixtures/config/good"));
    assert_eq!(config.web.secret_file, Path::new("tests/fixtures/config/good/var/secret"));
    let face = &config.service.face;
    assert_eq!(face.colour.map(|colour| colour.in_light().to_string()).as_deref(), Some("#14504d"));
    assert_eq!(
        (face.footer.as_str(), face.privacy_url.as_str()),
        ("Anyshire County Council", "https://example.org/privacy")
    );
    assert_eq!(face.logo.as_deref(), Some(Path::new("tests/fixtures/config/good/logo.png")));
    assert_eq!(config.schedule.pauses[0].on_closed_day, Some(ClosedDayPolicy::Skip));
    assert_eq!(config.schedule.occasions[0].name, "safer-internet-day");
    assert_eq!(config.bands.iter().count(), 3);
    let [entry] = config.subscribers.as_slice() else { panic!("one entry") };
    assert_eq!(
        (entry.profile.name.as_str(), entry.profile.urn.as_deref()),
        ("Hillside Primary School", Some("123456"))
    );
    assert_eq!(entry.bands.len(), 3);
    let address = "OFFICE@hillside.example".parse().unwrap();
    assert_eq!(config.line_of_address(&address), Some(entry.line));
    let text = std::fs::read_to_string("tests/fixtures/config/good/contract.toml").unwrap();
    assert!(text.lines().nth(entry.line - 1).unwrap().starts_with("[[subscribers]]"));
    assert_eq!(config.line_of_address(&"other@hillside.example".parse().unwrap()), None);
}

#[test]
fn a_relay_gets_its_login_and_keeps_it_secret() {
    let config = good("relay");
    let TransportUrl::Smtp(relay) = &config.mail.transport else { panic!("not SMTP") };
    assert_eq!((relay.host.as_str(), relay.port, relay.tls), ("127.0.0.1", 2525, Tls::None));
    let (user, password) = relay.login.as_ref().unwrap();
    assert_eq!((user.as_str(), password.expose_secret()), ("digest", "correct horse"));
    assert_eq!(config.service.base_url, "http://127.0.0.1:8025");
    assert_eq!(config.schedule.send_at.to_string(), "07:30:00");
    let [entry] = config.subscribers.as_slice() else { panic!("one entry") };
    assert_eq!(entry.profile.sector, Sector::Charity);
    assert_eq!(entry.addresses.len(), 2);
    assert_eq!(
        entry.bands.iter().map(fortnightly::domain::band::BandName::as_str).collect::<Vec<_>>(),
        ["11-14", "14+"]
    );
    let debug = format!("{config:?}");
    assert!(!debug.contains("correct horse") && !debug.contains('@'), "{debug}");
}

#[test]
fn ports_follow_the_scheme() {
    for (transport, port, tls) in [
        ("smtp://relay.example.org", 587, Tls::Starttls),
        ("smtps://relay.example.org", 465, Tls::Implicit),
        ("smtps://[::1]:4650", 4650, Tls::Implicit),
    ] {
        let config = with(BASE, &[("FORTNIGHTLY__MAIL__TRANSPORT", transport)]).unwrap();
        let TransportUrl::Smtp(relay) = config.mail.transport else { panic!("{transport}") };
        assert_eq!((relay.port, relay.tls), (port, tls), "{transport}");
    }
}

#[cfg(unix)]
#[test]
fn a_password_that_everyone_may_read_is_a_warning() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let password = dir.path().join("password");
    std::fs::write(&password, "correct horse\r\n").unwrap();
    let file = dir.path().join("config.toml");
    let mail =
        "\n[mail]\ntransport = \"smtps://relay.example.org\"\nusername = \"digest\"\npassword_file = \"password\"\n";
    std::fs::write(&file, format!("{BASE}{mail}")).unwrap();
    for (mode, codes) in [(0o644, vec!["secret-readable"]), (0o600, vec![])] {
        std::fs::set_permissions(&password, std::fs::Permissions::from_mode(mode)).unwrap();
        let config = load(&file).unwrap();
        assert_eq!(config.warnings.iter().map(|finding| finding.code).collect::<Vec<_>>(), codes);
    }
}

#[test]
fn overlapping_pauses_are_a_warning_where_their_rules_differ() {
    let config = good("overlapping-pauses");
    assert_eq!(config.schedule.pauses.len(), 4);
    let [warning] = config.warnings.as_slice() else { panic!("{}", display(&config.warnings)) };
    assert_eq!((warning.code, warning.line), ("overlapping-pauses", Some(14)));
}

#[test]
fn greenwich_time_is_a_warning_and_universal_time_is_not() {
    for (zone, codes) in [
        ("GMT", vec!["no-summer-time"]),
        ("Etc/GMT", vec!["no-summer-time"]),
        ("Etc/GMT-0", vec!["no-summer-time"]),
        ("UTC", vec![]),
        ("GB", vec![]),
        ("Europe/Dublin", vec![]),
    ] {
        let config = with(&format!("{BASE}timezone = \"{zone}\"\n"), &[]).unwrap();
        assert_eq!(config.schedule.timezone.name(), zone);
        assert_eq!(config.warnings.iter().map(|finding| finding.code).collect::<Vec<_>>(), codes, "{zone}");
    }
    let config = with(&format!("{BASE}timezone = \"GMT\"\n"), &[]).unwrap();
    let warning = display(&config.warnings);
    assert!(warning.starts_with("warning: config.toml:9:12: schedule.timezone “GMT” has no summer time"), "{warning}");
    assert!(warning.contains("\"Europe/London\""), "{warning}");
}

#[test]
fn capital_letters_make_no_difference_to_words() {
    let entry = "\n[[subscribers]]\nname = \"Hillside\"\nemail = \"a@hillside.example\"\nages = [4, 11]\nsector = \"Social-Care\"\n";
    let text = BASE.replace("[schedule]", "nation = \"Northern-Ireland\"\n\n[schedule]") + entry;
    let config = with(&text, &[]).unwrap_or_else(|findings| panic!("{}", display(&findings)));
    assert_eq!(config.service.nation.as_str(), "northern-ireland");
    assert_eq!(config.subscribers[0].profile.sector, Sector::SocialCare);
}

#[test]
fn a_bounce_address_leaves_just_enough_room_for_a_token() {
    for (length, fits) in [(15, true), (16, false)] {
        let address = format!("{}@example.org", "b".repeat(length));
        let result = with(BASE, &[("FORTNIGHTLY__MAIL__BOUNCE_ADDRESS", &address)]);
        assert_eq!(result.is_ok(), fits, "{length}");
    }
}

#[test]
fn the_environment_overrides_and_supplies() {
    let text = BASE.replace("anchor = 2026-09-07", "grace = \"nonsense\"");
    let config = with(
        &text,
        &[
            ("FORTNIGHTLY__SCHEDULE__ANCHOR", "2027-01-04"),
            ("FORTNIGHTLY__SCHEDULE__SEND_AT", "09:15"),
            ("FORTNIGHTLY__SCHEDULE__GRACE", "1d12h"),
            ("FORTNIGHTLY__SCHEDULE__PLAN_AHEAD", "5"),
            ("FORTNIGHTLY__SERVICE__NATION", "wales"),
            ("FORTNIGHTLY__STORE__URL", "sqlite:/srv/f.db"),
            ("FORTNIGHTLY__WEB__LISTEN", "[::1]:80"),
            ("FORTNIGHTLY__MAIL__TRANSPORT", "smtps://relay.example.org"),
            ("FORTNIGHTLY__MAIL__USERNAME", "digest"),
            ("FORTNIGHTLY__MAIL__PASSWORD", "hunter2"),
            ("PATH", "/bin"),
            ("FORTNIGHTLY_OTHER", "x"),
        ],
    )
    .unwrap_or_else(|findings| panic!("{}", display(&findings)));
    assert_eq!(config.schedule.anchor.to_string(), "2027-01-04");
    assert_eq!(config.schedule.send_at.to_string(), "09:15:00");
    assert_eq!((config.schedule.grace.num_hours(), config.schedule.plan_ahead), (36, 5));
    assert_eq!(config.service.nation.as_str(), "wales");
    assert!(matches!(&config.store, StoreUrl::Sqlite(path) if path == Path::new("/srv/f.db")));
    let TransportUrl::Smtp(relay) = &config.mail.transport else { panic!("not SMTP") };
    assert_eq!(relay.login.as_ref().unwrap().1.expose_secret(), "hunter2");
    assert!(!format!("{config:?}").contains("hunter2"));
}

#[test]
fn errors_in_the_environment_name_the_variable() {
    let findings = with(
        BASE,
        &[
            ("FORTNIGHTLY__SCHEDULE__ANCOR", "2027-01-04"),
            ("FORTNIGHTLY__SHEDULE__GRACE", "72h"),
            ("FORTNIGHTLY__COLOUR__RED", "1"),
            ("FORTNIGHTLY__NAME", "x"),
            ("FORTNIGHTLY__SCHEDULE__GRACE", "soon"),
            ("FORTNIGHTLY__SCHEDULE__SEND_AT", "late"),
            ("FORTNIGHTLY__SCHEDULE__PAUSES", "[]"),
            ("FORTNIGHTLY__MAIL__BOUNCE_MAILDIR", "10"),
            ("FORTNIGHTLY__MAIL__PASSWORD", ""),
            ("FORTNIGHTLY__MAIL__CONNECTIONS", "many"),
            ("FORTNIGHTLY__STORE__URL", "postgres://u:hunter2@db/x"),
            ("FORTNIGHTLY__SERVICE__NAME", "\u{FFFD}"),
        ],
    )
    .unwrap_err();
    insta::assert_snapshot!(display(&findings));
}

#[test]
fn a_password_without_a_user_name_is_an_error_in_the_environment_too() {
    let findings = with(
        BASE,
        &[("FORTNIGHTLY__MAIL__TRANSPORT", "smtps://relay.example.org"), ("FORTNIGHTLY__MAIL__PASSWORD", "hunter2")],
    )
    .unwrap_err();
    let text = display(&findings);
    assert!(text.contains("mail.username is missing") && !text.contains("hunter2"), "{text}");
}

#[test]
fn files_that_cannot_be_read_say_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let missing = load(&dir.path().join("none.toml")).unwrap_err();
    assert_eq!(missing[0].code, "unreadable");
    assert_eq!(missing[0].help.as_deref(), Some("run `fortnightly init` to make one, or name it with --config"));
    let folder = load(dir.path()).unwrap_err();
    assert_eq!(folder[0].code, "unreadable");
    let file = dir.path().join("config.toml");
    std::fs::write(&file, b"# caf\xe9\n").unwrap();
    let latin = load(&file).unwrap_err();
    assert_eq!((latin[0].code, latin[0].line, latin[0].column), ("not-utf8", Some(1), Some(6)));
    std::fs::File::create(&file).unwrap().set_len((16 << 20) + 1).unwrap();
    assert_eq!(load(&file).unwrap_err()[0].code, "too-large");
}

#[test]
fn windows_files_load() {
    let text = format!("\u{feff}{}", BASE.replace('\n', "\r\n"));
    with(&text, &[]).unwrap_or_else(|findings| panic!("{}", display(&findings)));
    let findings = with(&text.replace("anchor", "ancor"), &[]).unwrap_err();
    assert!(
        findings.iter().any(|finding| (finding.line, finding.column) == (Some(8), Some(1))),
        "{}",
        display(&findings)
    );
}

#[test]
fn thousands_of_entries_take_time_in_proportion() {
    let entry = |n: usize| {
        format!(
            "[[subscribers]]\nname = \"School {n}\"\nemail = \"office@s{n}.example\"\nages = [4, 11]\nurn = \"{n}\"\n\n"
        )
    };
    let seconds = |count: usize| {
        let text = BASE.to_owned() + &(0..count).map(entry).collect::<String>();
        let begin = std::time::Instant::now();
        let config = with(&text, &[]).unwrap();
        assert_eq!(config.subscribers.len(), count);
        let first = BASE.lines().count() + 1;
        assert_eq!(config.subscribers[count - 1].line, first + (count - 1) * 6);
        begin.elapsed().as_secs_f64()
    };
    // The best of three, because other work on the machine only ever adds time.
    let best = |count: usize| (0..3).map(|_| seconds(count)).fold(f64::INFINITY, f64::min);
    let (few, many) = (best(600), best(12_000));
    assert!(many < few * 100.0, "600 entries took {few} s, 12,000 took {many} s: more than in proportion");
}

proptest! {
    /// A file that was damaged anywhere is refused with an error, or taken; it never stops the program.
    #[test]
    fn damage_never_panics(cut in 0usize..2600, length in 0usize..40, put in "[\\[\\]\\{\\}=\"',.#a-z0-9\\n\\\\é-]{0,6}") {
        let text = include_str!("../fixtures/config/good/contract.toml");
        let from = text.floor_char_boundary(cut.min(text.len()));
        let to = text.floor_char_boundary((from + length).min(text.len()));
        let damaged = format!("{}{put}{}", &text[..from], &text[to..]);
        if let Err(findings) = with(&damaged, &[]) {
            prop_assert!(findings.iter().any(Diagnostic::is_error));
            prop_assert!(findings.iter().all(|finding| finding.line.is_none_or(|line| line <= damaged.lines().count() + 1)));
        }
    }
}

#[test]
fn dotted_keys_and_inline_tables_are_read_too() {
    let text = "subscribers = [{ name = \"Hillside\", email = \"a@hillside.example\", bands = [\"14+\"] }]\n\
                schedule.anchor = 2026-09-07\nschedule.pauses = [{ from = 2026-12-19, to = 2027-01-03, reason = \"Christmas\" }]\n";
    let config = with(&(text.to_owned() + BASE.split("[schedule]").next().unwrap()), &[]);
    let config = config.unwrap_or_else(|findings| panic!("{}", display(&findings)));
    assert_eq!((config.subscribers[0].line, config.schedule.pauses.len()), (1, 1));
}
