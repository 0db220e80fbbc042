//! A folder with a config, the shipped library and templates, and the built binary to run in it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use mail_parser::{MessageParser, MimeHeaders as _};
use tempfile::TempDir;

use super::root;

/// The start of a config; subscribers follow.
pub(crate) const BASE: &str = r#"
[service]
name = "Online Safety at Home"
from = "Online Safety at Home <activities@example.org>"
reply_to = "team@example.org"
postal_address = "1 High Street, Anytown AB1 2CD"
base_url = "https://activities.example.org"

[schedule]
anchor = 2026-09-07

[web]
listen = "127.0.0.1:0"
console_listen = "127.0.0.1:0"
"#;

/// One entry of a config.
pub(crate) fn entry(name: &str, sector: &str, emails: &str, bands: &str) -> String {
    format!("\n[[subscribers]]\nname = \"{name}\"\nsector = \"{sector}\"\nemail = {emails}\nbands = {bands}\n")
}

/// Three organisations with four mailboxes.
pub(crate) fn three() -> String {
    [
        entry("Hillside Primary", "school", "\"office@hillside.example\"", "[\"4-5\", \"5-7\", \"8-10\"]"),
        entry(
            "Riverbank Academy",
            "school",
            "[\"reception@riverbank.example\", \"dsl@riverbank.example\"]",
            "[\"11-14\", \"14+\"]",
        ),
        entry("Lantern Trust", "charity", "\"hello@lantern.example\"", "[\"8-10\"]"),
    ]
    .concat()
}

/// The base config with `lines` in its schedule, and three organisations.
pub(crate) fn scheduled(lines: &str) -> String {
    let anchor = "anchor = 2026-09-07\n";
    assert!(BASE.contains(anchor));
    format!("{}{}", BASE.replace(anchor, &format!("{anchor}{lines}\n")), three())
}

/// The pick for a band in a row of `plan`.
#[track_caller]
pub(crate) fn pick<'a>(row: &'a serde_json::Value, band: &str) -> &'a serde_json::Value {
    row["activities"].as_array().unwrap().iter().find(|pick| pick["band"] == band).unwrap()
}

/// What a run of the binary came to.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// Fails the test unless the exit code is `code`.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Standard output as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e}: {}", self.stdout))
    }

    /// Standard output as JSON, or null where there is none yet.
    pub(crate) fn json_or_nothing(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_default()
    }

    /// Fails the test unless standard error says `text`.
    #[track_caller]
    pub(crate) fn complains(&self, text: &str) {
        assert!(self.stderr.contains(text), "“{text}” is not in:\n{}", self.stderr);
    }

    /// Fails the test unless standard output says `text`.
    #[track_caller]
    pub(crate) fn says(&self, text: &str) {
        assert!(self.stdout.contains(text), "“{text}” is not in:\n{}", self.stdout);
    }
}

/// One mail as a reader's program shows it.
pub(crate) struct Mail {
    pub(crate) to: String,
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: String,
    pub(crate) message_id: String,
    pub(crate) raw: Vec<u8>,
}

impl Mail {
    /// The HTML as a mail program shows it: with the pictures that the mail brings along.
    pub(crate) fn shown(&self) -> String {
        let message = MessageParser::default().parse(&self.raw).unwrap();
        let inline = message.parts.iter().filter_map(|part| Some((part.content_id()?, part)));
        inline.fold(self.html.clone(), |html, (id, part)| {
            let kind = part.content_type().unwrap();
            let (kind, form) = (kind.ctype(), kind.subtype().unwrap());
            let data = data_encoding::BASE64.encode(part.contents());
            html.replace(&format!("cid:{id}"), &format!("data:{kind}/{form};base64,{data}"))
        })
    }

    /// The path of one of its links, token and all, by how it begins: `/u/`.
    #[track_caller]
    pub(crate) fn path(&self, begin: &str) -> String {
        let start = format!("https://activities.example.org{begin}");
        let at = self.text.find(&start).expect("a link");
        let token: String = self.text[at + start.len()..].chars().take_while(char::is_ascii_alphanumeric).collect();
        format!("{begin}{token}")
    }
}

