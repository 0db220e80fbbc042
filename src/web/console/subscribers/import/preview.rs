//! What a list would change, in numbers and by examples.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::app::csv_import::CsvImport;
use crate::domain::subscriber::SubscribeRequest;
use crate::domain::subscription::import::ImportFigures;
use crate::domain::subscription::subscribe::Subscribed;
use crate::domain::text::lists::count;
use crate::messages::mailbox::kept_out;
use crate::messages::subscription::skip_reason;
use crate::web::console::ask::Seen;
use crate::web::console::caller::Caller;
use crate::web::console::masked::shown;
use crate::web::console::parts::ConsoleParts;
use crate::web::console::subscribers::view::{IMPORT, bands};

/// How many of each kind are named.
const NAMED: usize = 50;

#[derive(Debug, Serialize)]
pub(super) struct Preview {
    file: String,
    added: u64,
    updated: u64,
    unchanged: u64,
    kept_out: u64,
    /// Rows with an error.
    wrong: u64,
    /// Rows that ask for nothing, as of schools that are closed.
    skipped: u64,
    changes: Vec<String>,
    left: Vec<String>,
    findings: Vec<Finding>,
    skips: Vec<String>,
    /// Whether some are not named.
    has_more: bool,
    is_possible: bool,
    button: String,
    action: String,
    back_url: String,
    digest: String,
    /// Stands for what it would change.
    seen: String,
}

#[derive(Debug, Serialize)]
struct Finding {
    /// Such as `Line 7`; empty where the whole file is meant.
    place: String,
    what: String,
    help: String,
}

impl Preview {
    pub(super) fn new(caller: &Caller, csv: &CsvImport, file: &str) -> Self {
        let errors = csv.findings.iter().filter(|finding| finding.is_error());
        let wrong = errors.map(|finding| finding.line).collect::<BTreeSet<_>>().len() as u64;
        let findings = csv.findings.iter().take(NAMED).map(|finding| Finding {
            place: finding.line.map_or_else(String::new, |line| format!("Line {line}")),
            what: finding.message.clone(),
            help: finding.help.clone().unwrap_or_default(),
        });
        let skips = csv.skipped.iter().take(NAMED);
        let skips = skips.map(|row| format!("Line {}: {} ({})", row.line, row.name, skip_reason(&row.reason)));
        Self {
            file: file.to_owned(),
            added: 0,
            updated: 0,
            unchanged: 0,
            kept_out: 0,
            wrong,
            skipped: csv.skipped.len() as u64,
            changes: Vec::new(),
            left: Vec::new(),
            findings: findings.collect(),
            skips: skips.collect(),
            has_more: csv.findings.len() > NAMED || csv.skipped.len() > NAMED,
            is_possible: csv.wanted > 0,
            button: String::new(),
            action: caller.link(IMPORT),
            back_url: caller.link(IMPORT),
            digest: csv.digest(),
            seen: String::new(),
        }
    }

    /// Whether there is anything to import.
    pub(super) fn is_possible(&self) -> bool {
        self.is_possible
    }

    /// What becomes of one row.
    pub(super) fn note(
        &mut self,
        (parts, caller): (&ConsoleParts, &Caller),
        request: &SubscribeRequest,
        result: &Subscribed,
    ) {
        let address = shown(caller, &request.address);
        let (list, line) = match result {
            Subscribed::Updated { before, after } if before != after => {
                let side = |profile: &str, set| format!("{profile} ({})", bands(parts.config(), set));
                let (before, after) = (side(&before.0.name, &before.1), side(&after.0.name, &after.1));
                (&mut self.changes, format!("{address}: {before} becomes {after}"))
            }
            Subscribed::Left(reason) => (&mut self.left, format!("{address}: {}", kept_out(*reason))),
            Subscribed::Added | Subscribed::Updated { .. } => return,
        };
        if list.len() < NAMED {
            list.push(line);
        } else {
            self.has_more = true;
        }
    }

    pub(super) fn figures(&mut self, figures: ImportFigures, seen: &Seen) {
        let ImportFigures { added, updated, unchanged, kept_out } = figures;
        (self.added, self.updated, self.unchanged, self.kept_out) = (added, updated, unchanged, kept_out);
        seen.value().clone_into(&mut self.seen);
        let import = format!("Import {}", count(added + updated + unchanged, "mailbox", "mailboxes"));
        self.button = match self.wrong {
            0 => import,
            wrong => format!("{import} and leave out {}", count(wrong, "wrong row", "wrong rows")),
        };
    }
}
