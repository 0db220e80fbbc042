//! What is said about a bulletin before it goes out: in a dry run, in its preview, and of which text an approval is.

use super::people;
use crate::app::bulletins::approved::TextAtHand;
use crate::app::bulletins::rehearse::BulletinRehearsal;
use crate::app::previewer::index::BulletinWords;
use crate::domain::band::Bands;
use crate::domain::bulletin::{BulletinName, MailingName};
use crate::domain::diagnostic::Diagnostic;
use crate::domain::edition::EditionState;
use crate::domain::subscriber::Sector;
use crate::domain::text::dates::local_moment;
use crate::domain::text::lists::count;
use crate::messages::sectors;

/// What a dry run or a preview found, before its segments.
pub fn rehearsal(rehearsal: &BulletinRehearsal) -> Vec<String> {
    let proof = &rehearsal.proof;
    let readers = count(proof.mails.recipients, "mailbox", "mailboxes");
    let whose = proof.of.readers_of.as_ref().map(|mailing| format!(" that got {mailing}")).unwrap_or_default();
    let first = format!("Bulletin {} · {} · {readers}{whose}", proof.bulletin, rehearsal.state);
    std::iter::once(first).chain(notes(rehearsal).into_iter().map(|note| format!("Note: {note}"))).collect()
}

fn notes(rehearsal: &BulletinRehearsal) -> Vec<String> {
    let BulletinRehearsal { proof, state, needs_approval, edited, may_follow } = rehearsal;
    let name = &proof.bulletin;
    let edited = (!edited.is_empty()).then(|| people::edited(edited));
    let approve = needs_approval.then(|| format!("It must be approved first: `fortnightly approve bulletin:{name}`."));
    let stands = match state {
        EditionState::Held => Some(format!("It's held. To let it go: `fortnightly release bulletin:{name}`.")),
        EditionState::Withdrawn => Some("It was withdrawn, so it isn't sent.".to_owned()),
        EditionState::Sending | EditionState::Sent => {
            Some("It went out like this. Nobody who got it gets it again.".to_owned())
        }
        EditionState::Planned | EditionState::Approved | EditionState::Missed => None,
    };
    let earlier = proof.of.readers_of.as_ref().filter(|_| *may_follow > 0);
    let follow = earlier.map(|mailing| super::may_follow(mailing, *may_follow));
    follow.into_iter().chain(edited).chain(approve).chain(stands).collect()
}

/// What the index of a preview says of a bulletin in which this was found.
pub fn index(rehearsal: &BulletinRehearsal, findings: &[Diagnostic], bands: &Bands) -> BulletinWords {
    let of = &rehearsal.proof.of;
    let readers_of = of.readers_of.as_ref().map(|mailing| (mailing, of.text.correction.is_some()));
    let found = findings.iter().map(|one| {
        let line = one.line.map(|line| format!("Line {line}: ")).unwrap_or_default();
        format!("{line}{}", one.message)
    });
    BulletinWords {
        state: rehearsal.state.to_string(),
        whom: people::whom(&of.audience, readers_of, bands),
        notes: notes(rehearsal).into_iter().chain(found).collect(),
        sectors: Sector::ALL.iter().map(|sector| (*sector, sectors::many(*sector).to_owned())).collect(),
    }
}

/// Where to look at its mails.
pub fn look_at(name: &BulletinName, readers_of: Option<&MailingName>) -> String {
    let whose = match readers_of {
        Some(MailingName::Edition(number)) => format!(" --edition {number}"),
        Some(MailingName::Bulletin(other)) => format!(" --bulletin {other}"),
        None => String::new(),
    };
    format!("To look at its mails: `fortnightly preview bulletin:{name}{whose}`.")
}

/// Which text was approved.
pub fn approved(text: &TextAtHand) -> String {
    let when = text.changed_at.map(|at| format!(", last changed on {}", local_moment(&at))).unwrap_or_default();
    format!("What was approved is the text “{}”{when}. If it's edited, it needs approval again.", text.title)
}
