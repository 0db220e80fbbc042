//! The life of a bulletin: what a decision makes of it. Its states and their arrows are those of an edition.

use chrono::{DateTime, Utc};

use super::audience::Audience;
use super::record::{BulletinRecord, PublishedBulletin};
use super::text::Bulletin;
use crate::domain::edition::state::{self, Denied};
use crate::domain::edition::{Edition, EditionChange, EditionState, HoldReason, UnapproveReason, WithdrawReason};
use crate::domain::fingerprint::{Edit, Fingerprint};

/// What a person, or a run that stops itself, decides about a bulletin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BulletinChange {
    /// It may go out, as it reads now; one that was held in the middle of its sending goes on.
    Approve(Option<Bulletin>),
    /// What was approved is not what it says any more.
    Unapprove(Bulletin),
    Hold(HoldReason),
    Release,
    /// It never goes out; of one that is being sent, nothing more does.
    Withdraw,
    /// That is taken back, if nothing had gone out.
    Reinstate,
}

/// A bulletin that changed, and what the audit says about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulletinTransition {
    /// As it was read; none where nobody had decided anything about it.
    pub before: Option<BulletinRecord>,
    pub after: BulletinRecord,
    /// The action, and its data.
    pub audit: (&'static str, String),
    /// What it says, where someone approves of that with this. It is kept until it is published, so that people see what was
    /// changed since.
    pub approved: Option<Bulletin>,
}

impl BulletinChange {
    /// What is approved of with this.
    pub fn approved(&self) -> Option<&Bulletin> {
        match self {
            Self::Approve(text) => text.as_ref(),
            _ => None,
        }
    }
}

