//! How many wrong attempts to sign in are allowed: for a user from one network, from a network, and for a user from anywhere.
//!
//! A try is counted before the password is looked at, so that many at once don't get round the limit, and taken off again if it
//! was right. Nobody is shut out by someone who guesses elsewhere: only the network that guesses gets long pauses. From
//! everywhere together, there may be one guess a minute. A user on a network from which they have signed in before is held up by
//! their own slips alone, and by no neighbour's guesses.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::account::User;
use crate::domain::address::Address;

/// How long wrong attempts are remembered: a short time while they are few, and a long time once they are too many.
const MEMORY: TimeDelta = TimeDelta::minutes(15);
const LONG_MEMORY: TimeDelta = TimeDelta::hours(24);

/// How long it's remembered that a user signed in from a network.
const FAMILIAR: TimeDelta = TimeDelta::days(180);

/// The pause after one too many, which doubles with each that follows.
const FIRST_PAUSE: TimeDelta = TimeDelta::minutes(1);

/// Whose tries are counted: a keyed hash, so that nothing that is kept tells who tried from where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TryKey(pub [u8; 16]);

/// What a try is counted with, in this order: the user from this network, the network, the user from anywhere, and the user's codes.
/// The last is what remembers that the user signed in from this network. Where it isn't known who it is, the network alone counts.
pub type TryKeys = [Option<TryKey>; 5];

/// What is known of each of them.
pub type KnownTries = [Option<Tries>; 5];

/// How often it may be wrong before there is a pause, and the longest pause.
#[derive(Debug, Clone, Copy)]
struct Limit {
    free: u64,
    longest: TimeDelta,
}

const USER_FROM_NETWORK: Limit = Limit { free: 10, longest: TimeDelta::hours(1) };
/// Many may sit behind one address.
const NETWORK: Limit = Limit { free: 30, longest: TimeDelta::hours(1) };
/// Short, because anyone can bring it about.
const USER: Limit = Limit { free: 100, longest: TimeDelta::minutes(1) };

/// Codes beside a right password: nobody else can bring this pause about.
const CODES: Limit = Limit { free: 10, longest: TimeDelta::hours(1) };

/// What happens to what is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TryStep {
    /// It is about to be tried.
    Begin,
    /// The password was right, and a code is about to be looked at.
    BeginCode,
    /// It wasn't a wrong try, but nobody is in: those before it still count.
    TakeBack,
    /// The user is in.
    Succeed,
    /// A right code took the codes away.
    RemoveCodes,
    /// The user is in by a link, which nobody guesses.
    EnterByLink,
}

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

    /// What a try for this address, known or not, from this network is counted with. With another password, or none, the user is
    /// counted anew, so a reset begins from nothing.
    pub fn keys(&self, address: &Address, user: Option<&User>, network: &str) -> TryKeys {
        let address = address.folded();
        let password = user.and_then(|user| user.proofs.password.as_ref()).map_or("", |hash| hash.0.as_str());
        [
            self.key("sign-in pair", &[&address, password, network]),
            self.key("sign-in network", &[network]),
            self.key("sign-in address", &[&address, password]),
            self.key("sign-in codes", &[&address, password]),
            self.key("sign-in familiar", &[&address, network]),
        ]
        .map(Some)
    }

    /// What a sign-on from this network is counted with: who it is isn't known yet. Guesses at passwords count for nothing here.
    pub fn sign_on_keys(&self, network: &str) -> TryKeys {
        [None, Some(self.key("sign-on network", &[network])), None, None, None]
    }

    fn key(&self, kind: &str, values: &[&str]) -> TryKey {
        let mut mac = self.0.clone();
        mac.update(kind.as_bytes());
        for value in values {
            mac.update(&[0]);
            mac.update(value.as_bytes());
        }
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

/// How often it was wrong, and when last. Never wrong: when a user last signed in from a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tries {
    pub wrong: u64,
    pub last: DateTime<Utc>,
}

