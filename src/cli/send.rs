//! `send`: publishes and sends an edition in the foreground.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, Utc};
use clap::Args;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::failure::Failure;
use super::preview::{edition_to_show, next, show};
use super::{Context, Which, out, progress, sync};
use crate::config::TransportUrl;
use crate::domain::address::Address;
use crate::domain::calendar::Fortnight;
use crate::domain::delivery::Tally;
use crate::domain::edition::{Edition, EditionChange, EditionNumber, EditionState};
use crate::service::dispatch::{Ended, Progress};
use crate::service::preview::long_date;
use crate::service::publish::Outcome;
use crate::service::{Service, ServiceError};

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
    /// Send an edition although its time has passed
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
        let service = Service::open(config, context.clock).await?;
        let now = service.clock.now();
        let synced = sync::sync_and_tell(&service).await?;
        let due = service.reconcile(now).await?;
        let Some(number) = self.target(&service, due, now).await? else {
            return self.nothing_due(&service, now).await;
        };
        if synced.waits_for_consent() && !service.edition(number).await?.state.is_published() {
            let why = sync::consent(&synced.plan);
            if due == Some(number) {
                service.store.change_editions(&[EditionChange::Hold(number, why.clone())], "sync", now).await?;
            }
            return Err(ServiceError::Refused(why).into());
        }
        self.permit(&service, number, now).await?;
        match service.publish(number, now).await? {
            Outcome::Held(reason) => Err(ServiceError::Refused(format!("edition {number} is held: {reason}")).into()),
            Outcome::Sending | Outcome::Sent => self.deliver(&service, number).await,
        }
    }

    async fn dry_run(&self, context: &Context) -> Result<ExitCode, Failure> {
        let service = context.open_copy().await?;
        let number = match self.edition {
            Which::Due => match service.reconcile(service.clock.now()).await? {
                Some(number) => number,
                None => return self.nothing_due(&service, service.clock.now()).await,
            },
            which => edition_to_show(&service, which).await?,
        };
        let proof = service.proof(number).await?;
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
        let number = match self.edition {
            // A test copy is for looking ahead: with nothing due, the next edition is meant.
            Which::Due => match service.reconcile(service.clock.now()).await? {
                Some(number) => number,
                None => next(&service)?,
            },
            which => edition_to_show(&service, which).await?,
        };
        let segment = service.send_test_copy(number, to, self.segment.as_deref()).await?;
        out::line(&format!("Sent a test copy of edition {number} ({segment}) to {to}. Nothing was recorded."));
        Ok(ExitCode::SUCCESS)
    }

    /// The edition that is meant, planned in the store.
    async fn target(
        &self,
        service: &Service,
        due: Option<EditionNumber>,
        now: DateTime<Utc>,
    ) -> Result<Option<EditionNumber>, Failure> {
        let number = match self.edition {
            Which::Due if self.late && due.is_none() => match late_one(&service.store.editions().await?, now) {
                Some(edition) => edition.number,
                None => return Ok(None),
            },
            Which::Due => match due {
                Some(number) => number,
                None => return Ok(None),
            },
            Which::Next => next(service)?,
            Which::Number(number) => number,
        };
        if let (Fortnight::Paused { date, reason, .. }, false) =
            (service.config.schedule.fortnight(number), published(service, number).await?)
        {
            return Err(ServiceError::Refused(format!(
                "fortnight {number} ({}) has no edition: {reason}",
                long_date(date)
            ))
            .into());
        }
        service.plan_through(number, now).await?;
        Ok(Some(number))
    }

    /// Nothing is due: fine, unless something is late.
    async fn nothing_due(&self, service: &Service, now: DateTime<Utc>) -> Result<ExitCode, Failure> {
        let editions = service.store.editions().await?;
        if let Some(edition) = late_one(&editions, now) {
            return Err(ServiceError::Refused(format!(
                "edition {} was due on {} and is held: {}. Send it all the same with `fortnightly send --late`, or leave it: the next edition follows by itself.",
                edition.number,
                service.local(edition.due_at).format("%A %-d %B %Y at %H:%M"),
                edition.reason.as_deref().unwrap_or("it is late")
            ))
            .into());
        }
        let next = service.next(now, &editions).map_or_else(
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

    /// Asks, or insists on the flag, where an edition is early or late; lifts a hold that `--late` may lift.
    async fn permit(&self, service: &Service, number: EditionNumber, now: DateTime<Utc>) -> Result<(), Failure> {
        let edition = service.edition(number).await?;
        if edition.state.is_published() {
            return Ok(());
        }
        let when = service.local(edition.due_at).format("%A %-d %B %Y at %H:%M");
        if edition.due_at + service.config.schedule.grace < now || edition.state == EditionState::Held {
            if !self.late {
                let why = edition.reason.clone().unwrap_or_else(|| format!("it was due on {when}"));
                return Err(ServiceError::Refused(format!(
                    "edition {number} does not go out by itself: {why}. To send it all the same, add --late."
                ))
                .into());
            }
            if edition.state == EditionState::Held {
                service.store.change_editions(&[EditionChange::Release(number)], "send --late", now).await?;
            }
        }
        if edition.due_at > now && !self.yes {
            let readers: u64 =
                service.store.audience(&service.config.bands.names()).await?.iter().map(|s| s.recipients).sum();
            let question = format!(
                "Edition {number} is due on {when}. Send it now to {}?",
                out::count(readers, "mailbox", "mailboxes")
            );
            match out::ask(&question) {
                Some(true) => {}
                Some(false) => return Err(ServiceError::Refused("nothing was sent".into()).into()),
                None => {
                    return Err(Failure::Usage(format!(
                        "edition {number} is due on {when}: to send it before its time, add --yes"
                    )));
                }
            }
        }
        Ok(())
    }

    async fn deliver(&self, service: &Service, number: EditionNumber) -> Result<ExitCode, Failure> {
        let before = service.store.tally(number).await?;
        let stop = CancellationToken::new();
        let interrupt = stop.clone();
        tokio::spawn(async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                out::note("Stopping: what is in hand is finished, the rest stays queued.");
                interrupt.cancel();
            }
        });
        let progress = Arc::new(Progress::default());
        let shown = CancellationToken::new();
        let watcher =
            tokio::spawn(progress::show(Arc::clone(&progress), before.total - before.accepted, shown.clone()));
        let start = Instant::now();
        let ended = service.dispatch(number, service.transports()?, Arc::clone(&progress), stop).await;
        shown.cancel();
        // Progress that broke off has nothing to say about the run.
        let _ = watcher.await;
        let ended = ended?;
        self.report(service, number, &ended, progress.attempts(), start.elapsed().as_secs_f64()).await
    }

    async fn report(
        &self,
        service: &Service,
        number: EditionNumber,
        ended: &Ended,
        attempts: u64,
        seconds: f64,
    ) -> Result<ExitCode, Failure> {
        let tally = service.store.tally(number).await?;
        let state = service.edition(number).await?.state;
        #[allow(clippy::cast_precision_loss, reason = "a rate for people needs no more than 52 bits")]
        let rate = if seconds > 0.0 { attempts as f64 / seconds } else { 0.0 };
        if self.json {
            out::json_line(
                &json!({ "edition": number, "state": state, "deliveries": tally, "seconds": seconds, "per_second": rate }),
            );
        } else {
            tell(service, number, tally, attempts, seconds);
        }
        match ended {
            Ended::Finished => {}
            Ended::Stopped => {
                out::note("Stopped before the end. Run the same command again to finish; nothing is sent twice.");
            }
            Ended::Refused(reply) => out::error(&format!("the relay refuses this sender, so the run stopped: {reply}")),
        }
        let settled = tally.accepted + tally.suppressed == tally.total && *ended == Ended::Finished;
        Ok(if settled { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// Says what came of it, and where to look.
fn tell(service: &Service, number: EditionNumber, tally: Tally, attempts: u64, seconds: f64) {
    let mails = out::count(tally.total, "mail", "mails");
    if attempts == 0 && tally.is_settled() {
        out::line(&format!(
            "Edition {number} was sent before: {mails}, {} accepted. Nothing was left to do.",
            tally.accepted
        ));
    } else {
        out::line(&format!("Edition {number}: {mails}, {} accepted, in {seconds:.1} s.", tally.accepted));
    }
    let rest = [
        (tally.queued + tally.sending, "waiting"),
        (tally.deferred, "deferred, tried again later"),
        (tally.uncertain, "uncertain"),
        (tally.failed, "refused"),
        (tally.expired, "given up"),
        (tally.suppressed, "suppressed"),
    ];
    for (count, what) in rest.iter().filter(|(count, _)| *count > 0) {
        out::line(&format!("  {count} {what}"));
    }
    if let TransportUrl::Maildir(path) = &service.config.mail.transport {
        out::line(&format!(
            "Look in {}: it is a Maildir, which mail programs open (mutt -f {}).",
            path.join("new").display(),
            path.display()
        ));
    }
}

async fn published(service: &Service, number: EditionNumber) -> Result<bool, Failure> {
    Ok(service.store.editions().await?.iter().any(|e| e.number == number && e.state.is_published()))
}

/// The newest held edition whose time has come and that is newer than everything published.
fn late_one(editions: &[Edition], now: DateTime<Utc>) -> Option<&Edition> {
    let newest = editions.iter().filter(|e| e.due_at <= now).max_by_key(|e| e.number)?;
    (newest.state == EditionState::Held).then_some(newest)
}
