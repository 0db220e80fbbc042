//! `send`: publishes and sends an edition in the foreground.

mod deliver;

use std::process::ExitCode;

use chrono::{DateTime, Utc};
use clap::Args;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::args::Which;
use super::context::Context;
use super::failure::Failure;
use super::preview::{edition_to_show, show};
use super::{out, sync};
use crate::app::previewer::Previewer;
use crate::app::publisher::Outcome;
use crate::app::{AppError, Service, bootstrap};
use crate::config::Config;
use crate::domain::address::Address;
use crate::domain::calendar::{Fortnight, Lateness, due, late};
use crate::domain::delivery::Tally;
use crate::domain::diagnostic::Diagnostic;
use crate::domain::edition::state::change;
use crate::domain::edition::{Edition, EditionChange, EditionNumber, EditionState, HoldReason};
use crate::messages;

/// How many fortnights ahead an edition may be sent: ten years.
const FURTHEST: u32 = 260;

#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is one flag of the command line")]
pub(super) struct Send {
    /// Which edition: a number, next or due
    #[arg(long, value_name = "N|next|due", default_value = "due")]
    edition: Which,
    /// Do not ask, even before its time
    #[arg(long)]
    yes: bool,
    /// Only say who would get what
    #[arg(long)]
    dry_run: bool,
    /// Send one marked copy to this address and record nothing
    #[arg(long, value_name = "ADDRESS", conflicts_with_all = ["dry_run", "late"])]
    to: Option<Address>,
    /// Which digest the copy shows
    #[arg(long, value_name = "S", requires = "to")]
    segment: Option<String>,
    /// Send an edition although its time has passed or it is held; this approves of it as it is
    #[arg(long)]
    late: bool,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

impl Send {
    pub(super) async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        if self.dry_run {
            return self.dry_run(context).await;
        }
        let config = context.config()?;
        context.refuse_pretended_time(&config)?;
        if let Some(to) = &self.to {
            return self.test_copy(context, to).await;
        }
        let service = match Service::open(config.clone(), context.clock).await {
            Err(AppError::Findings(findings)) => return self.finish_only(context, config, findings).await,
            service => service?,
        };
        let now = service.clock.now();
        let synced = sync::sync_and_tell(service.store.as_ref(), &service.config, now).await?;
        post_letters(&service).await?;
        let due = service.reconcile(now).await?;
        let Some(number) = self.target(&service, due, now).await? else {
            return self.nothing_due(&service, now).await;
        };
        if synced.waits_for_consent() && !published(&service, number).await? {
            let why = crate::messages::subscription::consent(&synced.plan);
            if due == Some(number) {
                let hold = EditionChange::Hold(number, HoldReason::ConsentMissing);
                let seen = service.store.editions().await?;
                service.store.write_editions(&change(&seen, &[hold], now), &[], "sync", now).await?;
            }
            return Err(AppError::Refused(why).into());
        }
        if !self.permitted(&service, number, now).await? {
            out::note("Nothing was sent.");
            return Ok(ExitCode::FAILURE);
        }
        service.planner()?.plan_through(number, now).await?;
        if self.late {
            // Whoever sends a held edition by hand approves of it.
            if service.decisions().approve_late(number).await? {
                out::note(&format!("Nobody had approved edition {number}: --late approves of it as it is."));
            }
        }
        match service.publisher()?.publish(number, now).await? {
            Outcome::Held(reason) => Err(AppError::Refused(messages::edition::held(&reason, number)).into()),
            Outcome::Nobody => self.nobody(&service, number).await,
            Outcome::Sending | Outcome::Sent => deliver::deliver(&service, number, self.json).await,
        }
    }

    /// Library or templates are broken: nothing new is published, but what was published before needs neither.
    async fn finish_only(
        &self,
        context: &Context,
        config: Config,
        findings: Vec<Diagnostic>,
    ) -> Result<ExitCode, Failure> {
        let (copy, _) = bootstrap::bare_copy(&config)?;
        let meant = |number| match self.edition {
            Which::Number(wanted) => wanted == number,
            Which::Due | Which::Next => true,
        };
        let editions = copy.editions().await?;
        let unfinished = editions.iter().find(|e| e.state == EditionState::Sending && meant(e.number));
        let Some(number) = unfinished.map(|e| e.number) else {
            return Err(AppError::Findings(findings).into());
        };
        out::findings(&findings);
        out::note(&format!("Edition {number} was published before this went wrong, and is finished now."));
        let service = Service::open_bare(config, context.clock).await?;
        deliver::deliver(&service, number, self.json).await
    }

