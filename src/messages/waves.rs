//! What is said about waves of bounces, and about bounces that are taken back.

use crate::app::error::NeverAgain;
use crate::app::waves::SettledWave;
use crate::domain::bulletin::MailingName;
use crate::domain::subscriber::SuppressionReason;
use crate::domain::subscription::wave::{CannotSettle, Wave, WaveId, WaveScope, WaveState};
use crate::domain::text::lists::count;

/// What a person is asked about a wave.
pub(super) fn attention(wave: &Wave, of: &MailingName, mailboxes: u64) -> String {
    let WaveId(id) = wave.id;
    let among = match &wave.scope {
        WaveScope::Edition => String::new(),
        WaveScope::Domain(domain) => format!(" at {domain}"),
        WaveScope::Server(server) => format!(" (by the mail server {server})"),
    };
    let were = count(mailboxes, "mailbox was", "mailboxes were");
    format!(
        "wave {id}: {were} reported as unknown{among} when {of} was sent, so many at once that the report may be \
         wrong. They stay subscribed for now. Look at `fortnightly suppressions list --wave {id}`. If they are gone: \
         `fortnightly suppressions confirm {id}`. If they still work: `fortnightly suppressions dismiss {id}`"
    )
}

/// That a mailbox waits with a wave, and how that is settled.
pub fn waits(WaveId(id): WaveId) -> String {
    format!(
        "it was reported as unknown with many others (wave {id}), and stays subscribed until you decide. If they are gone: \
         `fortnightly suppressions confirm {id}`. If they still work: `fortnightly suppressions dismiss {id}`"
    )
}

/// Why a wave is not shown or settled, and what to do.
pub(super) fn refused(why: CannotSettle) -> String {
    let way = match why {
        CannotSettle::Unknown => "`fortnightly status` names those that wait",
        CannotSettle::Already(WaveState::Confirmed) => {
            "if the server was wrong after all, `fortnightly suppressions remove --since DAY --reason bounce` takes back what \
             was suppressed since that day"
        }
        CannotSettle::Already(WaveState::Dismissed) => {
            "its mailboxes stay subscribed; if one is gone after all, `fortnightly suppressions add ADDRESS --reason bounce`"
        }
        CannotSettle::Already(WaveState::Dissolved | WaveState::Open) => {
            "each of its bounces is judged by itself; look at `fortnightly suppressions list`"
        }
    };
    format!("{why}: {way}")
}

/// What became of a wave of mailboxes that are gone.
pub fn confirmed(SettledWave { wave, of, mailboxes, broke_off, .. }: &SettledWave) -> String {
    let WaveId(id) = wave.id;
    let end = count(*mailboxes, "mailbox gets", "mailboxes get");
    format!("Wave {id} of {of} is confirmed: {end} no more mail.{}", completes(*broke_off))
}

fn completes(broke_off: bool) -> &'static str {
    if broke_off { " This completes what broke off before." } else { "" }
}

/// That what was decided about a wave was not carried out for all of its mailboxes yet.
pub(super) fn unsettled(wave: &Wave, of: &MailingName) -> String {
    let (WaveId(id), state) = (wave.id, wave.state);
    let command = if state == WaveState::Confirmed { "confirm" } else { "dismiss" };
    format!(
        "wave {id} of {of} is {state}, but not for all of its mailboxes yet: unless that is still running, \
         `fortnightly suppressions {command} {id}` completes it"
    )
}

/// What became of a wave in which the server was wrong, and how its mails are sent again.
pub fn dismissed(SettledWave { wave, of, mailboxes, broke_off, never_again }: &SettledWave) -> String {
    let WaveId(id) = wave.id;
    let stay = count(*mailboxes, "mailbox stays", "mailboxes stay");
    let again = match (never_again, of) {
        (Some(NeverAgain::Overtaken(newer)), _) => {
            format!("Edition {newer} has taken its place, so its mails are not sent again; they get the next one.")
        }
        (Some(why @ (NeverAgain::Withdrawn | NeverAgain::Forgotten)), _) => {
            format!("Its mails are not sent again: {why}.")
        }
        (None, MailingName::Bulletin(name)) => {
            format!("To send it to them again: `fortnightly deliveries retry --bulletin {name}`.")
        }
        (None, MailingName::Edition(number)) => {
            format!("To send it to them again: `fortnightly deliveries retry --edition {number}`.")
        }
    };
    format!("Wave {id} of {of} is dismissed: {stay} subscribed.{} {again}", completes(*broke_off))
}

/// What became of suppressions that are taken back together.
pub fn taken_back((restored, lifted): (u64, u64), reason: SuppressionReason) -> String {
    if restored + lifted == 0 {
        return format!(
            "No address that is still known has been suppressed since then for this reason ({reason}): nothing changed."
        );
    }
    let again = count(restored, "mailbox is", "mailboxes are");
    let others = match lifted {
        0 => String::new(),
        _ => format!(
            " {} no longer suppressed, but had no subscription to restore.",
            count(lifted, "more address is", "more addresses are")
        ),
    };
    format!("{again} subscribed again.{others}")
}

/// Why suppressions are not lifted together without consent.
pub fn lifting_needs_consent(reason: SuppressionReason) -> String {
    format!(
        "these readers left or complained themselves ({reason}): only their own wish should bring them back. If you have it in \
         writing from all of them, add --yes"
    )
}
