//! Mail to operators: what is coming, held, stopped or finished, and what needs a person. Each thing is told once, whoever notices
//! it, because what was told is remembered in the transaction that queues the mails.

mod content;
mod findings;
mod found;
pub mod notice;

use chrono::NaiveDate;

use super::attention::BrokenFiles;
use super::context::{Content, sender, service_info};
use super::{AppContext, AppError};
use crate::domain::delivery::{TransactionalKind, TransactionalMail};
use crate::domain::notice::{self as rules, Finding, NoticeKind, NoticeText, Told};
use crate::render::render_notice;
use crate::store::QueuedNotice;
use found::Found;
use notice::Notice;

/// Puts a notice into words: `messages::notices` does.
pub type Words = dyn Fn(&Notice) -> NoticeText + Send + Sync;

/// Tells operators what they should know.
pub struct OperatorNotices {
    context: AppContext,
    /// The library that is in force, if one can be read.
    content: Option<Content>,
    broken: Option<BrokenFiles>,
}

impl OperatorNotices {
    /// One that looks at this store and these files.
    pub fn new(context: &AppContext, content: Option<&Content>) -> Self {
        Self { context: context.clone(), content: content.cloned(), broken: None }
    }

    /// The same, in a service that goes on with files as they were before, if it does.
    #[must_use]
    pub fn with_broken_files(self, broken: Option<BrokenFiles>) -> Self {
        Self { broken, ..self }
    }

    /// Queues a mail to every operator for each kind of thing that is to be told now. Returns which kinds. A store that was
    /// restored tells nothing, because nothing leaves until it is released.
    ///
    /// # Errors
    /// When the store fails: what is not told now is told the next time.
    pub async fn tell(&self, words: &Words) -> Result<Vec<NoticeKind>, AppError> {
        let AppContext { config, store, clock, .. } = &self.context;
        if config.service.operators.is_empty() || store.restored().await?.is_some() {
            return Ok(Vec::new());
        }
        let now = clock.now();
        let today = self.context.local(now).date_naive();
        let (found, told) = (self.found(now, today).await?, store.told().await?);
        self.forget_what_is_over(&found, &told, today).await?;
        let mut kinds = Vec::new();
        for due in rules::due(today, found.findings.clone(), &told) {
            let notice = self.notice(&found, &told, &due, now).await?;
            let rendered = render_notice(&service_info(config), &words(&notice))?;
            let sender = sender(config, &self.context.keyring);
            let queued = QueuedNotice {
                kind: due.kind,
                findings: due.findings.iter().map(Finding::key).collect(),
                day: today,
                quiet_since: due.kind.quiet_since(today),
                operators: config.service.operators.clone(),
                mail: TransactionalMail { kind: TransactionalKind::Notice, sender, rendered },
            };
            if store.tell(&queued, now).await? {
                kinds.push(due.kind);
            }
        }
        Ok(kinds)
    }

    /// What needed a person and no longer does is told anew when it comes back, but not on the same day.
    async fn forget_what_is_over(&self, found: &Found, told: &[Told], today: NaiveDate) -> Result<(), AppError> {
        let is_over = |told: &&Told| {
            told.kind == NoticeKind::Attention && told.day < today && !found.needs_a_person.contains_key(&told.finding)
        };
        let over: Vec<String> = told.iter().filter(is_over).map(|told| told.finding.clone()).collect();
        if !over.is_empty() {
            self.context.store.forget_told(NoticeKind::Attention, &over).await?;
        }
        Ok(())
    }
}
