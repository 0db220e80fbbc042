//! What withdrawing an activity does, before it's done and afterwards, for people who press buttons.

use std::collections::BTreeSet;

use crate::app::decisions::activity::{Replaced, Withdrawal};
use crate::domain::edition::EditionNumber;
use crate::domain::text::lists::{count, listed};

/// An edition that was published with the activity, and how far its mails have got.
#[derive(Debug, Clone, Copy)]
pub struct Carried {
    pub edition: EditionNumber,
    pub accepted: u64,
    pub waiting: u64,
}

const TELL: &str = "Its page says that it was taken back, but nobody is told by mail. If those who have it must know, send a bulletin that \
                    corrects the edition.";

/// What withdrawing it would do, a sentence each.
pub fn would(withdrawal: &Withdrawal, carried: &[Carried]) -> Vec<String> {
    let mut facts =
        vec!["It won't be picked again, and nobody gets it in an edition that hasn't gone out yet.".to_owned()];
    if withdrawal.replaced.is_empty() && withdrawal.looked {
        facts.push("It isn't in any edition that is planned.".to_owned());
    }
    facts.extend(withdrawal.replaced.iter().map(|place| instead(place, "would get")));
    facts.extend(
        approvals(&withdrawal.replaced)
            .map(|number| format!("Edition {number} is approved with it, and would need approval again.")),
    );
    facts.extend(unlooked(withdrawal));
    facts.extend(carried.iter().map(|one| {
        let accepted = match one.accepted {
            0 => "none of its mails has been accepted yet".to_owned(),
            some => format!(
                "{} been accepted, and can't be called back",
                count(some, "of its mails has", "of its mails have")
            ),
        };
        let waiting = match one.waiting {
            0 => String::new(),
            waiting => format!(
                " {}, and would still go out with it unless you hold the edition.",
                count(waiting, "mail is waiting", "mails are waiting")
            ),
        };
        format!("Edition {} has it: {accepted}.{waiting}", one.edition)
    }));
    if carried.iter().any(|one| one.accepted > 0) {
        facts.push(TELL.to_owned());
    }
    facts
}

/// What came of it, a sentence each.
pub fn done(title: &str, withdrawal: &Withdrawal) -> Vec<String> {
    let mut said = vec![format!("“{title}” is withdrawn, and won't be picked again.")];
    said.extend(withdrawal.replaced.iter().map(|place| instead(place, "gets")));
    said.extend(
        approvals(&withdrawal.replaced)
            .map(|number| format!("Edition {number} was approved with it, so it needs approval again.")),
    );
    said.extend(unlooked(withdrawal));
    if !withdrawal.unfinished.is_empty() {
        let numbers: Vec<String> = withdrawal.unfinished.iter().map(|number| format!("edition {number}")).collect();
        said.push(format!(
            "Mails of {} that are still waiting contain it. Hold the edition if they shouldn't go out.",
            listed(&numbers)
        ));
    }
    if !withdrawal.published.is_empty() {
        said.push("Families who got it aren't told by this. If they must know, write a correction.".to_owned());
    }
    said
}

fn instead(Replaced { edition, band, by, .. }: &Replaced, gets: &str) -> String {
    match by {
        Some((title, _)) => format!("In edition {edition}, the age group {band} {gets} “{title}” instead."),
        None => format!(
            "In edition {edition}, nothing else suits the age group {band}: if it has any readers, the edition is held."
        ),
    }
}

/// Editions that were approved with it.
fn approvals(replaced: &[Replaced]) -> impl Iterator<Item = EditionNumber> {
    let approved: BTreeSet<_> = replaced.iter().filter(|place| place.was_approved).map(|place| place.edition).collect();
    approved.into_iter()
}

fn unlooked(withdrawal: &Withdrawal) -> Option<String> {
    let why = "The library has errors, and planned editions get something else only once these have been put right.";
    (!withdrawal.looked).then(|| why.to_owned())
}
