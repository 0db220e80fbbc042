//! The keyring: the keys that sign tokens, the key that recognises addresses, and the file they are kept in.

use std::collections::BTreeMap;
use std::fmt;

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::signer::{self, Purpose, Signer, TokenError, TokenPayload};
use crate::domain::bulletin::BulletinId;
use crate::domain::edition::EditionNumber;
use crate::domain::subscriber::RecipientId;
use crate::domain::subscription::suppression::AddressHasher;
use crate::domain::user::limits::TryHasher;

const HEADER: &str = "fortnightly-keyring";
const FORMAT: &str = "1";

/// Characters of a delivery's name after its edition: 128 bits in base32.
pub const NAME_LENGTH: usize = 26;

const PREFACE: &str = "\
# The keys of this Fortnightly service. Keep this file secret (mode 0600), and keep it for good:
# without it the links in every mail sent so far stop working, and addresses that must never be
# mailed again are no longer recognised. A backup of the store is complete only with this file.
# To change the signing key, add a line `key 2` with 64 new hexadecimal digits and set `current 2`.
# Leave the older keys: they open the links that were signed with them. Never change `address`.
";

/// A set of signing keys by version, the current one's version, and the address key, which never changes.
#[derive(Clone)]
pub struct Keyring {
    keys: BTreeMap<u8, [u8; 32]>,
    current: u8,
    address: [u8; 32],
    throwaway: bool,
}

/// What tells signing keys from others, by version, and nothing about them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyPrints(BTreeMap<u8, String>);

impl KeyPrints {
    /// Which of `known` keys, with which others sign, are not here or are others here: links that those sign would not work.
    pub fn lacks(&self, known: &Self) -> Vec<u8> {
        known
            .0
            .iter()
            .filter(|(version, print)| self.0.get(version) != Some(print))
            .map(|(version, _)| *version)
            .collect()
    }
}

/// The keyring has no key of this version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the keyring has no key {0}, which signed this edition's links: put the secret file back from a backup")]
pub struct UnknownKey(pub u8);

/// What is wrong with a keyring's file. It never shows a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct KeyringError {
    /// The line, from 1; the one after the last when something is missing.
    pub line: usize,
    /// What is wrong, and what to do.
    pub problem: String,
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keyring({} keys, current {})", self.keys.len(), self.current)
    }
}

impl Keyring {
    /// A new keyring from 64 octets of a secure random source: signing key 1, then the address key.
    pub fn generate(random: [u8; 64]) -> Self {
        let (key, address) = (std::array::from_fn(|at| random[at]), std::array::from_fn(|at| random[32 + at]));
        Self { keys: BTreeMap::from([(1, key)]), current: 1, address, throwaway: false }
    }

    /// A keyring that lives only as long as a read-only command where there is no file yet.
    /// It signs as any version, and no server honours what it signs.
    pub fn throwaway(random: [u8; 64]) -> Self {
        Self { throwaway: true, ..Self::generate(random) }
    }

    /// A throwaway keyring that still recognises the addresses that this one does: for previews of a real store.
    #[must_use]
    pub fn with_throwaway_key(&self, random: [u8; 32]) -> Self {
        Self { keys: BTreeMap::from([(self.current, random)]), throwaway: true, ..*self }
    }

    /// Whether it must never be written to a file or used for a mail that leaves.
    pub fn is_throwaway(&self) -> bool {
        self.throwaway
    }

    /// The version that new editions are signed with.
    pub fn current(&self) -> u8 {
        self.current
    }

    /// Signs as `version`: [`Keyring::current`] for new mail, the stored one for an edition already published.
    pub fn signer(&self, version: u8) -> Result<Signer, UnknownKey> {
        let from = if self.throwaway { self.current } else { version };
        self.keys.get(&from).map(|key| Signer::new(version, key)).ok_or(UnknownKey(version))
    }

    /// The claim in `text` (either case) if a key of this ring signed it for `purpose`. Compares in constant time.
    pub fn verify(&self, text: &str, purpose: Purpose) -> Result<TokenPayload, TokenError> {
        signer::verify(text, purpose, |version| self.keys.get(&version).map(|key| Signer::new(version, key)))
    }

    /// The edition or the bulletin in what may be a delivery's name (`e7-…`, `b1-…`).
    pub fn edition_in_name(&self, name: &str) -> Option<EditionNumber> {
        let (number, rest) = name.split_once('-')?;
        let is_name = rest.len() == NAME_LENGTH && rest.bytes().all(|b| b.is_ascii_alphanumeric());
        let number = |of: [char; 2]| number.strip_prefix(of)?.parse().ok().filter(|_| is_name);
        let bulletin = || number(['b', 'B']).map(|id| BulletinId(id).mailing());
        number(['e', 'E']).map(EditionNumber).or_else(bulletin)
    }

    /// Whether a key of this ring gives that name to the delivery.
    pub fn names(&self, edition: EditionNumber, recipient: RecipientId, name: &str) -> bool {
        self.keys.iter().any(|(version, key)| Signer::new(*version, key).message_name(edition, recipient) == name)
    }

