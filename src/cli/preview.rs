//! `preview`: the whole run on disk.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::failure::Failure;
use super::{Context, Which, out};
use crate::app::error::PreviewError;
use crate::app::preview::{Proof, long_date};
use crate::app::{AppError, Service};
use crate::domain::edition::EditionNumber;

#[derive(Debug, Args)]
pub(super) struct Preview {
    /// Which edition: a number, next or due
    #[arg(long, value_name = "N|next|due", default_value = "next")]
    edition: Which,
    /// Where to write it [default: preview/edition-N beside the config]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Only this segment
    #[arg(long, value_name = "S")]
    segment: Option<String>,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

impl Preview {
    pub(super) async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        let service = context.open_copy().await?;
        let number = edition_to_show(&service, self.edition).await?;
        let mut proof = service.proof(number).await?;
        let folder =
            self.out.unwrap_or_else(|| service.config.folder.join("preview").join(format!("edition-{number}")));
        let index = service.write_proof(&mut proof, &folder, self.segment.as_deref())?;
        if self.json {
            out::json(&proof);
        } else {
            show(&proof);
            out::line(&format!("Open {} in a browser to look at everything.", index.display()));
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Which edition `next`, `due` or a number means for a command that only looks.
pub(super) async fn edition_to_show(service: &Service, which: Which) -> Result<EditionNumber, Failure> {
    let now = service.clock.now();
    match which {
        Which::Number(number) => Ok(number),
        Which::Next => Ok(next(service)?),
        Which::Due => {
            let due = service.reconcile(now).await?;
            Ok(due.ok_or(AppError::from(PreviewError::NothingDue))?)
        }
    }
}

/// The first unpaused edition with `due_at > now`, sent or not.
pub(super) fn next(service: &Service) -> Result<EditionNumber, AppError> {
    let next = service.config.schedule.next_after(service.clock.now());
    next.ok_or(PreviewError::NothingAhead.into())
}

/// Edition, notes and segments, for people.
pub(super) fn show(proof: &Proof) {
    let theme = proof.row.theme().unwrap_or("no theme");
    out::line(&format!(
        "Edition {} · {} at {} · {theme} · {}",
        proof.edition,
        long_date(proof.row.date),
        proof.row.due_at.format("%H:%M"),
        out::count(proof.recipients, "mailbox", "mailboxes")
    ));
    for note in &proof.notes {
        out::line(&format!("Note: {note}"));
    }
    let rows = proof.segments.iter().map(|segment| {
        vec![
            segment.id.clone(),
            segment.recipients.to_string(),
            format!("{} kB", segment.html_bytes.div_ceil(1000)),
            segment.subject.clone(),
        ]
    });
    out::table(&["Segment", "Mailboxes", "HTML", "Subject"], rows.collect());
}
