//! Imports what a CSV file asks for, or says what that would change.

use std::collections::HashMap;
use std::iter::Peekable;
use std::ops::ControlFlow;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::csv_import::CsvImport;
use super::parts::{PART, in_parts};
use super::subscriber::scope_of;
use super::{AppContext, AppError};
use crate::domain::subscriber::SubscribeRequest;
use crate::domain::subscription::import::{ImportFigures, ImportPart, ImportedPart, import};
use crate::domain::subscription::mailing_list::MailingList;
use crate::domain::subscription::subscribe::Subscribed;
use crate::store::decide;

/// What an import came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Imported {
    pub figures: ImportFigures,
    /// Since when an import of the same file had been waiting for the rest of its rows, if one had.
    pub broken_off: Option<DateTime<Utc>>,
}

/// Imports files that were checked.
pub struct Importer {
    context: AppContext,
}

impl Importer {
    /// One that works with these parts.
    pub fn new(context: &AppContext) -> Self {
        Self { context: context.clone() }
    }

    /// Adds and updates mailboxes, a part after the other; `tell` hears of each what became of it. Where it ends in the middle,
    /// the parts before are done, and the same file once more completes it.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn import(
        &self,
        csv: &CsvImport,
        mut tell: impl FnMut(&SubscribeRequest, &Subscribed),
    ) -> Result<Imported, AppError> {
        let broken_off = self.broken_off(csv).await?;
        let tell = &mut tell;
        let mut parts = Parts::of(csv);
        let Some(first) = parts.next() else { return Ok(Imported { figures: ImportFigures::default(), broken_off }) };
        let begin = (first, (ImportFigures::default(), false), parts, tell);
        let figures = in_parts(begin, |(requests, before, mut parts, tell)| async move {
            let is_last = parts.is_over();
            // The next part is read while this one is written.
            let write = self.write(parts.part(requests, before, is_last));
            let (part, next) = tokio::join!(write, async { parts.next() });
            let (part, imported) = part?;
            part.requests.iter().zip(&imported.results).for_each(|(request, result)| tell(request, result));
            Ok(match next {
                Some(next) => ControlFlow::Continue((next, (imported.figures, imported.changed), parts, tell)),
                None => ControlFlow::Break(imported.figures),
            })
        });
        Ok(Imported { figures: figures.await?, broken_off })
    }

    /// Says what [`Importer::import`] would do, and changes nothing.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn look(
        &self,
        csv: &CsvImport,
        mut tell: impl FnMut(&SubscribeRequest, &Subscribed),
    ) -> Result<Imported, AppError> {
        let broken_off = self.broken_off(csv).await?;
        let (mut parts, mut figures) = (Parts::of(csv), ImportFigures::default());
        // No mailbox is in two parts; but a subscriber may be, and is then as the part before left it.
        let mut profiles = HashMap::new();
        while let Some(requests) = parts.next() {
            let mut list = self.context.store.mailing_list(&scope_of(&requests), self.context.clock.now()).await?;
            list.assume(&profiles);
            let part = parts.part(requests, (figures, false), true);
            let imported = import(&mut list, &part)?;
            let updated = list.changes().organisations.iter().filter(|(_, before)| before.is_some());
            profiles.extend(updated.filter_map(|(id, _)| Some((*id, list.organisation(*id)?.profile.clone()))));
            figures = imported.figures;
            part.requests.iter().zip(&imported.results).for_each(|(request, result)| tell(request, result));
        }
        Ok(Imported { figures, broken_off })
    }

    async fn write(&self, part: ImportPart) -> Result<(Arc<ImportPart>, ImportedPart), AppError> {
        let (scope, part) = (scope_of(&part.requests), Arc::new(part));
        let decided = Arc::clone(&part);
        let decision = move |list: &mut MailingList| import(list, &decided);
        let (imported, _) = decide(&*self.context.store, &scope, self.context.clock.now(), None, decision).await?;
        Ok((part, imported?))
    }

    async fn broken_off(&self, csv: &CsvImport) -> Result<Option<DateTime<Utc>>, AppError> {
        let file = csv.digest();
        let known = self.context.store.unfinished_imports().await?.into_iter().find(|known| known.file == file);
        Ok(known.map(|known| known.since))
    }
}

/// What a file asks for, part by part.
struct Parts<'a> {
    requests: Peekable<Box<dyn Iterator<Item = SubscribeRequest> + Send + 'a>>,
    /// Tells the file from others.
    file: String,
    /// How many rows it asks for.
    rows: u64,
}

impl<'a> Parts<'a> {
    fn of(csv: &'a CsvImport) -> Self {
        let requests: Box<dyn Iterator<Item = _> + Send> = Box::new(csv.requests());
        Self { requests: requests.peekable(), file: csv.digest(), rows: csv.wanted }
    }

    fn part(&self, requests: Vec<SubscribeRequest>, before: (ImportFigures, bool), is_last: bool) -> ImportPart {
        ImportPart { requests, file: self.file.clone(), rows: self.rows, before, is_last }
    }

    fn is_over(&mut self) -> bool {
        self.requests.peek().is_none()
    }

    fn next(&mut self) -> Option<Vec<SubscribeRequest>> {
        let part: Vec<_> = self.requests.by_ref().take(PART).collect();
        (!part.is_empty()).then_some(part)
    }
}
