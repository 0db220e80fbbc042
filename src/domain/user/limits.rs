//! How many wrong attempts to sign in are allowed: for a user, and from a network.
//!
//! A try is counted before the password is looked at, so that many at once are no way round, and what was counted is taken back
//! where it was right. Nobody is shut out for good: somebody who guesses would shut out whom they guess at.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::domain::address::Address;

/// How long wrong attempts are remembered: a short time while they are few, and a long time once they are too many.
const MEMORY: TimeDelta = TimeDelta::minutes(15);
const LONG_MEMORY: TimeDelta = TimeDelta::hours(24);

/// The pause after one too many, which doubles with each that follows, up to the longest.
const FIRST_PAUSE: TimeDelta = TimeDelta::minutes(1);
const LONGEST_PAUSE: TimeDelta = TimeDelta::hours(1);

/// Whose tries are counted: a keyed hash, so that nothing that is kept tells who tried from where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TryKey(pub [u8; 16]);

/// What is counted together, and how often it may be wrong before there is a pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    pub key: TryKey,
    pub free: u64,
}

/// Wrong ones that a user's password may have, and those from a network, where many may sit behind one address.
const FREE_FOR_USER: u64 = 10;
const FREE_FROM_NETWORK: u64 = 30;

/// Makes keys.
#[derive(Clone)]
pub struct TryHasher(Hmac<Sha256>);

impl TryHasher {
    /// A hasher with this key.
    ///
    /// # Panics
    /// Never: HMAC takes a key of any length.
    pub fn new(key: &[u8; 32]) -> Self {
        Self(Hmac::new_from_slice(key).expect("HMAC takes a key of any length (RFC 2104 §2)"))
    }

    /// What a try for this address, known or not, from this network is counted with: the user first.
    pub fn limits(&self, address: &Address, network: &str) -> [Limit; 2] {
        [
            Limit { key: self.key("sign-in address", &address.folded()), free: FREE_FOR_USER },
            Limit { key: self.key("sign-in network", network), free: FREE_FROM_NETWORK },
        ]
    }

    /// What a sign-on from this network is counted with: who it is isn't known yet.
    pub fn sign_on_limits(&self, network: &str) -> [Limit; 2] {
        ["sign-on network", "sign-in network"]
            .map(|kind| Limit { key: self.key(kind, network), free: FREE_FROM_NETWORK })
    }

    fn key(&self, kind: &str, value: &str) -> TryKey {
        let mut mac = self.0.clone();
        mac.update(kind.as_bytes());
        mac.update(&[0]);
        mac.update(value.as_bytes());
        let full = mac.finalize().into_bytes();
        let mut cut = [0; 16];
        cut.copy_from_slice(&full[..16]);
        TryKey(cut)
    }
}

impl fmt::Debug for TryHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TryHasher(…)")
    }
}

/// How often it was wrong, and when last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tries {
    pub wrong: u64,
    pub last: DateTime<Utc>,
}

/// Counts a try with each of these limits, or says until when one must wait.
///
/// # Errors
/// The moment from which on a try is counted again.
pub fn count(known: [(Limit, Option<Tries>); 2], now: DateTime<Utc>) -> Result<[(TryKey, Tries); 2], DateTime<Utc>> {
    let waits = known.iter().filter_map(|(limit, tries)| waits_until(limit.free, (*tries)?, now)).max();
    if let Some(until) = waits {
        return Err(until);
    }
    Ok(known.map(|(limit, tries)| {
        let before = tries.filter(|tries| !is_forgotten(limit.free, *tries, now)).map_or(0, |tries| tries.wrong);
        (limit.key, Tries { wrong: before + 1, last: now })
    }))
}

/// What was counted before this moment is forgotten, whatever it was.
pub fn forgotten_before(now: DateTime<Utc>) -> DateTime<Utc> {
    now - LONG_MEMORY
}

fn is_forgotten(free: u64, tries: Tries, now: DateTime<Utc>) -> bool {
    let memory = if tries.wrong < free { MEMORY } else { LONG_MEMORY };
    now - tries.last >= memory
}

fn waits_until(free: u64, tries: Tries, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let over = tries.wrong.checked_sub(free)?;
    // 2^6 minutes are more than the longest.
    let pause = (FIRST_PAUSE * 2_i32.pow(u32::try_from(over.min(6)).unwrap_or(6))).min(LONGEST_PAUSE);
    let until = tries.last + pause;
    (now < until && !is_forgotten(free, tries, now)).then_some(until)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap() + TimeDelta::minutes(minutes)
    }

    fn limits() -> [Limit; 2] {
        let address = "anna@example.org".parse().unwrap();
        TryHasher::new(&[7; 32]).limits(&address, "203.0.113.0/24")
    }

    /// Wrong tries, each as soon as it is counted, for so many minutes: how many were counted.
    fn guesses(minutes: i64) -> u64 {
        let (limits, mut known, mut counted) = (limits(), [None, None], 0);
        for now in (0..=minutes * 60).map(|second| at(0) + TimeDelta::seconds(second)) {
            if let Ok(tries) = count([(limits[0], known[0]), (limits[1], known[1])], now) {
                counted += 1;
                known = tries.map(|(_, tries)| Some(tries));
            }
        }
        counted
    }

    #[test]
    fn ten_are_free_and_then_each_takes_longer() {
        assert_eq!(guesses(0), 1);
        assert_eq!(guesses(1), 10);
        assert_eq!(guesses(4), 12, "after a minute, and after two more");
        assert_eq!(guesses(24 * 60), 38, "in the end one an hour");
    }

    #[test]
    fn a_slip_is_forgotten_soon_and_a_siege_after_a_day() {
        let limits = limits();
        let after = |wrong, minutes| {
            let known = Some(Tries { wrong, last: at(0) });
            count([(limits[0], known), (limits[1], None)], at(minutes)).map(|[(_, tries), _]| tries.wrong)
        };
        assert_eq!(after(9, 14), Ok(10));
        assert_eq!(after(9, 15), Ok(1));
        assert_eq!(after(10, 0), Err(at(1)));
        assert_eq!(after(10, 1), Ok(11));
        assert_eq!(after(500, 59), Err(at(60)));
        assert_eq!(after(500, 24 * 60), Ok(1));
    }

    #[test]
    fn a_network_waits_too_whoever_is_tried() {
        let (limits, tries) = (limits(), Some(Tries { wrong: 30, last: at(0) }));
        assert_eq!(count([(limits[0], None), (limits[1], tries)], at(0)), Err(at(1)));
    }

    #[test]
    fn keys_tell_users_and_networks_apart_and_nothing_else() {
        let hasher = TryHasher::new(&[7; 32]);
        let limits = |address: &str, network: &str| hasher.limits(&address.parse().unwrap(), network);
        assert_eq!(limits("anna@example.org", "a"), limits("Anna@Example.org", "a"));
        assert_ne!(limits("anna@example.org", "a")[1], limits("anna@example.org", "b")[1]);
        assert_ne!(limits("anna@example.org", "a")[0], limits("bob@example.org", "a")[0]);
    }
}