    async fn dry_run(&self, context: &Context) -> Result<ExitCode, Failure> {
        let service = context.open_copy().await?;
        let now = service.clock.now();
        crate::app::sync::sync(service.store.as_ref(), &service.config.subscribers, true, now).await?;
        let due = service.reconcile(now).await?;
        let Some(number) = self.target(&service, due, now).await? else {
            if self.json {
                out::json(&json!({ "edition": null, "segments": [], "recipients": 0 }));
                return Ok(ExitCode::SUCCESS);
            }
            return self.nothing_due(&service, now).await;
        };
        let proof = Previewer::new(&service.context(), service.content()?).proof(number).await?;
        if self.json {
            out::json(&proof);
        } else {
            show(&proof);
            out::line("Dry run: nothing was sent or recorded.");
        }
        Ok(ExitCode::SUCCESS)
    }

    async fn test_copy(&self, context: &Context, to: &Address) -> Result<ExitCode, Failure> {
        let service = context.open_copy().await?;
        let previewer = Previewer::new(&service.context(), service.content()?);
        let number = match self.edition {
            // A test copy is for looking ahead: with nothing due, the next edition is meant.
            Which::Due => match service.reconcile(service.clock.now()).await? {
                Some(number) => number,
                None => previewer.next().map_err(AppError::from)?,
            },
            which => edition_to_show(&previewer, which).await?,
        };
        let segment = service.send_test_copy(number, to, self.segment.as_deref()).await?;
        if self.json {
            out::json_line(&json!({ "edition": number, "segment": segment }));
            return Ok(ExitCode::SUCCESS);
        }
        out::line(&format!("Sent a test copy of edition {number} ({segment}) to {to}. Nothing was recorded."));
        Ok(ExitCode::SUCCESS)
    }

    /// The edition that is meant.
    async fn target(
        &self,
        service: &Service,
        due: Option<EditionNumber>,
        now: DateTime<Utc>,
    ) -> Result<Option<EditionNumber>, Failure> {
        let number = match self.edition {
            Which::Due if self.late && due.is_none() => match held_back(service, now).await? {
                Some(edition) => edition.number,
                None => return Ok(None),
            },
            Which::Due => match due {
                Some(number) => number,
                None => return Ok(None),
            },
            Which::Next => Previewer::new(&service.context(), service.content()?).next().map_err(AppError::from)?,
            Which::Number(number) => number,
        };
        let furthest = service.config.schedule.fortnight_at(now).0.saturating_add(FURTHEST);
        if number.0 > furthest {
            return Err(Failure::Usage(format!(
                "edition {number} is too far ahead: the last that can be sent now is {furthest}"
            )));
        }
        if let (Fortnight::Paused { date, reason, .. }, false) =
            (service.config.schedule.fortnight(number), published(service, number).await?)
        {
            return Err(AppError::Refused(messages::plan::no_edition(number, date, &reason)).into());
        }
        Ok(Some(number))
    }