/// What is known after this step; `None` is forgotten.
///
/// # Errors
/// The moment from which on a try is counted again.
pub fn after(step: TryStep, known: KnownTries, now: DateTime<Utc>) -> Result<KnownTries, DateTime<Utc>> {
    let [pair, network, user, codes, familiar] = known;
    // What counts for others as well: nothing of it is asked or counted for someone who is known to come from there.
    let is_familiar = familiar.is_some_and(|familiar| now - familiar.last < FAMILIAR);
    let shared = |limit: Limit, tries| if is_familiar { tries } else { Some(limit.one_more(tries, now)) };
    let shared_less = |tries| if is_familiar { tries } else { one_less(tries) };
    match step {
        TryStep::Begin => {
            let asked = [(USER_FROM_NETWORK, pair), (NETWORK, network), (USER, user)];
            let asked = if is_familiar { &asked[..1] } else { &asked[..] };
            match asked.iter().filter_map(|(limit, tries)| limit.waits_until((*tries)?, now)).max() {
                Some(until) => Err(until),
                None => Ok([
                    Some(USER_FROM_NETWORK.one_more(pair, now)),
                    shared(NETWORK, network),
                    shared(USER, user),
                    codes,
                    familiar,
                ]),
            }
        }
        TryStep::BeginCode => match codes.and_then(|tries| CODES.waits_until(tries, now)) {
            Some(until) => Err(until),
            None => Ok([pair, network, user, Some(CODES.one_more(codes, now)), familiar]),
        },
        TryStep::TakeBack => Ok([one_less(pair), shared_less(network), shared_less(user), codes, familiar]),
        TryStep::Succeed => Ok([None, shared_less(network), None, None, Some(Tries { wrong: 0, last: now })]),
        TryStep::RemoveCodes => Ok([pair, network, user, None, familiar]),
        TryStep::EnterByLink => Ok([None, network, None, None, Some(Tries { wrong: 0, last: now })]),
    }
}

fn one_less(tries: Option<Tries>) -> Option<Tries> {
    let Tries { wrong, last } = tries?;
    let wrong = wrong.saturating_sub(1);
    (wrong > 0).then_some(Tries { wrong, last })
}

/// Wrong tries before this moment are forgotten, however many they were.
pub fn forgotten_before(now: DateTime<Utc>) -> DateTime<Utc> {
    now - LONG_MEMORY
}

/// A user who last signed in from a network before this moment is a stranger there.
pub fn unfamiliar_before(now: DateTime<Utc>) -> DateTime<Utc> {
    now - FAMILIAR
}

impl Limit {
    fn one_more(self, tries: Option<Tries>, now: DateTime<Utc>) -> Tries {
        let before = tries.filter(|tries| !self.is_forgotten(*tries, now)).map_or(0, |tries| tries.wrong);
        Tries { wrong: before + 1, last: now }
    }

    fn is_forgotten(self, tries: Tries, now: DateTime<Utc>) -> bool {
        let memory = if tries.wrong < self.free { MEMORY } else { LONG_MEMORY };
        now - tries.last >= memory
    }

    fn waits_until(self, tries: Tries, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let over = tries.wrong.checked_sub(self.free)?;
        // 2^6 minutes are more than the longest.
        let pause = (FIRST_PAUSE * 2_i32.pow(u32::try_from(over.min(6)).unwrap_or(6))).min(self.longest);
        let until = tries.last + pause;
        (now < until && !self.is_forgotten(tries, now)).then_some(until)
    }
}

