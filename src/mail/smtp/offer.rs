//! What a relay offers in its answer to EHLO (RFC 5321 §4.1.1.1).

use lettre::transport::smtp::authentication::Mechanism;

/// The extensions that matter to us.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Offer {
    /// Several commands may be sent without waiting for each reply (RFC 2920).
    pub pipelining: bool,
    /// Delivery status notifications can be asked for (RFC 3461).
    pub dsn: bool,
    /// The connection can become TLS (RFC 3207).
    pub starttls: bool,
    /// The largest message in octets, when it says so (RFC 1870); 0 for no limit.
    pub size: Option<u64>,
    /// Ways to log in, as it names them (RFC 4954).
    pub logins: Vec<String>,
}

impl Offer {
    /// Reads the lines of the answer; the first one is the relay's name.
    pub(super) fn read<'a>(lines: impl Iterator<Item = &'a str>) -> Self {
        let mut offer = Self::default();
        for line in lines.skip(1) {
            // Some old relays write AUTH=LOGIN.
            let mut words = line.split([' ', '=']).filter(|word| !word.is_empty());
            match words.next().unwrap_or_default().to_ascii_uppercase().as_str() {
                "PIPELINING" => offer.pipelining = true,
                "DSN" => offer.dsn = true,
                "STARTTLS" => offer.starttls = true,
                "SIZE" => offer.size = Some(words.next().and_then(|size| size.parse().ok()).unwrap_or(0)),
                "AUTH" => offer.logins.extend(words.map(str::to_ascii_uppercase)),
                _ => {}
            }
        }
        offer.logins.sort();
        offer.logins.dedup();
        offer
    }

    /// The way to log in that we use: PLAIN before LOGIN.
    pub(super) fn mechanism(&self) -> Option<Mechanism> {
        let known = [("PLAIN", Mechanism::Plain), ("LOGIN", Mechanism::Login)];
        known.into_iter().find(|(name, _)| self.logins.iter().any(|login| login == name)).map(|(_, known)| known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_relays_say() {
        let lines = ["mx.example at your service", "pipelining", "SIZE 35882577", "AUTH LOGIN PLAIN XOAUTH2", "dsn"];
        let offer = Offer::read(lines.into_iter());
        assert!(offer.pipelining && offer.dsn && !offer.starttls);
        assert_eq!((offer.size, offer.mechanism()), (Some(35_882_577), Some(Mechanism::Plain)));
        let old = Offer::read(["mx", "AUTH=LOGIN", "SIZE", "STARTTLS"].into_iter());
        assert_eq!((old.mechanism(), old.size, old.starttls), (Some(Mechanism::Login), Some(0), true));
        // A relay's name is no keyword.
        assert_eq!(Offer::read(["PIPELINING"].into_iter()), Offer::default());
        assert_eq!(Offer::read(["mx", "AUTH CRAM-MD5"].into_iter()).mechanism(), None);
    }
}
