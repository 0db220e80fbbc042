//! What needs a person, for pages and mails: people who have the console and no terminal.
//!
//! A command is named only where the console cannot do it; then it is said who runs it.

use super::super::subscription::import_began;
use super::holds::sync_waits;
use super::mailings::of_mailing;
use super::matter::{ConsolePage, Matter, button, matter};
use crate::app::attention::{AfterRestore, Attention, BrokenFiles};
use crate::app::pictures::LeftOut;
use crate::app::planner::Replacement;
use crate::domain::bulletin::{BulletinName, MailingName};
use crate::domain::subscription::wave::{Wave, WaveScope, WaveState};
use crate::domain::text::dates::local_moment;
use crate::domain::text::lists::{commas, count};
use crate::messages::picks;

/// One thing that does not go on by itself, without a command to type.
pub fn for_people(attention: &Attention) -> Matter {
    match attention {
        Attention::Restored(what) => restored(what),
        Attention::Edition(number, what) => of_mailing(&MailingName::Edition(*number), what),
        Attention::Bulletin(name, what) => of_mailing(&MailingName::Bulletin(name.clone()), what),
        Attention::Replaced(what) => replaced(what),
        Attention::UnknownBand { band, mailboxes } => matter(
            format!(
                "{} for the age group {band}, which the service no longer has, so nothing is sent for it.",
                count(*mailboxes, "mailbox asks", "mailboxes ask")
            ),
            "Whoever looks after config.toml can bring the age group back under [[bands]]. Otherwise choose other age groups \
             for these subscribers.",
            Some(ConsolePage::Subscribers),
        ),
        Attention::Wave { wave, of, mailboxes } => wave_waits(wave, of, *mailboxes),
        Attention::UnsettledWave { wave, of } => unsettled(wave, of),
        Attention::NotAMessage { path, what, others } => {
            let more = if *others == 0 { String::new() } else { format!(", and there are {others} more like it") };
            matter(
                format!(
                    "In the folder for mail that comes back, {} is {what} and not a message{more}, so it is never read.",
                    path.display()
                ),
                "Ask whoever looks after the server to move it somewhere else.",
                None,
            )
        }
        Attention::UnfinishedImport(import) => matter(
            format!(
                "An import of {} that began on {} did not finish.",
                count(import.rows, "row", "rows"),
                import_began(import.since)
            ),
            "Unless it is still running, import the same file again: that completes it.",
            Some(ConsolePage::Subscribers),
        ),
        Attention::SyncWaits => sync_waits(),
        Attention::BrokenFiles(BrokenFiles { errors, .. }) => broken(
            "The config, the library or the templates were changed and have",
            *errors,
            "so the service goes on with what they were before",
        ),
        Attention::BrokenContent { errors } => {
            broken("The library or the templates have", *errors, "so no new edition goes out until they are mended")
        }
        Attention::WithoutLogo(lost) => without_logo(lost),
        Attention::RelayUnreachable { since, mails } => matter(
            format!(
                "Our mail server has not answered since {}, and {} for it.",
                local_moment(since),
                count(*mails, "mail waits", "mails wait")
            ),
            "These mails are tried again by themselves. If this goes on, ask whoever looks after your mail server.",
            None,
        ),
    }
}

fn without_logo(LeftOut { file, problem, .. }: &LeftOut) -> Matter {
    let file = file.display();
    let what = format!("The logo {file} {problem}. Mails and pages show the service’s name in its place.");
    matter(what, format!("What to do with the file: {}.", problem.help()), None)
}

fn broken(what: &str, errors: u64, so: &str) -> Matter {
    let errors = count(errors, "error", "errors");
    matter(
        format!("{what} {errors}, {so}."),
        "Ask whoever changed the files last. On the server, `fortnightly check` shows where the errors are.",
        None,
    )
}

fn restored(what: &AfterRestore) -> Matter {
    let before = "Before the service is released,";
    match what {
        AfterRestore::Waits { made } => matter(
            format!(
                "The service was restored from a backup made on {}, and knows nothing of what has happened since. It sends \
                 nothing until someone releases it.",
                local_moment(made)
            ),
            format!(
                "Once everything else that is said about the backup has been dealt with, press “{}”.",
                button::RELEASE
            ),
            Some(ConsolePage::Now),
        ),
        AfterRestore::SetBack { made } => matter(
            format!(
                "The database has lost its latest changes: either a standby took over before it had received them, or \
                 someone restored an earlier state. The last change that it has is from about {}. Nothing is sent until \
                 someone releases it.",
                local_moment(made)
            ),
            format!(
                "Once everything else that is said about the loss has been dealt with, press “{}”.",
                button::RELEASE
            ),
            Some(ConsolePage::Now),
        ),
        AfterRestore::LeftUnknown => matter(
            "People whose unsubscribe was lost are on the list again.",
            format!(
                "{before} find them in the mail to the unsubscribe address, and on the old server if it can still be read, \
                 and unsubscribe each of them."
            ),
            Some(ConsolePage::Subscribers),
        ),
        AfterRestore::LeftSince => matter(
            "People who left after the backup was made are on the list again.",
            format!(
                "{before} find them in the mail to the unsubscribe address, and in the store that was put aside, and \
                 unsubscribe each of them."
            ),
            Some(ConsolePage::Subscribers),
        ),
        AfterRestore::Unsent { mailing, waiting, total, resend } => unsent(mailing, *waiting, *total, *resend),
        AfterRestore::DueSince(edition) => matter(
            format!("Edition {edition} has fallen due since the backup was made, and may have gone out already."),
            format!(
                "If it did, press “{}” on its page before the service is released, or everyone gets it a second time.",
                button::WITHDRAW
            ),
            Some(ConsolePage::Edition(*edition)),
        ),
        AfterRestore::MaybeSent(bulletins) => maybe_sent(bulletins),
    }
}

