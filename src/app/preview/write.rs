//! Writes a proof to a folder: an index to click through, and per segment HTML, text and message.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use super::{Proof, ProofSegment, greeting, long_date, sample, unknown_segment};
use crate::app::material::sample_address;
use crate::app::{AppError, Service};
use crate::domain::address::Address;
use crate::domain::edition::{EditionNumber, Pick};
use crate::domain::rendered::Slot;
use crate::messages;
use crate::render::pages::index::{IndexPick, IndexSegment, IndexView, page};

impl Service {
    /// Writes `index.html` and, per segment, `.html`, `.txt` and `.eml` into `folder`; addresses go to
    /// `recipients.csv` alone, mode 0600. `only` writes one segment.
    ///
    /// # Errors
    /// When `only` names no segment or a file cannot be written.
    pub fn write_proof(&self, proof: &mut Proof, folder: &Path, only: Option<&str>) -> Result<PathBuf, AppError> {
        if let Some(only) = only {
            let ids: Vec<String> = proof.segments.iter().map(|s| s.id.clone()).collect();
            proof.segments.retain(|segment| segment.id == only);
            if proof.segments.is_empty() {
                return Err(unknown_segment(only, &ids));
            }
            proof.recipients = proof.segments.iter().map(|s| s.recipients).sum();
        }
        fs::create_dir_all(folder).map_err(|error| AppError::file(folder, &error))?;
        for at in 0..proof.segments.len() {
            let files = self.write_segment(proof, &proof.segments[at], folder)?;
            proof.segments[at].files = files;
        }
        write_recipients(proof, &folder.join("recipients.csv"))?;
        let index = folder.join("index.html");
        let page = page(&self.index_view(proof)?);
        fs::write(&index, page).map_err(|error| AppError::file(&index, &error))?;
        Ok(index)
    }

    fn write_segment(&self, proof: &Proof, segment: &ProofSegment, folder: &Path) -> Result<Vec<PathBuf>, AppError> {
        let letter = self.sample_letter(proof.edition)?;
        let html = segment.rendered.html.fill(|slot| sample(&letter, slot, &segment.readers));
        let text = self.sample_text(proof.edition, segment)?;
        let to = sample_address();
        let message = self.sample_message(proof, segment, &to, "", proof.at)?;
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
        let letter = self.sample_letter(edition)?;
        Ok(segment.rendered.text.fill(|slot| match slot {
            Slot::Greeting => greeting(&segment.readers),
            other => sample(&letter, other, &segment.readers),
        }))
    }

    fn index_view(&self, proof: &Proof) -> Result<IndexView, AppError> {
        let row = &proof.row;
        let pick = |p: &Pick| IndexPick {
            band: p.band.to_string(),
            id: p.id.to_string(),
            title: p.title.clone(),
            reason: messages::picks::pick(p),
        };
        let segment = |s: &ProofSegment| -> Result<IndexSegment, AppError> {
            Ok(IndexSegment {
                id: s.id.clone(),
                sector: s.sector.to_owned(),
                bands: s.bands.join(", "),
                recipients: s.recipients,
                subject: s.subject.clone(),
                kilobytes: s.html_bytes.div_ceil(1000),
                names: names(&s.readers),
                text: self.sample_text(proof.edition, s)?,
            })
        };
        Ok(IndexView {
            service: self.config.service.name.clone(),
            edition: proof.edition.0,
            date: long_date(row.date),
            time: row.due_at.format("%H:%M").to_string(),
            state: row.state.as_str().to_owned(),
            theme: row
                .theme()
                .zip(self.library().ok())
                .and_then(|(t, library)| library.theme(t))
                .map_or(String::new(), |t| t.title.clone()),
            theme_reason: row.selection.as_ref().map_or(String::new(), messages::picks::theme),
            shifted: row.shifted.as_ref().map(messages::plan::closed),
            notes: proof.notes.clone(),
            picks: row.picks().iter().map(pick).collect(),
            segments: proof.segments.iter().map(segment).collect::<Result<_, _>>()?,
            segments_count: proof.segments.len(),
            recipients: proof.recipients,
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
