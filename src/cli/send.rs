//! `send`: publishes and sends an edition in the foreground.

pub(super) mod operators;

use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::args::Which;
use super::context::Context;
use super::failure::Failure;
use super::out;
use super::preview::show;
use super::watcher::Watcher;
use crate::app::sender::{self, Ended, NothingDue, Order, Rehearsal, RunReport, SendError, Sender, Sent, Target};
use crate::app::{AppError, bootstrap};
use crate::domain::address::Address;
use crate::domain::delivery::Tally;
use crate::domain::edition::{EditionNumber, EditionState};
use crate::messages::sending;

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

impl From<SendError> for Failure {
    fn from(error: SendError) -> Self {
        match error {
            SendError::App(error) => error.into(),
            SendError::TooFarAhead { .. } | SendError::Early { .. } => Self::Usage(sending::refusal(&error)),
            error => Self::Refused(sending::refusal(&error)),
        }
    }
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
        let (order, stop) = (self.order(), CancellationToken::new());
        let watcher = Watcher::of_edition(config.clone(), self.json);
        let sent = match bootstrap::open_whole(config.clone(), context.clock).await {
            Ok((app, content)) => {
                let sent = Sender::new(&app, &content).send(&order, &watcher, &stop).await;
                Box::pin(operators::tell(&app, Some(&content), &watcher, &stop)).await;
                sent?
            }
            Err(AppError::Findings(findings)) => {
                let what = (config.clone(), context.clock);
                let finishing = sender::finish_only(what, order.target, &findings, &watcher, &stop);
                let finished = Box::pin(finishing).await?;
                if finished.is_some() {
                    let app = bootstrap::open(config, context.clock).await?;
                    Box::pin(operators::tell(&app, None, &watcher, &stop)).await;
                }
                finished.ok_or(AppError::Findings(findings))?
            }
            Err(error) => return Err(error.into()),
        };
        self.report(&sent)
    }

    fn order(&self) -> Order {
        let target = match self.edition {
            Which::Number(number) => Target::Number(number),
            Which::Next => Target::Next,
            Which::Due => Target::Due,
        };
        Order { target, late: self.late, early: self.yes, alone: true }
    }

    async fn dry_run(&self, context: &Context) -> Result<ExitCode, Failure> {
        let (app, content) = context.open_whole_copy().await?;
        let rehearsal = Sender::new(&app, &content).rehearse(&self.order()).await?;
        // On a shared store others wait for what it has changed.
        drop(app);
        match rehearsal {
            Rehearsal::NothingDue(_) if self.json => {
                out::json(&json!({ "edition": null, "segments": [], "recipients": 0 }));
            }
            Rehearsal::NothingDue(standing) => return self.nothing_due(&standing),
            Rehearsal::Proof(proof) if self.json => out::json(&*proof),
            Rehearsal::Proof(proof) => {
                show(&proof);
                out::line("Dry run: nothing was sent or recorded.");
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    async fn test_copy(&self, context: &Context, to: &Address) -> Result<ExitCode, Failure> {
        let (app, content) = context.open_whole_copy().await?;
        let copy = Sender::new(&app, &content).test_copy(self.order().target, to, self.segment.as_deref()).await?;
        let config = Arc::clone(&app.config);
        // On a shared store others wait for what it has changed, and a relay may take its time.
        drop(app);
        let (number, segment) = copy.send(&config).await?;
        if self.json {
            out::json_line(&json!({ "edition": number, "segment": segment }));
            return Ok(ExitCode::SUCCESS);
        }
        out::line(&format!("Sent a test copy of edition {number} ({segment}) to {to}. Nothing was recorded."));
        Ok(ExitCode::SUCCESS)
    }

    fn report(&self, sent: &Sent) -> Result<ExitCode, Failure> {
        match sent {
            Sent::NothingDue(standing) => self.nothing_due(standing),
            Sent::NotWanted => {
                out::note("Nothing was sent.");
                Ok(ExitCode::FAILURE)
            }
            Sent::Nobody { edition, state } => {
                let told = format!("Nobody is subscribed, so edition {edition} was not sent.");
                self.say_nothing_left(Some((*edition, *state)), &told);
                Ok(ExitCode::SUCCESS)
            }
            Sent::Run(RunReport { tally, ended, bulletin, .. }) => {
                if self.json && bulletin.is_some() {
                    self.say_nothing_left(None, "No edition was on its way.");
                }
                let settled = tally.accepted + tally.suppressed == tally.total && *ended == Ended::Finished;
                Ok(if settled { ExitCode::SUCCESS } else { ExitCode::FAILURE })
            }
        }
    }

    /// Nothing is due: fine, unless something is late.
    fn nothing_due(&self, standing: &NothingDue) -> Result<ExitCode, Failure> {
        if let Some(edition) = &standing.held {
            return Err(Failure::Refused(sending::held_back(edition)));
        }
        self.say_nothing_left(None, &sending::nothing_due(standing));
        Ok(ExitCode::SUCCESS)
    }

    fn say_nothing_left(&self, edition: Option<(EditionNumber, EditionState)>, told: &str) {
        if self.json {
            let (number, state) = edition.unzip();
            out::json_line(
                &json!({ "edition": number, "state": state, "deliveries": Tally::default(), "seconds": 0.0, "per_second": 0.0 }),
            );
            out::note(told);
        } else {
            out::line(told);
        }
    }
}