pub(crate) struct Fixture {
    folder: TempDir,
}

impl Fixture {
    /// Writes to the store, past the program.
    pub(crate) fn change(&self, sql: &str) {
        rusqlite::Connection::open(self.path("var/fortnightly.db")).unwrap().execute_batch(sql).unwrap();
    }

    /// The first column of what a query of the store finds.
    pub(crate) fn rows(&self, query: &str) -> Vec<String> {
        let conn = rusqlite::Connection::open(self.path("var/fortnightly.db")).unwrap();
        let mut query = conn.prepare(query).unwrap();
        query.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    /// With `config` as config.toml, and the shipped library and templates.
    pub(crate) fn new(config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = root();
        copy(&root.join("activities"), &folder.path().join("activities"));
        copy(&root.join("templates"), &folder.path().join("templates"));
        fs::write(folder.path().join("config.toml"), config).unwrap();
        Self { folder }
    }

    /// With the base config and three organisations.
    pub(crate) fn shipped() -> Self {
        Self::new(&format!("{BASE}{}", three()))
    }

    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    pub(crate) fn write(&self, below: &str, text: &str) {
        let path = self.path(below);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Replaces `from` by `to` in a file that must say it.
    #[track_caller]
    pub(crate) fn edit(&self, file: &str, from: &str, to: &str) {
        let before = fs::read_to_string(self.path(file)).unwrap();
        assert!(before.contains(from), "{file} does not say {from}");
        self.write(file, &before.replace(from, to));
    }

    /// Has the first edition due a week after the day on which the tests run, and none before: a daemon, or `send`, would send
    /// that one, too, and a bulletin would make way for it.
    pub(crate) fn nothing_due(&self) {
        let next_week = chrono::Utc::now().date_naive() + chrono::TimeDelta::days(7);
        let schedule = format!("on_closed_day = \"send\"\nanchor = {next_week}");
        self.edit("config.toml", "anchor = 2026-09-07", &schedule);
    }

    /// Edition `number` as `plan` shows it at a pretended moment.
    #[track_caller]
    pub(crate) fn planned(&self, now: &str, number: u64) -> serde_json::Value {
        let plan = self.at(now, &["plan", "--fortnights", "26", "--json"]).exits(0).json();
        let found = plan.as_array().unwrap().iter().find(|row| row["edition"] == number);
        found.unwrap_or_else(|| panic!("no edition {number} in {plan}")).clone()
    }

    /// The binary, in this folder, without the environment's overrides.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fortnightly"));
        command.current_dir(self.folder.path()).args(arguments).stdin(Stdio::null());
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("FORTNIGHTLY__")) {
            command.env_remove(name);
        }
        command
    }

