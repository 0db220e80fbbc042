//! What of an edition someone has read, kept as a mark in the link to the question whether to approve it: so the question can say
//! what changed in between.

use chrono::{DateTime, FixedOffset};
use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

use crate::app::planner::PlanRow;
use crate::domain::activity::Notice;
use crate::domain::edition::Selection;
use crate::domain::edits::refreshed;
use crate::domain::text::lists::listed;
use crate::web::console::parts::ConsoleParts;

/// The parameter that carries the mark.
pub(super) const PARAMETER: &str = "read";

/// What goes out and when: the picks with the fingerprints of their texts as they are now, and the notices.
#[derive(Debug)]
pub(in crate::web::console) struct Read {
    due: DateTime<FixedOffset>,
    /// As approving it now would take them.
    texts: Option<Selection>,
    notices: Vec<Notice>,
    /// What the bands of its picks are called.
    labels: Vec<String>,
}

impl Read {
    pub(in crate::web::console) fn of(parts: &ConsoleParts, row: &PlanRow) -> Self {
        let library = parts.content().map(|content| &content.library);
        let notices = library.into_iter().flat_map(|library| &library.notices);
        let label = |band| parts.config().bands.get(band).map_or_else(|| band.to_string(), |band| band.label.clone());
        Self {
            due: row.due_at,
            texts: library.zip(row.selection.as_ref()).map(|(library, picks)| refreshed(library.texts(), picks)),
            notices: notices.filter(|one| one.from <= row.date && row.date <= one.until).cloned().collect(),
            labels: row.picks().iter().map(|pick| label(&pick.band)).collect(),
        }
    }

    /// The path of the question, with the mark.
    pub(in crate::web::console) fn approve_path(&self, row: &PlanRow) -> String {
        format!("/editions/{}/approve?{PARAMETER}={}", row.edition, self.mark())
    }

    /// Its parts, each with what it's called in a sentence and what stands for how it is now.
    fn parts(&self) -> Vec<(String, String)> {
        let picks = self.texts.as_ref();
        let theme = picks.map(|picks| (&picks.theme, &picks.theme_fingerprint));
        let picks = picks.into_iter().flat_map(|picks| &picks.picks).zip(&self.labels);
        let picks = picks.map(|(pick, label)| {
            (format!("the activity for {label}"), digest(&(&pick.id, &pick.title, &pick.fingerprint)))
        });
        let all = [
            ("when it goes out".to_owned(), digest(&self.due)),
            ("the theme or its text".to_owned(), digest(&theme)),
            ("the notices".to_owned(), digest(&self.notices)),
        ];
        all.into_iter().chain(picks).collect()
    }

    fn mark(&self) -> String {
        let digests: Vec<String> = self.parts().into_iter().map(|(_, digest)| digest).collect();
        digests.join("-")
    }

    /// What changed since someone read what has this mark; nothing where they read nothing.
    pub(super) fn since(&self, mark: &str) -> Option<String> {
        if mark.is_empty() || mark == self.mark() {
            return None;
        }
        let (parts, before) = (self.parts(), mark.split('-').collect::<Vec<_>>());
        if parts.len() != before.len() {
            return Some("It has changed since you looked at it: it is for other age groups now.".to_owned());
        }
        let changed = parts.iter().zip(before).filter(|((_, now), before)| now != before);
        let changed: Vec<String> = changed.map(|((name, _), _)| name.clone()).collect();
        Some(format!(
            "It has changed since you looked at it: {}. Please look at it again before you approve it.",
            listed(&changed)
        ))
    }
}

fn digest(what: &impl std::fmt::Debug) -> String {
    HEXLOWER.encode(&Sha256::digest(format!("{what:?}"))[..6])
}
