//! `preview`: the whole run on disk.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::args::Which;
use super::context::Context;
use super::failure::Failure;
use super::out;
use super::table::Column;
use crate::app::AppError;
use crate::app::bulletins::Bulletins;
use crate::app::bulletins::rehearse::BulletinRehearsal;
use crate::app::bulletins::send::BulletinOrder;
use crate::app::previewer::Previewer;
use crate::app::previewer::proof::{Proof, ProofSegment};
use crate::domain::bulletin::{BulletinName, BulletinNameError, MailingName, Narrowing};
use crate::domain::edition::EditionNumber;
use crate::domain::text::dates;
use crate::messages;
use crate::messages::preview::note;

#[derive(Debug, Args)]
pub(super) struct Preview {
    /// A bulletin in place of an edition
    #[arg(value_name = "bulletin:NAME", value_parser = bulletin_name)]
    bulletin: Option<BulletinName>,
    /// Which edition: a number, next or due [default: next]. Of a bulletin: the edition whose readers get it
    #[arg(long, value_name = "N|next|due")]
    edition: Option<Which>,
    /// Of a bulletin: the other bulletin whose readers get it
    #[arg(long = "bulletin", value_name = "OTHER", conflicts_with = "edition", requires = "bulletin")]
    other: Option<BulletinName>,
    /// Where to write it [default: preview/edition-N or preview/bulletin-NAME beside the config]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Only this segment
    #[arg(long, value_name = "S")]
    segment: Option<String>,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

/// A name after `bulletin:`, as `approve` and its like take it.
fn bulletin_name(text: &str) -> Result<BulletinName, String> {
    let name = text.strip_prefix("bulletin:");
    let name = name.ok_or_else(|| "expected bulletin:NAME; an edition is named with --edition N".to_owned())?;
    name.parse().map_err(|error: BulletinNameError| error.to_string())
}

impl Preview {
    pub(super) async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        if let Some(name) = &self.bulletin {
            return Box::pin(self.bulletin(context, name)).await;
        }
        let (app, content) = context.open_whole_copy().await?;
        let previewer = Previewer::new(&app, &content);
        let number = edition_to_show(&previewer, self.edition.unwrap_or(Which::Next)).await?;
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
            out::line(&open(&index));
        }
        Ok(ExitCode::SUCCESS)
    }

    async fn bulletin(&self, context: &Context, name: &BulletinName) -> Result<ExitCode, Failure> {
        let readers_of = match self.edition {
            None => self.other.clone().map(MailingName::Bulletin),
            Some(Which::Number(number)) => Some(MailingName::Edition(number)),
            Some(Which::Next | Which::Due) => {
                return Err(Failure::Usage(
                    "a bulletin goes to the readers of an edition with a number: --edition N".into(),
                ));
            }
        };
        let (app, content) = context.open_whole_copy().await?;
        let (bulletins, previewer) = (Bulletins::new(&app, Some(&content)), Previewer::new(&app, &content));
        let narrowing = Narrowing { readers_of, ..Narrowing::default() };
        let order = BulletinOrder {
            name: name.clone(),
            narrowing,
            beside_edition: true,
            before_the_last_has_left: true,
            confirmed: true,
        };
        let mut rehearsal = bulletins.rehearse(&order).await?;
        let findings = bulletins.findings(name).await?;
        let folder = self.out.clone();
        let folder = folder.unwrap_or_else(|| app.config.folder.join("preview").join(format!("bulletin-{name}")));
        let words = messages::bulletins::preview::index(&rehearsal, &findings, &app.config.bands);
        let index = previewer.write_bulletin(&mut rehearsal.proof, &folder, self.segment.as_deref(), words).await?;
        // On a shared store others wait for what it has changed.
        drop((app, bulletins, previewer));
        if self.json {
            out::json(&rehearsal.proof);
            return Ok(ExitCode::SUCCESS);
        }
        show_bulletin(&rehearsal);
        for finding in &findings {
            out::line(&out::painted(finding));
        }
        out::line(&open(&index));
        Ok(ExitCode::SUCCESS)
    }
}

fn open(index: &Path) -> String {
    format!("Open {} in a browser to look at everything.", index.display())
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
        out::count(proof.mails.recipients, "mailbox", "mailboxes")
    ));
    for one in &proof.notes {
        out::line(&format!("Note: {}", note(one)));
    }
    segments(&proof.mails.segments);
}

/// The same of a bulletin.
pub(super) fn show_bulletin(rehearsal: &BulletinRehearsal) {
    for line in messages::bulletins::preview::rehearsal(rehearsal) {
        out::line(&line);
    }
    segments(&rehearsal.proof.mails.segments);
}

/// A table of segments.
fn segments(segments: &[ProofSegment]) {
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
