//! A private Postfix on loopback that delivers into one Maildir, lets nothing out, and is stopped at the end.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::ports::free_port;

/// The one domain that it takes mail for.
pub(crate) const DOMAIN: &str = "hillside.example";

/// Where mail to [`OURS`] arrives, below the instance's folder.
const REPORTS: &str = "mail/reports";

/// The domain whose mail comes back to us.
const OURS: &str = "example.org";

/// A running instance. Recipients whose local part begins with `later`, `nobody` or `full` get 451 4.2.0, 550 5.1.1 and
/// 552 5.2.2; the sender domain `refused.example` gets 550 5.7.1 at MAIL. Those that begin with `moved` or `crowded` are
/// accepted, and bounce later with 5.1.1 and 5.2.2. Mail to `example.org` arrives in [`Postfix::reports`].
pub(crate) struct Postfix {
    folder: TempDir,
    /// Plain SMTP, STARTTLS offered.
    pub(crate) port: u16,
    /// TLS from the first byte.
    pub(crate) tls_port: u16,
}

impl Postfix {
    /// Starts an instance; `None`, said loudly, where Postfix is not installed or may not be started.
    /// Where the environment says `CI` that is a failure.
    pub(crate) fn start() -> Option<Self> {
        if let Some(reason) = missing() {
            super::skipped("the tests against a real relay", &reason);
            return None;
        }
        // On a busy machine its master may not be ready within the ten seconds that it's given.
        let mut refusals = String::new();
        for _ in 0..3 {
            let folder = tempfile::Builder::new().prefix("pf").tempdir_in("/tmp").expect("a folder for Postfix");
            let postfix = Self { folder, port: free_port(), tls_port: free_port() };
            postfix.lay_out();
            if postfix.control("start") {
                postfix.wait_until_it_greets();
                return Some(postfix);
            }
            refusals.push_str(&postfix.log());
        }
        panic!("Postfix did not start in three attempts:\n{refusals}");
    }

    /// The certificate that it shows, for the address 127.0.0.1 (PEM).
    pub(crate) fn certificate(&self) -> Vec<u8> {
        fs::read(self.path().join("etc/cert.pem")).expect("the certificate was made at the start")
    }

