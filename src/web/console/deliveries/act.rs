//! To try again what did not arrive, and to say what became of uncertain mails: for one mailbox, or for all that a list is of. Each is
//! asked once, with the number.

use axum::response::Response;

use super::wanted::Wanted;
use crate::app::AppError;
use crate::domain::bulletin::MailingName;
use crate::domain::delivery::DeliveryState;
use crate::domain::delivery::listing::DeliveryFilter;
use crate::domain::subscriber::RecipientId;
use crate::domain::text::lists::count;
use crate::messages::bulletins::people;
use crate::messages::troubles;
use crate::web::console::ask::Question;
use crate::web::console::asking::{Asked, Asking, Refusal};
use crate::web::console::caller::Caller;
use crate::web::console::masked;
use crate::web::console::parts::ConsoleParts;

/// The page of the list.
pub(super) const HERE: &str = "/deliveries";

const NOTHING: &str =
    "There's no such mail any more: perhaps someone has already decided about it, or it has gone out in the meantime.";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Retry,
    Arrived,
    Lost,
}

impl What {
    pub(super) const ALL: [Self; 3] = [Self::Retry, Self::Arrived, Self::Lost];

    /// The last part of its path.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Retry => "retry",
            Self::Arrived => "arrived",
            Self::Lost => "lost",
        }
    }

    /// The states in which it can be decided.
    pub(super) fn states(self) -> &'static [DeliveryState] {
        match self {
            Self::Retry => DeliveryState::ENDED,
            Self::Arrived | Self::Lost => &[DeliveryState::Uncertain],
        }
    }

    pub(super) fn of_all(self) -> &'static str {
        match self {
            Self::Retry => "Try all of these again…",
            Self::Arrived => "The uncertain ones arrived…",
            Self::Lost => "The uncertain ones didn't arrive…",
        }
    }

    pub(super) fn of_one(self) -> &'static str {
        match self {
            Self::Retry => "Try again…",
            Self::Arrived => "It arrived…",
            Self::Lost => "It didn't arrive…",
        }
    }
}

/// Which mails are meant, and how many.
pub(super) struct Meant {
    wanted: Wanted,
    filter: DeliveryFilter,
    mails: u64,
    /// How many of them may have arrived before.
    uncertain: u64,
    /// Whose it is, where it is one mailbox's.
    whose: Option<String>,
}

impl Meant {
    async fn read(what: What, asking: &Asking) -> Result<Option<Self>, AppError> {
        let (parts, caller) = (&asking.parts, &asking.caller);
        let wanted = Wanted::read(parts, asking.query()).await?;
        let mut filter = wanted.filter();
        filter.states.retain(|state| what.states().contains(state));
        filter.bounced = false;
        if wanted.mailbox.is_some() {
            return Self::one(what, parts, caller, wanted).await;
        }
        let tally = parts.reporter().tally(wanted.number).await?;
        let of = |state| if filter.states.contains(&state) { *tally.clone().of(state) } else { 0 };
        let (mails, uncertain) = if wanted.is_by_state_alone() && of(DeliveryState::Uncertain) == 0 {
            // None that may have arrived: one that becomes uncertain meanwhile isn't meant either.
            let mails = of(DeliveryState::Failed) + of(DeliveryState::Expired);
            filter.states.retain(|state| *state != DeliveryState::Uncertain);
            (mails, 0)
        } else {
            let meant = parts.deliveries().meant((&filter, wanted.why)).await?;
            let (mails, uncertain) = (meant.recipients.len() as u64, meant.uncertain);
            // Those that were counted, and no other that comes to it meanwhile.
            filter = DeliveryFilter {
                edition: filter.edition,
                states: filter.states,
                recipients: Some(meant.recipients),
                ..DeliveryFilter::default()
            };
            (mails, uncertain)
        };
        Ok((mails > 0).then_some(Self { wanted, filter, mails, uncertain, whose: None }))
    }

    async fn one(what: What, parts: &ConsoleParts, caller: &Caller, wanted: Wanted) -> Result<Option<Self>, AppError> {
        let record = wanted.one(parts).await?.filter(|record| what.states().contains(&record.state));
        let Some((record, address)) = record.and_then(|one| one.address.clone().map(|address| (one, address))) else {
            return Ok(None);
        };
        let whose = format!("{} ({})", record.subscriber, masked::shown(caller, &address));
        let filter = DeliveryFilter {
            edition: Some(wanted.number),
            states: what.states().to_vec(),
            recipients: Some(vec![record.id.recipient]),
            ..DeliveryFilter::default()
        };
        let uncertain = u64::from(record.state == DeliveryState::Uncertain);
        Ok(Some(Self { wanted, filter, mails: 1, uncertain, whose: Some(whose) }))
    }

