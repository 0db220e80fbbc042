//! The folder that mail servers deliver into: whatever is wrong with one message or with the folder, those behind it are
//! read, and none is applied a second time. The built daemon, without the rights of root.

use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::support::fixture::{BASE, Fixture, Running, entry, three, until};

const MONDAY: &str = "2026-11-30T08:00:00Z";

/// What is wrong.
const TROUBLES: [&str; 9] = [
    "nothing",
    "its name is too long",
    "its name is taken",
    "its name is a folder's",
    "its name is no text",
    "it cannot be read",
    "`cur` cannot be written to",
    "`cur` is a file",
    "the whole folder is read-only",
];

/// A program without the rights of root, where the test has them.
fn unprivileged(fixture: &Fixture, arguments: &[&str]) -> Command {
    let plain = fixture.command(arguments);
    if fs::metadata("/proc/self").unwrap().uid() != 0 {
        return plain;
    }
    let own = Command::new("chown").args(["-R", "65534:65534"]).arg(fixture.path("")).status().unwrap();
    assert!(own.success());
    let mut command = Command::new("setpriv");
    command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups"]);
    command.arg(plain.get_program()).args(arguments).current_dir(fixture.path("")).stdin(Stdio::null());
    command
}

fn daemon(fixture: &Fixture, log: &str) -> Running {
    let log = fs::File::create(fixture.path(log)).unwrap();
    let mut command = unprivileged(fixture, &["-v", "--now", "2026-11-30T09:00:00Z", "run", "--role", "sender"]);
    Running(command.stdout(Stdio::null()).stderr(log).spawn().unwrap())
}

fn run(fixture: &Fixture, arguments: &[&str]) -> String {
    let output = unprivileged(fixture, &[&["--now", "2026-11-30T09:00:00Z"], arguments].concat()).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn has_left(fixture: &Fixture, of: &str) -> bool {
    run(fixture, &["suppressions", "list"]).contains(&format!("{of}@hill.example"))
}

/// A wish to leave of a mailbox.
fn wish(fixture: &Fixture, of: &str) -> String {
    let address = format!("{of}@hill.example");
    let token = fixture.mails().into_iter().find(|mail| mail.to == address).unwrap().path("/u/");
    format!("From: {address}\nTo: unsubscribe+{}@example.org\nSubject: unsubscribe\n\n", &token[3..])
}

/// The name of the message that has the trouble. It comes first.
fn name_of(trouble: &str) -> Vec<u8> {
    match trouble {
        "its name is too long" => format!("1.{}", "x".repeat(253)).into_bytes(),
        "its name is no text" => b"1.\xff\xfe.example".to_vec(),
        _ => b"1.first.example".to_vec(),
    }
}

/// Brings the trouble about, before the daemon looks; whether the message is there to be applied.
fn make(trouble: &str, inbox: &Path, first: &Path) -> bool {
    let taken = inbox.join("cur/1.first.example:2,S");
    let mode = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    match trouble {
        "its name is taken" => fs::write(taken, "another message").unwrap(),
        "its name is a folder's" => fs::create_dir_all(taken.join("full")).unwrap(),
        "it cannot be read" => mode(first, 0o000),
        "`cur` cannot be written to" => mode(&inbox.join("cur"), 0o500),
        "`cur` is a file" => {
            fs::remove_dir(inbox.join("cur")).unwrap();
            fs::write(inbox.join("cur"), "").unwrap();
        }
        "the whole folder is read-only" => {
            for folder in ["new", "cur", "tmp", ""] {
                mode(&inbox.join(folder), 0o555);
            }
        }
        _ => {}
    }
    trouble != "it cannot be read"
}

/// What is left of `trouble` after the folder was read twice, by two processes.
fn trial(trouble: &str) -> Result<(), String> {
    let mail = "\n[mail]\nbounce_maildir = \"in\"\n";
    let boxes = "[\"one@hill.example\", \"two@hill.example\", \"three@hill.example\"]";
    let fixture = Fixture::new(&format!("{BASE}{mail}{}", entry("Hill", "school", boxes, "[\"4-5\"]")));
    fixture.at(MONDAY, &["send"]).exits(0);
    let inbox: PathBuf = fixture.path("in");
    for folder in ["new", "cur", "tmp"] {
        fs::create_dir_all(inbox.join(folder)).unwrap();
    }
    let first = inbox.join("new").join(OsStr::from_bytes(&name_of(trouble)));
    fs::write(&first, wish(&fixture, "one")).unwrap();
    fs::write(inbox.join("new/2.second.example"), wish(&fixture, "two")).unwrap();
    let applies = make(trouble, &inbox, &first);
    let deadline = |what: &str, mut condition: Box<dyn FnMut() -> bool + '_>| {
        let end = std::time::Instant::now() + std::time::Duration::from_secs(15);
        while !condition() {
            if std::time::Instant::now() > end {
                return Err(format!("{trouble}: {what}: {}", fixture.log()));
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        Ok(())
    };
    let mut running = daemon(&fixture, "log");
    deadline("the one behind is not read", Box::new(|| has_left(&fixture, "two")))?;
    if has_left(&fixture, "one") != applies {
        return Err(format!("{trouble}: the first is not dealt with as it should be"));
    }
    running.signal("-TERM");
    running.ends();
    // Someone who came back since does not leave again, whoever reads the folder.
    if applies {
        run(&fixture, &["suppressions", "remove", "one@hill.example", "--yes"]);
        run(&fixture, &["subscribe", "--name", "Hill", "--email", "one@hill.example", "--bands", "4-5"]);
    }
    let mut running = daemon(&fixture, "log");
    fs::write(inbox.join("new/3.third.example"), wish(&fixture, "three")).unwrap();
    deadline("the next one is not read", Box::new(|| has_left(&fixture, "three")))?;
    if applies && has_left(&fixture, "one") {
        return Err(format!("{trouble}: it was applied again"));
    }
    running.signal("-TERM");
    running.ends();
    let log = fixture.log();
    if log.contains("hill.example") || log.lines().filter(|line| line.contains("1.first")).count() > 1 {
        return Err(format!("{trouble}: {log}"));
    }
    if trouble == "its name is taken" && fs::read(inbox.join("cur/1.first.example:2,S")).unwrap() != b"another message"
    {
        return Err(format!("{trouble}: the other message is lost"));
    }
    let is_tidy =
        ["nothing", "its name is too long", "its name is taken", "its name is a folder's", "its name is no text"];
    if is_tidy.contains(&trouble) && fs::read_dir(inbox.join("new")).unwrap().count() > 0 {
        return Err(format!("{trouble}: something is left in `new`"));
    }
    Ok(())
}

#[test]
fn one_message_holds_up_no_other_and_none_is_applied_twice() {
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let trials: Vec<_> = TROUBLES.iter().map(|trouble| scope.spawn(|| trial(trouble))).collect();
        trials.into_iter().filter_map(|trial| trial.join().unwrap().err()).collect()
    });
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), TROUBLES.len(), wrong.join("\n"));
}

