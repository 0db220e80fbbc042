//! What the index of a preview shows: the edition or the bulletin, and the mails of each kind of readers.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::Previewer;
use super::bulletin::BulletinProof;
use super::proof::{Proof, ProofMails};
use super::recipient_lists::{NAMES, RecipientLists};
use crate::app::AppError;
use crate::domain::edition::Pick;
use crate::domain::sheet::Comparison;
use crate::domain::subscriber::Sector;
use crate::domain::text::dates;
use crate::render::console::STYLE;
use crate::render::pages::index::{
    IndexBulletin, IndexEdition, IndexGroup, IndexNotice, IndexPick, IndexSegment, IndexView,
};

/// What the index of an edition says in sentences.
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

/// What the index of a bulletin says in sentences.
#[derive(Debug, Clone, Default)]
pub struct BulletinWords {
    /// How it stands.
    pub state: String,
    /// Whom it is for.
    pub whom: String,
    /// What would keep it from going out, or is worth knowing first.
    pub notes: Vec<String>,
    /// What those of each sector are called.
    pub sectors: BTreeMap<Sector, String>,
}

/// What comes before the mails.
pub(super) struct IndexHead {
    /// `Edition 7`, and the title of its theme; or the same of a bulletin.
    which: String,
    title: String,
    lead: String,
    notes: Vec<String>,
    edition: Option<IndexEdition>,
    bulletin: Option<IndexBulletin>,
    sectors: BTreeMap<Sector, String>,
}

impl Previewer {
    pub(super) fn edition_head(&self, proof: &Proof, words: IndexWords) -> IndexHead {
        let row = &proof.row;
        let pick = |(p, reason): (&Pick, String)| IndexPick {
            band: p.band.to_string(),
            id: p.id.to_string(),
            title: p.title.clone(),
            reason,
        };
        let notices = proof.notices.iter().zip(words.shown);
        let theme = row.theme().and_then(|name| self.content.library.theme(name));
        IndexHead {
            which: format!("Edition {}", proof.edition),
            title: theme.map_or(String::new(), |theme| theme.title.clone()),
            lead: format!("{} at {} · {}", dates::day(row.date), row.due_at.format("%H:%M"), row.state.as_str()),
            notes: words.notes,
            edition: Some(IndexEdition {
                theme_reason: words.theme_reason,
                shifted: words.shifted,
                picks: row.picks().iter().zip(words.pick_reasons).map(pick).collect(),
                notices: notices.map(|(one, shown)| IndexNotice { title: one.title.clone(), shown }).collect(),
                difference: words.comparison.into_iter().collect(),
            }),
            bulletin: None,
            sectors: words.sectors,
        }
    }

    pub(super) fn bulletin_head(proof: &BulletinProof, words: BulletinWords) -> IndexHead {
        let text = &proof.of.text;
        IndexHead {
            which: format!("Bulletin {}", text.name),
            title: text.title.clone(),
            lead: words.state,
            notes: words.notes,
            edition: None,
            bulletin: Some(IndexBulletin { summary: text.summary.clone(), whom: words.whom }),
            sectors: words.sectors,
        }
    }

    pub(super) fn index_view(
        &self,
        mails: &ProofMails,
        lists: &RecipientLists,
        head: IndexHead,
    ) -> Result<IndexView, AppError> {
        let groups = self.groups(mails, lists, &head.sectors)?;
        let first = groups.first().and_then(|group| group.segments.first());
        Ok(IndexView {
            service: self.context.config.service.name.clone(),
            which: head.which,
            title: head.title,
            lead: head.lead,
            notes: head.notes,
            edition: head.edition.into_iter().collect(),
            bulletin: head.bulletin.into_iter().collect(),
            groups_count: groups.len(),
            first: first.map(|one| one.id.clone()).into_iter().collect(),
            groups,
            segments_count: mails.segments.len(),
            recipients: mails.recipients,
            style: STYLE,
        })
    }

    /// The segments of each sector, the largest group first: each shows the text of the one that has the most bands.
    fn groups(
        &self,
        mails: &ProofMails,
        lists: &RecipientLists,
        sectors: &BTreeMap<Sector, String>,
    ) -> Result<Vec<IndexGroup>, AppError> {
        let mut groups = Vec::new();
        for (sector, name) in sectors {
            let of: Vec<usize> =
                (0..mails.segments.len()).filter(|at| mails.segments[*at].key.sector == *sector).collect();
            let fullest = of.iter().map(|at| &mails.segments[*at]).max_by_key(|one| (one.bands.len(), one.recipients));
            let Some(fullest) = fullest else { continue };
            groups.push(IndexGroup {
                sector: name.clone(),
                recipients: of.iter().map(|at| mails.segments[*at].recipients).sum(),
                mails: of.len(),
                segments: of.iter().map(|at| Self::index_segment(mails, lists, *at)).collect(),
                text: self.sample_text(mails.number, fullest)?,
            });
        }
        groups.sort_by_key(|group| Reverse(group.recipients));
        Ok(groups)
    }

    fn index_segment(mails: &ProofMails, lists: &RecipientLists, at: usize) -> IndexSegment {
        let segment = &mails.segments[at];
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