    /// Recognises addresses, with the key that never changes.
    pub fn address_hasher(&self) -> AddressHasher {
        AddressHasher::new(&self.address)
    }

    /// Counts who tries to sign in, without a trace of who it was.
    pub fn try_hasher(&self) -> TryHasher {
        TryHasher::new(&self.address)
    }

    /// The key that seals what a browser carries while its user signs in elsewhere. It's derived from the one that never changes,
    /// so that all nodes have the same.
    ///
    /// # Panics
    /// Never: HMAC takes a key of any length.
    pub fn sign_on_key(&self) -> [u8; 32] {
        self.key_for(b"sign-on attempt")
    }

    /// Seals what users' apps make codes from, in the store.
    pub fn code_key(&self) -> [u8; 32] {
        self.key_for(b"code secret")
    }

    /// A key of its own for a purpose; it never changes.
    ///
    /// # Panics
    /// Never: HMAC takes a key of any length.
    fn key_for(&self, purpose: &[u8]) -> [u8; 32] {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.address).expect("HMAC takes a key of any length (RFC 2104 §2)");
        mac.update(purpose);
        mac.finalize().into_bytes().into()
    }

    /// What tells each of its signing keys from others, by version.
    pub fn prints(&self) -> KeyPrints {
        let print = |(version, key): (&u8, &[u8; 32])| (*version, HEXLOWER.encode(&Signer::new(*version, key).print()));
        KeyPrints(self.keys.iter().map(print).collect())
    }

    /// The keyring as its file holds it.
    pub fn to_text(&self) -> String {
        let mut lines = vec![format!("{PREFACE}{HEADER} {FORMAT}"), format!("current {}", self.current)];
        lines.extend(self.keys.iter().map(|(version, key)| format!("key {version} {}", HEXLOWER.encode(key))));
        lines.push(format!("address {}\n", HEXLOWER.encode(&self.address)));
        lines.join("\n")
    }

    /// Reads what [`Keyring::to_text`] wrote; comments and blank lines do not matter.
    ///
    /// # Errors
    /// The first line that is wrong, and how.
    pub fn from_text(text: &str) -> Result<Self, KeyringError> {
        let mut draft = Draft::default();
        for (at, line) in text.lines().enumerate() {
            let words: Vec<&str> = line.split_whitespace().collect();
            if !words.first().is_none_or(|word| word.starts_with('#')) {
                draft.take(&words).map_err(|problem| KeyringError { line: at + 1, problem })?;
            }
        }
        draft.finish().map_err(|problem| KeyringError { line: text.lines().count() + 1, problem })
    }
}

/// What was read so far.
#[derive(Default)]
struct Draft {
    header: bool,
    keys: BTreeMap<u8, [u8; 32]>,
    current: Option<u8>,
    address: Option<[u8; 32]>,
}

impl Draft {
    fn take(&mut self, words: &[&str]) -> Result<(), String> {
        match words {
            [HEADER, FORMAT] if !self.header => self.header = true,
            [HEADER, format] if *format != FORMAT => {
                return Err("this keyring was made by a newer Fortnightly: use that version or a later one".into());
            }
            _ if !self.header => {
                return Err(format!(
                    "this is not a keyring (expected “{HEADER} {FORMAT}”): put the file back from a \
                     backup, or name another one as web.secret_file"
                ));
            }
            ["current", version] if self.current.is_none() => self.current = Some(read_version(version)?),
            ["address", key] if self.address.is_none() => self.address = Some(read_key(key)?),
            ["key", version, key] => {
                let version = read_version(version)?;
                if self.keys.insert(version, read_key(key)?).is_some() {
                    return Err(format!("key {version} is here twice: keep the right one"));
                }
            }
            ["current" | "address" | HEADER, _] => return Err(format!("“{}” is here twice", words[0])),
            // The words themselves may be a damaged key: they are not shown.
            _ => {
                return Err("this line is none that a keyring has (expected current VERSION, key VERSION DIGITS or \
                            address DIGITS): put the file back from a backup"
                    .into());
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<Keyring, String> {
        let missing = |what: &str| format!("“{what}” is missing: the file is cut short; put it back from a backup");
        if !self.header {
            return Err(missing(HEADER));
        }
        let current = self.current.ok_or_else(|| missing("current"))?;
        if !self.keys.contains_key(&current) {
            return Err(missing(&format!("key {current}")));
        }
        let address = self.address.ok_or_else(|| missing("address"))?;
        Ok(Keyring { keys: self.keys, current, address, throwaway: false })
    }
}

fn read_version(text: &str) -> Result<u8, String> {
    text.parse().map_err(|_| "the version of a key is a number from 0 to 255".to_owned())
}

fn read_key(text: &str) -> Result<[u8; 32], String> {
    HEXLOWER_PERMISSIVE
        .decode(text.as_bytes())
        .ok()
        .and_then(|octets| octets.try_into().ok())
        .ok_or_else(|| "a key is 64 hexadecimal digits, and this is not: put the file back from a backup".to_owned())
}
