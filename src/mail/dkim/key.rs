//! A DKIM private key: from PEM, to signatures and the public half as DNS carries it.

use data_encoding::BASE64;
use mail_auth::common::crypto::{Algorithm, Ed25519Key, HashOutput, RsaKey, Sha256, SigningKey};
use mail_auth::common::headers::Writable;
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject;

/// What the public half begins with as a `SubjectPublicKeyInfo`: the algorithm `rsaEncryption` with NULL (RFC 8017 §A.1).
const RSA_ENCRYPTION: [u8; 15] =
    [0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];

/// DER tags (X.690 §8).
const SEQUENCE: u8 = 0x30;
const BIT_STRING: u8 = 0x03;

/// One of the two kinds that RFC 8301 and RFC 8463 leave.
pub(super) enum PrivateKey {
    Rsa(Box<RsaKey<Sha256>>),
    Ed25519(Box<Ed25519Key>),
}

impl PrivateKey {
    /// Reads PKCS#8 or PKCS#1; else says what is wrong, as the end of a sentence that begins with the file's name.
    pub(super) fn from_pem(pem: &[u8]) -> Result<Self, &'static str> {
        let text = String::from_utf8_lossy(pem);
        if text.contains("ENCRYPTED") {
            return Err("is protected by a passphrase");
        }
        let der = PrivateKeyDer::from_pem_slice(pem).map_err(|_| {
            if text.contains("PUBLIC KEY-----") {
                "holds the public key, not the private one"
            } else {
                "is not a private key in PEM form (-----BEGIN PRIVATE KEY-----)"
            }
        })?;
        if let PrivateKeyDer::Pkcs8(key) = &der
            && let Ok(key) = Ed25519Key::from_pkcs8_maybe_unchecked_der(key.secret_pkcs8_der())
        {
            return Ok(Self::Ed25519(Box::new(key)));
        }
        match RsaKey::from_key_der(der) {
            Ok(key) => Ok(Self::Rsa(Box::new(key))),
            Err(error) if error.to_string().contains("TooSmall") => Err("holds an RSA key of less than 2048 bits"),
            Err(error) if error.to_string().contains("TooLarge") => Err("holds an RSA key of more than 4096 bits"),
            Err(_) => Err("holds a key that is neither RSA nor Ed25519, or a damaged one"),
        }
    }

    pub(super) fn is_rsa(&self) -> bool {
        matches!(self, Self::Rsa(_))
    }

    /// `k=` in DNS (RFC 6376 §3.6.1, RFC 8463 §4).
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Rsa(_) => "rsa",
            Self::Ed25519(_) => "ed25519",
        }
    }

    /// `p=` in DNS: for Ed25519 the 32 bytes of the key, for RSA what verifiers expect, a `SubjectPublicKeyInfo`.
    pub(super) fn public(&self) -> String {
        match self {
            Self::Ed25519(key) => BASE64.encode(&key.public_key()),
            Self::Rsa(key) => {
                let mut bits = vec![0]; // No unused bits in the last octet.
                bits.extend(key.public_key());
                BASE64.encode(&der(SEQUENCE, &[&RSA_ENCRYPTION[..], &der(BIT_STRING, &bits)].concat()))
            }
        }
    }

    /// `a=` of its signatures.
    pub(super) fn algorithm(&self) -> Algorithm {
        match self {
            Self::Rsa(key) => key.algorithm(),
            Self::Ed25519(key) => key.algorithm(),
        }
    }

    /// SHA-256, whichever the key.
    pub(super) fn hash(&self, data: impl Writable) -> HashOutput {
        match self {
            Self::Rsa(key) => key.hash(data),
            Self::Ed25519(key) => key.hash(data),
        }
    }

    /// The signature. Both kinds are deterministic: RSASSA-PKCS1-v1_5 has no salt, Ed25519 no nonce of chance.
    pub(super) fn sign(&self, data: impl Writable) -> Result<Vec<u8>, mail_auth::Error> {
        match self {
            Self::Rsa(key) => key.sign(data),
            Self::Ed25519(key) => key.sign(data),
        }
    }
}

/// A DER value with its tag and length (X.690 §8.1.3).
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let mut out = vec![tag];
    if content.len() < 0x80 {
        out.push(length[length.len() - 1]);
    } else {
        let short: Vec<u8> = length.into_iter().skip_while(|byte| *byte == 0).collect();
        out.push(0x80 | u8::try_from(short.len()).expect("a length has at most 8 octets"));
        out.extend(short);
    }
    out.extend_from_slice(content);
    out
}