fn maybe_sent(bulletins: &[BulletinName]) -> Matter {
    matter(
        format!(
            "These bulletins haven't been sent as far as the service knows, but may have been since the backup was made: {}.",
            commas(bulletins)
        ),
        format!(
            "Before you send one, look in a mailbox that gets them. If it has gone out since, press “{}” on its page, or \
             everyone gets it a second time.",
            button::WITHDRAW
        ),
        None,
    )
}

fn unsent(mailing: &MailingName, waiting: u64, total: u64, resend: bool) -> Matter {
    let then = if resend {
        "They are sent once the service is released, and whoever got theirs in the meantime gets the same mail again."
    } else {
        "Once the service is released they count as uncertain: nobody knows whether they arrived."
    };
    let what = format!("{waiting} of the {total} mails of {mailing} had not been sent at that time.");
    matter(what, then, Some(ConsolePage::of(mailing)))
}

fn replaced(Replacement { edition, pick }: &Replacement) -> Matter {
    matter(
        format!("Edition {edition} has changed: {}: “{}”, {}.", pick.band, pick.title, picks::pick(pick)),
        "Look at it on the page of the edition; another activity can be chosen there.",
        Some(ConsolePage::Edition(*edition)),
    )
}

fn wave_waits(wave: &Wave, of: &MailingName, mailboxes: u64) -> Matter {
    let among = match &wave.scope {
        WaveScope::Edition => String::new(),
        WaveScope::Domain(domain) => format!(" at {domain}"),
        WaveScope::Server(server) => format!(" by the mail server {server}"),
    };
    let were = count(mailboxes, "mailbox was", "mailboxes were");
    matter(
        format!(
            "{were} reported as unknown{among} after {of} was sent, so many at once that the report may be wrong. They \
             stay subscribed until you decide."
        ),
        format!(
            "If you know that they no longer exist, press “{}”. If they still work, press “{}”.",
            button::THEY_ARE_GONE,
            button::THEY_STILL_WORK
        ),
        Some(ConsolePage::Suppressions),
    )
}

