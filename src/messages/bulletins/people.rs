//! What is said about bulletins to people who press buttons.

use crate::app::bulletins::BulletinStatus;
use crate::app::bulletins::decide::BulletinDecided;
use crate::app::bulletins::error::BulletinError;
use crate::app::bulletins::look::BesideEdition;
use crate::domain::band::Bands;
use crate::domain::bulletin::{Audience, BulletinName, MailingName};
use crate::domain::edition::EditionState;
use crate::domain::fingerprint::TextPart;
use crate::domain::text::dates::local_moment;
use crate::domain::text::lists::{commas, count, listed};
use crate::messages::console;
use crate::messages::picks::text_part;
use crate::messages::sentence::sentence;
use crate::messages::{sectors, troubles};

pub const APPROVE_FIRST: &str = "Someone has to approve this bulletin before it can be sent.";
pub const CHOOSE_EDITION: &str = "This bulletin is a correction. Choose first what it corrects.";
pub const MIDWAY: &str = "It was withdrawn while it was being sent: what had not left by then never leaves.";
pub const NOTHING_TO_COPY: &str = "Nobody would get this bulletin, so there is nothing to copy.";
pub const NOBODY: &str = "Nobody would get it, so it wasn't sent. It can still be sent later.";
pub const NO_TEXT: &str = "Its text can't be read: its file is gone, or the library has errors.";

/// Why a bulletin isn't sent or shown, or can't be decided about.
pub fn refusal(error: &BulletinError) -> String {
    match error {
        BulletinError::NoName | BulletinError::Unknown { .. } => {
            "There's no such bulletin here. If it was saved just now, look again in a few seconds.".to_owned()
        }
        BulletinError::LibraryBroken(_) => {
            "The library has errors, so the bulletin can't be read until someone has mended them.".to_owned()
        }
        BulletinError::NeedsApproval { edited: parts, .. } if !parts.is_empty() => edited(parts),
        BulletinError::NeedsApproval { .. } => APPROVE_FIRST.to_owned(),
        BulletinError::Held { .. } => "It is held. Release it first.".to_owned(),
        BulletinError::Withdrawn(_) => "It was withdrawn, so it isn't sent. You can bring it back first.".to_owned(),
        BulletinError::WithdrawnMidway { .. } => MIDWAY.to_owned(),
        BulletinError::Published { state: EditionState::Sent, .. } => {
            "It has been sent, so that can't be decided any more. To put something right, write a correction."
                .to_owned()
        }
        BulletinError::Published { .. } => "It is being sent, so that can't be decided any more.".to_owned(),
        BulletinError::OtherAudience(_) => {
            "It was sent to other readers than these, and a bulletin is sent once.".to_owned()
        }
        BulletinError::BesideEdition { edition, due_at, until, .. } => {
            beside(BesideEdition { edition: *edition, due_at: Some(*due_at), until: *until })
        }
        BulletinError::BesideSending { edition, .. } => {
            beside(BesideEdition { edition: *edition, due_at: None, until: None })
        }
        BulletinError::StillLeaving { mailing, waiting, .. } => may_follow(mailing, *waiting),
        BulletinError::NeedsConsent => {
            "Nothing new is sent until someone agrees to the change of the list, on the first page.".to_owned()
        }
        BulletinError::UnknownBand(band) => format!("There's no age group {band}."),
        BulletinError::NotSent(mailing) => sentence(&format!("{mailing} hasn't been sent, so nobody has got it.")),
        BulletinError::CorrectsNothing(_) => CHOOSE_EDITION.to_owned(),
        BulletinError::CorrectsAnother { edition, .. } => {
            format!("Its text says that it corrects edition {edition}. Change that there first.")
        }
        BulletinError::CopyNotAccepted(reply) => {
            let why = reply.as_ref().map_or_else(|| "nothing was handed over".to_owned(), ToString::to_string);
            format!("The test copy wasn't accepted: {why}")
        }
        BulletinError::KeepsChanging(_) | BulletinError::Unconfirmed { .. } => {
            "Someone else is changing the same thing. Try again in a moment.".to_owned()
        }
        BulletinError::Send(error) => {
            troubles::no_copy(error).unwrap_or_else(|| "It can't be sent just now. Try again in a minute.".to_owned())
        }
        BulletinError::App(error) => console::error(error),
    }
}

