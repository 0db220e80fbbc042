//! DKIM: what we sign verifies with mail-auth, dkimpy and OpenDKIM, and nothing that was changed does.

use std::collections::HashMap;
use std::fs;
use std::hash::Hash;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use chrono::Utc;
use fortnightly::domain::edition::EditionNumber;
use fortnightly::domain::rendered::Rendered;
use fortnightly::mail::{Dkim, DkimKey, Frame};
use mail_auth::common::parse::TxtRecordParser as _;
use mail_auth::common::verify::DomainKey;
use mail_auth::hickory_resolver::config::{ResolverConfig, ResolverOpts};
use mail_auth::{AuthenticatedMessage, DkimResult, MessageAuthenticator, Parameters, ResolverCache, Txt};

use super::{address, at, literal, personal, rendered, sender};
use crate::support::fixture::{BASE, Fixture, three};
use crate::support::skipped;

const RSA: &[&str] = &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"];
const ED25519: &[&str] = &["-algorithm", "ed25519"];

fn make_key(arguments: &[&str]) -> Vec<u8> {
    let made = Command::new("openssl").arg("genpkey").args(arguments).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    made.stdout
}

fn key(selector: &str, arguments: &[&str]) -> DkimKey {
    DkimKey::new("example.org", selector, Path::new("key.pem"), &make_key(arguments)).unwrap()
}

fn both() -> Dkim {
    Dkim::new(vec![key("e1", ED25519), key("r1", RSA)])
}

fn records(dkim: &Dkim) -> Vec<(String, String)> {
    dkim.keys().iter().map(DkimKey::dns_record).collect()
}

fn joined(rendered: &Rendered) -> Vec<u8> {
    let frame = Frame::build(rendered, &sender(), EditionNumber(7), at()).unwrap();
    let to = address("office@hillside.example");
    let mut bytes = Vec::new();
    frame.join(&personal(&to, "e7-name"), &mut bytes);
    bytes
}

fn signed(dkim: &Dkim, rendered: &Rendered) -> Vec<u8> {
    let mut bytes = joined(rendered);
    dkim.sign(at(), &mut bytes).unwrap();
    bytes
}

/// Messages of several shapes.
fn shapes() -> Vec<Rendered> {
    let mut welsh = rendered();
    "Gweithgareddau 15 munud: diogelwch ar-lein, tŷ a ŵyn, i deuluoedd yn Llŷn ac Ynys Môn"
        .clone_into(&mut welsh.subject);
    let mut long = rendered();
    long.text.0.push(literal(&"A long line of words with “quotes”. ".repeat(2_000)));
    let mut dots = rendered();
    dots.text.0.push(literal(".\n..\n.dots \t \n\n\nFrom us\n \n\n\n"));
    vec![rendered(), welsh, long, dots]
}

/// The DNS records, as mail-auth's cache: nothing is asked of the network.
struct Cache(HashMap<String, Txt>);

impl ResolverCache<Box<str>, Txt> for Cache {
    fn get<Q>(&self, name: &Q) -> Option<Txt>
    where
        Box<str>: std::borrow::Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        use std::borrow::Borrow as _;
        self.0
            .iter()
            .find(|(key, _)| {
                let key: Box<str> = key.as_str().into();
                let key: &Q = key.borrow();
                key == name
            })
            .map(|(_, txt)| txt.clone())
    }

    fn remove<Q>(&self, _: &Q) -> Option<Txt>
    where
        Box<str>: std::borrow::Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        None
    }

    fn insert(&self, _: Box<str>, _: Txt, _: Instant) {}
}

/// How many signatures there are, and whether all are good.
fn mail_auth(message: &[u8], records: &[(String, String)]) -> (usize, bool) {
    let parse = |value: &str| Txt::DomainKey(DomainKey::parse(value.as_bytes()).unwrap().into());
    let cache = Cache(records.iter().map(|(name, value)| (format!("{name}."), parse(value))).collect());
    let resolver = MessageAuthenticator::new(ResolverConfig::default(), ResolverOpts::default()).unwrap();
    let parsed = AuthenticatedMessage::parse(message).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let outputs = runtime.block_on(resolver.verify_dkim(Parameters::new(&parsed).with_txt_cache(&cache)));
    (outputs.len(), outputs.iter().all(|output| *output.result() == DkimResult::Pass))
}