fn unsettled(wave: &Wave, of: &MailingName) -> Matter {
    let again = if wave.state == WaveState::Confirmed { button::THEY_ARE_GONE } else { button::THEY_STILL_WORK };
    matter(
        format!(
            "Someone decided about the many bounces of {of}, but that has not been done for all of the mailboxes yet."
        ),
        format!("Unless it is still going on, press “{again}” once more to complete it."),
        Some(ConsolePage::Suppressions),
    )
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, FixedOffset};

    use super::*;
    use crate::app::attention::{EditionAttention, Undelivered};
    use crate::domain::bulletin::BulletinName;
    use crate::domain::edition::EditionNumber;
    use crate::domain::edition::{Deadline, Edit, HoldReason, Pick, PickReason, ToldHold, UnservedBand};
    use crate::domain::fingerprint::{Fingerprint, TextPart};
    use crate::domain::subscription::wave::WaveId;

    const SEVEN: EditionNumber = EditionNumber(7);

    fn due() -> DateTime<FixedOffset> {
        "2026-11-30T08:00:00+00:00".parse().expect("an instant")
    }

    fn holds() -> Vec<HoldReason> {
        let deadline = Deadline { due: due(), grace: 259_200 };
        let bands = vec![UnservedBand { band: "4-5".parse().expect("a band"), mailboxes: 3 }];
        let reply = || "550 5.7.1 no".to_owned();
        vec![
            HoldReason::Late { deadline, unapproved: true },
            HoldReason::Late { deadline, unapproved: false },
            HoldReason::ApprovalMissing { due: None },
            HoldReason::ApprovalMissing { due: Some(due()) },
            HoldReason::RestoredStore,
            HoldReason::UnservedBands { bands },
            HoldReason::ConsentMissing,
            HoldReason::SenderRefused { reply: reply() },
            HoldReason::TooManyRefused { failed: 3, tried: 50, last: Some(reply()) },
            HoldReason::Unanswered { mails: 10, last: None },
            HoldReason::MessageFailed { why: "the subject cannot be encoded".to_owned() },
            HoldReason::Operator { why: None },
            HoldReason::Operator { why: Some("a typing error".to_owned()) },
            HoldReason::Told { kind: ToldHold::Other, text: "as an older version said".to_owned() },
            HoldReason::unknown(),
        ]
    }

    fn of_editions() -> Vec<EditionAttention> {
        let both = |reason: HoldReason| [false, true].map(|is_published| (reason.clone(), is_published));
        let held = holds().into_iter().flat_map(both);
        let held = held.map(|(reason, is_published)| EditionAttention::Held { reason, is_published });
        let would = holds().into_iter().map(EditionAttention::WouldBeHeld);
        let id = "passwords/strong".to_owned();
        let edits = vec![Edit { id, title: "Strong passwords".to_owned(), parts: vec![TextPart::Links] }];
        let others = [
            EditionAttention::NeedsApproval { due: due() },
            EditionAttention::Overdue { due: due(), unapproved: true },
            EditionAttention::Overdue { due: due(), unapproved: false },
            EditionAttention::Edited { was_approved: true, edits },
            EditionAttention::Unfinished { waiting: 3, total: 9, since: None },
            EditionAttention::Undelivered { how: Undelivered::Refused, count: 1, total: 9 },
            EditionAttention::Undelivered { how: Undelivered::GivenUp, count: 1, total: 9 },
            EditionAttention::Undelivered { how: Undelivered::Uncertain, count: 1, total: 9 },
            EditionAttention::Bounced { mails: 1, suppressed: 0 },
            EditionAttention::Bounced { mails: 4, suppressed: 1 },
            EditionAttention::PolicyBounces(2),
        ];
        held.chain(would).chain(others).collect()
    }

    fn wave(state: WaveState) -> Wave {
        let scope = WaveScope::Domain("hillside.example".to_owned());
        Wave { id: WaveId(3), edition: SEVEN, scope, at: due().to_utc(), state, is_settled: false }
    }

    fn all() -> Vec<Attention> {
        let bulletin = || MailingName::Bulletin("warning".parse().expect("a name"));
        let pick = Pick {
            band: "4-5".parse().expect("a band"),
            id: "passwords/strong".parse().expect("an id"),
            title: "Strong passwords".to_owned(),
            reason: PickReason::OnlyOne,
            fingerprint: Fingerprint::default(),
        };
        let restored = [
            AfterRestore::Waits { made: due() },
            AfterRestore::SetBack { made: due() },
            AfterRestore::LeftSince,
            AfterRestore::LeftUnknown,
            AfterRestore::Unsent { mailing: MailingName::Edition(SEVEN), waiting: 3, total: 9, resend: true },
            AfterRestore::Unsent { mailing: bulletin(), waiting: 3, total: 9, resend: false },
            AfterRestore::DueSince(SEVEN),
            AfterRestore::MaybeSent(vec!["warning".parse().expect("a name")]),
        ];
        let rest = [
            Attention::Replaced(Replacement { edition: SEVEN, pick }),
            Attention::UnknownBand { band: "4-5".parse().expect("a band"), mailboxes: 1 },
            Attention::Wave { wave: wave(WaveState::Open), of: MailingName::Edition(SEVEN), mailboxes: 30 },
            Attention::UnsettledWave { wave: wave(WaveState::Confirmed), of: MailingName::Edition(SEVEN) },
            Attention::UnsettledWave { wave: wave(WaveState::Dismissed), of: MailingName::Edition(SEVEN) },
            Attention::NotAMessage { path: "bounces/new/x".into(), what: "a folder", others: 1 },
            Attention::SyncWaits,
            Attention::BrokenContent { errors: 1 },
            Attention::BrokenFiles(BrokenFiles { errors: 2, since: due().to_utc() }),
            Attention::RelayUnreachable { since: due(), mails: 1 },
        ];
        let editions = of_editions().into_iter().map(|what| Attention::Edition(SEVEN, what));
        let name: BulletinName = "warning".parse().expect("a name");
        let bulletins = of_editions().into_iter().map(|what| Attention::Bulletin(name.clone(), what));
        restored.map(Attention::Restored).into_iter().chain(editions).chain(bulletins).chain(rest).collect()
    }

    #[test]
    fn everything_is_said_in_whole_sentences_and_without_commands_that_a_button_makes_needless() {
        for attention in all() {
            let Matter { what, advice, page } = for_people(&attention);
            for said in [&what, &advice] {
                let ends = said.ends_with('.') || said.ends_with(".”");
                assert!(ends && !said.contains("..") && !said.contains("  "), "{said}");
                assert!(
                    said.chars().next().is_some_and(|first| first.is_uppercase() || first.is_ascii_digit()),
                    "{said}"
                );
            }
            assert!(!what.contains('`'), "{what}");
            let names_a_command = advice.contains("`fortnightly ");
            assert!(!names_a_command || page.is_none(), "{advice}");
        }
    }
}