    /// Runs the binary to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        let output = self.command(arguments).output().unwrap();
        Ran {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Runs the binary at a pretended moment.
    pub(crate) fn at(&self, now: &str, arguments: &[&str]) -> Ran {
        self.run(&[&["--now", now], arguments].concat())
    }

    /// Starts the binary; its standard error goes to `log` in the folder, and its standard output to `log.out`.
    pub(crate) fn spawn(&self, arguments: &[&str], log: &str) -> Running {
        let said = fs::File::create(self.path(&format!("{log}.out"))).unwrap();
        let log = fs::File::create(self.path(log)).unwrap();
        let mut command = self.command(arguments);
        Running(command.stdout(said).stderr(log).spawn().unwrap())
    }

    /// What a program that was started wrote to `log` so far.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    /// How many mails are in the mail folder.
    pub(crate) fn mail_count(&self) -> usize {
        fs::read_dir(self.path("var/mail/new")).map_or(0, Iterator::count)
    }

    /// Every mail in the mail folder, by recipient.
    pub(crate) fn mails(&self) -> Vec<Mail> {
        let Ok(folder) = fs::read_dir(self.path("var/mail/new")) else { return Vec::new() };
        let mut mails: Vec<Mail> = folder.map(|entry| mail(&fs::read(entry.unwrap().path()).unwrap())).collect();
        mails.sort_by(|a, b| (&a.to, &a.message_id).cmp(&(&b.to, &b.message_id)));
        mails
    }

    /// Recipient → bands that the text of its one mail shows. Fails the test when a mailbox has two mails.
    #[track_caller]
    pub(crate) fn bands_by_mailbox(&self) -> BTreeMap<String, String> {
        let mut all = BTreeMap::new();
        for mail in self.mails() {
            let bands = LABELS.iter().filter(|(_, label)| mail.text.contains(label)).map(|(band, _)| *band);
            let before = all.insert(mail.to.clone(), bands.collect::<Vec<_>>().join(" "));
            assert!(before.is_none(), "{} got two mails", mail.to);
        }
        all
    }

    /// Every file below the folder with its bytes and its modification time.
    pub(crate) fn fingerprint(&self) -> BTreeMap<PathBuf, (Vec<u8>, std::time::SystemTime)> {
        let mut all = BTreeMap::new();
        walk(self.folder.path(), &mut all);
        all
    }
}

const LABELS: [(&str, &str); 5] = [
    ("4-5", "Ages 4 to 5"),
    ("5-7", "Ages 5 to 7"),
    ("8-10", "Ages 8 to 10"),
    ("11-14", "Ages 11 to 14"),
    ("14+", "Ages 14 and over"),
];

/// Reads a message as a mail program would.
pub(crate) fn mail(raw: &[u8]) -> Mail {
    let message = MessageParser::default().parse(raw).unwrap();
    assert_eq!(message.content_type().map(|t| t.ctype().to_owned()), Some("multipart".to_owned()));
    Mail {
        to: message.to().and_then(|to| to.first()).and_then(|to| to.address.as_deref()).unwrap().to_owned(),
        subject: message.subject().unwrap().to_owned(),
        text: message.body_text(0).unwrap().into_owned(),
        html: message.body_html(0).unwrap().into_owned(),
        message_id: message.message_id().unwrap().to_owned(),
        raw: raw.to_vec(),
    }
}

/// Copies a folder, over what is there.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn walk(folder: &Path, all: &mut BTreeMap<PathBuf, (Vec<u8>, std::time::SystemTime)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.insert(path.clone(), (Vec::new(), std::time::SystemTime::UNIX_EPOCH));
            walk(&path, all);
        } else {
            let time = fs::metadata(&path).unwrap().modified().unwrap();
            all.insert(path.clone(), (fs::read(&path).unwrap(), time));
        }
    }
}

/// A running binary; killed when the test ends.
pub(crate) struct Running(pub(crate) Child);

impl Running {
    pub(crate) fn signal(&self, name: &str) {
        let done = Command::new("kill").args([name, &self.0.id().to_string()]).status().unwrap();
        assert!(done.success());
    }

    /// Signals, unless the program has ended already.
    pub(crate) fn signal_if_alive(&mut self, name: &str) {
        if self.0.try_wait().unwrap().is_none() {
            self.signal(name);
        }
    }

    /// Waits for the end, at most 20 s.
    #[track_caller]
    pub(crate) fn ends(&mut self) -> i32 {
        self.ends_within(PATIENCE)
    }

    /// As that, for a run that takes longer.
    #[track_caller]
    pub(crate) fn ends_within(&mut self, limit: Duration) -> i32 {
        let mut code = None;
        until_within(limit, "the program ends", || {
            code = self.0.try_wait().unwrap();
            code.is_some()
        });
        code.and_then(|status| status.code()).unwrap_or(-1)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// How long is waited for what does not take long.
const PATIENCE: Duration = Duration::from_secs(20);

/// Polls until `condition` holds; fails the test after 20 s.
#[track_caller]
pub(crate) fn until(what: &str, condition: impl FnMut() -> bool) {
    until_within(PATIENCE, what, condition);
}

/// As that, after `limit`.
#[track_caller]
pub(crate) fn until_within(limit: Duration, what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + limit;
    while !condition() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
