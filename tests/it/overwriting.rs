//! No command writes over what is not its own: every command that writes × every kind of thing that may have the name.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::fixture::{BASE, Fixture, Ran, copy, entry};
use crate::support::{library_fixture, skipped};

const MONDAY: &str = "2026-11-30T08:00:00Z";

/// What may have the name that a command writes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Thing {
    Ordinary,
    ReadOnly,
    HardLink,
    Link,
    DanglingLink,
    LinkToFolder,
    Folder,
    Pipe,
    Socket,
    Device,
}

use Thing::*;

const THINGS: [Thing; 10] =
    [Ordinary, ReadOnly, HardLink, Link, DanglingLink, LinkToFolder, Folder, Pipe, Socket, Device];

/// Puts a thing there; false where this machine does not let us.
fn put(thing: Thing, at: &Path, outside: &Path) -> bool {
    let made = |program: &str, before: &[&str], after: &[&str]| {
        let mut command = Command::new(program);
        command.args(before).arg(at).args(after).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    };
    fs::create_dir_all(at.parent().unwrap()).unwrap();
    match thing {
        Ordinary => fs::write(at, "someone's").unwrap(),
        ReadOnly => {
            fs::write(at, "someone's").unwrap();
            fs::set_permissions(at, fs::Permissions::from_mode(0o444)).unwrap();
        }
        HardLink => fs::hard_link(outside.join("file"), at).unwrap(),
        Link => symlink(outside.join("file"), at).unwrap(),
        DanglingLink => symlink(outside.join("missing"), at).unwrap(),
        LinkToFolder => symlink(outside, at).unwrap(),
        Folder => fs::create_dir(at).unwrap(),
        Pipe => return made("mkfifo", &[], &[]),
        Socket => drop(UnixListener::bind(at).unwrap()),
        Device => return made("mknod", &["-m", "666"], &["c", "1", "3"]),
    }
    true
}

fn remove(at: &Path) {
    let _ = fs::remove_file(at).or_else(|_| fs::remove_dir_all(at));
}

/// Empties a file, or every file below a folder.
fn empty(path: &Path) {
    match fs::read_dir(path) {
        Ok(all) => all.flatten().for_each(|entry| empty(&entry.path())),
        Err(_) => fs::write(path, "").unwrap(),
    }
}

/// Everything below a folder: what it is, and what is in it.
fn photograph(folder: &Path) -> BTreeMap<PathBuf, (u32, u64, Vec<u8>)> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let (path, about) = (entry.path(), entry.metadata().unwrap());
        let content = match about.file_type() {
            kind if kind.is_symlink() => fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes(),
            kind if kind.is_file() => fs::read(&path).unwrap(),
            _ => Vec::new(),
        };
        if about.is_dir() {
            all.extend(photograph(&path));
        }
        all.insert(path, (about.mode(), about.ino(), content));
    }
    all
}

/// Runs a command to its end; one that waits for something is a failure.
#[track_caller]
fn run(fixture: &Fixture, arguments: &[&str], what: &str) -> Ran {
    let mut command = fixture.command(&[&["--now", MONDAY], arguments].concat());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > deadline {
            child.kill().unwrap();
            panic!("{what}: it hangs");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code().unwrap_or(-1), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// A command that writes.
#[derive(Clone)]
struct Writer {
    command: &'static [&'static str],
    /// A file that it writes, below the fixture.
    file: &'static str,
    /// What it may write over.
    replaces: &'static [Thing],
    /// Whether addresses or keys are in it.
    is_private: bool,
}

const fn writer(command: &'static [&'static str], file: &'static str) -> Writer {
    Writer { command, file, replaces: &[], is_private: false }
}

const PREVIEW: &[&str] = &["preview", "--out", "look"];

fn writers() -> Vec<Writer> {
    let mut all = vec![
        writer(&["init", "site"], "site/config.toml"),
        writer(&["init", "site"], "site/activities"),
        writer(&["init", "site"], "site/templates"),
        writer(&["activities", "new", "kindness", "8-10", "--title", "Be kind"], "activities/kindness/be-kind.md"),
        writer(&["backup", "copy.db"], "copy.db"),
        Writer {
            command: &["backup", "--force", "copy.db"],
            file: "copy.db",
            replaces: &[Ordinary, HardLink],
            is_private: true,
        },
        writer(&["subscribers", "export", "--out", "list.csv"], "list.csv"),
        Writer {
            command: &["man", "pages"],
            file: "pages/fortnightly.1",
            replaces: &[Ordinary, HardLink],
            is_private: false,
        },
        Writer { command: &["man", "pages"], file: "pages", replaces: &[Folder, LinkToFolder], is_private: false },
        Writer { command: PREVIEW, file: "look", replaces: &[Folder, LinkToFolder], is_private: false },
    ];
    all.extend(PREVIEWED.map(|file| writer(PREVIEW, file)));
    all
}

