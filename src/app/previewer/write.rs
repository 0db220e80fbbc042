//! Writes a proof to a folder: an index to click through, and per segment HTML, text and message.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use super::proof::{Proof, ProofSegment};
use super::{Previewer, greeting, sample};
use crate::app::AppError;
use crate::app::edition_content::sample_address;
use crate::domain::address::Address;
use crate::domain::edition::{EditionNumber, Pick};
use crate::domain::rendered::Slot;
use crate::domain::text::dates;
use crate::render::pages::index::{IndexPick, IndexSegment, IndexView, page};

/// What the index says in sentences.
#[derive(Debug, Clone, Default)]
pub struct IndexWords {
    /// At its head: what would keep the edition from going out, or is worth knowing first.
    pub notes: Vec<String>,
    /// Why the theme was picked.
    pub theme_reason: String,
    /// Why the date is not the fortnight's first day.
    pub shifted: Option<String>,
    /// Why each activity was picked, in the order of the picks.
    pub pick_reasons: Vec<String>,
}

impl Previewer {
    /// Writes `index.html` and, per segment, `.html`, `.txt` and `.eml` into `folder`; addresses go to
    /// `recipients.csv` alone, mode 0600. `only` writes one segment. The index says `words`.
    ///
    /// # Errors
    /// When `only` names no segment or a file cannot be written.
    pub fn write(
        &self,
        proof: &mut Proof,
        folder: &Path,
        only: Option<&str>,
        words: IndexWords,
    ) -> Result<PathBuf, AppError> {
        if let Some(only) = only {
            proof.segments = vec![proof.segment(only)?.clone()];
            proof.recipients = proof.segments.iter().map(|s| s.recipients).sum();
        }
        fs::create_dir_all(folder).map_err(|error| AppError::file(folder, &error))?;
        for at in 0..proof.segments.len() {
            let files = self.write_segment(proof, &proof.segments[at], folder)?;
            proof.segments[at].files = files;
        }
        write_recipients(proof, &folder.join("recipients.csv"))?;
        let index = folder.join("index.html");
        let page = page(&self.index_view(proof, words)?);
        fs::write(&index, page).map_err(|error| AppError::file(&index, &error))?;
        Ok(index)
    }

    fn write_segment(&self, proof: &Proof, segment: &ProofSegment, folder: &Path) -> Result<Vec<PathBuf>, AppError> {
        let links = self.digests.sample_links(proof.edition)?;
        let html = segment.rendered.html.fill(|slot| sample(&links, slot, &segment.readers));
        let text = self.sample_text(proof.edition, segment)?;
        let message = self.sample_message(proof, segment, &sample_address(), "", proof.at)?;
        let mut files = Vec::new();
        for (ending, bytes) in [("html", html.as_bytes()), ("txt", text.as_bytes()), ("eml", message.bytes.as_slice())]
        {
            let path = folder.join(format!("{}.{ending}", segment.id));
            fs::write(&path, bytes).map_err(|error| AppError::file(&path, &error))?;
            files.push(path);
        }
        Ok(files)
    }

    fn sample_text(&self, edition: EditionNumber, segment: &ProofSegment) -> Result<String, AppError> {
        let links = self.digests.sample_links(edition)?;
        Ok(segment.rendered.text.fill(|slot| match slot {
            Slot::Greeting => greeting(&segment.readers),
            other => sample(&links, other, &segment.readers),
        }))
    }

    fn index_view(&self, proof: &Proof, words: IndexWords) -> Result<IndexView, AppError> {
        let row = &proof.row;
        let pick = |(p, reason): (&Pick, String)| IndexPick {
            band: p.band.to_string(),
            id: p.id.to_string(),
            title: p.title.clone(),
            reason,
        };
        let theme = row.theme().and_then(|name| self.content.library.theme(name));
        Ok(IndexView {
            service: self.context.config.service.name.clone(),
            edition: proof.edition.0,
            date: dates::day(row.date),
            time: row.due_at.format("%H:%M").to_string(),
            state: row.state.as_str().to_owned(),
            theme: theme.map_or(String::new(), |theme| theme.title.clone()),
            theme_reason: words.theme_reason,
            shifted: words.shifted,
            notes: words.notes,
            picks: row.picks().iter().zip(words.pick_reasons).map(pick).collect(),
            segments: proof.segments.iter().map(|s| self.index_segment(proof, s)).collect::<Result<_, _>>()?,
            segments_count: proof.segments.len(),
            recipients: proof.recipients,
        })
    }

    fn index_segment(&self, proof: &Proof, segment: &ProofSegment) -> Result<IndexSegment, AppError> {
        Ok(IndexSegment {
            id: segment.id.clone(),
            sector: segment.sector.to_owned(),
            bands: segment.bands.join(", "),
            recipients: segment.recipients,
            subject: segment.subject.clone(),
            kilobytes: segment.html_bytes.div_ceil(1000),
            names: names(&segment.readers),
            text: self.sample_text(proof.edition, segment)?,
        })
    }
}

fn names(readers: &[(String, Address)]) -> Vec<String> {
    let mut names: Vec<String> = readers.iter().map(|(name, _)| name.clone()).collect();
    names.sort();
    names.dedup();
    names
}

fn write_recipients(proof: &Proof, path: &Path) -> Result<(), AppError> {
    let written = (|| {
        // An older file may have another mode: it is replaced, never reused.
        let _ = fs::remove_file(path);
        let file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        let mut csv = csv::Writer::from_writer(file);
        csv.write_record(["segment", "name", "email"])?;
        for segment in &proof.segments {
            for (name, address) in &segment.readers {
                csv.write_record([&segment.id, name, address.as_str()])?;
            }
        }
        csv.into_inner().map_err(|error| std::io::Error::other(error.to_string()))?.flush()
    })();
    written.map_err(|error: std::io::Error| AppError::file(path, &error))
}
