//! Reports of a moment ago. To make one, every mailbox is counted; and what is printed or saved should have the figures that were
//! on the page.

use std::sync::Arc;

use chrono::TimeDelta;
use tokio::sync::Mutex;

use crate::app::AppError;
use crate::app::year_report::{Span, YearReport, YearReporter};
use crate::web::console::parts::ConsoleParts;

/// How old one may be; the page says when it was made.
const LIFE: TimeDelta = TimeDelta::minutes(1);

/// How many spans are remembered.
const MOST: usize = 8;

#[derive(Default)]
pub(in crate::web::console) struct KeptYears(Mutex<Vec<(Span, Arc<YearReport>)>>);

impl KeptYears {
    /// The report of these days, made now or within the last minute.
    pub(super) async fn report(&self, parts: &ConsoleParts, span: Span) -> Result<Arc<YearReport>, AppError> {
        let now = parts.context.clock.now();
        let mut kept = self.0.lock().await;
        // A clock that was set back makes none older.
        kept.retain(|(_, report)| (now - report.made_at.to_utc()).abs() < LIFE);
        if let Some((_, report)) = kept.iter().find(|(known, _)| *known == span) {
            return Ok(Arc::clone(report));
        }
        let report = Arc::new(YearReporter::new(&parts.context, parts.loaded.clone()).report(span).await?);
        if kept.len() >= MOST {
            kept.remove(0);
        }
        kept.push((span, Arc::clone(&report)));
        Ok(report)
    }
}
