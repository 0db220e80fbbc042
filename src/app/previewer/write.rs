//! Writes a proof to a folder: an index to click through, and per segment HTML, text and message.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::proof::{Proof, ProofSegment};
use super::recipient_lists::{FEW, RecipientLists, broke_off};
use super::{Previewer, greeting, sample, with_pictures};
use crate::app::edition_content::sample_address;
use crate::app::{AppError, csv_import, own_files};
use crate::config::Config;
use crate::domain::edition::{EditionNumber, Pick};
use crate::domain::rendered::Slot;
use crate::domain::sheet::Comparison;
use crate::domain::subscriber::Sector;
use crate::domain::text::dates;
use crate::output::{self, Existing, NewFile, Readers};
use crate::render::console::STYLE;
use crate::render::pages::index::{IndexGroup, IndexNotice, IndexPick, IndexSegment, IndexView, is_index, page};

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
    /// What those of each sector are called.
    pub sectors: BTreeMap<Sector, String>,
    /// Of each notice of the edition, when it is shown.
    pub shown: Vec<String>,
    /// What differs from the edition before, if there is one.
    pub comparison: Option<Comparison>,
}

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
        if let Some(only) = only {
            proof.segments = vec![proof.segment(only)?.clone()];
            proof.recipients = proof.segments.iter().map(|s| s.recipients).sum();
        }
        let place = Place::new(&self.context.config, folder, proof)?;
        output::make_folder(folder)?;
        let mut lists = RecipientLists::read(&self.context, proof, folder).await?;
        for segment in &mut proof.segments {
            segment.files = FORMS.map(|form| place.of(segment, form)).into();
        }
        let index = place.index();
        // First, so that the folder is known for a preview's from now on.
        place.write(&index, page(&self.index_view(proof, &lists, words)?).as_bytes(), Readers::Everybody)?;
        let mut recipients = place.csv(&place.recipients(), Readers::Owner, &["segment", "name", "email"])?;
        for at in 0..proof.segments.len() {
            lists.write_mailboxes(at, recipients.file())?;
        }
        recipients.finish()?;
        for (at, segment) in proof.segments.iter().enumerate() {
            self.write_segment(proof, segment, &place)?;
            if let Some(path) = place.names(segment) {
                let mut names = place.csv(&path, Readers::Everybody, &["name"])?;
                lists.write_names(at, names.file())?;
                names.finish()?;
            }
        }
        Ok(index)
    }

    fn write_segment(&self, proof: &Proof, segment: &ProofSegment, place: &Place) -> Result<(), AppError> {
        let links = self.digests.sample_links(proof.edition)?;
        let html = segment.rendered.html.fill(|slot| sample(&links, slot, segment.first.as_deref()));
        let html = with_pictures(&html, &proof.pictures);
        let text = self.sample_text(proof.edition, segment)?;
        let message = self.sample_message(
            (&proof.sender, proof.edition, &proof.pictures),
            segment,
            &sample_address(),
            "",
            proof.at,
        )?;
        for (form, bytes) in FORMS.into_iter().zip([html.as_bytes(), text.as_bytes(), message.bytes.as_slice()]) {
            place.write(&place.of(segment, form), bytes, Readers::Everybody)?;
        }
        Ok(())
    }

    fn sample_text(&self, edition: EditionNumber, segment: &ProofSegment) -> Result<String, AppError> {
        let links = self.digests.sample_links(edition)?;
        Ok(segment.rendered.text.fill(|slot| match slot {
            Slot::Greeting => greeting(segment.first.as_deref()),
            other => sample(&links, other, segment.first.as_deref()),
        }))
    }

    fn index_view(&self, proof: &Proof, lists: &RecipientLists, words: IndexWords) -> Result<IndexView, AppError> {
        let row = &proof.row;
        let pick = |(p, reason): (&Pick, String)| IndexPick {
            band: p.band.to_string(),
            id: p.id.to_string(),
            title: p.title.clone(),
            reason,
        };
        let groups = self.groups(proof, lists, &words.sectors)?;
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
            notices: proof
                .notices
                .iter()
                .zip(words.shown)
                .map(|(one, shown)| IndexNotice { title: one.title.clone(), shown })
                .collect(),
            difference: words.comparison.into_iter().collect(),
            groups_count: groups.len(),
            first: groups
                .first()
                .and_then(|group| group.segments.first())
                .map(|one| one.id.clone())
                .into_iter()
                .collect(),
            groups,
            segments_count: proof.segments.len(),
            recipients: proof.recipients,
            style: STYLE,
        })
    }

    /// The segments of each sector, the largest group first: each shows the text of the one that has the most bands.
    fn groups(
        &self,
        proof: &Proof,
        lists: &RecipientLists,
        sectors: &BTreeMap<Sector, String>,
    ) -> Result<Vec<IndexGroup>, AppError> {
        let mut groups = Vec::new();
        for (sector, name) in sectors {
            let of: Vec<usize> =
                (0..proof.segments.len()).filter(|at| proof.segments[*at].key.sector == *sector).collect();
            let fullest = of.iter().map(|at| &proof.segments[*at]).max_by_key(|one| (one.bands.len(), one.recipients));
            let Some(fullest) = fullest else { continue };
            groups.push(IndexGroup {
                sector: name.clone(),
                recipients: of.iter().map(|at| proof.segments[*at].recipients).sum(),
                mails: of.len(),
                segments: of.iter().map(|at| Self::index_segment(proof, lists, *at)).collect(),
                text: self.sample_text(proof.edition, fullest)?,
            });
        }
        groups.sort_by_key(|group| std::cmp::Reverse(group.recipients));
        Ok(groups)
    }

    fn index_segment(proof: &Proof, lists: &RecipientLists, at: usize) -> IndexSegment {
        let segment = &proof.segments[at];
        IndexSegment {
            id: segment.id.clone(),
            bands: segment.bands.join(", "),
            recipients: segment.recipients,
            subject: segment.subject.clone(),
            kilobytes: segment.html_bytes.div_ceil(1000),
            names: lists.first_names(at),
            names_file: lists.has_more_names(at).then(|| format!("{}.{NAMES}", segment.id)),
        }
    }
}

/// What a segment is written as.
const FORMS: [&str; 3] = ["html", "txt", "eml"];

/// What the names of a long list are written as.
const NAMES: &str = "names.csv";

/// The folder of a preview. Only where an earlier preview was is anything written over.
struct Place<'a> {
    folder: &'a Path,
    existing: Existing,
    /// Whether names have files of their own.
    has_names: bool,
}

impl<'a> Place<'a> {
    /// Looks at everything before anything is written.
    fn new(config: &Config, folder: &'a Path, proof: &Proof) -> Result<Self, AppError> {
        let mut place = Self { folder, existing: Existing::Stays, has_names: proof.recipients > FEW };
        let index = place.index();
        let is_file = fs::symlink_metadata(&index).is_ok_and(|about| about.is_file());
        if is_file && fs::read(&index).is_ok_and(|text| is_index(&text)) {
            place.existing = Existing::Goes;
        }
        let of = |segment| FORMS.map(|form| place.of(segment, form)).into_iter().chain(place.names(segment));
        let all = proof.segments.iter().flat_map(of);
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