const PREVIEWED: [&str; 3] = ["look/index.html", "look/recipients.csv", "look/charity.8-10.en-GB.eml"];

/// What a digest can do without; every start of the program reads it.
const ORNAMENTS: [&str; 5] =
    ["partials/style.mjml.hbs", "partials/share.mjml.hbs", "partials/card.mjml.hbs", "partials/card.txt.hbs", "web"];

/// The smallest service that there is something to write of: a small library, bare templates, and one mailbox.
fn small() -> Fixture {
    let charity = entry("Lantern Trust", "charity", "\"hello@lantern.example\"", "[\"8-10\"]");
    let fixture = Fixture::new(&format!("{BASE}{charity}"));
    library_fixture::stock(&fixture);
    for name in ORNAMENTS {
        empty(&fixture.path("templates").join(name));
    }
    fixture.at(MONDAY, &["sync"]).exits(0);
    fixture
}

/// That service, and beside it a folder that no command has to do with.
fn fixture() -> Place {
    let fixture = small();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("file"), "someone else's").unwrap();
    (fixture, outside)
}

type Place = (Fixture, tempfile::TempDir);

/// Tries everything, some at a time; whoever tries makes a place of its own and keeps it.
fn try_all<P, T: Sync>(all: &[T], place: impl Fn() -> P + Sync, try_one: impl Fn(&P, &T) + Sync) {
    const AT_ONCE: usize = 4;
    let next = AtomicUsize::new(0);
    let work = || {
        let place = place();
        while let Some(one) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
            try_one(&place, one);
        }
    };
    thread::scope(|scope| (0..AT_ONCE).for_each(|_| drop(scope.spawn(work))));
}

/// Each of these with each of those.
fn pairs<A: Clone, B: Copy>(these: &[A], those: &[B]) -> Vec<(A, B)> {
    these.iter().flat_map(|one| those.iter().map(|other| (one.clone(), *other))).collect()
}

#[track_caller]
fn try_one((fixture, outside): &Place, writer: &Writer, thing: Thing) {
    let outside = outside.path();
    let (at, what) = (fixture.path(writer.file), format!("{:?} over {thing:?} at {}", writer.command, writer.file));
    if !put(thing, &at, outside) {
        return skipped(&what, "this machine makes no such thing for us");
    }
    let before = (photograph(&fixture.path(".")), photograph(outside));
    let ran = run(fixture, writer.command, &what);
    if writer.replaces.contains(&thing) {
        assert_eq!(ran.code, 0, "{what}: {}", ran.stderr);
        let now = fs::symlink_metadata(&at).unwrap();
        assert!(now.is_file() || thing != Ordinary && thing != HardLink, "{what}: it is no file");
        let mode = now.permissions().mode() & 0o777;
        assert!(!writer.is_private || mode == 0o600, "{what}: mode {mode:o}");
        assert_eq!(fs::read(outside.join("file")).unwrap(), b"someone else's", "{what}");
        assert!(!outside.join("missing").exists(), "{what}");
    } else {
        assert_eq!(ran.code, 1, "{what}: {}{}", ran.stdout, ran.stderr);
        assert!(ran.stderr.contains(writer.file), "{what}: it does not say where: {}", ran.stderr);
        let after = (photograph(&fixture.path(".")), photograph(outside));
        assert!(after == before, "{what}: something changed");
    }
    let left: Vec<_> = photograph(&fixture.path("."))
        .into_keys()
        .filter(|path| path.file_name().unwrap().to_string_lossy().starts_with(".fortnightly-"))
        .collect();
    assert!(left.is_empty(), "{what}: it left {left:?}");
    remove(&at);
    for name in ["site", "look", "pages"] {
        remove(&fixture.path(name));
    }
    for entry in fs::read_dir(outside).unwrap().flatten().filter(|entry| entry.file_name() != "file") {
        remove(&entry.path());
    }
}

