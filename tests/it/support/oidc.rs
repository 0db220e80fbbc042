//! A real provider of `OpenID` Connect on this machine (`tests/oidc`), and a console where people sign on with it.

use std::fs::{self, Permissions};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::console::{Answer, Browser};
use super::fixture::{BASE, Fixture, Running, until};
use super::ports::free_port;
use super::{root, skipped};

/// What the console and its provider share.
pub(crate) const SECRET: &str = "the secret of the console";

/// A provider that runs.
pub(crate) struct Provider {
    pub(crate) port: u16,
    child: Option<Running>,
    options: Value,
}

impl Provider {
    /// One for the consoles at these ports; none, said loudly, where it cannot run.
    pub(crate) fn new(consoles: &[u16], more: &Value) -> Option<Self> {
        let missing = match node() {
            None => "node is not installed: install nodejs and npm",
            Some(..20) => "node is older than 20, which the provider needs: install a newer one",
            Some(_) if !root().join("tests/oidc/node_modules").exists() => {
                "its parts are missing: run `npm ci --ignore-scripts` in tests/oidc"
            }
            Some(_) => "",
        };
        if !missing.is_empty() {
            skipped("signing on with a real provider", missing);
            return None;
        }
        let callbacks: Vec<String> =
            consoles.iter().map(|port| format!("http://127.0.0.1:{port}/sign-in/oidc/callback")).collect();
        let port = free_port();
        let mut options = json!({"port": port, "callbacks": callbacks, "secret": SECRET});
        options.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let mut provider = Self { port, child: None, options };
        provider.start();
        Some(provider)
    }

    pub(crate) fn start(&mut self) {
        let child = Command::new("node")
            .arg(root().join("tests/oidc").join("provider.mjs"))
            .arg(self.options.to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.child = Some(Running(child));
        until("the provider listens", || TcpStream::connect(("127.0.0.1", self.port)).is_ok());
    }

    /// From now on it is away.
    pub(crate) fn stop(&mut self) {
        self.child = None;
    }

    /// From now on it is so: `account=bob`, `fault=aud`, `rotate=1`; without a fault, it is right.
    pub(crate) fn be(&self, what: &str) {
        Browser::new(self.port).get(&format!("/-/be?{what}")).is(200);
    }

    pub(crate) fn issuer(&self) -> String {
        format!("http://{}:{}", self.options["host"].as_str().unwrap_or("127.0.0.1"), self.port)
    }

    /// Follows an address of the provider until it leads elsewhere; there.
    pub(crate) fn through(&self, url: &str, browser: &Browser) -> String {
        let (mut url, home) = (url.to_owned(), self.issuer());
        for _ in 0..10 {
            let Some(path) = url.strip_prefix(&home).or_else(|| url.starts_with('/').then_some(url.as_str())) else {
                return url;
            };
            let answer = browser.get(path);
            assert!(matches!(answer.status, 302 | 303), "{}: {}", answer.status, answer.text());
            url = answer.location;
        }
        panic!("it goes on and on: {url}");
    }
}

/// A console with its provider.
pub(crate) struct SignOn {
    pub(crate) fixture: Fixture,
    pub(crate) provider: Provider,
    pub(crate) port: u16,
    /// The last one: an earlier one must not go on.
    console: Option<Running>,
}

impl SignOn {
    /// A console where nobody is a user but for Carol, an admin with a password to come.
    pub(crate) fn new() -> Option<Self> {
        Self::with(&json!({}))
    }

    pub(crate) fn with(more: &Value) -> Option<Self> {
        let port = free_port();
        let provider = Provider::new(&[port], more)?;
        let fixture = Fixture::new(&config(port, &provider.issuer()));
        write_secret(&fixture, SECRET);
        fixture.run(&["users", "add", "carol@team.example", "--role", "admin"]).exits(0);
        let mut sign_on = Self { fixture, provider, port, console: None };
        sign_on.restart();
        Some(sign_on)
    }

    pub(crate) fn restart(&mut self) {
        self.restart_as("console");
    }

    /// With this command.
    pub(crate) fn restart_as(&mut self, command: &str) {
        self.console = None;
        self.console = Some(self.fixture.spawn(&["-v", command], "log"));
        until("the console listens", || TcpStream::connect(("127.0.0.1", self.port)).is_ok());
    }

    pub(crate) fn browser(&self) -> Browser {
        Browser::new(self.port)
    }

    /// The path of a link for someone new.
    pub(crate) fn invite(&self, address: &str, role: &str) -> String {
        link(&self.fixture.run(&["users", "add", address, "--role", role]).exits(0).stdout)
    }

    /// The path of a new link.
    pub(crate) fn reset(&self, address: &str) -> String {
        link(&self.fixture.run(&["users", "reset", address]).exits(0).stdout)
    }

    /// Begins at this path, signs on, and comes back as far as the path and query to which the provider sends the browser.
    pub(crate) fn sent_back(&self, browser: &Browser, begin: &str) -> String {
        let begun = browser.get(begin).is(303);
        let back = self.provider.through(&begun.location, &Browser::new(self.provider.port));
        let home = format!("http://127.0.0.1:{}", self.port);
        back.strip_prefix(&home).unwrap_or_else(|| panic!("it leads to {back}")).to_owned()
    }

    /// Begins at this path, signs on, and comes back.
    pub(crate) fn sign_on(&self, browser: &Browser, begin: &str) -> Answer {
        browser.get(&self.sent_back(browser, begin))
    }
}

/// Which node there is: 20 of `v20.1.2`.
fn node() -> Option<u32> {
    let ran = Command::new("node").arg("--version").output().ok()?;
    String::from_utf8(ran.stdout).ok()?.trim_start_matches('v').split('.').next()?.parse().ok()
}

pub(crate) fn config(port: u16, issuer: &str) -> String {
    let base = BASE.replace("console_listen = \"127.0.0.1:0\"", &format!("console_listen = \"127.0.0.1:{port}\""));
    format!("{base}[web.oidc]\nissuer = \"{issuer}\"\nclient_id = \"console\"\nclient_secret_file = \"secret\"\n")
}

fn link(said: &str) -> String {
    let link = said.lines().find(|line| line.contains("/sign-in/link/")).expect("a link");
    format!("/sign-in/link/{}", link.trim().rsplit('/').next().unwrap())
}

/// Writes the secret that the console shares with its provider, for this user only.
fn write_secret(fixture: &Fixture, secret: &str) {
    fixture.write("secret", secret);
    fs::set_permissions(fixture.path("secret"), Permissions::from_mode(0o600)).unwrap();
}
