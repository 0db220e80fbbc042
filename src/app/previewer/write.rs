//! Writes a proof to a folder: an index to click through, and per segment HTML, text and message.

use std::fs;
use std::path::{Path, PathBuf};

use super::bulletin::BulletinProof;
use super::index::{BulletinWords, IndexHead, IndexWords};
use super::proof::{Proof, ProofMails, ProofSegment};
use super::recipient_lists::{FEW, NAMES, RecipientLists, broke_off};
use super::{Previewer, greeting, sample};
use crate::app::edition_content::sample_address;
use crate::app::pictures::with_pictures;
use crate::app::{AppError, csv_import, own_files};
use crate::config::Config;
use crate::domain::edition::EditionNumber;
use crate::domain::rendered::Slot;
use crate::output::{self, Existing, NewFile, Readers};
use crate::render::pages::index::{is_index, page};

impl Previewer {
    /// Writes `index.html` and, per segment, `.html`, `.txt` and `.eml` into `folder`; addresses go to
    /// `recipients.csv` alone, mode 0600. The names of a long list go to a `.names.csv` per segment, and the index has the
    /// first. `only` writes one segment. The index says `words`.
    ///
    /// # Errors
    /// When `only` names no segment or a file cannot be written.
    pub async fn write(
        &self,
        proof: &mut Proof,
        folder: &Path,
        only: Option<&str>,
        words: IndexWords,
    ) -> Result<PathBuf, AppError> {
        let head = self.edition_head(proof, words);
        self.write_mails(&mut proof.mails, folder, only, head).await
    }

    /// The same of a bulletin.
    ///
    /// # Errors
    /// As [`Previewer::write`].
    pub async fn write_bulletin(
        &self,
        proof: &mut BulletinProof,
        folder: &Path,
        only: Option<&str>,
        words: BulletinWords,
    ) -> Result<PathBuf, AppError> {
        let head = Self::bulletin_head(proof, words);
        self.write_mails(&mut proof.mails, folder, only, head).await
    }

    async fn write_mails(
        &self,
        mails: &mut ProofMails,
        folder: &Path,
        only: Option<&str>,
        head: IndexHead,
    ) -> Result<PathBuf, AppError> {
        if let Some(only) = only {
            mails.only(only)?;
        }
        let place = Place::new(&self.context.config, folder, mails)?;
        output::make_folder(folder)?;
        let mut lists = RecipientLists::read(&self.context, mails, folder).await?;
        for segment in &mut mails.segments {
            segment.files = FORMS.map(|form| place.of(segment, form)).into();
        }
        let index = place.index();
        // First, so that the folder is known for a preview's from now on.
        place.write(&index, page(&self.index_view(mails, &lists, head)?).as_bytes(), Readers::Everyone)?;
        let mut recipients = place.csv(&place.recipients(), Readers::Owner, &["segment", "name", "email"])?;
        for at in 0..mails.segments.len() {
            lists.write_mailboxes(at, recipients.file())?;
        }
        recipients.finish()?;
        for (at, segment) in mails.segments.iter().enumerate() {
            self.write_segment(mails, segment, &place)?;
            if let Some(path) = place.names(segment) {
                let mut names = place.csv(&path, Readers::Everyone, &["name"])?;
                lists.write_names(at, names.file())?;
                names.finish()?;
            }
        }
        Ok(index)
    }

    fn write_segment(&self, mails: &ProofMails, segment: &ProofSegment, place: &Place) -> Result<(), AppError> {
        let links = self.digests.sample_links(mails.number)?;
        let html = segment.rendered.html.fill(|slot| sample(&links, slot, segment.first.as_deref()));
        let html = with_pictures(&html, &mails.pictures);
        let text = self.sample_text(mails.number, segment)?;
        let message = self.sample_message(mails, segment, &sample_address(), "", mails.at)?;
        for (form, bytes) in FORMS.into_iter().zip([html.as_bytes(), text.as_bytes(), message.bytes.as_slice()]) {
            place.write(&place.of(segment, form), bytes, Readers::Everyone)?;
        }
        Ok(())
    }

    pub(super) fn sample_text(&self, number: EditionNumber, segment: &ProofSegment) -> Result<String, AppError> {
        let links = self.digests.sample_links(number)?;
        Ok(segment.rendered.text.fill(|slot| match slot {
            Slot::Greeting => greeting(segment.first.as_deref()),
            other => sample(&links, other, segment.first.as_deref()),
        }))
    }
}

/// What a segment is written as.
const FORMS: [&str; 3] = ["html", "txt", "eml"];

/// The folder of a preview. Only where an earlier preview was is anything written over.
struct Place<'a> {
    folder: &'a Path,
    existing: Existing,
    /// Whether names have files of their own.
    has_names: bool,
}

impl<'a> Place<'a> {
    /// Looks at everything before anything is written.
    fn new(config: &Config, folder: &'a Path, mails: &ProofMails) -> Result<Self, AppError> {
        let mut place = Self { folder, existing: Existing::Stays, has_names: mails.recipients > FEW };
        let index = place.index();
        let is_file = fs::symlink_metadata(&index).is_ok_and(|about| about.is_file());
        if is_file && fs::read(&index).is_ok_and(|text| is_index(&text)) {
            place.existing = Existing::Goes;
        }
        let of = |segment| FORMS.map(|form| place.of(segment, form)).into_iter().chain(place.names(segment));
        let all = mails.segments.iter().flat_map(of);
        for path in [index, place.recipients()].into_iter().chain(all) {
            own_files::spare(config, &path)?;
            output::check(&path, place.existing)?;
        }
        Ok(place)
    }

    fn index(&self) -> PathBuf {
        self.folder.join("index.html")
    }

    fn recipients(&self) -> PathBuf {
        self.folder.join("recipients.csv")
    }

    fn of(&self, segment: &ProofSegment, form: &str) -> PathBuf {
        self.folder.join(format!("{}.{form}", segment.id))
    }

    /// The file that names all of a segment's subscribers, where the index does not.
    fn names(&self, segment: &ProofSegment) -> Option<PathBuf> {
        self.has_names.then(|| self.of(segment, NAMES))
    }

    /// A table that begins with this row.
    fn csv(&self, path: &Path, readers: Readers, header: &[&str]) -> Result<NewFile, AppError> {
        let mut new = NewFile::begin(path, readers, self.existing)?;
        let begun = csv_import::spreadsheet(new.file()).and_then(|mut csv| {
            csv.write_record(header)?;
            csv.flush()
        });
        begun.map_err(|error| broke_off(&error))?;
        Ok(new)
    }

    fn write(&self, path: &Path, bytes: &[u8], readers: Readers) -> Result<(), AppError> {
        Ok(output::write(path, bytes, readers, self.existing)?)
    }
}
