//! Rows of one file that have to do with each other, however far apart they stand: those of one mailbox, and those of one
//! register number. Of each row only hashes are held.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{BuildHasher, Hash, RandomState};

use crate::domain::band::BandSet;
use crate::domain::diagnostic::Diagnostic;
use crate::domain::subscriber::{Profile, SubscribeRequest};

/// What rows may have in common, and where they stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Mark {
    /// 128 bits: two of a million rows that differ agree in them in one of 10²⁶ files.
    key: [u64; 2],
    line: u32,
    /// How the subscriber is described; where two agree by chance, one warning is missing.
    profile: u32,
}

/// The rows that were read so far.
#[derive(Default)]
pub(super) struct FarApart {
    keys: [RandomState; 2],
    mailboxes: Vec<Mark>,
    urns: Vec<Mark>,
}

impl FarApart {
    /// Notes a row.
    pub(super) fn note(&mut self, request: &SubscribeRequest, line: usize) {
        let Profile { name, sector, locale, urn } = &request.profile;
        let line = u32::try_from(line).unwrap_or(u32::MAX);
        self.mailboxes.push(Mark { key: self.key(&request.address), line, profile: 0 });
        if let Some(urn) = urn {
            let [profile, _] = self.key(&(name, sector, locale));
            let profile = u32::try_from(profile >> 32).unwrap_or_default();
            self.urns.push(Mark { key: self.key(urn), line, profile });
        }
    }

    fn key(&self, what: &impl Hash) -> [u64; 2] {
        self.keys.each_ref().map(|key| key.hash_one(what))
    }

    /// What the rows have to do with each other, and how many mailboxes there are.
    pub(super) fn compare(mut self) -> (Known, u64) {
        let mut known = Known::default();
        for (first, again) in repeated(&mut self.mailboxes) {
            known.repeated.insert(again.line, first.line);
        }
        // A row of a mailbox that was named before describes nobody.
        self.urns.retain(|row| !known.repeated.contains_key(&row.line));
        for (first, again) in repeated(&mut self.urns).filter(|(first, again)| first.profile != again.profile) {
            known.described_by.insert(again.line, first.line);
            known.describing.insert(first.line);
        }
        let wanted = self.mailboxes.len() - known.repeated.len();
        (known, wanted as u64)
    }
}

/// Every row that has something in common with an earlier one, behind the first of those.
fn repeated(rows: &mut [Mark]) -> impl Iterator<Item = (Mark, Mark)> {
    rows.sort_unstable();
    let runs = rows.chunk_by(|one, other| one.key == other.key);
    runs.flat_map(|run| run.iter().skip(1).map(|again| (run[0], *again)))
}

/// What is known of rows that have to do with each other, by the lines on which they begin.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Rows of mailboxes that were named before, and where first.
    repeated: HashMap<u32, u32>,
    /// The bands that such rows ask for, by the line of the first.
    more: HashMap<u32, BandSet>,
    /// Rows that describe a subscriber otherwise than the first row of its register number, and where that stands.
    described_by: HashMap<u32, u32>,
    describing: HashSet<u32>,
}

/// The descriptions that count for rows further down.
pub(super) type Described = BTreeMap<u32, Profile>;

impl Known {
    /// Whether rows must be read once more, with [`Known::look_again`].
    pub(super) fn is_shared(&self) -> bool {
        !self.repeated.is_empty() || !self.described_by.is_empty()
    }

    /// Takes what a row adds to an earlier one, and warns.
    pub(super) fn look_again(&mut self, request: SubscribeRequest, line: usize) -> Option<Diagnostic> {
        let row = u32::try_from(line).unwrap_or(u32::MAX);
        let (code, message) = if let Some(first) = self.repeated.get(&row) {
            self.more.entry(*first).or_default().extend(request.bands);
            let message = format!(
                "this mailbox was named on line {first} already: it gets the bands of both and belongs to the first"
            );
            ("shared-mailbox", message)
        } else {
            let urn = request.profile.urn.filter(|_| self.described_by.contains_key(&row))?;
            ("shared-urn", format!("urn {urn} was described otherwise before: the first description counts"))
        };
        Some(Diagnostic { line: Some(line), ..Diagnostic::warning(code, message) })
    }

    /// The request of a row with what the others add to it; none if an earlier row makes it.
    pub(super) fn merged(
        &self,
        mut request: SubscribeRequest,
        line: usize,
        described: &mut Described,
    ) -> Option<SubscribeRequest> {
        if !self.is_shared() {
            return Some(request);
        }
        let line = u32::try_from(line).unwrap_or(u32::MAX);
        if self.repeated.contains_key(&line) {
            return None;
        }
        request.bands.extend(self.more.get(&line).into_iter().flatten().cloned());
        if self.describing.contains(&line) {
            described.insert(line, request.profile.clone());
        }
        if let Some(first) = self.described_by.get(&line).and_then(|first| described.get(first)) {
            request.profile.clone_from(first);
        }
        Some(request)
    }
}
