//! An import of a whole file, decided part by part: each part is written at once, so that nobody waits for the whole.

use serde::{Deserialize, Serialize};

use super::mailing_list::MailingList;
use super::rows::{Subject, UnfinishedImport};
use super::subscribe::{NoBand, Subscribed, subscribe};
use crate::domain::subscriber::{Origin, SubscribeRequest};

/// How many mailboxes an import added, updated and left as they were.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportFigures {
    pub added: u64,
    pub updated: u64,
    pub unchanged: u64,
    /// Those that stay out because they left.
    pub kept_out: u64,
}

impl ImportFigures {
    /// Counts one more.
    pub fn count(&mut self, subscribed: &Subscribed) {
        let number = match subscribed {
            Subscribed::Added => &mut self.added,
            Subscribed::Updated { before, after } if before == after => &mut self.unchanged,
            Subscribed::Updated { .. } => &mut self.updated,
            Subscribed::Left(_) => &mut self.kept_out,
        };
        *number += 1;
    }

    /// As the audit table keeps them.
    fn to_json(self) -> String {
        serde_json::to_string(&self).expect("numbers always become JSON")
    }
}

/// What is decided at once.
#[derive(Debug, Clone)]
pub struct ImportPart {
    pub requests: Vec<SubscribeRequest>,
    /// Tells the file from others.
    pub file: String,
    /// What the parts before came to, and whether they changed anything.
    pub before: (ImportFigures, bool),
    pub is_last: bool,
}

/// What a part came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedPart {
    /// One result for each request.
    pub results: Vec<Subscribed>,
    /// With those of the parts before.
    pub figures: ImportFigures,
    /// Whether this part or one before changed anything.
    pub changed: bool,
}

/// Decides about one part. While others are to come, it is noted that the import is not done; with the last, what it came to.
///
/// # Errors
/// When a request names no band.
pub fn import(list: &mut MailingList, part: &ImportPart) -> Result<ImportedPart, NoBand> {
    let results = part.requests.iter().map(|request| subscribe(list, request)).collect::<Result<Vec<_>, _>>()?;
    let (mut figures, changed_before) = part.before;
    for result in &results {
        figures.count(result);
    }
    let changed = changed_before || list.is_changed();
    let is_unfinished = list.unfinished_import().is_some_and(|known| known.file == part.file);
    if !part.is_last {
        if changed && !is_unfinished {
            let since = list.at();
            list.set_unfinished_import(Some(UnfinishedImport { file: part.file.clone(), since }));
        }
    } else if changed || is_unfinished {
        if is_unfinished {
            list.set_unfinished_import(None);
        }
        list.note(Origin::Import.actor(), "import", Subject::List, figures.to_json());
    }
    Ok(ImportedPart { results, figures, changed })
}
