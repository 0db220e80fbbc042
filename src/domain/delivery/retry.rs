//! When a mail is tried again, and when a run has seen enough.

use std::ops::Range;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Mailing, Outcome, RelayLimit};
use crate::domain::edition::{Edition, EditionNumber};

/// The pause after the first attempt; each later one is twice as long (RFC 5321 §4.5.4.1: at least 30 minutes).
const FIRST: Duration = Duration::from_mins(30);

/// How often the pause doubles: 30 min · 2⁴ = 8 h, the longest.
const DOUBLINGS: u32 = 4;

/// How far a pause may be from its nominal length, as a part of it.
const SPREAD: f64 = 0.1;

/// After how long we give up (RFC 5321 §4.5.4.1: at least 4 to 5 days).
const PATIENCE: TimeDelta = TimeDelta::days(4);

/// How often a mail that may have been accepted is sent again by itself. Then a person decides.
const RESENDS: u32 = 3;

/// When an edition's mails are tried again that met no relay at all: spread over a quarter of an hour, so that they do not
/// come at once.
const POSTPONED: Range<TimeDelta> = TimeDelta::minutes(25)..TimeDelta::minutes(40);

/// When a transactional mail is tried again that met no relay, or one that refuses us: someone waits for it.
const LATER: TimeDelta = TimeDelta::minutes(10);

/// A mail that was throttled so often in one run is not tried again in it.
const THROTTLES: u32 = 5;

/// A run in which at least so many mails were tried stops itself when one in twenty was refused for good.
const TRIED: u64 = 50;
const ONE_IN: u64 = 20;

/// What is known of a mail when an attempt ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tried {
    /// What it belongs to.
    pub mailing: Mailing,
    /// Attempts before the one that ended.
    pub before: u32,
    /// When the first of them ended.
    pub first_at: Option<DateTime<Utc>>,
    /// Attempts before the one that ended that may have been accepted.
    pub uncertain: u32,
    /// How the relay throttled it in this run.
    pub throttles: Throttles,
    /// Whether what may have been accepted is sent again (`mail.on_uncertain = "resend"`).
    pub resend: bool,
    /// When the next day begins.
    pub midnight: DateTime<Utc>,
}

/// How a relay throttled one mail in a run, after it had taken its MAIL: what it says before that is about us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Throttles {
    /// How often, this time included.
    pub times: u32,
    /// Whether the relay has accepted another mail since the first time.
    pub others_accepted: bool,
    /// Whether it is the only mail of the run that was throttled so.
    pub is_only_one: bool,
}

impl Throttles {
    /// Whether the run has tried it often enough.
    pub fn is_limit_reached(self) -> bool {
        self.times >= THROTTLES
    }

    /// Whether the last one counts as an attempt at the mail. Where the others get through and this one never does, the
    /// reason is its mailbox, and it is given up in the end like any other.
    fn counts_as_attempt(self) -> bool {
        self.is_limit_reached() && (self.others_accepted || self.is_only_one)
    }

    /// What the outcome of this attempt comes to.
    #[must_use]
    pub fn decide(self, outcome: Outcome) -> Outcome {
        match outcome {
            Outcome::Throttled { reply, limit: RelayLimit::Pace } if self.counts_as_attempt() => {
                Outcome::Transient(reply)
            }
            outcome => outcome,
        }
    }
}