#[test]
fn nothing_but_an_ordinary_file_is_written_over_and_no_link_is_followed() {
    try_all(&pairs(&writers(), &THINGS), fixture, |place, (writer, thing)| try_one(place, writer, *thing));
}

/// A whole service inside the library of another, or a manual among its templates: neither could be read any more.
#[test]
fn nothing_is_laid_into_the_library_or_among_the_templates() {
    let fixture = small();
    symlink("activities", fixture.path("library")).unwrap();
    fs::create_dir(fixture.path("elsewhere")).unwrap();
    let before = photograph(&fixture.path("."));
    for folder in ["activities", "activities/kindness", "activities/new", "templates", "templates/web/new", "library"] {
        for command in ["init", "man"] {
            let whole = fixture.path(folder).display().to_string();
            for name in [folder, &whole] {
                let ran = fixture.run(&[command, name]);
                assert!(ran.code == 1 && ran.stderr.contains(name), "{command} {name}: {}{}", ran.stdout, ran.stderr);
                assert!(ran.stderr.contains("name another place"), "{command} {name}: {}", ran.stderr);
            }
            // From anywhere, also when the config there cannot be read.
            let mut away = fixture.command(&[command, &whole]);
            let ran = away.current_dir(fixture.path("elsewhere")).output().unwrap();
            assert!(!ran.status.success(), "{command} {whole} from elsewhere");
        }
    }
    assert!(photograph(&fixture.path(".")) == before, "something changed");
    // What only has the name is someone's own affair.
    for command in ["init", "man"] {
        fixture.run(&[command, &format!("elsewhere/activities/{command}")]).exits(0);
    }
}

#[test]
fn a_dash_stands_for_standard_output_where_a_list_is_written() {
    let fixture = small();
    let plain = fixture.run(&["subscribers", "export"]).exits(0).stdout;
    let ran = fixture.run(&["subscribers", "export", "--out", "-"]);
    assert!(ran.code == 0 && ran.stdout == plain && plain.contains("hello@lantern.example"), "{}", ran.stdout);
    let backup = fixture.run(&["backup", "-"]);
    assert!(backup.code == 1 && backup.stderr.contains("name a file"), "{}", backup.stderr);
    assert!(!fixture.path("-").exists(), "a file is called -");
}

#[test]
fn whoever_names_a_file_where_a_folder_is_needed_is_told_so() {
    let fixture = small();
    fixture.write("report", "someone's");
    let commands: [&[&str]; 6] = [
        &["preview", "--out", "report"],
        &["preview", "--out", "report/deeper"],
        &["init", "report"],
        &["man", "report"],
        &["backup", "report/copy.db"],
        &["subscribers", "export", "--out", "report/list.csv"],
    ];
    for command in commands {
        let ran = fixture.at(MONDAY, command);
        let is_clear =
            ran.stderr.contains("error: report is a file, not a folder") && ran.stderr.contains("name another");
        assert!(ran.code == 1 && is_clear, "{command:?}: {}{}", ran.stdout, ran.stderr);
    }
    assert_eq!(fs::read_to_string(fixture.path("report")).unwrap(), "someone's");
}

#[test]
fn a_preview_replaces_an_earlier_one_and_nothing_else() {
    let previewed = || {
        let place = fixture();
        place.0.at(MONDAY, &["preview", "--out", "earlier"]).exits(0);
        place
    };
    try_all(&pairs(&PREVIEWED, &THINGS), previewed, |place, (file, thing)| {
        copy(&place.0.path("earlier"), &place.0.path("look"));
        remove(&place.0.path(file));
        let replaces: &[Thing] = if *file == "look/index.html" { &[] } else { &[Ordinary, HardLink] };
        let writer = Writer { command: PREVIEW, file, replaces, is_private: *file == PREVIEWED[1] };
        try_one(place, &writer, *thing);
    });
    let fixture = small();
    fixture.at(MONDAY, PREVIEW).exits(0);
    fixture.write("look/mine.html", "someone's");
    fixture.at(MONDAY, &["preview", "--edition", "6", "--out", "look"]).exits(0);
    assert_eq!(fs::read_to_string(fixture.path("look/mine.html")).unwrap(), "someone's");
}