/// On the page of one that went out, when its text is another now.
pub const CHANGED_SINCE: &str = "Its text was changed after it went out. The mails, its page and the feeds keep what was sent. If families should know what \
                                 was wrong, write a correction and choose this bulletin as the mail that it corrects.";

/// For those who write and read here.
pub const WHO_SENDS: &str = "Someone who may approve can approve and send it, here on this page.";

/// What is worth knowing about one in a list.
pub fn note(status: &BulletinStatus, sent_at: Option<&str>) -> String {
    if let Some(at) = sent_at {
        let about = status.readers_of.as_ref().map(|mailing| about(mailing, status.is_correction)).unwrap_or_default();
        let midway = if status.state == EditionState::Withdrawn { " It was withdrawn on its way." } else { "" };
        return format!("{at}, to {}.{about}{midway}", count(status.deliveries.total, "mailbox", "mailboxes"));
    }
    match &status.reason {
        Some(reason) => console::why(reason),
        None if status.was_edited => "It was edited after someone approved it.".to_owned(),
        None => String::new(),
    }
}

/// That mails of what it is about may still leave.
pub fn may_follow(mailing: &MailingName, waiting: u64) -> String {
    let mails = count(waiting, "mail", "mails");
    format!(
        "{mails} of {mailing} may still go out. If they mustn't, stop them first. Whoever gets one of them gets this bulletin \
         afterwards, too."
    )
}

/// That a bulletin went to those who had got something before, and goes to those who get it now.
pub fn follows(name: &BulletinName) -> String {
    format!(
        "Whoever gets it now gets the bulletin {name} afterwards, too: it went to those who had got theirs by then."
    )
}

/// ` It corrects edition 3.`
fn about(mailing: &MailingName, is_correction: bool) -> String {
    if is_correction { format!(" It corrects {mailing}.") } else { format!(" It is about {mailing}.") }
}

/// `For readers of Ages 8 to 10 in these organisations: schools who got edition 3, which it corrects.`
pub fn whom(audience: &Audience, readers_of: Option<(&MailingName, bool)>, bands: &Bands) -> String {
    let ages = audience.bands.as_ref().map(|wanted| {
        let labels: Vec<&str> = bands.ordered(wanted).iter().map(|band| band.label.as_str()).collect();
        listed(&labels)
    });
    let kinds = audience.sectors.as_ref().map(|wanted| {
        let names: Vec<&str> = wanted.iter().map(|sector| sectors::many(*sector)).collect();
        listed(&names)
    });
    let whom = match (ages, kinds) {
        (None, None) => "For everyone".to_owned(),
        (Some(ages), None) => format!("For readers of {ages}"),
        (None, Some(kinds)) => format!("For these organisations: {kinds}"),
        (Some(ages), Some(kinds)) => format!("For readers of {ages} in these organisations: {kinds}"),
    };
    match readers_of {
        Some((mailing, true)) => format!("{whom} who got {mailing}, which it corrects."),
        Some((mailing, false)) => format!("{whom} who got {mailing}, which it is about."),
        None => format!("{whom}."),
    }
}

pub fn edited(parts: &[TextPart]) -> String {
    let parts = commas(parts.iter().map(|part| text_part(*part)));
    format!("It was edited after someone approved it ({parts}), so it needs approval again.")
}

/// It isn't what someone has looked at before they decide.
pub fn changed_since_read(parts: &[TextPart]) -> String {
    let parts = commas(parts.iter().map(|part| text_part(*part)));
    format!("It has changed since you looked at it ({parts}). Please look at it again before you decide.")
}

