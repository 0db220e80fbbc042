//! What follows from mail that came back: it is counted, it suppresses the mailbox, or it waits with others for a person.

use super::bounce::{EnhancedStatus, Meaning, PastDelivery, in_a_row};
use super::mailing_list::MailingList;
use super::rows::{BounceRecord, Settlement, Subject, WavePart};
use super::suppression::AddressKey;
use super::unsubscribe::refuse_for_good;
use super::wave::{CannotSettle, ToldBy, Verdict, Wave, WaveId, WaveMember, WaveState, is_repeated, waits};
use crate::domain::bulletin::BulletinId;
use crate::domain::delivery::{DeliveryId, Event};
use crate::domain::edition::EditionNumber;
use crate::domain::subscriber::{EndedBy, RecipientId, Subscription, SuppressionReason};

/// What a bounce came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bounced {
    /// The mailbox is suppressed.
    Suppressed,
    /// It is one of a wave, and waits for a person.
    Waits(WaveId),
    /// It is one of a wave that was dismissed: nothing changed.
    Dismissed(WaveId),
    /// It is noted: so many editions in a row, and how many it takes.
    Counted {
        /// Editions in a row that bounced.
        in_a_row: u8,
        /// How many suppress the mailbox.
        of: u8,
    },
    /// It is noted, and counts in no row: it was a bulletin, or another mail that is no edition.
    Uncounted,
    /// It is noted for the operator: a matter of policy, not of the mailbox.
    Policy,
    /// There is no such delivery; nothing changed.
    Unknown,
}

/// A delivery bounced; told twice is told once. Edition 0 stands for mail that is no edition: it is not counted, but a mailbox
/// that does not exist is suppressed. Of bulletins it's noted that they came back, and otherwise the same is so.
pub fn bounce(list: &mut MailingList, id: DeliveryId, status: Option<EnhancedStatus>) -> Bounced {
    let Some(mailbox) = list.mailbox(id.recipient) else { return Bounced::Unknown };
    let (is_stored, is_edition) = (id.edition.0 > 0, id.edition.0 > 0 && BulletinId::of(id.edition).is_none());
    // What was sent before the mailbox moved came back from its old address.
    let moved = mailbox.changed_at;
    let is_ours = |published| moved.is_none_or(|moved| published >= moved);
    if is_stored && !list.history().published_at.is_some_and(is_ours) {
        return Bounced::Unknown;
    }
    let meaning = Meaning::of(status);
    let known = list.history().known;
    match meaning {
        Meaning::Gone if is_stored => gone(list, id, status, ToldBy::Report),
        Meaning::Gone => suppress(list, id),
        _ => {
            // A second report about the same mail changes the record only when it says that the mailbox is gone.
            if is_stored && known.is_none() {
                note(list, id, status, (meaning, None));
            }
            match meaning {
                Meaning::After(_) if !is_edition => Bounced::Uncounted,
                Meaning::After(of) => match row(list, id, known.unwrap_or(meaning)) {
                    in_a_row if in_a_row >= of => suppress(list, id),
                    in_a_row => Bounced::Counted { in_a_row, of },
                },
                _ => Bounced::Policy,
            }
        }
    }
}

/// The relay said at RCPT that there is no such mailbox.
pub fn refused(list: &mut MailingList, id: DeliveryId, status: Option<EnhancedStatus>) -> Bounced {
    gone(list, id, status, ToldBy::Relay)
}

/// A server says that the mailbox of this delivery does not exist.
fn gone(list: &mut MailingList, id: DeliveryId, status: Option<EnhancedStatus>, told: ToldBy) -> Bounced {
    let (known, wave) = (list.history().known, list.history().wave);
    match (known, wave) {
        (Some(Meaning::Gone), Some(wave)) => return Bounced::Waits(wave),
        (Some(Meaning::Gone), None) => return suppress(list, id),
        (Some(Meaning::Dismissed), Some(wave)) if told == ToldBy::Report => return Bounced::Dismissed(wave),
        _ => {}
    }
    judge(list, id, status, told)
}

