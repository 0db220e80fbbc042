//! `preview`: the whole run on disk.

use crate::messages;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::args::Which;
use super::context::Context;
use super::failure::Failure;
use super::out;
use super::table::Column;
use crate::app::AppError;
use crate::app::previewer::Previewer;
use crate::app::previewer::proof::{Proof, ProofSegment};
use crate::domain::edition::EditionNumber;
use crate::domain::text::dates;
use crate::messages::preview::note;

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
        let (app, content) = context.open_whole_copy().await?;
        let previewer = Previewer::new(&app, &content);
        let number = edition_to_show(&previewer, self.edition).await?;
        let mut proof = previewer.proof(number).await?;
        let folder = self.out.unwrap_or_else(|| app.config.folder.join("preview").join(format!("edition-{number}")));
        previewer.compare(&mut proof).await?;
        let words = messages::preview::index(&proof);
        let index = previewer.write(&mut proof, &folder, self.segment.as_deref(), words).await?;
        // On a shared store others wait for what it has changed.
        drop((app, previewer));
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
pub(super) async fn edition_to_show(previewer: &Previewer, which: Which) -> Result<EditionNumber, AppError> {
    match which {
        Which::Number(number) => Ok(number),
        Which::Next => Ok(previewer.next()?),
        Which::Due => previewer.due().await,
    }
}

const COLUMNS: &[Column<'_>] =
    &[Column::Text("Segment"), Column::Number("Mailboxes"), Column::Number("HTML"), Column::Note("Subject")];

/// Edition, notes and segments, for people.
pub(super) fn show(proof: &Proof) {
    let theme = proof.row.theme().unwrap_or("no theme");
    out::line(&format!(
        "Edition {} · {} at {} · {theme} · {}",
        proof.edition,
        dates::day(proof.row.date),
        proof.row.due_at.format("%H:%M"),
        out::count(proof.recipients, "mailbox", "mailboxes")
    ));
    for one in &proof.notes {
        out::line(&format!("Note: {}", note(one)));
    }
    segments(&proof.segments);
}

/// A table of segments.
pub(super) fn segments(segments: &[ProofSegment]) {
    let rows = segments.iter().map(|segment| {
        vec![
            segment.id.clone(),
            segment.recipients.to_string(),
            format!("{} kB", segment.html_bytes.div_ceil(1000)),
            segment.subject.clone(),
        ]
    });
    out::table(COLUMNS, rows.collect());
}