#[cfg(test)]
mod tests {
    use super::TryStep::{Begin, BeginCode, EnterByLink, RemoveCodes, Succeed, TakeBack};
    use super::*;

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap() + TimeDelta::minutes(minutes)
    }

    fn wrong(wrong: u64) -> Tries {
        Tries { wrong, last: at(0) }
    }

    /// Wrong tries, each as soon as it is counted, for so many minutes, from one network or always from another: how many were
    /// counted.
    fn guesses(minutes: i64, is_everywhere: bool) -> u64 {
        let (mut known, mut counted) = ([None; 5], 0);
        for now in (0..=minutes * 60).map(|second| at(0) + TimeDelta::seconds(second)) {
            if let Ok(tries) = after(Begin, known, now) {
                counted += 1;
                known = if is_everywhere { [None, None, tries[2], None, None] } else { tries };
            }
        }
        counted
    }

    #[test]
    fn ten_are_free_from_a_network_and_then_each_takes_longer() {
        assert_eq!(guesses(0, false), 1);
        assert_eq!(guesses(1, false), 10);
        assert_eq!(guesses(4, false), 12, "after a minute, and after two more");
        assert_eq!(guesses(24 * 60, false), 38, "in the end one an hour");
    }

    #[test]
    fn from_everywhere_a_hundred_are_free_and_then_one_a_minute() {
        assert_eq!(guesses(1, true), 61, "one a second");
        assert_eq!(guesses(60, true), 158);
    }

    #[test]
    fn a_slip_is_forgotten_soon_and_a_siege_after_a_day() {
        let counted = |tries, minutes| {
            after(Begin, [Some(wrong(tries)), None, None, None, None], at(minutes))
                .map(|[pair, ..]| pair.unwrap().wrong)
        };
        assert_eq!(counted(9, 14), Ok(10));
        assert_eq!(counted(9, 15), Ok(1));
        assert_eq!(counted(10, 0), Err(at(1)));
        assert_eq!(counted(10, 1), Ok(11));
        assert_eq!(counted(500, 59), Err(at(60)));
        assert_eq!(counted(500, 24 * 60), Ok(1));
    }

    #[test]
    fn a_network_waits_too_whoever_is_tried() {
        assert_eq!(after(Begin, [None, Some(wrong(30)), None, None, None], at(0)), Err(at(1)));
    }

    #[test]
    fn who_comes_from_where_they_were_before_is_not_held_up_by_guesses_from_elsewhere() {
        let besieged = [None, None, Some(wrong(5_000)), None, None];
        assert_eq!(after(Begin, besieged, at(0)), Err(at(1)));
        let familiar = [None, None, Some(wrong(5_000)), None, Some(Tries { wrong: 0, last: at(-179 * 24 * 60) })];
        let counted = after(Begin, familiar, at(0)).unwrap();
        assert_eq!((counted[0], counted[2]), (Some(wrong(1)), Some(wrong(5_000))), "nor counted there");
        assert_eq!(after(TakeBack, counted, at(0)).unwrap()[2], Some(wrong(5_000)), "so nothing is taken back");
        let long_ago = [None, None, Some(wrong(5_000)), None, Some(Tries { wrong: 0, last: at(-180 * 24 * 60) })];
        assert_eq!(after(Begin, long_ago, at(0)), Err(at(1)));
    }

    #[test]
    fn who_is_known_to_come_from_a_network_is_not_held_up_by_neighbours_who_guess() {
        let familiar = |pair| [pair, Some(wrong(500)), None, None, Some(Tries { wrong: 0, last: at(-1) })];
        let counted = after(Begin, familiar(None), at(0)).unwrap();
        assert_eq!(counted[1], Some(wrong(500)));
        assert_eq!(after(Succeed, counted, at(0)).unwrap()[1], Some(wrong(500)), "and makes nobody else wait longer");
        assert_eq!(after(Begin, familiar(Some(wrong(10))), at(0)), Err(at(1)), "their own slips are counted");
        let hasher = TryHasher::new(&[7; 32]);
        let password = hasher.keys(&"anna@example.org".parse().unwrap(), None, "a");
        assert!(!password.contains(&hasher.sign_on_keys("a")[1]), "guesses at passwords hold up no sign-on");
    }

    #[test]
    fn taking_codes_away_says_nothing_about_passwords() {
        let known = [Some(wrong(3)), Some(wrong(9)), Some(wrong(1)), Some(wrong(4)), None];
        assert_eq!(after(RemoveCodes, known, at(5)), Ok([known[0], known[1], known[2], None, None]));
    }

    #[test]
    fn what_was_right_is_taken_back_and_who_is_in_begins_anew() {
        let known = [Some(wrong(3)), Some(wrong(9)), Some(wrong(1)), Some(wrong(4)), None];
        assert_eq!(after(TakeBack, known, at(5)), Ok([Some(wrong(2)), Some(wrong(8)), None, Some(wrong(4)), None]));
        let now = Some(Tries { wrong: 0, last: at(5) });
        assert_eq!(after(Succeed, known, at(5)), Ok([None, Some(wrong(8)), None, None, now]));
        assert_eq!(after(EnterByLink, known, at(5)), Ok([None, Some(wrong(9)), None, None, now]));
    }

    #[test]
    fn codes_are_counted_for_themselves_from_wherever() {
        let known = |codes| [None, None, None, Some(wrong(codes)), None];
        assert_eq!(after(BeginCode, known(9), at(0)), Ok(known(10)));
        assert_eq!(after(BeginCode, known(10), at(0)), Err(at(1)));
        assert_eq!(after(BeginCode, known(500), at(59)), Err(at(60)));
        assert!(after(Begin, known(500), at(0)).is_ok(), "the password alone is looked at all the same");
    }

    #[test]
    fn keys_tell_users_networks_and_passwords_apart_and_nothing_else() {
        let hasher = TryHasher::new(&[7; 32]);
        let keys = |address: &str, network: &str| hasher.keys(&address.parse().unwrap(), None, network);
        let anna = keys("anna@example.org", "a");
        assert_eq!(anna, keys("Anna@Example.org", "a"));
        let is_same = |other: TryKeys| [0, 1, 2, 3, 4].map(|at| anna[at] == other[at]);
        assert_eq!(is_same(keys("anna@example.org", "b")), [false, false, true, true, false]);
        assert_eq!(is_same(keys("bob@example.org", "a")), [false, true, false, false, false]);
    }
}