/// When a mail is tried again after `outcome`; `None` gives it up, or leaves it as it is. `jitter` is from 0 to 1.
pub fn retry_at(tried: Tried, outcome: &Outcome, now: DateTime<Utc>, jitter: f64) -> Option<DateTime<Utc>> {
    let backoff = || next_attempt(tried.before + 1, tried.first_at.unwrap_or(now), now, jitter);
    match outcome {
        Outcome::Transient(_) => backoff(),
        Outcome::Uncertain(_) if is_resent(tried.resend, tried.uncertain + 1) => backoff(),
        // The edition is held. What belongs to none is not the recipient's fault, and waits as if it met no relay.
        Outcome::SenderRefused(_) => tried.mailing.number().is_none().then_some(now + LATER),
        // Nothing was tried, so it waits as if it had met no relay.
        Outcome::Throttled { limit: RelayLimit::Pace, .. } if !tried.throttles.is_limit_reached() => None,
        Outcome::Throttled { .. } if tried.mailing.number().is_none() => Some(now + LATER),
        Outcome::Throttled { limit: RelayLimit::Pace, .. } => Some(postponed(now).start),
        Outcome::Throttled { limit: RelayLimit::Day, .. } => Some(tomorrow(tried.midnight).start),
        Outcome::Uncertain(_) | Outcome::Accepted(_) | Outcome::Permanent { .. } | Outcome::Withheld => None,
    }
}

/// Whether a mail is sent again of which so many attempts may have been accepted, the last one included. `resend` says
/// whether any is (`mail.on_uncertain`).
pub fn is_resent(resend: bool, uncertain: u32) -> bool {
    resend && uncertain <= RESENDS
}

/// When an edition's mails are tried again after the relay could not be reached: some time in this range.
pub fn postponed(now: DateTime<Utc>) -> Range<DateTime<Utc>> {
    now + POSTPONED.start..now + POSTPONED.end
}

/// When an edition's mails are tried again once the relay's quota for a day is used up: tomorrow, from midnight on.
pub fn tomorrow(midnight: DateTime<Utc>) -> Range<DateTime<Utc>> {
    midnight..midnight + (POSTPONED.end - POSTPONED.start)
}

/// When transactional mails are tried again after the relay could not be reached.
pub fn later(now: DateTime<Utc>) -> DateTime<Utc> {
    now + LATER
}

/// Whether so many refusals mean that the list, or our name with the relay, is bad: going on would make both worse.
pub fn are_too_many(refused: u64, tried: u64) -> bool {
    tried >= TRIED && refused * ONE_IN >= tried
}

/// The newer edition that ends the chances of an older one, if one was published or has fallen due: the calendar would
/// expire at once what is taken up again of the older.
pub fn overtaken_by(number: EditionNumber, editions: &[Edition], now: DateTime<Utc>) -> Option<EditionNumber> {
    let ends = |edition: &&Edition| edition.is_published() || (edition.is_open() && edition.due_at <= now);
    editions.iter().filter(|edition| edition.number > number).filter(ends).map(|edition| edition.number).max()
}