    /// Nothing is due: fine, unless something is late.
    async fn nothing_due(&self, service: &Service, now: DateTime<Utc>) -> Result<ExitCode, Failure> {
        let editions = service.store.editions().await?;
        if let Some(edition) = held_back(service, now).await? {
            if edition.is_published() {
                self.may_go_on(&edition)?;
            }
            let untold = HoldReason::Operator { why: None };
            let reason = edition.hold_reason().unwrap_or(&untold);
            return Err(AppError::Refused(messages::edition::held(reason, edition.number)).into());
        }
        let next = service.next(now, service.first().await?, &editions).map_or_else(
            || "Nothing is planned.".to_owned(),
            |next| format!("Edition {} goes out on {}.", next.edition, next.due_at.format("%A %-d %B %Y at %H:%M")),
        );
        if self.json {
            out::json_line(
                &json!({ "edition": null, "state": null, "deliveries": Tally::default(), "seconds": 0.0, "per_second": 0.0 }),
            );
            out::note(&format!("Nothing is due now. {next}"));
        } else {
            out::line(&format!("Nothing is due now. {next}"));
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Nobody would get it: it is not used up.
    async fn nobody(&self, service: &Service, number: EditionNumber) -> Result<ExitCode, Failure> {
        let state = service.edition(number).await?.state;
        let told = format!("Nobody is subscribed, so edition {number} was not sent.");
        if self.json {
            out::json_line(
                &json!({ "edition": number, "state": state, "deliveries": Tally::default(), "seconds": 0.0, "per_second": 0.0 }),
            );
            out::note(&told);
        } else {
            out::line(&told);
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Asks, or insists on the flag, where an edition is early, late or held. Changes nothing.
    async fn permitted(&self, service: &Service, number: EditionNumber, now: DateTime<Utc>) -> Result<bool, Failure> {
        let stored = service.store.editions().await?.into_iter().find(|e| e.number == number);
        let schedule = &service.config.schedule;
        if let Some(edition) = stored.as_ref().filter(|edition| edition.is_published()) {
            return self.may_go_on(edition);
        }
        let lateness = stored.as_ref().map(|edition| schedule.lateness_of(edition, now));
        let state = stored.as_ref().map_or(EditionState::Planned, |edition| edition.state);
        if matches!(state, EditionState::Missed | EditionState::Withdrawn) {
            return Err(AppError::Refused(format!(
                "edition {number} is {state} and cannot be sent any more: `fortnightly plan` shows the ones to come"
            ))
            .into());
        }
        let Fortnight::Sends { due_at, .. } = service.config.schedule.fortnight(number) else { return Ok(true) };
        let when = due_at.format("%A %-d %B %Y at %H:%M");
        let due = due_at.with_timezone(&Utc);
        let late = lateness.unwrap_or_else(|| schedule.lateness(due, now)) == Lateness::Late;
        if (late || state == EditionState::Held) && !self.late {
            let why = stored.as_ref().and_then(messages::edition::reason);
            let why = why.unwrap_or_else(|| format!("it was due on {when}"));
            let unapproved =
                stored.as_ref().and_then(Edition::hold_reason).is_some_and(HoldReason::is_approval_missing);
            return Err(AppError::Refused(format!(
                "edition {number} does not go out by itself: {why}. To send it all the same, add --late{}.",
                if unapproved { ", which approves of it as it is" } else { "" }
            ))
            .into());
        }
        if due_at.with_timezone(&Utc) <= now || self.yes {
            return Ok(true);
        }
        let readers: u64 =
            service.store.audience(&service.config.bands.names()).await?.iter().map(|s| s.recipients).sum();
        let readers = out::count(readers, "mailbox", "mailboxes");
        out::ask(&format!("Edition {number} is due on {when}. Send it now to {readers}?")).ok_or_else(|| {
            Failure::Usage(format!("edition {number} is due on {when}: to send it before its time, add --yes"))
        })
    }
}

impl Send {
    /// A published edition: it is finished, unless somebody held it.
    fn may_go_on(&self, edition: &Edition) -> Result<bool, Failure> {
        if edition.state != EditionState::Held || self.late {
            return Ok(true);
        }
        let number = edition.number;
        let why = messages::edition::reason(edition).unwrap_or_else(|| "no reason given".to_owned());
        Err(AppError::Refused(format!(
            "edition {number} was stopped while it was being sent: {why}. To go on: `fortnightly release {number}`."
        ))
        .into())
    }
}

/// The edition that goes out only by hand: it was stopped while it was being sent, or its time has come and it is held.
async fn held_back(service: &Service, now: DateTime<Utc>) -> Result<Option<Edition>, Failure> {
    let editions = service.store.editions().await?;
    let schedule = &service.config.schedule;
    let halted = editions.iter().find(|e| e.state == EditionState::Held && e.is_published()).map(|e| e.number);
    let number = halted.or_else(|| due(schedule, now, &editions)).or_else(|| late(schedule, now, &editions));
    Ok(editions.into_iter().find(|e| Some(e.number) == number && e.state == EditionState::Held))
}

/// Sends confirmations and good-byes that wait: where nobody runs the daemon, this command is all there is.
async fn post_letters(service: &Service) -> Result<(), Failure> {
    if !service.store.has_letters(service.clock.now()).await? {
        return Ok(());
    }
    let posted = service.send_letters(&CancellationToken::new()).await?;
    if posted.accepted > 0 {
        let letters = out::count(posted.accepted, "confirmation or good-bye", "confirmations and good-byes");
        out::note(&format!("Sent {letters} besides."));
    }
    if let Some(reply) = posted.trouble {
        out::error(&format!("a confirmation or good-bye was not taken yet: {reply}"));
    }
    Ok(())
}

async fn published(service: &Service, number: EditionNumber) -> Result<bool, Failure> {
    Ok(service.store.editions().await?.iter().any(|e| e.number == number && e.is_published()))
}
