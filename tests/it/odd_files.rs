//! Pipes and devices where a file is expected: every command that reads one says so at once, and waits for nothing.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::fixture::{BASE, Fixture, Running, three, until};

const NOW: &str = "2026-11-25T12:00:00Z";

const MAIL: &str = "\n[mail]\ntransport = \"smtps://relay.example.org\"\nusername = \"digest\"\npassword_file = \"password\"\n\
                    ca_file = \"ca.pem\"\n\n[[mail.dkim]]\ndomain = \"example.org\"\nselector = \"s1\"\nprivate_key_file = \"key.pem\"\n";

/// A file, and a command that reads it.
const READ: &[(&str, &[&str])] = &[
    ("config.toml", &["check"]),
    ("password", &["check"]),
    ("ca.pem", &["check"]),
    ("key.pem", &["check"]),
    ("activities/help.toml", &["check"]),
    ("activities/kindness/theme.md", &["check"]),
    ("activities/kindness/new.md", &["check"]),
    ("activities/notices/new.md", &["check"]),
    ("templates/digest.mjml.hbs", &["check"]),
    ("templates/digest.txt.hbs", &["check"]),
    ("templates/partials/card.txt.hbs", &["check"]),
    ("templates/web/front.html.hbs", &["check"]),
    ("templates/web/partials/top.html.hbs", &["check"]),
    ("var/secret", &["status"]),
    ("var/secret", &["sync"]),
    ("var/secret", &["backup", "copy"]),
    ("var/fortnightly.db", &["status"]),
    ("var/fortnightly.db", &["sync"]),
    ("var/fortnightly.db", &["backup", "copy"]),
    ("var/fortnightly.db-wal", &["status"]),
    ("odd", &["restore", "odd"]),
    ("odd", &["subscribers", "import", "odd"]),
    ("odd", &["bounce", "odd"]),
];

/// What may lie where a file is expected, and how it is made.
type Kind = (&'static str, fn(&Path));

const KINDS: &[Kind] = &[("a pipe", make_pipe), ("a device", |path| symlink("/dev/zero", path).unwrap())];

fn make_pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// A service whose every file is there.
fn whole() -> Fixture {
    let fixture = Fixture::new(&format!("{BASE}{}", three()));
    fixture.at(NOW, &["sync"]).exits(0);
    fixture.write("config.toml", &format!("{BASE}{MAIL}{}", three()));
    fs::create_dir_all(fixture.path("activities/notices")).unwrap();
    for name in ["password", "ca.pem", "key.pem"] {
        fixture.write(name, "x");
    }
    fixture
}

#[test]
fn whatever_is_no_file_is_named_and_never_waited_for() {
    let mut wrong = String::new();
    let fixture = whole();
    for (file, arguments) in READ {
        for (kind, make) in KINDS {
            let path = fixture.path(file);
            let before = fs::read(&path).ok();
            let _ = fs::remove_file(&path);
            make(&path);
            let log = fs::File::create(fixture.path("log")).unwrap();
            let mut command = fixture.command(&[&["--now", NOW], *arguments].concat());
            let mut running = Running(command.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap());
            let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| running.ends()));
            let said = fixture.log();
            fs::remove_file(&path).unwrap();
            if let Some(bytes) = before {
                fs::write(&path, bytes).unwrap();
            }
            if !matches!(ended, Ok(1 | 2)) || !said.contains(kind) || !said.contains(file.trim_end_matches("-wal")) {
                wrong += &format!("{file} is {kind}, {arguments:?}: {:?} {said}\n", ended.ok());
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// What else may lie there.
const OTHERS: &[Kind] = &[
    ("a pipe", make_pipe),
    ("a folder", |path| fs::create_dir(path).unwrap()),
    ("a link to nothing", |path| symlink("/nowhere/at/all", path).unwrap()),
];

#[test]
fn one_finding_says_what_is_there_and_none_that_nothing_is() {
    let (fixture, mut wrong) = (whole(), String::new());
    let files = READ.iter().filter(|(file, command)| command == &["check"] && file.contains('/'));
    for (file, _) in files.filter(|(file, _)| !file.ends_with("new.md")) {
        for (kind, make) in OTHERS {
            let (path, before) = (fixture.path(file), fs::read(fixture.path(file)).unwrap());
            fs::remove_file(&path).unwrap();
            make(&path);
            let ran = fixture.at(NOW, &["check", "--json"]);
            let found: Vec<serde_json::Value> = serde_json::from_str(&ran.stdout).unwrap();
            let of_file =
                |found: &&serde_json::Value| found["file"].as_str().is_some_and(|shown| shown.ends_with(file));
            let told: Vec<_> = found.iter().filter(of_file).collect();
            let is_clear = |one: &serde_json::Value| {
                let (message, help) = (one["message"].as_str().unwrap(), one["help"].as_str().unwrap());
                message.contains(kind) && !help.contains("exists") && !help.contains("rename")
            };
            if told.len() != 1 || !told.iter().all(|one| is_clear(one)) {
                wrong += &format!("{file} is {kind}: {told:#?}\n");
            }
            let is_removed = fs::remove_file(&path).or_else(|_| fs::remove_dir(&path));
            is_removed.unwrap();
            fs::write(&path, before).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn a_running_daemon_keeps_what_it_has_when_a_file_becomes_a_pipe() {
    let fixture = Fixture::shipped();
    let mut daemon = fixture.spawn(&["--now", "2026-11-30T07:00:00Z", "run"], "log");
    until("the daemon runs", || fixture.log().contains("listening"));
    for file in ["templates/digest.txt.hbs", "activities/kindness/theme.md", "config.toml"] {
        let (path, before) = (fixture.path(file), fs::read(fixture.path(file)).unwrap());
        fs::remove_file(&path).unwrap();
        make_pipe(&path);
        until("it is reported", || fixture.log().contains(&format!("{file}: ")));
        fs::remove_file(&path).unwrap();
        fs::write(&path, before).unwrap();
    }
    daemon.signal("-TERM");
    assert_eq!(daemon.ends(), 0);
}

#[test]
fn what_the_shell_pipes_in_is_imported() {
    let fixture = Fixture::new(BASE);
    fixture.write("list.csv", "name,email,bands\nMoor School,office@moor.example,4-5\n");
    for place in ["/dev/stdin", "/dev/fd/0"] {
        let list = fs::File::open(fixture.path("list.csv")).unwrap();
        let mut cat = Command::new("cat").stdin(list).stdout(Stdio::piped()).spawn().unwrap();
        let mut command = fixture.command(&["--now", NOW, "subscribers", "import", place, "--dry-run"]);
        let output = command.stdin(cat.stdout.take().unwrap()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        cat.wait().unwrap();
    }
}