/// What a change makes of a bulletin.
///
/// # Errors
/// When its state does not allow it, or it changes nothing.
pub fn apply(
    bulletin: &BulletinRecord,
    change: &BulletinChange,
    at: DateTime<Utc>,
) -> Result<(BulletinRecord, (&'static str, String)), Denied> {
    let number = bulletin.id.mailing();
    if bulletin.withdrawn_at.is_some() {
        let is_so = *change == BulletinChange::Withdraw;
        return Err(if is_so { Denied::Unchanged } else { Denied::State(EditionState::Withdrawn) });
    }
    let made = match change {
        BulletinChange::Approve(_) => EditionChange::Approve(number),
        BulletinChange::Unapprove(text) => EditionChange::Unapprove(number, edited(bulletin, text)),
        BulletinChange::Hold(why) => EditionChange::Hold(number, why.clone()),
        BulletinChange::Release => EditionChange::Release(number),
        BulletinChange::Withdraw => EditionChange::Withdraw(number, WithdrawReason::Operator),
        BulletinChange::Reinstate => EditionChange::Reinstate(number),
    };
    if *change == BulletinChange::Withdraw && bulletin.course.is_published() {
        return Ok((withdraw_midway(bulletin, at)?, made.audit(&[])));
    }
    let before = match change {
        // Whoever approves of it once more approves of something else.
        BulletinChange::Approve(Some(text)) if !bulletin.course.is_published() && !bulletin.is_approved_as(text) => {
            let unapprove = EditionChange::Unapprove(number, edited(bulletin, text));
            let taken_back = state::apply(Some(&bulletin.course), &unapprove, at);
            taken_back.ok().flatten().unwrap_or_else(|| bulletin.course.clone())
        }
        _ => bulletin.course.clone(),
    };
    let course = state::apply(Some(&before), &made, at)?.ok_or(Denied::Absent)?;
    let approved = approval(bulletin, change, &course);
    Ok((BulletinRecord { course, approved, ..bulletin.clone() }, made.audit(&[])))
}

/// Nothing more leaves of a bulletin that is being sent, or was held on its way; not even what someone takes up again.
fn withdraw_midway(bulletin: &BulletinRecord, at: DateTime<Utc>) -> Result<BulletinRecord, Denied> {
    let hold = EditionChange::Hold(bulletin.id.mailing(), HoldReason::Operator { why: None });
    let course = match state::apply(Some(&bulletin.course), &hold, at) {
        Ok(held) => held.ok_or(Denied::Absent)?,
        Err(Denied::State(EditionState::Held)) => bulletin.course.clone(),
        Err(denied) => return Err(denied),
    };
    Ok(BulletinRecord { course, withdrawn_at: Some(at), ..bulletin.clone() })
}

/// The bulletin once it is being sent, with this text, to these, and whether beside an edition, too.
///
/// # Errors
/// Unless it is planned or approved.
pub fn publish(
    bulletin: &BulletinRecord,
    text: &Bulletin,
    audience: Audience,
    beside_edition: bool,
    at: DateTime<Utc>,
) -> Result<BulletinRecord, Denied> {
    let course = state::publish(&bulletin.course, at)?;
    let published = Some(PublishedBulletin { text: text.clone(), audience, beside_edition });
    Ok(BulletinRecord { course, published, ..bulletin.clone() })
}

/// The bulletin once more readers are added to those whom it was sent to.
///
/// # Errors
/// Unless all of it was sent.
pub fn resume(bulletin: &BulletinRecord) -> Result<BulletinRecord, Denied> {
    match bulletin.state() {
        EditionState::Sent => Ok(BulletinRecord { course: state::resume(&bulletin.course)?, ..bulletin.clone() }),
        state => Err(Denied::State(state)),
    }
}

/// What was approved, as long as that stands.
fn approval(bulletin: &BulletinRecord, change: &BulletinChange, course: &Edition) -> Option<Fingerprint> {
    course.approved_at?;
    match change {
        BulletinChange::Approve(Some(text)) if !course.is_published() => Some(text.fingerprint()),
        _ => bulletin.approved.clone(),
    }
}

fn edited(bulletin: &BulletinRecord, text: &Bulletin) -> UnapproveReason {
    let parts = bulletin.edited(text);
    UnapproveReason::Edited { edits: vec![Edit { id: bulletin.name.to_string(), title: text.title.clone(), parts }] }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use proptest::prelude::*;

    use super::super::id::BulletinId;
    use super::*;
    use crate::domain::prose::Prose;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minute)
    }

    fn text(title: &str) -> Bulletin {
        let name = "a-warning".parse().unwrap();
        let (bands, sectors) = (Vec::new(), Vec::new());
        let body = Prose::default();
        let (title, summary) = (title.to_owned(), String::new());
        Bulletin { name, title, summary, bands, sectors, corrects: None, correction: None, body }
    }

    fn planned() -> BulletinRecord {
        BulletinRecord::planned(BulletinId(3), "a-warning".parse().unwrap(), at(0), at(0).date_naive())
    }

    #[test]
    fn an_approval_is_of_what_it_said() {
        let approve = |title: &str| BulletinChange::Approve(Some(text(title)));
        let (approved, _) = apply(&planned(), &approve("One"), at(1)).unwrap();
        assert_eq!(approved.state_as(&text("One")), EditionState::Approved);
        assert_eq!(approved.state_as(&text("Two")), EditionState::Planned);
        assert_eq!(apply(&approved, &approve("One"), at(2)), Err(Denied::Unchanged));
        let (again, _) = apply(&approved, &approve("Two"), at(2)).unwrap();
        assert_eq!((again.state_as(&text("Two")), again.course.approved_at), (EditionState::Approved, Some(at(2))));
        let (taken_back, _) = apply(&approved, &BulletinChange::Unapprove(text("Two")), at(3)).unwrap();
        assert_eq!((taken_back.state(), taken_back.approved), (EditionState::Planned, None));
    }

    fn changes() -> impl Strategy<Value = BulletinChange> {
        prop_oneof![
            "[ab]".prop_map(|title| BulletinChange::Approve(Some(text(&title)))),
            Just(BulletinChange::Approve(None)),
            "[ab]".prop_map(|title| BulletinChange::Unapprove(text(&title))),
            Just(BulletinChange::Hold(HoldReason::Operator { why: None })),
            Just(BulletinChange::Release),
            Just(BulletinChange::Withdraw),
            Just(BulletinChange::Reinstate),
        ]
    }

    proptest! {
        /// Whatever people decide: what was published stays so and says what it said, and what is approved was approved as such.
        #[test]
        fn what_went_out_never_changes(walk in prop::collection::vec((changes(), any::<bool>()), 1..40)) {
            let mut bulletin = planned();
            for (minute, (change, publishes)) in (1..).zip(walk) {
                let before = bulletin.clone();
                if publishes && let Ok(sending) = publish(&bulletin, &text("a"), Audience::default(), false, at(minute)) {
                    prop_assert!(matches!(before.state(), EditionState::Planned | EditionState::Approved));
                    bulletin = sending;
                }
                let before = bulletin.clone();
                if let Ok((after, _)) = apply(&bulletin, &change, at(minute)) {
                    bulletin = after;
                }
                prop_assert_eq!(&bulletin.published, &before.published);
                prop_assert_eq!(bulletin.published.is_some(), bulletin.course.is_published());
                let is_out = matches!(bulletin.course.state, EditionState::Sending | EditionState::Held);
                prop_assert!(bulletin.published.is_none() || is_out);
                if before.withdrawn_at.is_some() {
                    prop_assert_eq!(&bulletin, &before);
                }
                if bulletin.withdrawn_at.is_some() {
                    prop_assert_eq!((bulletin.state(), bulletin.course.state), (EditionState::Withdrawn, EditionState::Held));
                }
                if bulletin.state() == EditionState::Approved {
                    prop_assert!(bulletin.course.approved_at.is_some());
                }
            }
        }
    }
}