/// What follows from a hard bounce that is of no wave.
fn judge(list: &mut MailingList, id: DeliveryId, status: Option<EnhancedStatus>, told: ToldBy) -> Bounced {
    let context = list.context().clone();
    let is_gone = is_repeated(id.edition, &list.history().newest_first);
    let verdict = if is_gone { Verdict::Alone } else { context.verdict(told, list.history().judged_at(list.at())) };
    match verdict {
        Verdict::Alone => {
            note(list, id, status, (Meaning::Gone, None));
            suppress(list, id)
        }
        Verdict::Joins(wave) => {
            note(list, id, status, (Meaning::Gone, Some(wave)));
            Bounced::Waits(wave)
        }
        Verdict::Dismissed(wave) => {
            note(list, id, status, (Meaning::Dismissed, Some(wave)));
            Bounced::Dismissed(wave)
        }
        Verdict::Forms(scope) => {
            let waits = |member: &&WaveMember| !is_repeated(id.edition, &member.newest_first);
            let members: Vec<_> = context.members.iter().filter(waits).map(|member| member.recipient).collect();
            let wave = list.add_wave(id.edition, scope.clone(), members.clone());
            note(list, id, status, (Meaning::Gone, Some(wave)));
            let detail = format!("{} bounces of {}", members.len() + 1, mailing(id.edition));
            for member in members {
                reinstate(list, member, wave);
            }
            list.note("program", "wave", Subject::Wave(wave), detail);
            Bounced::Waits(wave)
        }
    }
}

/// What a wave is of, in the audit: the number of a bulletin says nothing to anyone, and the wave leads to its name.
fn mailing(number: EditionNumber) -> String {
    BulletinId::of(number).map_or_else(|| format!("edition {number}"), |_| "a bulletin".to_owned())
}

fn note(
    list: &mut MailingList,
    DeliveryId { edition, recipient }: DeliveryId,
    status: Option<EnhancedStatus>,
    (meaning, wave): (Meaning, Option<WaveId>),
) {
    let (at, server) = (list.history().judged_at(list.at()), list.context().server.clone());
    list.note_bounce(BounceRecord { recipient, edition, at, status, meaning, server, wave });
}

/// How many of the mailbox's newest editions bounced in a row, with this one.
fn row(list: &MailingList, id: DeliveryId, meaning: Meaning) -> u8 {
    let with_this = |past: &PastDelivery| {
        let bounce = if past.edition == id.edition { Some(meaning) } else { past.bounce };
        PastDelivery { bounce, ..*past }.bounced()
    };
    in_a_row(&list.history().newest_first.iter().filter_map(with_this).collect::<Vec<_>>())
}

fn suppress(list: &mut MailingList, id: DeliveryId) -> Bounced {
    refuse_for_good(list, id.recipient, SuppressionReason::Bounced);
    Bounced::Suppressed
}

/// A bounce that suppressed its mailbox waits with a wave: the mailbox is subscribed again.
fn reinstate(list: &mut MailingList, id: RecipientId, WaveId(wave): WaveId) {
    let Some(key) = list.mailbox(id).map(|mailbox| mailbox.key) else { return };
    if list.suppression_of(key).is_some_and(|known| known.reason == SuppressionReason::Bounced) {
        if take_back(list, key) == TakenBack::Left {
            return;
        }
        list.note("program", "lift-suppression", Subject::Mailbox(id), format!("waits with wave {wave}"));
    }
}

/// What taking back a suppression came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TakenBack {
    /// Its mailbox is subscribed again.
    Restored,
    /// It is lifted; nothing had ended by it.
    Lifted,
    /// Its reader, or an operator, had ended it, or has since: that stands.
    Left,
}

/// Lifts a suppression and begins again what ended by it. Whoever left by their own wish, or was suppressed by an operator,
/// before or since, stays away.
fn take_back(list: &mut MailingList, key: AddressKey) -> TakenBack {
    let Some(known) = list.suppression_of(key).cloned() else { return TakenBack::Lifted };
    let ended_by_it =
        |one: &Subscription| one.ended == Some(known.since) && one.ended_by == Some(EndedBy::from(known.reason));
    let holder = list.holder(key).filter(|mailbox| mailbox.subscriptions.iter().any(ended_by_it));
    let Some(id) = holder.map(|mailbox| mailbox.id) else {
        let word = if known.reason.is_readers_wish() { None } else { other_word(list, key, known.reason) };
        list.lift(key);
        let Some(word) = word else { return TakenBack::Lifted };
        list.suppress(key, known.address.as_ref(), word);
        return TakenBack::Left;
    };
    list.lift(key);
    list.change(id, |mailbox| {
        let with_it = mailbox.subscriptions.iter_mut().filter(|one| ended_by_it(one));
        with_it.for_each(|one| (one.ended, one.ended_by) = (None, None));
        mailbox.refresh();
    });
    TakenBack::Restored
}

/// The last other reason for which a mailbox with this hash ended: a wish of its reader's, or an operator's word.
fn other_word(list: &MailingList, key: AddressKey, than: SuppressionReason) -> Option<SuppressionReason> {
    let ended = list.with_key(key).flat_map(|mailbox| &mailbox.subscriptions);
    let words = ended.filter_map(|one| Some((one.ended?, one.ended_by?.as_suppression()?)));
    words.filter(|(_, word)| *word != than).max_by_key(|(ended, _)| *ended).map(|(_, word)| word)
}

