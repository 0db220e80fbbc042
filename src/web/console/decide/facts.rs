//! What a decision about an edition will do, in numbers.

use chrono::{DateTime, FixedOffset};

use crate::app::AppError;
use crate::app::planner::{PlanRow, PlanState};
use crate::domain::activity::Notice;
use crate::domain::calendar::Approval;
use crate::domain::delivery::Tally;
use crate::domain::edition::{EditionNumber, EditionState, Selection, StateReason};
use crate::domain::edits::refreshed;
use crate::domain::text::dates;
use crate::domain::text::lists::count;
use crate::messages;
use crate::web::console::ask::{Field, Question};
use crate::web::console::parts::ConsoleParts;

/// What is known about an edition when somebody decides about it.
pub(super) struct Facts {
    pub(super) row: PlanRow,
    tally: Tally,
    mailboxes: u64,
    is_due: bool,
    needs_approval: bool,
    /// As approving it now would take them.
    texts: Option<Selection>,
    notices: Vec<Notice>,
}

/// What goes out, and when: the picks with fingerprints of their texts as they are now, and the notices.
type Seen<'a> = (&'a PlanState, &'a Option<Selection>, DateTime<FixedOffset>, &'a [Notice]);

impl Facts {
    pub(super) async fn read(parts: &ConsoleParts, number: EditionNumber) -> Result<Self, AppError> {
        let row = parts.row(number).await?;
        let reporter = parts.reporter();
        let library = parts.content().map(|content| &content.library);
        let texts = library.zip(row.selection.as_ref()).map(|(library, picks)| refreshed(library.texts(), picks));
        let notices = library.into_iter().flat_map(|library| &library.notices);
        let notices = notices.filter(|notice| notice.from <= row.date && row.date <= notice.until).cloned().collect();
        Ok(Self {
            texts,
            notices,
            tally: reporter.tally(number).await?,
            mailboxes: reporter.mailboxes().await?,
            is_due: row.due_at <= parts.context.clock.now(),
            needs_approval: parts.config().schedule.approval == Approval::Required,
            row,
        })
    }

    /// What somebody decides about: not how many read it, which may change at any moment.
    pub(super) fn seen(&self) -> Seen<'_> {
        (&self.row.state, &self.texts, self.row.due_at, &self.notices)
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

    pub(super) fn approve(&self) -> Question {
        let picks = self.row.picks().iter().map(|pick| format!("{}: {}", pick.band, pick.title));
        let mut facts: Vec<String> = std::iter::once(self.when()).chain(picks).collect();
        if self.needs_approval {
            facts.push("If its activities or their texts change after this, it needs approval again.".to_owned());
        }
        Question {
            title: format!("Approve edition {}?", self.number()),
            warnings: self.held(),
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
            vec![format!("Nobody gets it on {when} unless somebody releases it before then.")]
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
