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
    /// How many rows the whole file asks for.
    pub rows: u64,
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

/// How many imports that are not done are remembered.
const REMEMBERED: usize = 8;

/// Decides about one part. With each is noted what the import came to so far; and while others are to come, that it is not
/// done.
///
/// # Errors
/// When a request names no band.
pub fn import(list: &mut MailingList, part: &ImportPart) -> Result<ImportedPart, NoBand> {
    let results = part.requests.iter().map(|request| subscribe(list, request)).collect::<Result<Vec<_>, _>>()?;
    let (before, changed_before) = part.before;
    let mut figures = before;
    for result in &results {
        figures.count(result);
    }
    let changed = changed_before || list.is_changed();
    let is_unfinished = list.unfinished_imports().iter().any(|known| known.file == part.file);
    if part.is_last {
        end(list, part);
    } else if changed && !is_unfinished {
        begin(list, part);
    }
    if changed || (part.is_last && is_unfinished) {
        let replaces = changed_before.then(|| before.to_json());
        list.note_so_far(Origin::Import.actor(), "import", Subject::List, figures.to_json(), replaces);
    }
    Ok(ImportedPart { results, figures, changed })
}

/// The import is not done.
fn begin(list: &mut MailingList, part: &ImportPart) {
    let known = list.unfinished_imports();
    let mut imports = known[known.len().saturating_sub(REMEMBERED - 1)..].to_vec();
    imports.push(UnfinishedImport { file: part.file.clone(), since: list.at(), rows: part.rows });
    list.set_unfinished_imports(imports);
}

/// The import is done, and settles those that broke off on a file of no more rows.
fn end(list: &mut MailingList, part: &ImportPart) {
    let mut imports = list.unfinished_imports().to_vec();
    imports.retain(|known| known.file != part.file && known.rows > part.rows);
    list.set_unfinished_imports(imports);
}