/// The first start makes store, keys and mail folder under the names that the config says.
#[test]
fn a_first_start_makes_nothing_through_a_link_or_over_another_thing() {
    let files = ["var", "var/fortnightly.db", "var/secret", "var/mail", "var/mail/new", "var/mail/tmp"];
    let mut all = pairs(&files, &[DanglingLink, Folder, Pipe, Socket, Device]);
    all.retain(|(file, thing)| {
        let is_fine = *thing == Folder && !file.contains('.') && !file.ends_with("secret");
        // Pipes in place of files that are only read are for those who read them.
        !(is_fine || *file == "var/secret" && matches!(thing, Pipe | Device))
    });
    try_all(&all, fixture, |(fixture, outside), (file, thing)| {
        remove(&fixture.path("var"));
        let (at, what) = (fixture.path(file), format!("send with {thing:?} at {file}"));
        if !put(*thing, &at, outside.path()) {
            return skipped(&what, "this machine makes no such thing for us");
        }
        let kind = fs::symlink_metadata(&at).unwrap().file_type();
        let (before, ran) = (photograph(outside.path()), run(fixture, &["send"], &what));
        assert_eq!(ran.code, 1, "{what}: {}{}", ran.stdout, ran.stderr);
        assert!(ran.stderr.contains(file), "{what}: it does not say where: {}", ran.stderr);
        assert_eq!(fs::symlink_metadata(&at).unwrap().file_type(), kind, "{what}");
        assert!(photograph(outside.path()) == before, "{what}: something changed outside");
    });
}

#[test]
fn a_restore_takes_no_other_place_than_that_of_files() {
    let (fixture, outside) = fixture();
    fixture.at(MONDAY, &["backup", "backup.db"]).exits(0);
    for file in ["var/fortnightly.db", "var/secret"] {
        for thing in [ReadOnly, DanglingLink, LinkToFolder, Folder, Socket] {
            let keep = fs::read(fixture.path(file)).unwrap();
            remove(&fixture.path(file));
            assert!(put(thing, &fixture.path(file), outside.path()));
            let (before, what) = (photograph(&fixture.path("var")), format!("restore with {thing:?} at {file}"));
            let ran = run(&fixture, &["restore", "backup.db"], &what);
            assert_eq!(ran.code, 1, "{what}: {}{}", ran.stdout, ran.stderr);
            assert!(ran.stderr.contains(file), "{what}: it does not say where: {}", ran.stderr);
            assert!(photograph(&fixture.path("var")) == before, "{what}: something changed");
            remove(&fixture.path(file));
            fs::write(fixture.path(file), keep).unwrap();
        }
    }
    // A link of the config's own that leads to a file stays what it is.
    fs::rename(fixture.path("var/fortnightly.db"), fixture.path("real.db")).unwrap();
    symlink("../real.db", fixture.path("var/fortnightly.db")).unwrap();
    fixture.at(MONDAY, &["restore", "backup.db"]).exits(0);
    assert!(fs::symlink_metadata(fixture.path("var/fortnightly.db")).unwrap().is_symlink());
    fixture.at(MONDAY, &["status"]).exits(0).says("restored");
}

/// What the system refuses of a folder, and whether its file can be written all the same.
const REFUSALS: [(&str, bool); 2] = [("openat:error=EACCES", false), ("fsync:error=EINVAL", true)];

#[test]
fn what_was_written_is_not_called_a_failure_and_a_failure_leaves_nothing() {
    if Command::new("strace").arg("-V").stdout(Stdio::null()).status().is_err() {
        return skipped("folders that refuse", "strace is not installed: install the Debian package strace");
    }
    let fixture = small();
    fs::create_dir(fixture.path("elsewhere")).unwrap();
    fixture.at(MONDAY, &["backup", "backup.db"]).exits(0);
    for command in
        [&["backup", "elsewhere/x"][..], &["subscribers", "export", "--out", "elsewhere/x"], &["restore", "backup.db"]]
    {
        for (refusal, is_written) in REFUSALS {
            let (plain, before) = (fixture.command(command), photograph(&fixture.path(".")));
            let mut traced = Command::new("strace");
            traced.args(["-f", "-qq", "-o", "/dev/null", "-P", "elsewhere", "-P"]).arg(fixture.path("elsewhere"));
            traced.arg("-P").arg(fixture.path("var")).args(["-e", "trace=openat,fsync", "-e"]);
            traced.arg(format!("inject={refusal}")).arg(plain.get_program()).args(plain.get_args());
            let ran = traced.current_dir(fixture.path(".")).stdin(Stdio::null()).output().unwrap();
            let what = format!("{command:?} with {refusal}: {}", String::from_utf8_lossy(&ran.stderr));
            assert_eq!(ran.status.success(), is_written, "{what}");
            assert_eq!(photograph(&fixture.path(".")) != before, is_written, "{what}");
            remove(&fixture.path("elsewhere/x"));
        }
    }
}