    /// What someone decides about: so many, or just these.
    fn seen(&self) -> (u64, u64, &Option<Vec<RecipientId>>) {
        (self.mails, self.uncertain, &self.filter.recipients)
    }

    fn question(&self, what: What) -> Question {
        let (of, mails) = (&self.wanted.of, count(self.mails, "mail", "mails"));
        let whose = self.whose.as_ref().map(|whose| format!("It is the one to {whose}."));
        let few = "Very many subscribers have a name like this. Only the mails of the first 200 are meant.";
        let cut = self.wanted.is_cut.then(|| few.to_owned());
        let (question, facts, button) = match what {
            What::Retry => self.retry(&mails),
            What::Arrived => (
                format!("Did {mails} of {of} arrive?"),
                vec![format!("{mails} will count as accepted, and nothing more is sent for {}.", self.them())],
                "They arrived".to_owned(),
            ),
            What::Lost => (
                format!("Did {mails} of {of} not arrive?"),
                vec![
                    format!("{mails} will count as refused, and nothing is sent again by itself."),
                    format!("You can try {} again afterwards.", self.them()),
                ],
                "They didn't arrive".to_owned(),
            ),
        };
        let more = self.wanted.mailbox.map(|mailbox| ("mailbox", mailbox.to_string()));
        let more: Vec<_> = more.into_iter().collect();
        Question {
            title: question,
            warnings: cut.into_iter().collect(),
            facts: whose.into_iter().chain(facts).collect(),
            button,
            action: self.wanted.path(&format!("/deliveries/{}", what.word()), &more),
            back_url: self.wanted.path("/deliveries", &[]),
            ..Question::default()
        }
        .about(&self.seen())
    }

    fn retry(&self, mails: &str) -> (String, Vec<String>, String) {
        let of = &self.wanted.of;
        let unless = if matches!(of, MailingName::Edition(_)) { ", if no newer edition is due" } else { "" };
        let mut facts = vec![
            format!("{mails} of {of} will be sent again within a minute{unless}."),
            "Mailboxes that were taken off the list get nothing.".to_owned(),
        ];
        if self.uncertain > 0 {
            let uncertain = count(self.uncertain, "of them may have arrived", "of them may have arrived");
            facts.push(format!("{uncertain}: whoever has it gets the same mail twice."));
        }
        (format!("Try {mails} again?"), facts, format!("Try {} again", self.them()))
    }

    fn them(&self) -> &'static str {
        if self.mails == 1 { "it" } else { "them" }
    }
}

pub(super) async fn ask(what: What, asking: Asked) -> Result<(Question, Meant), Refusal> {
    let meant = Meant::read(what, &asking).await.map_err(asking.failed(HERE))?;
    let meant = meant.ok_or_else(|| asking.conflict(NOTHING, HERE))?;
    let mut question = meant.question(what);
    if what == What::Retry {
        let deliveries = asking.parts.deliveries();
        let follow = deliveries.followed_by(meant.wanted.number).await.map_err(asking.failed(HERE))?;
        question.facts.extend(follow.iter().map(people::follows));
    }
    Ok((question, meant))
}

pub(super) async fn decide(what: What, asking: Asked, meant: Meant) -> Result<Response, Refusal> {
    let back = meant.wanted.path(HERE, &[]);
    let said = done(what, &asking.parts, &meant).await.map_err(asking.failed(&back))?;
    Ok(asking.decided(said, &back))
}

async fn done(what: What, parts: &ConsoleParts, meant: &Meant) -> Result<Vec<String>, AppError> {
    let (deliveries, filter, of) = (parts.deliveries(), &meant.filter, &meant.wanted.of);
    if what == What::Retry {
        let (edition, retried) = deliveries.retry_meant(filter).await?;
        return Ok(troubles::retried(of, edition.state, retried));
    }
    let arrived = what == What::Arrived;
    let (_, mails) = deliveries.resolve_meant(filter, arrived).await?;
    Ok(vec![troubles::resolved(of, mails, arrived)])
}
