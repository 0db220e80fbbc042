//! What needs a person because of editions, bounces or the relay.

use chrono::{DateTime, TimeDelta, Utc};

use crate::app::attention::{Attention, EditionAttention, Undelivered};
use crate::domain::bulletin::MailingName;
use crate::domain::delivery::Tally;
use crate::domain::edition::{Edition, EditionNumber, EditionState, HoldReason};
use crate::domain::notice::RelayOutage;
use crate::domain::subscription::bounce::{BounceCount, Meaning};
use crate::store::OpenWave;

/// For how many editions it is said what came back.
const RECENT: usize = 3;

/// For how long an outage of the relay counts after it was last seen.
const STILL_OUT: TimeDelta = TimeDelta::hours(1);

/// What an edition's or a bulletin's state and its deliveries ask for.
pub(super) fn of_state(edition: &Edition, tally: &Tally) -> Vec<EditionAttention> {
    let total = tally.total;
    let mut found = Vec::new();
    if edition.state == EditionState::Held {
        let reason = edition.hold_reason().cloned().unwrap_or_else(HoldReason::unknown);
        found.push(EditionAttention::Held { reason, is_published: edition.is_published() });
    }
    let waiting = tally.waiting();
    if edition.state == EditionState::Sending && waiting > 0 {
        found.push(EditionAttention::Unfinished { waiting, total, since: edition.published_at });
    }
    let undelivered = [
        (tally.failed, Undelivered::Refused),
        (tally.expired, Undelivered::GivenUp),
        (tally.uncertain, Undelivered::Uncertain),
    ];
    let undelivered = undelivered.into_iter().filter(|(count, _)| *count > 0);
    found.extend(undelivered.map(|(count, how)| EditionAttention::Undelivered { how, count, total }));
    found
}

/// What came back of the last that were published: editions, or bulletins, the oldest first.
pub(super) fn of_bounces<'a>(
    editions: impl DoubleEndedIterator<Item = &'a Edition>,
    bounces: &[BounceCount],
) -> Vec<(EditionNumber, EditionAttention)> {
    let published = editions.rev().filter(|edition| edition.is_published()).take(RECENT);
    let mut found = Vec::new();
    for edition in published.map(|edition| edition.number) {
        let (mut mails, mut suppressed, mut policy) = (0, 0, 0);
        for count in bounces.iter().filter(|count| count.edition == edition) {
            match count.meaning {
                Meaning::Policy => policy += count.mails,
                // What waits is asked about as a wave.
                Meaning::Gone if count.waits => {}
                Meaning::Dismissed => {}
                Meaning::After(_) | Meaning::Gone => {
                    mails += count.accepted;
                    suppressed += count.suppressed;
                }
            }
        }
        let needs = [
            (policy > 0).then_some(EditionAttention::PolicyBounces(policy)),
            (mails > 0).then_some(EditionAttention::Bounced { mails, suppressed }),
        ];
        found.extend(needs.into_iter().flatten().map(|need| (edition, need)));
    }
    found.reverse();
    found
}

pub(super) fn of_wave(OpenWave { wave, waiting: mailboxes, .. }: OpenWave, of: MailingName) -> Attention {
    Attention::Wave { wave, of, mailboxes }
}

/// Since when the relay cannot be reached and how many mails wait for it, if it was found so lately: what waits is tried every
/// half-hour at least.
pub(super) fn of_relay(outages: &[RelayOutage], now: DateTime<Utc>) -> Option<(DateTime<Utc>, u64)> {
    let lasts = outages.iter().rfind(|outage| outage.until.is_none() && now - outage.seen_at < STILL_OUT)?;
    Some((lasts.since, lasts.mails))
}