/// What the service lives by, and what would become part of it.
const OURS: &[&str] = &[
    "config.toml",
    "var/fortnightly.db",
    "var/fortnightly.db-wal",
    "var/fortnightly.db-shm",
    "var/fortnightly.db.before-restore-20261130T080000Z",
    "var/fortnightly.db.claims/new",
    "var/secret",
    "keys/password",
    "keys/dkim.pem",
    "keys/ca.pem",
    "activities/help.toml",
    "activities/kindness/theme.md",
    "activities/kindness/new.md",
    "templates/digest.mjml.hbs",
    "templates/new.hbs",
    "in/new/1",
];

const MAIL: &str = r#"
[mail]
transport = "smtps://relay.example.org"
username = "digest"
password_file = "keys/password"
ca_file = "keys/ca.pem"
bounce_maildir = "in"

[[mail.dkim]]
domain = "example.org"
selector = "s1"
private_key_file = "keys/dkim.pem"
"#;

/// The words in which a file of ours can be named.
fn names_of(fixture: &Fixture, ours: &str) -> Vec<String> {
    assert!(fixture.path(ours).exists() || ours.contains("/new"), "there is no {ours}");
    let whole = fixture.path(ours).display().to_string();
    let mut all = vec![ours.to_owned(), whole, format!("./activities/../{ours}"), format!("other/here/{ours}")];
    let hard = format!("other/hard-{}", ours.replace('/', "-"));
    // A file of a folder of ours that has a second name elsewhere keeps its first.
    let is_single = !ours.contains("activities/") && !ours.contains("templates/");
    if is_single && fs::hard_link(fixture.path(ours), fixture.path(&hard)).is_ok() {
        all.push(hard);
    }
    all
}

#[test]
fn nothing_that_the_service_lives_by_is_written_over_in_whatever_words() {
    let fixture = small();
    let config = fs::read_to_string(fixture.path("config.toml")).unwrap();
    fixture.write("config.toml", &(config + MAIL));
    fs::create_dir_all(fixture.path("keys")).unwrap();
    for (file, text) in [("password", "hush\n"), ("dkim.pem", "a key\n"), ("ca.pem", "a certificate\n")] {
        fixture.write(&format!("keys/{file}"), text);
    }
    for name in ["in/new", "var/fortnightly.db.claims", "other"] {
        fs::create_dir_all(fixture.path(name)).unwrap();
    }
    for name in ["var/fortnightly.db-wal", "var/fortnightly.db-shm", OURS[4]] {
        fixture.write(name, "");
        // As SQLite makes them; it mends the mode of an empty one that has another.
        fs::set_permissions(fixture.path(name), fs::Permissions::from_mode(0o600)).unwrap();
    }
    symlink(fixture.path("."), fixture.path("other/here")).unwrap();
    let names: Vec<_> = OURS.iter().flat_map(|ours| names_of(&fixture, ours)).collect();
    let before = photograph(&fixture.path("."));
    let commands = [&["subscribers", "export", "--out"][..], &["backup"], &["backup", "--force"]];
    try_all(
        &pairs(&names, &commands),
        || &fixture,
        |fixture, (name, command)| {
            let what = format!("{command:?} {name}");
            let ran = run(fixture, &[*command, &[name]].concat(), &what);
            assert_eq!(ran.code, 1, "{what}: {}{}", ran.stdout, ran.stderr);
            assert!(ran.stderr.contains("in use by this service"), "{what}: {}", ran.stderr);
        },
    );
    assert!(photograph(&fixture.path(".")) == before, "something changed");
    // A preview signs, so it needs a key that is one, or none.
    fixture.edit("config.toml", &MAIL[MAIL.find("[[mail.dkim]]").unwrap()..], "");
    let before = photograph(&fixture.path("."));
    for folder in
        ["activities", "activities/kindness", "templates", "templates/web", "in", "in/new", "in/other", "gone/../in/x"]
    {
        fixture.at(MONDAY, &["preview", "--out", folder]).exits(1).complains("in use by this service");
    }
    assert!(photograph(&fixture.path(".")) == before, "something changed");
}
