//! Who is in each segment: read once, in the order of the list, and kept apart by segment without being held in memory.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::hash::{BuildHasher as _, RandomState};
use std::io::{Read as _, Seek as _, SeekFrom, Write};
use std::path::{Path, PathBuf};

use csv::Writer;

use super::proof::{ProofMails, ProofSegment, Readership, Who};
use crate::app::context::PAGE;
use crate::app::csv_import::letters::defused;
use crate::app::{AppContext, AppError};
use crate::domain::address::Address;
use crate::output;

/// As many mailboxes as an edition may have for the index to show the names of all its subscribers.
pub(super) const FEW: u64 = 2_000;

/// What the names of a long list are written as.
pub(super) const NAMES: &str = "names.csv";

/// How many names of a segment the index shows where an edition has more.
const FIRST: usize = 10;

/// How much of one list is held in memory, in bytes.
const PART: usize = 8 * 1024;

/// The mailboxes and the names of each segment, as rows of CSV.
pub(super) struct RecipientLists {
    folder: PathBuf,
    /// By the place of the segment in the proof.
    segments: Vec<SegmentRows>,
    /// Holds what is in no segment's memory. It has no name, so that nobody else can read it and nothing is left.
    file: Option<File>,
    end: u64,
    few: bool,
    hasher: RandomState,
}

#[derive(Default)]
struct SegmentRows {
    mailboxes: SpooledRows,
    names: SpooledRows,
    /// The names that the index shows, in the order of the list.
    first: Vec<String>,
    /// A hash of each name that was noted.
    noted: HashSet<u64>,
}

/// One list: what lies in the file, and what comes after it.
struct SpooledRows {
    parts: Vec<(u64, usize)>,
    rest: Writer<Vec<u8>>,
}

impl Default for SpooledRows {
    fn default() -> Self {
        Self { parts: Vec::new(), rest: Writer::from_writer(Vec::new()) }
    }
}

impl SpooledRows {
    fn add(&mut self, cells: &[&str]) -> Result<(), AppError> {
        self.rest.write_record(cells).map_err(|error| broke_off(&error))
    }

    /// What is in memory, which is empty then.
    fn take(&mut self) -> Result<Vec<u8>, AppError> {
        let rest = std::mem::replace(&mut self.rest, Writer::from_writer(Vec::new()));
        rest.into_inner().map_err(|error| broke_off(&error))
    }
}

impl RecipientLists {
    /// Reads who is in each segment. What does not fit into memory lies in `folder` meanwhile.
    pub(super) async fn read(context: &AppContext, mails: &ProofMails, folder: &Path) -> Result<Self, AppError> {
        let mut lists = Self {
            folder: folder.to_owned(),
            segments: mails.segments.iter().map(|_| SegmentRows::default()).collect(),
            file: None,
            end: 0,
            few: mails.recipients <= FEW,
            hasher: RandomState::new(),
        };
        let place: HashMap<&Who, usize> =
            mails.segments.iter().zip(0..).map(|(segment, at)| (&segment.who, at)).collect();
        if matches!(mails.readership, Readership::Published) {
            let mut after = None;
            loop {
                let page = context.store.addressees_page(mails.number, after, PAGE).await?;
                let Some(last) = page.last() else { return Ok(lists) };
                after = Some(last.recipient);
                for one in page {
                    lists.add(
                        &mails.segments,
                        place.get(&Who::Addressed(one.segment)),
                        &one.subscriber,
                        &one.address,
                    )?;
                }
            }
        }
        let (served, mut after) = (context.config.bands.names(), None);
        loop {
            let page = match &mails.readership {
                Readership::Bulletin(audience) => {
                    context.store.bulletin_readers_page(audience, &served, after.as_ref(), PAGE).await?
                }
                _ => context.store.readers_page(&served, after.as_ref(), PAGE).await?,
            };
            let Some(last) = page.last() else { return Ok(lists) };
            after = Some(last.clone());
            for one in page {
                lists.add(&mails.segments, place.get(&Who::Reads(one.segment)), &one.name, &one.address)?;
            }
        }
    }

    fn add(
        &mut self,
        segments: &[ProofSegment],
        place: Option<&usize>,
        name: &str,
        address: &Address,
    ) -> Result<(), AppError> {
        // The others are not shown.
        let Some(at) = place else { return Ok(()) };
        let (few, rows) = (self.few, &mut self.segments[*at]);
        rows.mailboxes.add(&[&segments[*at].id, &defused(name), &defused(address.as_str())])?;
        if rows.noted.insert(self.hasher.hash_one(name)) {
            if few || rows.first.len() < FIRST {
                rows.first.push(name.to_owned());
            }
            if !few {
                rows.names.add(&[&defused(name)])?;
            }
        }
        self.make_room(*at)
    }

    /// Puts into the file what is too much for memory.
    fn make_room(&mut self, at: usize) -> Result<(), AppError> {
        let rows = &mut self.segments[at];
        for list in [&mut rows.mailboxes, &mut rows.names] {
            if list.rest.get_ref().len() < PART {
                continue;
            }
            let bytes = list.take()?;
            let file = match &mut self.file {
                Some(file) => file,
                none => none.insert(output::nameless(&self.folder)?),
            };
            file.write_all(&bytes).map_err(|error| broke_off(&error))?;
            list.parts.push((self.end, bytes.len()));
            self.end += bytes.len() as u64;
        }
        Ok(())
    }

    /// The names that the index shows, in order.
    pub(super) fn first_names(&self, at: usize) -> Vec<String> {
        let mut names = self.segments[at].first.clone();
        names.sort();
        names
    }

    /// Whether a segment has names that the index does not show.
    pub(super) fn has_more_names(&self, at: usize) -> bool {
        self.segments[at].noted.len() > self.segments[at].first.len()
    }

    /// Writes the rows of one segment's mailboxes: its id, the subscriber's name, the address.
    pub(super) fn write_mailboxes(&mut self, at: usize, output: &mut impl Write) -> Result<(), AppError> {
        let list = std::mem::take(&mut self.segments[at].mailboxes);
        self.write(list, output)
    }

    /// Writes the names of one segment's subscribers, in the order of the list.
    pub(super) fn write_names(&mut self, at: usize, output: &mut impl Write) -> Result<(), AppError> {
        let list = std::mem::take(&mut self.segments[at].names);
        self.write(list, output)
    }

    fn write(&mut self, mut list: SpooledRows, output: &mut impl Write) -> Result<(), AppError> {
        let rest = list.take()?;
        let copy = |file: Option<&mut File>| -> std::io::Result<()> {
            if let Some(file) = file {
                let mut part = Vec::new();
                for (at, length) in list.parts {
                    part.resize(length, 0);
                    file.seek(SeekFrom::Start(at))?;
                    file.read_exact(&mut part)?;
                    output.write_all(&part)?;
                }
            }
            output.write_all(&rest)
        };
        copy(self.file.as_mut()).map_err(|error| broke_off(&error))
    }
}

pub(super) fn broke_off(error: &dyn std::fmt::Display) -> AppError {
    AppError::BrokeOff("the list of recipients", error.to_string())
}