/// Takes back every suppression that was read and still has an address: so many mailboxes are subscribed again, so many
/// addresses were only lifted.
pub fn take_back_all(list: &mut MailingList, actor: &'static str) -> (u64, u64) {
    let (mut restored, mut lifted) = (0, 0);
    for key in list.suppressed_keys() {
        let ids: Vec<_> = list.with_key(key).map(|mailbox| mailbox.id).collect();
        match take_back(list, key) {
            TakenBack::Restored => restored += 1,
            TakenBack::Lifted => lifted += 1,
            TakenBack::Left => continue,
        }
        let subject = ids.first().map_or(Subject::Stranger, |id| Subject::Mailbox(*id));
        // Whoever is let back begins with a clean slate.
        for id in ids {
            list.forget_bounces(id);
        }
        list.note(actor, "lift-suppression", subject, "");
    }
    (restored, lifted)
}

/// What settling a part of a wave came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettledPart {
    /// The wave as it was before.
    pub wave: Wave,
    /// How many mailboxes waited until now, with those of the parts before.
    pub mailboxes: u64,
    /// The last mailbox of this part, where others come after it.
    pub last: Option<RecipientId>,
    /// The bounces of this part that waited until now.
    pub waited: Vec<BounceRecord>,
}

/// The mailboxes of a part of a wave are gone: they are suppressed. So many waited in the parts `before`, if there were some.
pub fn confirm(list: &mut MailingList, actor: &'static str, before: Option<u64>) -> Result<SettledPart, CannotSettle> {
    let part = settle(list, actor, (WaveState::Confirmed, Meaning::Gone, None), before)?;
    for bounce in &part.waited {
        refuse_for_good(list, bounce.recipient, SuppressionReason::Bounced);
    }
    Ok(part)
}

/// The server was wrong about a part of a wave: its mailboxes stay, none of its bounces counts, and its mails may be sent again.
/// So many waited in the parts `before`, if there were some.
pub fn dismiss(list: &mut MailingList, actor: &'static str, before: Option<u64>) -> Result<SettledPart, CannotSettle> {
    settle(list, actor, (WaveState::Dismissed, Meaning::Dismissed, Some(Event::Return)), before)
}

/// A part of what was taken for a wave is none. [`judge_again`] decides about each bounce that waited.
pub fn dissolve(list: &mut MailingList, before: Option<u64>) -> Result<SettledPart, CannotSettle> {
    settle(list, "program", (WaveState::Dissolved, Meaning::Gone, None), before)
}

/// A bounce that waited with a wave that was dissolved makes a narrower one, or stands for itself.
pub fn judge_again(list: &mut MailingList, bounce: &BounceRecord) -> Bounced {
    let id = DeliveryId { edition: bounce.edition, recipient: bounce.recipient };
    match list.history().wave {
        // The one before it made that wave.
        Some(wave) => Bounced::Waits(wave),
        None => judge(list, id, bounce.status, ToldBy::Report),
    }
}

/// Decides about a wave, and settles the part of its bounces that was read. What was decided stands from the first part on.
fn settle(
    list: &mut MailingList,
    actor: &'static str,
    (state, meaning, event): (WaveState, Meaning, Option<Event<'static>>),
    before: Option<u64>,
) -> Result<SettledPart, CannotSettle> {
    let WavePart { wave, bounces, is_last } = list.wave().cloned().ok_or(CannotSettle::Unknown)?;
    let goes_on = wave.state == state && (before.is_some() || !wave.is_settled);
    if wave.state != WaveState::Open && !goes_on {
        return Err(CannotSettle::Already(wave.state));
    }
    let last = bounces.last().map(|bounce| bounce.recipient).filter(|_| !is_last);
    // Of those that were dealt with before this broke off, mails may have been sent again since.
    let is_due = |bounce: &&BounceRecord| event.is_none() || bounce.meaning != meaning;
    let recipients = bounces.iter().filter(is_due).map(|bounce| bounce.recipient).collect();
    let waits = |bounce: &BounceRecord| {
        let mailbox = list.mailbox(bounce.recipient);
        mailbox.is_some_and(|mailbox| waits(mailbox.state, list.suppression_of(mailbox.key).is_some()))
    };
    let waited: Vec<_> = bounces.into_iter().filter(waits).collect();
    let (id, edition) = (wave.id, wave.edition);
    let bounces_of = (state != WaveState::Dissolved).then_some(id);
    list.settle_wave(Settlement { wave: id, edition, state, meaning, bounces_of, event, recipients, is_last });
    let mailboxes = before.unwrap_or_default() + waited.len() as u64;
    let detail = |mailboxes: u64| format!("{mailboxes} mailboxes of {}", mailing(edition));
    list.note_so_far(actor, state.as_str(), Subject::Wave(id), detail(mailboxes), before.map(detail));
    Ok(SettledPart { wave, mailboxes, last, waited })
}