/// Verifies every signature of standard input with the records of the file that is named.
const DKIMPY: &str = r#"
import dkim, sys
records = dict(line.rstrip("\n").split(" ", 1) for line in open(sys.argv[1]))
def dns(name, timeout=5):
    return records.get((name.decode() if isinstance(name, bytes) else name).rstrip("."), "").encode()
message = sys.stdin.buffer.read()
count = len([name for name, _ in dkim.rfc822_parse(message)[0] if name.lower() == b"dkim-signature"])
def good(n):
    try:
        return dkim.DKIM(message).verify(idx=n, dnsfunc=dns)
    except dkim.ValidationError:
        return False
results = [good(n) for n in range(count)]
sys.exit(0 if results and all(results) else 3)
"#;

/// Whether dkimpy finds every signature good; `None` where it is not installed.
fn dkimpy(message: &[u8], records: &[(String, String)]) -> Option<bool> {
    let python = Path::new("/usr/bin/python3");
    let has = |module: &str| Command::new(python).args(["-c", module]).output().is_ok_and(|o| o.status.success());
    if !has("import dkim, nacl") {
        skipped("DKIM with dkimpy", "install the Debian packages python3-dkim and python3-nacl");
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let (dns, mail) = (folder.path().join("dns"), folder.path().join("mail"));
    fs::write(&dns, records.iter().map(|(name, value)| format!("{name} {value}\n")).collect::<String>()).unwrap();
    fs::write(&mail, message).unwrap();
    let mut command = Command::new(python);
    command.args(["-c", DKIMPY]).arg(&dns).stdin(fs::File::open(&mail).unwrap());
    let output = command.output().unwrap();
    match output.status.code() {
        Some(0) => Some(true),
        Some(3) => Some(false),
        _ => panic!("{}", String::from_utf8_lossy(&output.stderr)),
    }
}

/// Whether OpenDKIM finds the message's one signature good; `None` where it is not installed.
fn opendkim(message: &[u8], records: &[(String, String)]) -> Option<bool> {
    let program = Path::new("/usr/sbin/opendkim");
    if !program.is_file() {
        skipped("DKIM with OpenDKIM", "install the Debian package opendkim");
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    fs::write(file("dns"), records.iter().map(|(name, value)| format!("{name} {value}\n")).collect::<String>())
        .unwrap();
    let config = format!("Mode v\nOn-BadSignature accept\nTestPublicKeys {}\n", file("dns").display());
    fs::write(file("conf"), config).unwrap();
    fs::write(file("mail"), message).unwrap();
    let mut command = Command::new(program);
    let output = command.arg("-x").arg(file("conf")).args(["-v", "-v", "-t"]).arg(file("mail")).output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if said.contains("verification (s=") && said.contains("succeeded") {
        return Some(true);
    }
    assert!(
        said.contains("bad signature") || said.contains("verification failed") || said.contains("failed"),
        "{said}"
    );
    Some(false)
}

#[track_caller]
fn all_verify(message: &[u8], dkim: &Dkim) {
    let records = records(dkim);
    assert_eq!(mail_auth(message, &records), (records.len(), true), "mail-auth");
    assert_ne!(dkimpy(message, &records), Some(false), "dkimpy");
    assert_ne!(opendkim(message, &records), Some(false), "OpenDKIM");
}

#[test]
fn every_shape_verifies_with_one_key_and_with_both() {
    for dkim in [Dkim::new(vec![key("r1", RSA)]), Dkim::new(vec![key("e1", ED25519)]), both()] {
        for shape in shapes() {
            all_verify(&signed(&dkim, &shape), &dkim);
        }
    }
}

#[test]
fn whatever_is_changed_on_the_way_breaks_every_signature() {
    let dkim = both();
    let records = records(&dkim);
    let good = String::from_utf8(signed(&dkim, &rendered())).unwrap();
    let changed = [
        good.replace("Unsubscribe</a>", "Unsubscribf</a>"),
        good.replacen("\r\nFrom: ", "\r\nList-Unsubscribe: <https://evil.example/>\r\nFrom: ", 1),
        good.replacen("\r\nFrom: ", "\r\nSubject: Another\r\nFrom: ", 1),
        good.replacen("\r\nSubject: =", "\r\nSubject: x =", 1),
        good.replacen("boundary=\"=_f", "boundary=\"=_g", 1),
        format!("{good}more\r\n"),
    ];
    for message in changed {
        assert_ne!(message, good);
        let message = message.as_bytes();
        assert_eq!(mail_auth(message, &records), (2, false), "mail-auth");
        assert_ne!(dkimpy(message, &records), Some(true), "dkimpy");
        assert_ne!(opendkim(message, &records), Some(true), "OpenDKIM");
    }
}

#[test]
fn every_attempt_has_the_same_bytes_and_the_time_of_its_date() {
    let dkim = both();
    let once = signed(&dkim, &rendered());
    assert_eq!(once, signed(&dkim.clone(), &rendered()));
    let text = String::from_utf8(once).unwrap();
    let signatures = text.split("\r\nTo: ").next().unwrap();
    assert_eq!(signatures.matches(&format!("t={};", at().timestamp())).count(), 2, "{signatures}");
    assert!(!signatures.contains(" x=") && !signatures.contains(" l="), "{signatures}");
    assert!(signatures.lines().all(|line| line.len() <= 100), "{signatures}");
    assert!(at() < Utc::now(), "verifiers refuse a time that is yet to come");
}

#[test]
fn no_key_changes_nothing() {
    assert_eq!(signed(&Dkim::default(), &rendered()), joined(&rendered()));
}

#[test]
fn a_file_without_a_usable_key_is_named() {
    let public = b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n".to_vec();
    for (pem, why) in [
        (b"hello".to_vec(), "is not a private key in PEM form"),
        (public, "holds the public key"),
        (make_key(&["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"]), "less than 2048 bits"),
        (make_key(&["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]), "neither RSA nor Ed25519"),
        (make_key(&[ED25519, &["-aes256", "-pass", "pass:x"]].concat()), "passphrase"),
    ] {
        let error = DkimKey::new("example.org", "s1", Path::new("secrets/dkim.pem"), &pem).unwrap_err().to_string();
        assert!(error.contains(why) && error.contains("secrets/dkim.pem"), "{error}");
    }
}

const CONFIG: &str = r#"
[mail]
[[mail.dkim]]
domain = "example.org"
selector = "e1"
private_key_file = "e1.pem"
[[mail.dkim]]
domain = "example.org"
selector = "r1"
private_key_file = "r1.pem"
"#;

#[test]
fn every_mail_of_the_binary_verifies() {
    let fixture = Fixture::new(&format!("{BASE}{CONFIG}{}", three()));
    let (ed25519, rsa) = (make_key(ED25519), make_key(RSA));
    fs::write(fixture.path("e1.pem"), &ed25519).unwrap();
    fs::write(fixture.path("r1.pem"), &rsa).unwrap();
    let load = |selector, pem: &[u8]| DkimKey::new("example.org", selector, Path::new("k"), pem).unwrap();
    let dkim = Dkim::new(vec![load("e1", &ed25519), load("r1", &rsa)]);
    fixture.at("2026-09-07T07:30:00Z", &["send"]).exits(0);
    fixture.at("2026-09-07T07:40:00Z", &["preview", "--out", "shown"]).exits(0);
    let mut mails: Vec<Vec<u8>> = fixture.mails().into_iter().map(|mail| mail.raw).collect();
    assert_eq!(mails.len(), 4);
    let eml = |file: &fs::DirEntry| file.path().extension().is_some_and(|ending| ending == "eml");
    // Their Date is the edition's, which is ahead of nobody's clock.
    let shown = fs::read_dir(fixture.path("shown")).unwrap().map(Result::unwrap).filter(eml);
    mails.extend(shown.map(|file| fs::read(file.path()).unwrap()));
    assert!(mails.len() > 4);
    for mail in mails {
        // As it was on the wire: CRLF.
        let mail = String::from_utf8(mail).unwrap().replace("\r\n", "\n").replace('\n', "\r\n");
        all_verify(mail.as_bytes(), &dkim);
    }
}

#[test]
fn check_and_send_name_a_key_that_cannot_sign_before_anything_is_published() {
    let fixture = Fixture::new(&format!("{BASE}{CONFIG}{}", three()));
    fs::write(fixture.path("e1.pem"), make_key(ED25519)).unwrap();
    fs::write(fixture.path("r1.pem"), "nothing").unwrap();
    let now = "2026-09-07T07:30:00Z";
    fixture.at(now, &["check"]).exits(1).says("r1.pem is not a private key in PEM form");
    assert_ne!(fixture.at(now, &["send"]).code, 0);
    assert!(fixture.mails().is_empty());
    fs::write(fixture.path("r1.pem"), make_key(RSA)).unwrap();
    fixture.at(now, &["send"]).exits(0);
    assert_eq!(fixture.mails().len(), 4);
}