/// When a delivery may be tried again after `attempts` attempts, of which the first began at `first_at` and the last
/// ended at `now`. `None` gives up: the next attempt would come later than 4 days after the first.
///
/// `jitter`, from 0 to 1, shortens or lengthens the pause by up to a tenth, so that mails deferred together do not
/// come back together.
pub fn next_attempt(attempts: u32, first_at: DateTime<Utc>, now: DateTime<Utc>, jitter: f64) -> Option<DateTime<Utc>> {
    let nominal = FIRST * 2_u32.pow(attempts.saturating_sub(1).min(DOUBLINGS));
    let jitter = if jitter.is_nan() { 0.5 } else { jitter.clamp(0.0, 1.0) };
    let pause = nominal.mul_f64(1.0 - SPREAD + 2.0 * SPREAD * jitter);
    let next = now.checked_add_signed(TimeDelta::from_std(pause).ok()?)?;
    (next <= first_at.checked_add_signed(PATIENCE)?).then_some(next)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::delivery::{Reply, TransactionalId};

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + minutes * 60, 0).unwrap()
    }

    #[test]
    fn pauses_double_up_to_eight_hours() {
        let minutes: Vec<_> =
            (0..=8).map(|n| (next_attempt(n, at(0), at(5), 0.5).unwrap() - at(5)).num_minutes()).collect();
        assert_eq!(minutes, [30, 30, 60, 120, 240, 480, 480, 480, 480]);
    }

    #[test]
    fn a_mail_that_alone_is_throttled_is_tried_like_any_other() {
        let throttled = |times, others_accepted, is_only_one| Throttles { times, others_accepted, is_only_one };
        assert!(throttled(5, true, false).counts_as_attempt() && throttled(5, false, true).counts_as_attempt());
        assert!(!throttled(5, false, false).counts_as_attempt() && !throttled(4, true, true).counts_as_attempt());
        assert!(throttled(5, false, false).is_limit_reached() && !throttled(4, true, true).is_limit_reached());
    }

    #[test]
    fn a_refused_sender_holds_an_edition_and_puts_off_what_is_none() {
        let tried = |mailing| Tried {
            mailing,
            before: 0,
            first_at: None,
            uncertain: 0,
            throttles: Throttles::default(),
            resend: true,
            midnight: at(0),
        };
        let refused = Outcome::SenderRefused(Reply::default());
        assert_eq!(retry_at(tried(Mailing::Edition(EditionNumber(7))), &refused, at(0), 0.5), None);
        assert_eq!(retry_at(tried(Mailing::Transactional(TransactionalId(1))), &refused, at(0), 0.5), Some(at(10)));
    }

    #[test]
    fn what_may_have_been_accepted_is_sent_again_three_times_with_growing_pauses() {
        let mailing = Mailing::Edition(EditionNumber(7));
        let pause = |uncertain, resend| {
            let first_at = Some(at(0));
            let tried = Tried {
                mailing,
                before: uncertain,
                first_at,
                uncertain,
                throttles: Throttles::default(),
                resend,
                midnight: at(0),
            };
            let next = retry_at(tried, &Outcome::Uncertain(Reply::default()), at(10), 0.5)?;
            Some((next - at(10)).num_minutes())
        };
        let pauses: Vec<_> = (0..6).map(|uncertain| pause(uncertain, true)).collect();
        assert_eq!(pauses, [Some(30), Some(60), Some(120), None, None, None]);
        assert!((0..6).all(|uncertain| pause(uncertain, false).is_none()));
    }

    #[test]
    fn one_in_twenty_of_fifty_is_too_many() {
        assert!(!are_too_many(10, 49) && !are_too_many(2, 50) && are_too_many(3, 50) && are_too_many(20, 400));
        assert!(!are_too_many(19, 400));
    }

    #[test]
    fn jitter_moves_a_pause_by_a_tenth() {
        assert_eq!(next_attempt(2, at(0), at(0), 0.0), Some(at(54)));
        assert_eq!(next_attempt(2, at(0), at(0), 1.0), Some(at(66)));
        assert_eq!(next_attempt(2, at(0), at(0), f64::NAN), Some(at(60)));
        assert_eq!(next_attempt(2, at(0), at(0), 7.0), Some(at(66)));
    }

    #[test]
    fn gives_up_after_four_days() {
        let end = 4 * 24 * 60;
        assert_eq!(next_attempt(9, at(0), at(end - 480), 0.5), Some(at(end)));
        assert_eq!(next_attempt(9, at(0), at(end - 479), 0.5), None);
        assert_eq!(next_attempt(u32::MAX, at(0), at(end * 2), 0.5), None);
    }

    proptest! {
        /// Whatever the jitter, a delivery is tried a bounded number of times, never earlier than 27 minutes later.
        #[test]
        fn ends(jitters in prop::collection::vec(0.0..=1.0_f64, 40)) {
            let mut now = at(0);
            let mut attempts = 1;
            for jitter in jitters {
                let Some(next) = next_attempt(attempts, at(0), now, jitter) else { break };
                prop_assert!(next - now >= TimeDelta::minutes(27));
                prop_assert!(next - at(0) <= TimeDelta::days(4));
                now = next;
                attempts += 1;
            }
            prop_assert!((12..25).contains(&attempts), "{} attempts", attempts);
        }
    }
}