/// A site with a folder that mail comes into, to whose mailboxes an edition was sent.
fn with_inbox() -> Fixture {
    let fixture = Fixture::new(&format!("{BASE}\n[mail]\nbounce_maildir = \"in\"\n{}", three()));
    fixture.at(MONDAY, &["send"]).exits(0);
    for folder in ["new", "cur", "tmp"] {
        fs::create_dir_all(fixture.path("in").join(folder)).unwrap();
    }
    fixture
}

const SENDER: [&str; 5] = ["--now", MONDAY, "run", "--role", "sender"];

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).unwrap().next().is_none()
}

/// Anyone can send to the unsubscribe address, as often as they like.
#[test]
fn a_stranger_cannot_fill_the_log() {
    let fixture = with_inbox();
    let new = fixture.path("in/new");
    let begun = Instant::now();
    let mut running = fixture.spawn(&SENDER, "log");
    for burst in 0..3 {
        for n in 0..40 {
            fs::write(new.join(format!("{burst}.{n}.example")), "From: x@stranger.example\n\nHello\n").unwrap();
        }
        until("they are read", || is_empty(&new));
    }
    running.signal("-TERM");
    assert_eq!(running.ends(), 0);
    let log = fixture.log();
    let told: Vec<_> = log.lines().filter(|line| line.contains("ame in by mail")).collect();
    let counted: u64 = told.iter().map(|line| line.split("mail: ").nth(1).unwrap()).map(first_number).sum();
    // The first, one a minute, and one at the end.
    let most = 2 + usize::try_from(begun.elapsed().as_secs() / 60).unwrap();
    assert!((2..=most).contains(&told.len()) && counted == 120, "{log}");
    let about_mail: Vec<_> = log.lines().filter(|line| line.contains("message") || line.contains("stranger")).collect();
    assert!(about_mail.is_empty(), "{log}");
}

fn first_number(text: &str) -> u64 {
    text.split(' ').next().unwrap().parse().unwrap()
}

#[test]
fn what_is_no_message_is_named_once_and_needs_a_person() {
    let kinds = ["a pipe", "a folder", "a link"];
    for (kind, make) in kinds.into_iter().zip([make_pipe as fn(&Path), make_folder, make_link]) {
        let fixture = with_inbox();
        let odd = fixture.path("in/new/1.odd.example");
        make(&odd);
        let mut running = fixture.spawn(&SENDER, "log");
        until("it is named", || fixture.log().contains("1.odd.example"));
        // It is looked at again and again; what comes behind it is read.
        for n in 2..4 {
            fs::write(fixture.path(&format!("in/new/{n}.example")), "Subject: Hello\n\nHello\n").unwrap();
            until("it is read", || !fixture.path(&format!("in/new/{n}.example")).exists());
        }
        running.signal("-TERM");
        running.ends();
        let log = fixture.log();
        let named: Vec<_> = log.lines().filter(|line| line.contains("1.odd.example")).collect();
        assert!(named.len() == 1 && named[0].contains("WARN") && named[0].contains(kind), "{kind}: {log}");
        let status = fixture.at(MONDAY, &["status"]).exits(0).stdout;
        let needs = |line: &&str| line.starts_with("Needs a person: ") && line.contains("in/new/1.odd.example is");
        assert!(status.lines().find(needs).is_some_and(|line| line.contains(kind)), "{kind}: {status}");
        assert!(fs::symlink_metadata(&odd).is_ok(), "it stays where it is");
    }
}

fn make_pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

fn make_folder(path: &Path) {
    fs::create_dir(path).unwrap();
}

fn make_link(path: &Path) {
    std::os::unix::fs::symlink("/etc/hostname", path).unwrap();
}
