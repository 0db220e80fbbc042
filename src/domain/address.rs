//! A checked email address, and how it may be shown.

use std::fmt;
use std::str::FromStr;

use super::text::{NAME_LIMIT, TextError, check_characters, serde_as_text};

/// The longest address that fits a path of 256 octets with its brackets (RFC 5321 §4.5.3.1.3).
const LIMIT: usize = 254;

/// One mailbox address: ASCII, `local@domain`, no quoted local part, no domain literal.
///
/// Equality and order ignore case, as the contract's "recipient" does. `Debug` never shows the
/// address (invariant 11); `Display` does, so it belongs in mail and on an operator's screen only.
#[derive(Clone)]
pub struct Address {
    text: String,
}

/// Why a text is not an address we can mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    #[error(transparent)]
    Text(#[from] TextError),
    #[error("is not an email address (expected name@domain, such as office@school.example)")]
    Form,
    /// Non-ASCII: it would need SMTPUTF8 (RFC 6531), which few relays offer.
    #[error("contains a character outside ASCII (write an international domain in its xn-- form)")]
    NotAscii,
    #[error("is longer than {LIMIT} characters")]
    TooLong,
}

impl Address {
    /// The whole address, as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The part after the `@`, as it was written.
    pub fn domain(&self) -> &str {
        self.text.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// The part before the `@`, as it was written.
    pub fn local(&self) -> &str {
        self.text.rsplit_once('@').map_or("", |(local, _)| local)
    }

    /// The form in which two spellings of one mailbox are equal: lower case.
    pub fn folded(&self) -> String {
        self.text.to_ascii_lowercase()
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        check_characters(text)?;
        if !text.is_ascii() {
            return Err(AddressError::NotAscii);
        }
        if text.len() > LIMIT {
            return Err(AddressError::TooLong);
        }
        let options =
            email_address::Options::default().without_display_text().without_domain_literal().with_required_tld();
        email_address::EmailAddress::parse_with_options(text, options).map_err(|_| AddressError::Form)?;
        if text.contains('"') {
            return Err(AddressError::Form);
        }
        Ok(Self { text: text.to_owned() })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address(…)")
    }
}

impl PartialEq for Address {
    fn eq(&self, other: &Self) -> bool {
        self.text.eq_ignore_ascii_case(&other.text)
    }
}

impl Eq for Address {}

impl PartialOrd for Address {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Address {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.folded().cmp(&other.folded())
    }
}

impl std::hash::Hash for Address {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.folded().hash(state);
    }
}

/// A display name with an address: `Online Safety at Home <activities@example.org>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// The display name, possibly empty.
    pub name: String,
    pub address: Address,
}

impl FromStr for Mailbox {
    type Err = AddressError;

    /// Reads `Name <address>` or a bare address; quotes round the name are dropped.
    fn from_str(text: &str) -> Result<Self, AddressError> {
        check_characters(text)?;
        let text = text.trim();
        let Some(rest) = text.strip_suffix('>') else {
            return Ok(Self { name: String::new(), address: text.parse()? });
        };
        let (name, address) = rest.rsplit_once('<').ok_or(AddressError::Form)?;
        let name = name.trim();
        let name = name.strip_prefix('"').and_then(|n| n.strip_suffix('"')).unwrap_or(name);
        if name.chars().count() > NAME_LIMIT {
            return Err(TextError::TooLong.into());
        }
        Ok(Self { name: name.to_owned(), address: address.trim().parse()? })
    }
}

impl fmt::Display for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name.is_empty() { write!(f, "{}", self.address) } else { write!(f, "{} <{}>", self.name, self.address) }
    }
}

serde_as_text!(Address, Mailbox);

/// Whether a domain is one of these, or below one of them. They are in small letters.
pub fn is_in_one_of(domain: &str, domains: &[impl AsRef<str>]) -> bool {
    let domain = domain.trim_end_matches('.').to_ascii_lowercase();
    let is_in = |one: &str| domain.strip_suffix(one).is_some_and(|above| above.is_empty() || above.ends_with('.'));
    domains.iter().any(|one| is_in(one.as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_spellings_are_one_mailbox() {
        let a: Address = "Office@Hillside.example".parse().unwrap();
        let b: Address = "office@hillside.EXAMPLE".parse().unwrap();
        assert_eq!(a, b);
        assert_eq!(a.to_string(), "Office@Hillside.example");
        assert!(!format!("{a:?}").contains("Office"));
    }

    #[test]
    fn refuses_what_cannot_be_mailed() {
        for bad in [
            "",
            "a",
            "a@b@c.example",
            "a b@c.example",
            "\"a b\"@c.example",
            "a@[127.0.0.1]",
            "a@localhost",
            "é@c.example",
            "a@c.example\r\n",
        ] {
            assert!(bad.parse::<Address>().is_err(), "{bad:?} was taken");
        }
    }

    #[test]
    fn reads_a_mailbox() {
        let m: Mailbox = "\"Safety, at Home\" <a@b.example>".parse().unwrap();
        assert_eq!((m.name.as_str(), m.address.as_str()), ("Safety, at Home", "a@b.example"));
        assert!("Nobody".parse::<Mailbox>().is_err());
    }
}