pub fn of_approving(readers: Option<u64>) -> Vec<String> {
    let whom = readers.map(|readers| format!("If it were sent now, it would go to {}.", mailboxes(readers)));
    let then = "It isn't sent by this: someone presses “Send it now” when the moment has come.".to_owned();
    let edits = "If its text or its readers change after this, it needs approval again.".to_owned();
    whom.into_iter().chain([then, edits]).collect()
}

pub fn of_sending(readers: u64, readers_of: Option<&MailingName>) -> Vec<String> {
    let whom = match readers_of {
        Some(mailing) => format!(
            "It goes to {}: those whose mail of {mailing} was accepted, or may have been, and who haven't left since.",
            mailboxes(readers)
        ),
        None => format!("It goes to {}.", mailboxes(readers)),
    };
    let once = "A bulletin is sent once. What has been sent can't be called back.".to_owned();
    let web = "It appears on the website and in the feeds, too.".to_owned();
    vec![whom, "The first mails leave within a minute.".to_owned(), once, web]
}

pub fn of_holding(is_published: bool, waiting: u64) -> Vec<String> {
    if is_published {
        return vec![
            format!("{} kept back at once.", count(waiting, "mail is", "mails are")),
            "What was accepted before that can't be called back.".to_owned(),
        ];
    }
    vec!["Nobody can send it until someone releases it.".to_owned()]
}

pub fn of_releasing(is_published: bool, waiting: u64) -> Vec<String> {
    if is_published {
        return vec![format!("{} out within a minute.", count(waiting, "mail goes", "mails go"))];
    }
    vec!["It can be sent again. It isn't sent by this.".to_owned()]
}

pub fn of_withdrawing(is_published: bool, waiting: u64) -> Vec<String> {
    if is_published {
        return vec![
            format!("{} given up and never leave.", count(waiting, "mail is", "mails are")),
            "What was accepted before that can't be called back. To put something right, write a correction."
                .to_owned(),
            "Its page says that it was withdrawn. None of this can be taken back.".to_owned(),
        ];
    }
    vec!["Nobody gets it. You can bring it back later.".to_owned()]
}

pub fn beside(beside: BesideEdition) -> String {
    let number = beside.edition;
    match (beside.due_at, beside.until) {
        (Some(due_at), Some(until)) => format!(
            "Its last mails would leave on {} at the earliest, and edition {number} is due on {}. The bulletin makes way for the \
             edition and goes on afterwards. If it can wait, send it once the edition has gone out.",
            local_moment(&until),
            local_moment(&due_at)
        ),
        (Some(due_at), None) => format!(
            "Edition {number} is due on {}: readers would get two mails at once. If it can wait, send it once the edition has gone \
             out.",
            local_moment(&due_at)
        ),
        (None, _) => format!(
            "Edition {number} is being sent, and both share the mail server. If it can wait, send it after that."
        ),
    }
}

pub fn goes_out(readers: u64) -> Vec<String> {
    vec![format!("The bulletin goes out now, to {}.", mailboxes(readers))]
}

/// What came of a decision, a sentence each.
pub fn decided(decided: &BulletinDecided) -> Vec<String> {
    let BulletinDecided { changed, bulletin, tally, given_up } = decided;
    let state = console::state(bulletin.state(), false);
    let first = if *changed {
        format!("The bulletin is {state} now.")
    } else {
        format!("The bulletin was {state} already, so nothing changed.")
    };
    let accepted = (bulletin.published.is_some() && bulletin.state() == EditionState::Held).then(|| {
        let (accepted, total) = (tally.accepted, tally.total);
        format!(
            "{accepted} of {total} mails had been accepted before that, and they can't be called back. The rest waits."
        )
    });
    let given_up = (*given_up > 0).then(|| format!("{} given up.", count(*given_up, "mail was", "mails were")));
    std::iter::once(first).chain(accepted).chain(given_up).map(|line| sentence(&line)).collect()
}

fn mailboxes(number: u64) -> String {
    count(number, "mailbox", "mailboxes")
}
