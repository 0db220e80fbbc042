//! What a decision about an edition will do, in numbers.

use super::read::Read;
use crate::app::AppError;
use crate::app::planner::{PlanRow, PlanState};
use crate::domain::band::BandName;
use crate::domain::calendar::Approval;
use crate::domain::delivery::Tally;
use crate::domain::edition::{EditionNumber, EditionState, StateReason};
use crate::domain::text::dates;
use crate::domain::text::lists::count;
use crate::messages;
use crate::web::console::ask::{Field, Question};
use crate::web::console::parts::ConsoleParts;

/// What is known about an edition when someone decides about it.
pub(super) struct Facts {
    pub(super) row: PlanRow,
    /// What of it can be read, and so approved.
    read: Read,
    tally: Tally,
    mailboxes: u64,
    /// Its activities, each with the name of its age group.
    activities: Vec<String>,
    is_due: bool,
    needs_approval: bool,
}

/// What an age group is called.
pub(super) fn label(parts: &ConsoleParts, band: &BandName) -> String {
    parts.config().bands.get(band).map_or_else(|| band.to_string(), |band| band.label.clone())
}

impl Facts {
    pub(super) async fn read(parts: &ConsoleParts, number: EditionNumber) -> Result<Self, AppError> {
        let row = parts.row(number).await?;
        let reporter = parts.reporter();
        Ok(Self {
            read: Read::of(parts, &row),
            activities: row
                .picks()
                .iter()
                .map(|pick| format!("{}: {}", label(parts, &pick.band), pick.title))
                .collect(),
            tally: reporter.tally(number).await?,
            mailboxes: reporter.mailboxes().await?,
            is_due: row.due_at <= parts.context.clock.now(),
            needs_approval: parts.config().schedule.approval == Approval::Required,
            row,
        })
    }

    /// What someone decides about: not how many read it, which may change at any moment.
    pub(super) fn seen(&self) -> (PlanState, &Option<StateReason>, &Read) {
        // That the daemon has planned it meanwhile is no change of it.
        let state = match &self.row.state {
            PlanState::Projected => PlanState::Edition(EditionState::Planned),
            state => state.clone(),
        };
        (state, &self.row.reason, &self.read)
    }

    fn number(&self) -> EditionNumber {
        self.row.edition
    }

    fn is_published(&self) -> bool {
        self.tally.total > 0
    }

    /// How many of its mails still wait.
    fn left(&self) -> u64 {
        self.tally.waiting()
    }

    /// When it goes out, and to how many.
    fn when(&self) -> String {
        let (when, to) = (dates::local_moment(&self.row.due_at), count(self.mailboxes, "mailbox", "mailboxes"));
        if self.is_published() {
            format!("Still waiting to be sent: {} of {}.", self.left(), count(self.tally.total, "mail", "mails"))
        } else if self.is_due {
            format!("It was due on {when}, so it goes out within a minute, to {to}.")
        } else {
            format!("It goes out on {when}, to {to}.")
        }
    }

    /// Why it is held, where it is.
    fn held(&self) -> Vec<String> {
        match &self.row.reason {
            Some(StateReason::Held(reason)) => vec![format!("It is held: {}", messages::attention::why_held(reason))],
            _ => Vec::new(),
        }
    }

    /// `read` is the mark of what someone read before, on the edition's page.
    pub(super) fn approve(&self, read: &str) -> Question {
        let mut facts: Vec<String> = std::iter::once(self.when()).chain(self.activities.iter().cloned()).collect();
        if self.needs_approval {
            facts.push("If its activities or their texts change after this, it needs approval again.".to_owned());
        }
        Question {
            title: format!("Approve edition {}?", self.number()),
            warnings: self.held().into_iter().chain(self.read.since(read)).collect(),
            facts,
            button: format!("Approve edition {}", self.number()),
            ..Question::default()
        }
    }

    pub(super) fn hold(&self) -> Question {
        let number = self.number();
        let facts = if self.is_published() {
            let Tally { accepted, total, .. } = self.tally;
            vec![
                format!(
                    "Accepted so far: {accepted} of {}. These can't be called back.",
                    count(total, "mail", "mails")
                ),
                format!("Kept back at once, because not sent yet: {}.", count(self.left(), "mail", "mails")),
            ]
        } else {
            let when = dates::local_moment(&self.row.due_at);
            vec![format!("Nobody gets it on {when} unless someone releases it before then.")]
        };
        let reason = Field {
            name: "reason",
            label: "Why? (optional)",
            hint: "For whoever looks at it later. Please don't name a child or a family.",
            kind: "text",
            ..Field::default()
        };
        Question {
            title: format!("Hold edition {number}?"),
            facts,
            fields: vec![reason],
            button: format!("Hold edition {number}"),
            is_danger: true,
            ..Question::default()
        }
    }

    pub(super) fn release(&self) -> Question {
        let number = self.number();
        Question {
            title: format!("Release edition {number}?"),
            warnings: self.held(),
            facts: vec![self.when()],
            button: format!("Release edition {number}"),
            ..Question::default()
        }
    }

    pub(super) fn withdraw(&self) -> Question {
        let number = self.number();
        Question {
            title: format!("Withdraw edition {number}?"),
            facts: vec![
                format!("Nobody gets any activities on {}.", dates::local_moment(&self.row.due_at)),
                format!("{} would have got it.", count(self.mailboxes, "mailbox", "mailboxes")),
                "You can bring it back until it is due.".to_owned(),
            ],
            button: format!("Withdraw edition {number}"),
            is_danger: true,
            ..Question::default()
        }
    }

    pub(super) fn reinstate(&self) -> Question {
        let number = self.number();
        Question {
            title: format!("Bring edition {number} back?"),
            facts: vec![self.when()],
            button: format!("Bring edition {number} back"),
            ..Question::default()
        }
    }

    pub(super) fn send_late(&self) -> Question {
        let number = self.number();
        let is_open = !matches!(self.row.state, PlanState::Edition(EditionState::Sent | EditionState::Withdrawn));
        Question {
            title: format!("Send edition {number} all the same?"),
            warnings: self.held(),
            facts: if is_open { vec![self.when()] } else { Vec::new() },
            button: format!("Send edition {number}"),
            ..Question::default()
        }
    }
}