    /// The mail it delivered to `address`, as soon as there is one.
    pub(crate) fn mail_for(&self, address: &str) -> String {
        let deadline = Instant::now() + Duration::from_secs(30);
        let wanted = format!("Delivered-To: {address}\n");
        while Instant::now() < deadline {
            if let Some(mail) = self.mails().into_iter().find(|mail| mail.contains(&wanted)) {
                return mail;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("Postfix delivered nothing to {address}:\n{}", self.log());
    }

    /// Every mail it delivered.
    pub(crate) fn mails(&self) -> Vec<String> {
        let Ok(list) = fs::read_dir(self.path().join("mail/box/new")) else { return Vec::new() };
        list.filter_map(|entry| fs::read(entry.ok()?.path()).ok())
            .map(|mail| String::from_utf8_lossy(&mail).into_owned())
            .collect()
    }

    /// The Maildir in which mail to `example.org` arrives.
    pub(crate) fn reports(&self) -> std::path::PathBuf {
        self.path().join(REPORTS)
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.path().join("log")).unwrap_or_default()
    }

    fn lay_out(&self) {
        let root = self.path();
        fs::set_permissions(root, fs::Permissions::from_mode(0o755)).expect("our own folder");
        for folder in ["etc", "queue", "data", "mail"] {
            fs::create_dir(root.join(folder)).expect("our own folder");
        }
        run(Command::new("chown").arg("postfix").arg(root.join("data")));
        run(Command::new("chown").arg("65534").arg(root.join("mail")));
        self.make_certificate();
        let etc = |name: &str, text: String| fs::write(root.join("etc").join(name), text).expect("our own folder");
        etc("main.cf", self.main_cf());
        etc("master.cf", self.master_cf());
        etc(
            "recipients",
            "/^later/ 451 4.2.0 come back later\n/^nobody/ 550 5.1.1 no such user\n/^full/ 552 5.2.2 mailbox full\n"
                .into(),
        );
        etc("senders", "/@refused\\.example$/ 550 5.7.1 we do not take mail from you\n".into());
        let [domain, ours] = [DOMAIN, OURS].map(|domain| domain.replace('.', "\\."));
        etc("mailboxes", format!("/@{domain}$/ box/\n/@{ours}$/ reports/\n"));
        // Aliases are looked up after the mail was accepted.
        etc("aliases", "/^moved.*/ x@gone.invalid\n/^crowded.*/ x@crowded.invalid\n".into());
        etc(
            "transports",
            "/@gone\\.invalid$/ error:5.1.1 no such mailbox\n/@crowded\\.invalid$/ error:5.2.2 mailbox full\n".into(),
        );
    }

    fn make_certificate(&self) {
        let etc = self.path().join("etc");
        run(Command::new("openssl")
            .args(
                "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
                    .split(' '),
            )
            .args(["-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE"])
            .arg("-keyout")
            .arg(etc.join("key.pem"))
            .arg("-out")
            .arg(etc.join("cert.pem")));
    }

    fn main_cf(&self) -> String {
        let dir = self.path().display();
        format!(
            "compatibility_level = 3.6\n\
             queue_directory = {dir}/queue\n\
             data_directory = {dir}/data\n\
             maillog_file = {dir}/log\n\
             maillog_file_prefixes = {dir}\n\
             myhostname = relay.example\n\
             inet_interfaces = 127.0.0.1\n\
             smtpd_data_restrictions = reject_unauth_pipelining\n\
             inet_protocols = ipv4\n\
             mynetworks = 127.0.0.0/8\n\
             mydestination =\n\
             alias_maps =\n\
             alias_database =\n\
             local_recipient_maps =\n\
             default_transport = error:5.1.2 nothing leaves this machine\n\
             relay_transport = error:5.1.2 nothing leaves this machine\n\
             virtual_mailbox_domains = {DOMAIN}, {OURS}\n\
             virtual_alias_domains =\n\
             virtual_alias_maps = regexp:{dir}/etc/aliases\n\
             transport_maps = regexp:{dir}/etc/transports\n\
             virtual_mailbox_base = {dir}/mail\n\
             virtual_mailbox_maps = regexp:{dir}/etc/mailboxes\n\
             virtual_uid_maps = static:65534\n\
             virtual_gid_maps = static:65534\n\
             recipient_delimiter = +\n\
             smtpd_delay_reject = no\n\
             smtpd_sender_restrictions = check_sender_access regexp:{dir}/etc/senders\n\
             smtpd_recipient_restrictions = check_recipient_access regexp:{dir}/etc/recipients, permit_mynetworks, reject\n\
             smtpd_error_sleep_time = 0\n\
             smtpd_tls_security_level = may\n\
             smtpd_tls_received_header = yes\n\
             smtpd_tls_cert_file = {dir}/etc/cert.pem\n\
             smtpd_tls_key_file = {dir}/etc/key.pem\n"
        )
    }

    fn master_cf(&self) -> String {
        let (port, tls_port) = (self.port, self.tls_port);
        format!(
            "127.0.0.1:{port} inet n - n - - smtpd\n\
             127.0.0.1:{tls_port} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes\n\
             cleanup unix n - n - 0 cleanup\n\
             qmgr unix n - n 300 1 qmgr\n\
             tlsmgr unix - - n 1000? 1 tlsmgr\n\
             rewrite unix - - n - - trivial-rewrite\n\
             bounce unix - - n - 0 bounce\n\
             defer unix - - n - 0 bounce\n\
             trace unix - - n - 0 bounce\n\
             verify unix - - n - 1 verify\n\
             flush unix n - n 1000? 0 flush\n\
             proxymap unix - - n - - proxymap\n\
             error unix - - n - - error\n\
             retry unix - - n - - error\n\
             virtual unix - n n - - virtual\n\
             anvil unix - - n - 1 anvil\n\
             postlog unix-dgram n - n - 1 postlogd\n"
        )
    }

    /// Whether `postfix VERB` succeeded; why not stands in the log.
    fn control(&self, verb: &str) -> bool {
        let mut command = Command::new("postfix");
        command.arg("-c").arg(self.path().join("etc")).arg(verb).env("PATH", path());
        command.output().is_ok_and(|output| output.status.success())
    }

    fn wait_until_it_greets(&self) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while Instant::now() < deadline {
            let mut greeting = String::new();
            if let Ok(stream) = TcpStream::connect(("127.0.0.1", self.port)) {
                let _ = stream.set_read_timeout(Some(Duration::from_secs(10)));
                let _ = BufReader::new(stream).read_line(&mut greeting);
            }
            if greeting.starts_with("220 ") {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("Postfix did not start:\n{}", self.log());
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        if !self.control("stop") {
            eprintln!("the private Postfix in {} could not be stopped", self.path().display());
        }
    }
}

/// Why there can be no Postfix here.
fn missing() -> Option<String> {
    let found = |program: &str| std::env::split_paths(&path()).any(|folder| folder.join(program).is_file());
    for (program, package) in [("postfix", "postfix"), ("openssl", "openssl")] {
        if !found(program) {
            return Some(format!("{program} is not installed: install the Debian package {package}"));
        }
    }
    let user = Command::new("id").arg("-u").output().map(|output| output.stdout).unwrap_or_default();
    (user.trim_ascii() != b"0").then(|| "only root can start Postfix: run the tests as root, in a container".to_owned())
}

/// Where Debian puts a daemon's programs, which is not in everyone's PATH.
fn path() -> String {
    let path = std::env::var("PATH").unwrap_or_default();
    format!("{path}:/usr/local/sbin:/usr/sbin:/sbin")
}

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
